"""QC.Lic: the licence is a text in the root that we recognise, and the Open Source Initiative approves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, passed, unknown
from assaymark.subject import licences as known
from assaymark.subject.licences import base_id, expression_ids, is_spdx, open_source, osi_approved, variants

if TYPE_CHECKING:
    from assaymark.subject.licences import LicenceFile, Licences
    from assaymark.subject.metadata import Declared, Metadata

_READS = ("LICEN[CS]E*", "COPYING*", "UNLICENSE*", "LICENSES/**", "**")
_ADD = (
    "Add the full text of an open-source licence as LICENSE to the root (for example from https://choosealicense.com)."
)

# The class "popular / strong community" of the Open Source Initiative, https://opensource.org/licenses as of 2024-11.
POPULAR_AS_OF = "2024-11"
POPULAR = frozenset(
    {
        "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CDDL-1.0", "EPL-1.0", "EPL-2.0", "GPL-2.0", "GPL-3.0",
        "LGPL-2.0", "LGPL-2.1", "LGPL-3.0", "MIT", "MPL-2.0",
    }
)  # fmt: skip # many short items


@check("lic.open-source", reads=_READS)
def open_source_licence(licences: Licences, metadata: Metadata) -> Evidence:
    """The repository holds the text of an open-source licence.

    The text is compared with those of the SPDX list, offline. What package metadata declare is compared with it, and
    does not take its place.
    """
    found = _recognised(licences, metadata)
    if found is not None:
        return found
    notes = (*_altered(licences.known), *_disagreements(licences, metadata))
    where = ", ".join(f.path for f in licences.known)
    free = [i for i in licences.ids if open_source(i)]
    if not free:
        return failed(
            f"{', '.join(licences.ids)} ({where}) is not an open-source licence",
            findings=notes,
            remedy="Publish under a licence from https://opensource.org/licenses.",
        )
    return passed(f"{where}: {', '.join(licences.ids)}", findings=notes, metrics={"spdx": " ".join(licences.ids)})


@check("lic.root-file", reads=_READS)
def root_file(licences: Licences, metadata: Metadata) -> Evidence:
    """The licence text lies in the root of the repository (or in a REUSE `LICENSES/` folder there)."""
    found = _recognised(licences, metadata)
    if found is not None:
        return found
    root = [f for f in licences.root if f.known]
    if root:
        hold = "holds the licence" if len(root) == 1 else "hold the licences"
        return passed(f"{', '.join(f.path for f in root)} {hold}", findings=_altered(root))
    place = licences.known[0].path
    return failed(
        f"the licence lies in {place}, not in the root",
        findings=[_finding("lic.place", "the licence is not in the root", place)],
        remedy=f"Move {place} to LICENSE in the root, where people and forges look.",
    )


@check("lic.osi", reads=_READS)
def osi(licences: Licences, metadata: Metadata) -> Evidence:
    """The Open Source Initiative approved the licence (by the list that the SPDX data ship)."""
    found = _recognised(licences, metadata)
    if found is not None:
        return found
    approved = [i for i in licences.ids if osi_approved(i)]
    others = [i for i in licences.ids if not osi_approved(i)]
    if not approved:
        return failed(
            f"the Open Source Initiative has not approved {', '.join(others)}",
            remedy="Choose an approved licence (https://opensource.org/licenses), or add one beside it.",
        )
    message = "is not approved by the Open Source Initiative"
    notes = [_finding("lic.not-approved", f"{i} {message}", _path_of(licences, i), Severity.NOTE) for i in others]
    return passed(f"{', '.join(approved)}: approved by the Open Source Initiative", findings=notes)


@check("lic.popular", reads=_READS)
def popular(licences: Licences, metadata: Metadata) -> Evidence:
    """The licence belongs to those that the Open Source Initiative lists as popular or with a strong community."""
    found = _recognised(licences, metadata)
    if found is not None:
        return found
    liked = [i for i in licences.ids if POPULAR & set(map(base_id, variants(i)))]
    if liked:
        return passed(f"{', '.join(liked)}: popular or with a strong community (OSI list of {POPULAR_AS_OF})")
    return failed(
        f"{', '.join(licences.ids)} is not among the popular licences (OSI list of {POPULAR_AS_OF})",
        remedy=(
            "Reuse is easiest under a licence that people know: Apache-2.0, MIT, BSD-3-Clause, MPL-2.0 or (L)GPL-3.0."
        ),
    )


def _recognised(licences: Licences, metadata: Metadata) -> Evidence | None:
    """None when a licence is known; else why none is."""
    if licences.known:
        return None
    spdx = _declared_spdx(metadata)
    if not licences.files:
        return _no_file(metadata, spdx)
    template = next((f for f in licences.files if f.kind == known.TEMPLATE), None)
    if template is not None and spdx and any(d.format == "r" for d in metadata.declared):
        return _r_package(template, spdx)
    for file in licences.files:
        if file.restriction is not None:
            message = "a restriction was added to the licence"
            return unknown(
                f"{file.path} adds terms to the licence that may take back what it gives",
                findings=[_finding("lic.restriction", message, file.path, line=file.restriction)],
                remedy="Have the terms judged by a lawyer and attest the result, or use the licence unchanged.",
            )
    legal = next((f for f in licences.files if f.kind == known.LEGAL), None)
    if legal is not None:
        return unknown(
            f"{legal.path} is a legal text that matches no licence of the SPDX list",
            findings=[_finding("lic.unrecognised", "the text matches no known licence", legal.path)],
            remedy="Use the unchanged text of a licence with an SPDX id, or attest what this one is.",
        )
    first = licences.files[0]
    what = "points to a licence text that is not there" if first.kind == known.POINTER else "is not a licence text"
    return failed(
        f"{first.path} {what} ({first.words} words)",
        findings=[_finding("lic.not-a-licence", what, f.path, Severity.ERROR, 1) for f in licences.files],
        remedy=f"Put the full, unchanged text of the licence {'(' + spdx[0] + ') ' if spdx else ''}into {first.path}.",
    )


def _no_file(metadata: Metadata, spdx: tuple[str, ...]) -> Evidence:
    declared = next((d for d in metadata.declared if d.licence), None)
    if declared is None:
        return failed("there is no licence: nobody may use, change or share the code", remedy=_ADD)
    place = _finding(
        "lic.no-text",
        f"declares {declared.licence!r}, but no file holds the text",
        declared.path,
        line=declared.licence_line,
    )
    name = spdx[0] if spdx else declared.licence
    return failed(
        f"{declared.path} declares {declared.licence!r}, but the licence text is missing",
        findings=[place],
        remedy=f"Add the full text of {name} as LICENSE to the root (https://spdx.org/licenses/).",
    )


def _r_package(template: LicenceFile, spdx: tuple[str, ...]) -> Evidence:
    free = [i for i in spdx if osi_approved(i)]
    if not free:
        return failed(
            f"DESCRIPTION declares {spdx[0]}, which is not approved by the Open Source Initiative", remedy=_ADD
        )
    note = _finding(
        "lic.r-template",
        "holds year and holder only; add the text as LICENSE.md (usethis::use_mit_license())",
        template.path,
        Severity.NOTE,
    )
    return passed(f"DESCRIPTION declares {free[0]} with the template {template.path}, as CRAN asks", findings=[note])


def _declared_spdx(metadata: Metadata) -> tuple[str, ...]:
    return tuple(i for d in metadata.declared if d.licence for i in expression_ids(d.licence) if is_spdx(i))


def _altered(files: tuple[LicenceFile, ...] | list[LicenceFile]) -> tuple[Finding, ...]:
    return tuple(
        _finding("lic.altered", f"reads like {f.ids[0]}, but differs from its exact text", f.path)
        for f in files
        if f.kind == known.ALTERED
    )


def _disagreements(licences: Licences, metadata: Metadata) -> tuple[Finding, ...]:
    """Metadata that name another licence than the files hold."""
    held = {base_id(v).lower() for i in licences.ids for v in variants(i)}
    return tuple(
        _finding(
            "lic.declared-differs",
            f"declares {d.licence!r}, the licence file holds {', '.join(licences.ids)}",
            d.path,
            line=d.licence_line,
        )
        for d in metadata.declared
        if _differs(d, held)
    )


def _differs(declared: Declared, held: set[str]) -> bool:
    ids = [i for i in expression_ids(declared.licence) if is_spdx(i)]
    return bool(ids) and not any(base_id(i).lower() in held for i in ids)


def _path_of(licences: Licences, id: str) -> str:
    return next(f.path for f in licences.known if id in f.ids)


def _finding(
    rule: str, message: str, path: str, severity: Severity = Severity.WARNING, line: int | None = None
) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, location=Location(path=path, line=line))
