"""The release itself as an account: of which commit, by which verdict, with which tools, and what came out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from assaymark import __version__
from assaymark.provenance import prov
from assaymark.provenance.account import Account, Artifact, Step, Tool, Work
from assaymark.provenance.collect import run_of
from assaymark.provenance.redact import refuse_leaks
from assaymark.release import folder
from assaymark.release.folder import File, Release

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
