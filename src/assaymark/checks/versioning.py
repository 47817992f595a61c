"""QC.Ver: releases are tags, and the tags are versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, Finding, Severity, check, failed, passed, unknown
from assaymark.subject.releases import CALVER, CRAN, PEP440, SCHEMES, SEMVER

if TYPE_CHECKING:
    from assaymark.subject.metadata import Metadata
    from assaymark.subject.releases import Release, Releases

_NAMES = {
    SEMVER: "Semantic Versioning",
    PEP440: "PEP 440",
    CALVER: "calendar versioning",
    CRAN: "the numbering of R packages",
}
_SHALLOW = "Fetch the tags: `git fetch --tags --unshallow`, or `fetch-depth: 0` in actions/checkout."
_FIRST = "Tag the state that users should take: `git tag -a v1.0.0 -m 'First release' && git push --tags`."


@check("ver.newest-release", reads=())
def newest_release(releases: Releases, settings: Mapping[str, Any], metadata: Metadata) -> Evidence:
    """The newest release is tagged with a semantic version.

    Releases are ordered by precedence, not by date. A prefix (`v1.2.3`, `release-1.2.3`, `pkg@1.2.3`) is no fault. The
    policy `version-scheme` may name `pep440`, `calver` or `cran` (R's package versions) instead of `semver`.
    """
    scheme = str(settings.get("version-scheme", SEMVER))
    if scheme not in SCHEMES:
        return unknown(f"the policy 'version-scheme' is {scheme!r}", remedy=f"Use one of: {', '.join(SCHEMES)}.")
    newest = releases.latest
    if newest is None:
        return _none(releases)
    notes = _notes(releases, scheme)
    seen = {"tags": len(releases.all) + len(releases.others), "releases": len(releases.own)}
    if scheme in newest.version.schemes:
        dated = " (also a date)" if scheme == SEMVER and CALVER in newest.version.schemes else ""
        here = " that this shallow clone shows" if releases.shallow else ""
        return passed(
            f"the newest release{here}, {newest.tag}, follows {_NAMES[scheme]}{dated}", findings=notes, metrics=seen
        )
    other = CRAN if _is_of_r(newest, metadata) else newest.version.scheme
    return failed(
        f"the newest release, {newest.tag}, does not follow {_NAMES[scheme]}{_what_it_is(newest, other)}",
        findings=notes,
        remedy=_remedy(newest, scheme, other),
        metrics=seen,
    )


def _none(releases: Releases) -> Evidence:
    if releases.shallow:
        return unknown("no version is tagged in this shallow clone", remedy=_SHALLOW)
    if releases.others:
        return failed(f"no tag is a version: {_listed(releases.others)}", remedy=_FIRST)
    return failed("there are no tags", remedy=_FIRST)


def _notes(releases: Releases, scheme: str) -> tuple[Finding, ...]:
    out = []
    older = [r.tag for r in releases.own if scheme not in r.version.schemes and r is not releases.latest]
    if older:
        out.append(_note("ver.older-tag", f"{len(older)} other tags do not follow {_NAMES[scheme]}: {_listed(older)}"))
    newest = releases.latest
    if newest and newest.tag.lower().startswith("v."):
        out.append(_note("ver.prefix", f"{newest.tag}: write v{newest.version.text} without the point after v"))
    series = sorted({r.series or "those without a name" for r in releases.all if r.series != releases.series})
    if series:
        out.append(_note("ver.series", f"tags of other series were not judged: {_listed(series)}"))
    return tuple(out)


def _note(rule: str, message: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.NOTE)


def _is_of_r(release: Release, metadata: Metadata) -> bool:
    """Whether it is a version with a revision (``1.9-46``), in a package of R."""
    return (
        "-" in release.version.text
        and CRAN in release.version.schemes
        and any(d.path.rpartition("/")[2] == "DESCRIPTION" for d in metadata.declared)
    )


def _what_it_is(release: Release, scheme: str) -> str:
    if scheme == PEP440 and re.fullmatch(r"[vV]?[\d.]+", release.version.text):
        return f" (it has {release.version.text.count('.') + 1} numbers, not 3)"
    return f" (it is {_NAMES[scheme]})" if scheme else ""


def _remedy(newest: Release, scheme: str, other: str) -> str:
    if scheme == SEMVER:
        numbers = newest.version.key[1][:3]
        if len(numbers) < 3:  # one that is higher, whatever else stands in the last one (1.9-46)
            major, minor = (*numbers, 0)[:2]
            numbers = (major, minor + 1, 0)
        advice = f"Name the next release MAJOR.MINOR.PATCH, such as v{'.'.join(map(str, numbers))}"
        return (
            f"{advice}; if {_NAMES[other]} is the project's choice, set version-scheme = '{other}'."
            if other
            else f"{advice}."
        )
    return f"Name the next release by {_NAMES[scheme]}, or change version-scheme."


def _listed(names: list[str] | tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
