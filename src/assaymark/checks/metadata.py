"""QC.Met: the software describes itself in a file that machines read, and the file is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark.subject.documents import entries_with
from assaymark.subject.metadata import CITABLE, ZENODO
from assaymark.subject.releases import parse_tag

if TYPE_CHECKING:
    from assaymark.subject.documents import Documents
    from assaymark.subject.metadata import Declared, Metadata
    from assaymark.subject.releases import Releases, Version

_READS = ("CITATION.cff", "codemeta.json", ".zenodo.json", "pyproject.toml", "package.json", "Cargo.toml", "*")
_NEW = "Add a CITATION.cff to the root (https://citation-file-format.github.io/cff-initializer-javascript/)."
_PLACEHOLDERS = {"0.0.0", "0.0", "0", "1.0.0-development", "0.0.0-development", "0.0.0-dev"}


@check("met.file", reads=_READS)
def metadata_file(metadata: Metadata) -> Evidence:
    """A CITATION.cff or codemeta.json lies in the root and holds what its format asks for."""
    files = metadata.citable
    if not files:
        return failed("there is neither CITATION.cff nor codemeta.json", findings=_instead(metadata), remedy=_NEW)
    findings = [f for d in files for f in _flaws(d)]
    broken = [d.path for d in files if d.problem or any(flaw.severe for flaw in d.flaws)]
    if broken:
        first = next(f for f in findings if f.severity is Severity.ERROR)
        line = f", line {first.location.line}" if first.location and first.location.line else ""
        return failed(
            f"{', '.join(broken)}: {first.message}{_more(findings)}",
            findings=findings,
            remedy=f"Mend {broken[0]}{line}: {first.fix or first.message}.",
        )
    return passed(
        f"{' and '.join(d.path for d in files)} {'is' if len(files) == 1 else 'are'} valid", findings=findings
    )


@check("met.current", reads=(*_READS, "CHANGELOG*", "**/changelog*"))
def up_to_date(metadata: Metadata, releases: Releases, documents: Documents) -> Evidence:
    """The version in the metadata file is that of the newest release (or a later one, under development).

    A file without a version is not out of date. Package metadata and changelog that lag behind are noted.
    """
    files = [d for d in metadata.citable if not d.problem]
    if not files:
        return not_applicable("there is no metadata file to compare")
    release = releases.latest_here or (releases.latest if releases.shallow else None)
    if release is None and releases.shallow:
        return unknown(
            "a shallow clone does not show which release is the newest",
            remedy="Fetch the tags: `fetch-depth: 0` in actions/checkout.",
        )
    target = (release.tag, release.version) if release else _of_packages(metadata)
    if target is None:
        return passed("no release and no package version contradicts the metadata")
    name, version = target
    stale = [d for d in files if _older(d, version)]
    if stale:
        return failed(
            f"{stale[0].path} says version {stale[0].version}, the newest release is {name}",
            findings=[_stale(d, version) for d in stale],
            remedy=f"Write {version.text} into {_place(stale[0])}, and do so with every release.",
        )
    notes = [*_behind(metadata, name, version), *_changelog(documents, release.tag if release else "", version)]
    return passed(_agreement(files, name), findings=notes)


def _agreement(files: list[Declared], release: str) -> str:
    named = [f"{d.path} {d.version}" for d in files if d.version]
    return f"{', '.join(named)}: not older than {release}" if named else "no version is given, so none is out of date"


def _flaws(declared: Declared) -> Iterator[Finding]:
    if declared.problem:
        yield _finding("met.unreadable", declared.problem, declared.path, declared.problem_line, Severity.ERROR)
    for flaw in declared.flaws:
        severity = Severity.ERROR if flaw.severe else Severity.NOTE
        yield _finding(
            "met.invalid" if flaw.severe else "met.incomplete",
            flaw.message,
            declared.path,
            flaw.line,
            severity,
            flaw.fix,
        )


def _more(findings: list[Finding]) -> str:
    others = sum(f.severity is Severity.ERROR for f in findings) - 1
    return f" (and {others} more)" if others > 0 else ""


def _instead(metadata: Metadata) -> list[Finding]:
    """Files that hold some of the facts, from which a citation file can be made."""
    others = [*metadata.of(ZENODO), *(d for d in metadata.packages if d.name)]
    return [
        _finding(
            "met.elsewhere", "holds metadata, but not in a form that is read for citation", d.path, None, Severity.NOTE
        )
        for d in others
    ]


def _older(declared: Declared, than: Version) -> bool:
    version = _version(declared)
    return version is not None and version.key < than.key


def _version(declared: Declared) -> Version | None:
    if not declared.version or declared.version.lower() in _PLACEHOLDERS:
        return None
    return parse_tag(declared.version)[1]


def _of_packages(metadata: Metadata) -> tuple[str, Version] | None:
    """The highest final version that a package file declares: what stands for the release when nothing is tagged."""
    found = [(f"{d.version} of {d.path}", v) for d in metadata.packages if (v := _version(d)) is not None and v.final]
    return max(found, key=lambda f: f[1].key) if found else None


def _stale(declared: Declared, version: Version) -> Finding:
    return _finding(
        "met.stale",
        f"version {declared.version} is older than {version.text}",
        declared.path,
        declared.version_line,
        Severity.ERROR,
        f"version: {version.text}" if declared.format == CITABLE[0] else f'"version": "{version.text}"',
    )


def _place(declared: Declared) -> str:
    return f"{declared.path}:{declared.version_line}" if declared.version_line else declared.path


def _behind(metadata: Metadata, name: str, version: Version) -> Iterator[Finding]:
    for declared in [*metadata.packages, *metadata.of(ZENODO)]:
        if _older(declared, version):
            message = f"version {declared.version} is older than the newest release, {name}"
            yield _finding("met.package-behind", message, declared.path, declared.version_line)


def _changelog(documents: Documents, tag: str, version: Version) -> Iterator[Finding]:
    logs = [c for c in documents.changelogs if c.versions]
    if tag and logs and not any(any(entries_with(c.versions, version.text)) for c in logs):
        yield _finding("met.changelog-behind", f"has no entry for {tag}", logs[0].path, 1, Severity.NOTE)


def _finding(
    rule: str, message: str, path: str, line: int | None, severity: Severity = Severity.WARNING, fix: str | None = None
) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, location=Location(path=path, line=line), fix=fix)
