"""From a commit that may be released to the folder that is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import __version__
from assaymark.errors import InputError
from assaymark.release import crate, dependencies, folder, notes, package, sbom, wheelhouse
from assaymark.release.folder import Release
from assaymark.release.source import members

if TYPE_CHECKING:
    from assaymark.model import Assessment
    from assaymark.provenance.account import Artifact
    from assaymark.release.dependencies import Dependency
    from assaymark.release.source import Source

_KINDS = {
    folder.REPORT: "assessment",
    folder.CRATE: "crate",
    folder.METADATA: "metadata",
    folder.NOTES: "notes",
    folder.STATEMENT: "provenance",
    folder.RECORD: "record",
    "badge.svg": "badge",
    "provenance.json": "provenance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to build and how. ``assessment`` with its bytes is the verdict that goes with the release.

    ``attached`` are SBOMs of the images, by the name that each gets. ``licences`` are what a person knows of
    dependencies that do not tell; ``environment`` as in `release.check`.
    """

    assessment: Assessment
    report: bytes
    gate: str
    folders: tuple[str, ...] = ()
    isolated: bool = True
    stamp: str | None = None
    lock: str | None = None
    wheelhouse: bool = False
    images: tuple[str, ...] = ()
    attached: Mapping[str, Path] = field(default_factory=dict)
    licences: tuple[tuple[str, str], ...] = ()
    environment: list[str] | None = None


def build(source: Source, out: Path, wanted: Wanted, surroundings: Mapping[str, str]) -> Release:
    """Build everything into ``out``, which must be empty or not there, and give what is in it.

    Raises InputError and GateNotMet; then ``out`` has no ``release.json`` and is no release.
    """
    import tempfile

    refuse(source, out, wanted)
    started = datetime.now(UTC)
    out.mkdir(parents=True, exist_ok=True)
    kinds = dict(_KINDS)
    with tempfile.TemporaryDirectory(prefix="assaymark-release-") as place:
        scratch = Path(place).resolve()
        folders = wanted.folders or members(source)
        made = _packed(source, folders, out, scratch, wanted)
        kinds |= {path.name: "sdist" if path.name.endswith(".gz") else "wheel" for path in made}
        locked = _locked(source, wanted)
        _sboms(source, locked, out, kinds)
        for name, sbom_file in wanted.attached.items():
            (out / name).write_bytes(sbom_file.read_bytes())
            kinds[name] = "sbom"
        if wanted.wheelhouse:
            packed = wheelhouse.archive(source, dependencies.needed_here(locked), made, out, scratch)
            kinds[packed.name] = "wheelhouse"
    _verdict(wanted, out, surroundings)
    _write(out / folder.METADATA, _metadata(source))
    release = _release(source, wanted)
    _write(out / folder.NOTES, notes.render(source, release))
    times = (_stamp(started), _stamp(datetime.now(UTC)))
    _write(out / folder.STATEMENT, _provenance(source, out, kinds, times, surroundings))
    release = _release(source, wanted, folder.described(out, kinds))
    _write(out / folder.RECORD, _record(source, release, times, surroundings))
    release = _release(source, wanted, folder.described(out, kinds))
    text = crate.render(source, release, started=times[0], finished=times[1], authors=_authors(source))
    _write(out / folder.CRATE, text)
    release = _release(source, wanted, folder.described(out, kinds))
    _write(out / folder.MANIFEST, folder.render(release))
    _write(out / folder.SUMS, folder.sums(out))
    return release


def outline(source: Source, wanted: Wanted) -> list[str]:
    """What `build` would make, in words."""
    folders = wanted.folders or members(source)
    lines = [f"sdist and wheel of {name if name != '.' else 'the root'}, twice" for name in folders]
    lines += ["SBOM as CycloneDX and SPDX"]
    lines += ["a wheelhouse for this Python and system"] if wanted.wheelhouse else []
    lines += [f"the verdict {wanted.assessment.level} with its badge and provenance", "notes, RO-Crate, checksums"]
    return lines


def refuse(source: Source, out: Path, wanted: Wanted) -> None:
    """Raises InputError for what can be no release of this commit, before anything is built."""
    if source.opened.subject.dirty:
        raise InputError("files differ from the commit", where=str(source.root), hint="commit them: a release is one")
    about = wanted.assessment.subject
    if about.commit != source.commit or about.dirty:
        raise InputError(f"the assessment is about {about.commit or 'no commit'}", hint=f"assess {source.commit}")
    if out.is_dir() and any(out.iterdir()):
        raise InputError("is not empty", where=str(out), hint="give a new folder: what is left in it would be released")


def _packed(source: Source, folders: tuple[str, ...], out: Path, scratch: Path, wanted: Wanted) -> list[Path]:
    if folders:
        return package.packages(source, folders, out, scratch, isolated=wanted.isolated, stamp=wanted.stamp)
    # A workflow, a model, a dataset: what is released is the tree of the commit.
    name = f"{source.name}-{_version(source)}.tar.gz"
    tree = package.lay(source, scratch / "one")
    (out / name).write_bytes(package.archived(tree, name.removesuffix(".tar.gz"), source.time))
    return [out / name]


def _locked(source: Source, wanted: Wanted) -> tuple[Dependency, ...]:
    from dataclasses import replace

    found = dependencies.locked(source, wanted.lock)
    if found is None:
        return ()
    said = {dependencies.normal(name): text for name, text in wanted.licences}
    there = dependencies.with_licences(found[1], wanted.environment)
    unique = {(d.name, d.version): replace(d, licence=said.get(d.name, d.licence)) for d in there}
    return tuple(unique[key] for key in sorted(unique))


def _sboms(source: Source, locked: tuple[Dependency, ...], out: Path, kinds: dict[str, str]) -> None:
    built = folder.described(out, kinds)
    stem = f"{source.name}-{_version(source)}"
    for name, make in ((f"{stem}.cdx.json", sbom.cyclonedx), (f"{stem}.spdx.json", sbom.spdx)):
        _write(out / name, make(source, locked, built))
        kinds[name] = "sbom"


def _verdict(wanted: Wanted, out: Path, surroundings: Mapping[str, str]) -> None:
    """The assessment as it was given, and what is drawn from it."""
    from assaymark.badges import assessed, svg
    from assaymark.provenance import prov
    from assaymark.provenance.assessed import account_of
    from assaymark.provenance.redact import refuse_leaks

    (out / folder.REPORT).write_bytes(wanted.report)
    _write(out / "badge.svg", svg.render(assessed.level(wanted.assessment)))
    account = account_of(wanted.assessment, wanted.report, surroundings)
    text = prov.render(account)
    refuse_leaks("provenance.json", text, surroundings, allowed=[account.subject.name])
    _write(out / "provenance.json", text)


def _provenance(
    source: Source, out: Path, kinds: Mapping[str, str], times: tuple[str, str], surroundings: Mapping[str, str]
) -> str:
    """An in-toto statement with the SLSA provenance of every file that is there by now."""
    from assaymark.provenance import intoto
    from assaymark.provenance.account import Artifact
    from assaymark.provenance.assessed import subject_of
    from assaymark.provenance.uris import LOCAL_BUILDER

    files = [Artifact(name=f.name, kind=f.kind, sha256=f.sha256) for f in folder.described(out, kinds)]
    server, workflow = surroundings.get("GITHUB_SERVER_URL"), surroundings.get("GITHUB_WORKFLOW_REF")
    run, repository = surroundings.get("GITHUB_RUN_ID"), surroundings.get("GITHUB_REPOSITORY", "")
    attempt = f"{run}/attempts/{surroundings.get('GITHUB_RUN_ATTEMPT', '1')}"
    predicate = intoto.slsa_provenance(
        source=subject_of(source.opened.subject),
        parameters={"tag": source.tag},
        builder=f"{server}/{workflow}" if server and workflow else LOCAL_BUILDER,
        version=__version__,
        started=times[0],
        finished=times[1],
        invocation=f"{server}/{repository}/actions/runs/{attempt}" if server and run else None,
        dependencies=_lock_of(source),
    )
    return intoto.render(intoto.statement("slsa-provenance", predicate, files))


def _record(source: Source, release: Release, times: tuple[str, str], surroundings: Mapping[str, str]) -> str:
    """The W3C PROV of the release, which tells of every file that is there by now."""
    from assaymark.provenance.assessed import subject_of
    from assaymark.release import record

    subject, used = subject_of(source.opened.subject), _lock_of(source)
    account = record.account_of(release, subject, used, surroundings, started=times[0], ended=times[1])
    return record.render(account, surroundings)


def _lock_of(source: Source) -> list[Artifact]:
    """The lock, by its digest."""
    import hashlib

    from assaymark.provenance.account import Artifact

    found = next((n for n in dependencies.LOCKS if source.tree.get(n)), None)
    if found is None:
        return []
    content = source.tree.read(found, 20_000_000)
    return [Artifact(name=found, kind="lock", sha256=hashlib.sha256(content).hexdigest())]


def _release(source: Source, wanted: Wanted, files: tuple[folder.File, ...] = ()) -> Release:
    version = source.version
    return Release(
        name=source.name,
        version=_version(source),
        tag=source.tag,
        commit=source.commit,
        repository=source.opened.subject.repository or "",
        prerelease=version is not None and not version.final,
        level=wanted.assessment.level.value,
        gate=wanted.gate,
        files=files,
        images=wanted.images,
        licence=source.licence,
    )


def _version(source: Source) -> str:
    return source.version.text.removeprefix("v") if source.version else source.commit[:12]


def _authors(source: Source) -> dict[str, str]:
    """Who wrote it, as CITATION.cff says: by ORCID where it is given."""
    found = {}
    for declared in source.metadata.citable:
        for person in declared.data.get("authors", ()) if isinstance(declared.data.get("authors"), list) else ():
            if not isinstance(person, dict):
                continue
            name = " ".join(str(person[k]) for k in ("given-names", "family-names", "name") if person.get(k))
            if name:
                found[str(person.get("orcid") or "#" + "-".join(name.lower().split()))] = name
        if found:
            break
    return found


def _metadata(source: Source) -> str:
    """The metadata files of the root by format, as plain values."""
    import json

    found = {d.format: dict(d.data) for d in source.metadata.of("cff", "codemeta", "zenodo") if d.data}
    return json.dumps(found, indent=1, sort_keys=True, default=str) + "\n"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
