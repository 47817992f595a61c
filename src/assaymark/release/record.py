"""The release itself as records: how it was built, of which commit and by which verdict; and where it was taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import __version__
from assaymark.errors import InputError
from assaymark.provenance import prov, published
from assaymark.provenance.account import Account, Artifact, Step, Tool, Work
from assaymark.provenance.collect import run_of
from assaymark.provenance.published import Place, Published
from assaymark.provenance.redact import refuse_leaks
from assaymark.release import folder
from assaymark.release.folder import File, Release

if TYPE_CHECKING:
    from assaymark.release.forge import Done
    from assaymark.release.oci import Name
    from assaymark.release.zenodo import Deposit

# What makes the files of a kind; for the rest it is assaymark itself.
_MAKERS = {"sdist": "build", "wheel": "build", "wheelhouse": "pip"}
_MEDIA = {"sdist": "application/gzip", "wheelhouse": "application/x-tar", "badge": "image/svg+xml"}


def render(account: Account, environment: Mapping[str, str]) -> str:
    """The record as PROV-JSON. Raises InputError when it would tell what must not leave the machine."""
    text = prov.render(account)
    refuse_leaks(folder.RECORD, text, environment, allowed=[account.subject.name])
    return text


def account_of(
    release: Release,
    subject: Artifact,
    used: Sequence[Artifact],
    environment: Mapping[str, str],
    *,
    started: str,
    ended: str,
) -> Account:
    """The account of one build; ``release`` lists what was made by then, the assessment and the statement among it.

    ``used`` is what went in beside the commit, such as the lock. The report of a release is its in-toto statement.
    """
    files = {f.name: f for f in release.files}
    statement = _artifact(files.pop(folder.STATEMENT), kind="report")
    verdict = _artifact(files.pop(folder.REPORT))
    steps = tuple(_steps(list(files.values())))
    images = [Artifact(name=i, kind="image", sha256=i.rpartition("@sha256:")[2]) for i in sorted(release.images)]
    plan = _digest({"gate": release.gate, "tag": release.tag})
    return Account(
        work=Work.RELEASE,
        subject=subject,
        run=run_of(environment, started=started, ended=ended, report=statement.sha256 or ""),
        version=__version__,
        report=statement,
        plans=(Artifact(name=f"gate {release.gate} of {release.tag}", kind="gate", sha256=plan),),
        steps=steps,
        results=(),
        verdict="built",
        content=_digest([subject.commit, plan, verdict.sha256, *(step.evidence.sha256 for step in steps)]),
        inputs=(verdict, *used, *images),
        outputs=tuple(_artifact(f) for f in sorted(files.values())),
        facts={"tag": release.tag, "level": release.level, "name": release.name, "released": release.version},
    )


def publication(place: Path, release: Release) -> Published:
    """What is told by now of where a release was taken: nothing, if nobody said anything yet.

    Raises InputError when the record in the folder is not ours, was edited, or is about another release.
    """
    digests = {f.name: f.sha256 for f in release.files}
    # One image may lie in several repositories: it is the same one.
    images = {image.rpartition("@")[2]: image for image in sorted(release.images, reverse=True)}
    new = Published(
        repository=release.repository,
        commit=release.commit,
        tag=release.tag,
        name=release.name,
        release=release.version,
        listed=folder.digest(place / folder.MANIFEST),
        statement=digests.get(folder.STATEMENT, ""),
        record=digests.get(folder.RECORD, ""),
        images=tuple(sorted(images.values())),
    )
    path = place / folder.PUBLISHED
    if not path.is_file() or path.is_symlink():
        return new
    try:
        told = published.read(path.read_bytes())
    except InputError as problem:
        raise InputError(problem.message, where=str(path), hint="move it away") from problem
    if told.with_places(()) != new.with_places(told.places):
        raise InputError("tells of another release", where=str(path), hint="move it away")
    return told


def add_places(place: Path, release: Release, new: Iterable[Place], environment: Mapping[str, str]) -> bool:
    """Add places to the record in the folder; tells whether that changed anything.

    ``moment``, ``version`` and ``run`` are filled in here. Raises InputError as `publication` does, and before it would
    write what must not leave the machine.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run = run_of(environment, started=now, ended=now, report="").url or ""
    before = publication(place, release)
    after = before.with_places(replace(one, moment=now, version=__version__, run=run) for one in new)
    if after == before:
        return False
    text = published.render(after)
    refuse_leaks(folder.PUBLISHED, text, environment, allowed=[release.repository])
    (place / folder.PUBLISHED).write_text(text, encoding="utf-8", newline="\n")
    return True


def at_tags(name: Name, digest: str, tags: Sequence[str], put: Sequence[str]) -> list[Place]:
    """An image under its tags in the repository ``name``; those of ``put`` are new."""
    return [
        Place(
            kind="image",
            address=f"{name.host}/{name.path}:{tag}",
            sha256=digest.removeprefix("sha256:"),
            found=tag not in put,
        )
        for tag in tags
    ]


def at_forge(place: Path, done: Done) -> list[Place]:
    """The release on the forge, with all files of the folder."""
    if not done.address:
        return []
    listed = folder.digest(place / folder.MANIFEST)
    return [Place(kind="github-release", address=done.address, sha256=listed, found=not done.steps)]


def at_archive(place: Path, done: Deposit) -> list[Place]:
    """The deposit under its DOI, which a draft has already."""
    address = f"https://doi.org/{done.doi}" if done.doi else done.address
    if not address:
        return []
    listed, found = folder.digest(place / folder.MANIFEST), not done.steps
    return [Place(kind="deposit", address=address, sha256=listed, found=found, draft=not done.final, doi=done.doi)]


def _steps(files: Sequence[File]) -> Iterator[Step]:
    """One step for each kind of file; what it left are these files, told by their digests."""
    # Without a wheel it is the tree of the commit, which is packed without a back end.
    packages = any(f.kind == "wheel" for f in files)
    for kind in sorted({f.kind for f in files}):
        made = sorted(f for f in files if f.kind == kind)
        evidence = _digest([[f.name, f.sha256] for f in made])
        yield Step(
            id=f"make-{kind}",
            outcome="passed",
            message=", ".join(f.name for f in made)[:500],
            evidence=Artifact(name=f"{kind} by digest", kind="evidence", sha256=evidence),
            tool=_tool(_MAKERS[kind]) if kind in _MAKERS and packages else None,
            facts={"files": len(made)},
        )


def _tool(name: str) -> Tool:
    """The program, in the version that is installed where assaymark is."""
    try:
        return Tool(name=name, version=version(name))
    except PackageNotFoundError:
        return Tool(name=name)


def _artifact(file: File, kind: str = "") -> Artifact:
    media = "application/vnd.in-toto+json" if file.name == folder.STATEMENT else _MEDIA.get(file.kind)
    return Artifact(name=file.name, kind=kind or file.kind, sha256=file.sha256, media_type=media)


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
