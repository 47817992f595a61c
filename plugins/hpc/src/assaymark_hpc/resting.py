"""What is asked of an image at rest: its labels, its files, its size. Nothing is run, no daemon is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assaymark.api import (
    Evidence,
    Finding,
    Image,
    Location,
    Member,
    MemberKind,
    Severity,
    check,
    failed,
    not_applicable,
    passed,
    unknown,
)
from assaymark_hpc.asked import Manifest

_LABEL = "org.opencontainers.image."
_WANTED = ("source", "revision", "version", "licenses")
_MOST = 50
WASTE = 0.10
_DIGEST = re.compile(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})")
_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
_PASSWORD = re.compile(rb"(?im)^\s*(?:machine .*)?password\s+\S+|_authToken\s*=\s*[^$\s]|^\s*password\s*[:=]\s*\S")
_CLOUD = re.compile(rb"(?m)aws_secret_access_key\s*=\s*\S|\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}|://[^/\s:@]+:[^/\s:@]+@")
_NAMED = re.compile(r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?)$")
_ASSIGNED = re.compile(
    r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key|access_?key))=(?!\s|\$|\"\"|''|<|\*)([^\s\"'$]{6,})"
)
_NO_SECRET = ("", "none", "null", "changeme", "false", "true")
_SBOM = re.compile(
    r"(?:^|/)(?:[^/]*\.(?:spdx|cdx|cyclonedx)\.(?:json|xml|yaml|yml)|[^/]*\.spdx|bom\.(?:json|xml)|sbom\.(?:json|xml))$",
    re.IGNORECASE,
)


@check("image.labels")
def labels(image: Image) -> Evidence:
    """Labels say where it comes from: source, revision, version and licences, in the words of OCI."""
    missing = [name for name in _WANTED if not image.labels.get(_LABEL + name, "").strip()]
    if not missing:
        return passed("labels name source, revision, version and licences")
    if not image.configured and not image.labels:
        return _untold(image, "labels")
    return failed(
        f"there is no label {', '.join(_LABEL + name for name in missing)}",
        remedy=f'LABEL {_LABEL}{missing[0]}="…" in the Dockerfile, or --label at the build',
    )


def _untold(image: Image, what: str) -> Evidence:
    """An unpacked folder, or a squashfs, keeps nothing of an image but its files."""
    kind = {"folder": "an unpacked folder", "sif": "this SIF"}.get(image.format, f"a {image.format}")
    return unknown(f"{kind} keeps no {what}", remedy="judge the image in the registry or archive that it was made from")


@check("image.base")
def base(image: Image) -> Evidence:
    """The image that it was built on is named by its digest."""
    digest = image.labels.get(f"{_LABEL}base.digest", "")
    if _DIGEST.fullmatch(digest):
        return passed(f"it was built on {digest[:19]}…")
    if digest:
        return failed(
            f"the label {_LABEL}base.digest is {digest[:80]!r}", remedy="write the digest as sha256:<64 digits>"
        )
    if not image.configured and not image.labels:
        return _untold(image, "labels")
    return failed(
        "it does not say which image it was built on",
        remedy=f"FROM image@sha256:…, and the label {_LABEL}base.digest (build tools write it as an annotation)",
    )


@check("image.architecture")
def architecture(image: Image, smoke_manifest: Manifest) -> Evidence:
    """It is made for the processor and the system of the site."""
    wanted = smoke_manifest.architecture
    if not image.architecture or not image.system:
        return unknown("it does not say for which processor it was made", remedy="build it again with --platform")
    if (image.system, image.architecture) == ("linux", wanted):
        return passed(f"it was made for linux/{wanted}")
    return failed(
        f"it was made for {image.system[:40]}/{image.architecture[:40]}, not for linux/{wanted}",
        remedy=f"build it with --platform linux/{wanted}",
    )


@check("image.sbom")
def sbom(image: Image) -> Evidence:
    """A bill of materials (SPDX, CycloneDX) lies in it or goes with it."""
    beside = [kind for kind in image.referrers if re.search("spdx|cyclonedx", kind, re.IGNORECASE)]
    inside = sorted(p for p, m in image.members.items() if m.kind is MemberKind.FILE and m.size and _SBOM.search(p))
    if beside:
        return passed(f"a bill of materials goes with it ({beside[0][:80]})")
    if inside:
        return passed(f"a bill of materials lies in it: /{inside[0][:200]}")
    return failed(
        "no bill of materials goes with it",
        remedy="build with --sbom=true, or copy the output of syft or trivy to /usr/share/sbom.spdx.json",
    )


@check("image.secrets")
def secrets(image: Image) -> Evidence:
    """No key or password lies in any layer (one that a later layer removes included), in a variable or the history."""
    found = [*_in_files(image), *_in_settings(image)]
    looked = f"{len(image.heads)} files that may hold a secret were looked at"
    if not found and not image.configured:
        return passed(f"{looked}; nothing is kept of layers and steps of a history")
    if not found:
        return passed(f"{looked}, the variables and the history")
    return failed(
        f"{found[0].message}" + (f", and {len(found) - 1} more" if len(found) > 1 else ""),
        findings=found[:_MOST],
        remedy="revoke it, and build again with RUN --mount=type=secret, which leaves nothing in a layer",
    )


def _in_files(image: Image) -> Iterator[Finding]:
    for place, head in sorted(image.heads.items()):
        number, _, path = place.partition(":")
        what = "a private key" if _KEY.search(head) else "a password"
        if _KEY.search(head) or _PASSWORD.search(head) or _CLOUD.search(head):
            gone = "" if path in image.members else ", which a later layer only hides"
            yield _finding("image.secret-file", f"/{path} holds {what} (layer {int(number) + 1}{gone})", path)


def _in_settings(image: Image) -> Iterator[Finding]:
    for name, value in sorted(image.environment.items()):
        if _NAMED.search(name) and value.strip().lower() not in _NO_SECRET and not value.startswith("/"):
            yield _finding("image.secret-variable", f"the variable {name[:80]} holds what its name calls a secret")
    for path, text in sorted(image.texts.items()):
        if path.startswith(".singularity.d/") and (found := _ASSIGNED.search(text.decode("utf-8", "replace"))):
            yield _finding("image.secret-variable", f"/{path} sets {found[1][:80]}", path)
    for number, line in enumerate(image.history, 1):
        for name, _ in _ASSIGNED.findall(line)[:1]:
            yield _finding("image.secret-history", f"step {number} of the history sets {name[:80]}")


@check("image.setuid")
def setuid(image: Image, smoke_manifest: Manifest) -> Evidence:
    """No program in it takes the rights of another user, but those that the manifest names."""
    allowed = {path.strip("/") for path in smoke_manifest.setuid}
    found = [m for m in _files(image) if m.mode & 0o6000 and m.mode & 0o111 and m.path not in allowed]
    if not found:
        return passed("no program has the setuid or setgid bit")
    return failed(
        _listed(found, "has the setuid or setgid bit"),
        findings=[_finding("image.setuid", f"/{m.path} has mode {m.mode:04o}", m.path) for m in found[:_MOST]],
        remedy="RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +",
    )


@check("image.world_writable")
def world_writable(image: Image) -> Evidence:
    """Nothing in it may be written by everybody, but folders for temporary files with the sticky bit."""
    found = [m for m in image.members.values() if _open_to_all(m)]
    if not found:
        return passed("nothing may be written by everybody")
    return failed(
        _listed(sorted(found), "may be written by everybody"),
        findings=[_finding("image.world-writable", f"/{m.path} has mode {m.mode:04o}", m.path) for m in found[:_MOST]],
        remedy="RUN chmod o-w on it; a folder that must be open to all has the sticky bit (chmod 1777)",
    )


def _open_to_all(member: Member) -> bool:
    if not member.mode & 0o002:
        return False
    if member.kind is MemberKind.FOLDER:
        return not member.mode & 0o1000
    return member.kind is MemberKind.FILE


@check("image.user")
def user(image: Image) -> Evidence:
    """It names a user that is not root."""
    if not image.configured:
        return _untold(image, "user")
    name = image.user.partition(":")[0].strip()
    if name in ("", "root") or (name.isdecimal() and int(name) == 0):
        return failed(
            "it runs as root where nobody says otherwise" if not name else f"its user is {name}",
            remedy="USER 1000 (a number: a name means nothing outside) at the end of the Dockerfile",
        )
    return passed(f"it runs as {name[:40]}")


@check("image.entry_point")
def entry_point(image: Image) -> Evidence:
    """What it starts with is there, and may be executed."""
    words = image.entrypoint or image.command
    if not words and not image.configured:
        return _untold(image, "entry point")
    if not words:
        return failed(
            "it says nothing about what it starts", remedy='ENTRYPOINT ["/path/of/program"] or CMD in the Dockerfile'
        )
    places = [words[0]] if "/" in words[0] else [f"{place}/{words[0]}" for place in _search_path(image)]
    if not words[0].startswith("/") and "/" in words[0]:
        return unknown(f"{words[0][:100]!r} depends on the working folder", remedy="name it by its absolute path")
    found = next((m for m in map(image.find, places) if m is not None and m.kind is MemberKind.FILE), None)
    if found is None:
        return failed(f"{words[0][:200]!r} is not in the image", remedy="install it, or correct ENTRYPOINT or CMD")
    if not found.mode & 0o111:
        return failed(f"/{found.path} may not be executed", remedy=f"RUN chmod +x /{found.path}")
    if not found.mode & 0o001:
        return failed(f"/{found.path} may be executed by its owner only", remedy=f"RUN chmod a+rx /{found.path}")
    return passed(f"it starts /{found.path}")


def _search_path(image: Image) -> list[str]:
    default = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return [place for place in image.environment.get("PATH", default).split(":")[:100] if place.startswith("/")]


@check("image.size")
def size(image: Image, smoke_manifest: Manifest) -> Evidence:
    """It is no larger than the manifest allows (10 GB unless said)."""
    metrics = {"bytes": image.unpacked, "stored": image.stored, "layers": len(image.layers)}
    told = f"{_megabytes(image.unpacked)} in {len(image.layers)} layers"
    if image.unpacked <= smoke_manifest.max_size:
        return passed(told, metrics=metrics)
    return failed(
        f"{told}, and {_megabytes(smoke_manifest.max_size)} are allowed",
        metrics=metrics,
        remedy="build in stages, and copy only what runs into the last one",
    )


@check("image.waste")
def waste(image: Image) -> Evidence:
    """Of what its layers hold, at most a tenth is replaced or removed by a later one."""
    if not image.unpacked:
        return not_applicable("it holds no files")
    if not image.configured:
        return not_applicable("it has no layers")
    share = image.wasted / image.unpacked
    told = f"{share:.0%} of its bytes ({_megabytes(image.wasted)}) are replaced or removed by a later layer"
    metrics = {"wasted": image.wasted}
    if share <= WASTE:
        return passed(told, metrics=metrics)
    return failed(told, metrics=metrics, remedy="remove what is not needed in the same RUN that brings it")


def _files(image: Image) -> Iterable[Member]:
    return sorted(m for m in image.members.values() if m.kind is MemberKind.FILE)


def _listed(found: Iterable[Member], what: str) -> str:
    paths = [f"/{m.path}" for m in found]
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"{', '.join(paths[:3])}{more}: {what}"


def _finding(rule: str, message: str, path: str | None = None) -> Finding:
    where = Location(path=path) if path else None
    return Finding(rule=rule, message=message, severity=Severity.ERROR, location=where)


def _megabytes(count: int) -> str:
    return f"{count / 10**6:,.1f} MB"


CHECKS = (
    labels, base, architecture, sbom, secrets, setuid, world_writable, user, entry_point, size, waste,
)  # fmt: skip # one line as in the catalogue
