"""Sdist and wheel of a commit through PEP 517, twice, and the same bytes both times.

The commit is cloned into a folder of its own: nothing that is only in the checkout gets into a package. The project's
build back end is executed, in an environment without tokens.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import proc
from assaymark.errors import GateNotMet, InputError
from assaymark.wording import visible

if TYPE_CHECKING:
    from assaymark.release.source import Source

TIMEOUT = 1_800.0
# How a build reaches an index where isolation has to fetch the back end.
_PASSED = re.compile(
    r"PIP_(?:INDEX_URL|EXTRA_INDEX_URL|CERT|CONSTRAINT|TRUSTED_HOST|NO_INDEX|FIND_LINKS)|SSL_CERT_FILE"
    r"|REQUESTS_CA_BUNDLE|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy"
)
_GIT = (
    "git",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "advice.detachedHead=false",
    "-c",
    "protocol.file.allow=always",
)


def lay(source: Source, place: Path, stamp: str | None = None) -> Path:
    """The commit's files in a clone at ``place``. ``stamp`` is a file of it that is to tell version and commit."""
    root = str(source.root)
    for words in (
        ("clone", "--quiet", "--shared", "--no-checkout", "--no-recurse-submodules", "--", root, str(place)),
        ("-C", str(place), "checkout", "--quiet", "--detach", source.commit),
    ):
        done = proc.run([*_GIT, *words], cwd=place.parent, env=_SAFE, timeout=TIMEOUT)
        if done.returncode != 0:
            raise InputError(f"the commit cannot be cloned: {_last(done)}", where=root)
    if stamp:
        target = place / stamp
        if not target.resolve().is_relative_to(place.resolve()) or not target.parent.is_dir():
            raise InputError("is no file inside the project", where=stamp, hint="--stamp src/NAME/release.json")
        version = source.tag
        target.write_text(f'{{"version": "{version}", "commit": "{source.commit}"}}\n', encoding="ascii")
    return place


_SAFE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}


def packages(
    source: Source, folders: tuple[str, ...], out: Path, scratch: Path, *, isolated: bool, stamp: str | None
) -> list[Path]:
    """Build each folder's sdist and wheel into ``out`` and give the files.

    Raises InputError when a build fails, GateNotMet when a second build gives other bytes.
    """
    made: dict[str, Mapping[str, bytes]] = {}
    for turn in ("one", "two"):
        tree = lay(source, scratch / turn, stamp)
        made[turn] = {k: v for folder in folders for k, v in _built(source, tree, folder, scratch, isolated)}
    first, second = made["one"], made["two"]
    differing = sorted(n for n in first.keys() | second.keys() if first.get(n) != second.get(n))
    if differing:
        text = f"two builds of the same commit differ in {', '.join(differing)}"
        raise GateNotMet(text, hint="use a build back end that keeps SOURCE_DATE_EPOCH, and no time or path in files")
    out.mkdir(parents=True, exist_ok=True)
    for name, content in first.items():
        (out / name).write_bytes(content)
    return [out / name for name in sorted(first)]


def index_settings() -> dict[str, str]:
    """What the caller's environment says about package indexes and the way to them; nothing else is passed on."""
    return {key: value for key, value in os.environ.items() if _PASSED.fullmatch(key)}


def _built(source: Source, tree: Path, folder: str, scratch: Path, isolated: bool) -> Iterator[tuple[str, bytes]]:
    out = scratch / f"{tree.name}-dist" / (folder.replace("/", "-").strip(".") or "root")
    words = [sys.executable, "-m", "build", "--outdir", str(out), *(() if isolated else ("--no-isolation",))]
    environment = {"SOURCE_DATE_EPOCH": str(source.time), "PYTHONHASHSEED": "0"}
    if isolated:
        environment |= index_settings()
    done = proc.run([*words, str(tree / folder)], cwd=tree, env=environment, timeout=TIMEOUT)
    if done.returncode != 0:
        if b"No module named build" in done.stderr:
            raise InputError("the package build is not installed", hint='pip install "assaymark[release]"')
        raise InputError(f"the build failed: {_last(done)}", where=folder)
    for path in sorted(out.iterdir()):
        content = path.read_bytes()
        yield path.name, _clamped(content, source.time) if path.name.endswith(".tar.gz") else content


def _clamped(content: bytes, moment: int) -> bytes:
    """An sdist in which no member is younger than the commit.

    Back ends that write files while they build leave the time of the build in the archive; it is written anew only
    where they did.
    """
    import gzip
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        members = archive.getmembers()
        if all(m.mtime <= moment for m in members) and int.from_bytes(content[4:8], "little") <= moment:
            return content
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as anew:
            for member in sorted(members, key=lambda m: m.name):
                member.mtime = min(int(member.mtime), moment)
                member.pax_headers = {k: v for k, v in member.pax_headers.items() if k not in ("mtime", "atime")}
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                anew.addfile(member, archive.extractfile(member) if member.isreg() else None)
    return gzip.compress(out.getvalue(), mtime=moment)


def _last(done: proc.Completed) -> str:
    """What a program said last, for people."""
    if done.timed_out:
        return "it took too long"
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").strip() or done.problem or "it said nothing"
    return visible("\n".join(text.splitlines()[-12:]))


def archived(tree: Path, stem: str, moment: int) -> bytes:
    """The files of a clone as a ``.tar.gz``, all below ``stem``: the same bytes for the same commit."""
    import gzip
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree.rglob("*")):
            name = path.relative_to(tree)
            if name.parts[0] == ".git" or path.is_dir():
                continue
            info = tar.gettarinfo(str(path), f"{stem}/{name.as_posix()}")
            info.mtime, info.uid, info.gid, info.uname, info.gname = moment, 0, 0, "", ""
            info.mode = 0o755 if info.mode & 0o100 else 0o644
            if info.isreg():
                with path.open("rb") as stream:
                    tar.addfile(info, stream)
            elif info.issym():
                tar.addfile(info)
    return gzip.compress(out.getvalue(), mtime=moment)
