"""R: enough is told to use the data again: terms, origin, standards."""

from __future__ import annotations

from dataclasses import replace

from assaymark.api import Evidence, Finding, Location, Severity, check
from assaymark_data.answers import HALF, no, open_, some, yes
from assaymark_data.formats import standard_of, told
from assaymark_data.licences import elsewhere, of_record, terms_of
from assaymark_data.record import Record
from assaymark_data.text import is_about_access, is_address, is_reference, licence_of

_ONE = "state one licence for the data, and others with the parts that they are for"
MOST = 20
_CHOOSE = "choose a licence for data, such as CC-BY-4.0 or CC0-1.0, and state it by identifier or address"
# Formats that a community defined with a model of their content, by the names of `assaymark_data.formats`.
_COMMUNITY_NAMES = """
    bam bufr cdf cif cram csvw dcm dicom fa fasta fastq fits fq geo+json geojson geopackage+sqlite3 geotiff gml
    gml+xml gpkg grb grib grib2 las laz mseed mzml nc nc4 netcdf nii pdb root sam vcf vnd+zarr vnd.zarr wmo-grib2
    x-netcdf zarr
"""
_COMMUNITY = set(_COMMUNITY_NAMES.split())
_RICH = (
    "description",
    "licence",
    "version",
    "methods",
    "coverage",
    "variables",
    "formats",
    "contact",
    "funding",
    "language",
    "created",
    "origin",
)
ENOUGH = 6


def attributes(record: Record) -> dict[str, bool]:
    """What somebody wants to know before using data, and whether the record tells it."""
    return {
        "description": len(record.description) >= 50,
        "licence": bool(terms_of(record)),
        "version": bool(record.version),
        "methods": bool(record.methods),
        "coverage": bool(record.coverage),
        "variables": any(p.described for p in record.parts),
        "formats": any(p.media for p in record.parts),
        "contact": bool(record.contacts),
        "funding": bool(record.funding),
        "language": bool(record.language),
        "created": bool(record.created),
        "origin": bool(record.provenance),
    }


@check("data.rda-r1-01m")
def many_attributes(data_record: Record) -> Evidence:
    """Of twelve things that somebody wants to know before using data, the record tells at least six."""
    found = attributes(data_record)
    given = [n for n in _RICH if found[n]]
    missing = [n for n in _RICH if not found[n]]
    if len(given) >= ENOUGH:
        return yes(f"the record tells {', '.join(given)}")
    said = (
        f"the record tells {len(given)} of {len(_RICH)} things ({', '.join(given) or 'none'}); {ENOUGH} are asked for"
    )
    return no(said, f"add {', '.join(missing[:6])}", points=HALF if len(given) >= ENOUGH // 2 else 0)


@check("data.rda-r1-1-01m")
def licence_stated(data_record: Record) -> Evidence:
    """The record states under which licence the data may be used; of several it is not known which holds for what.

    A file or a part that states another licence is a finding: the record may speak of the data, and the file of code.
    """
    stated = terms_of(data_record)
    if len(several := of_record(data_record)) > 1:
        return open_(f"the record states {some(several)}, and does not tell which of them holds for what", _ONE)
    if stated:
        return _with_others(data_record, yes(f"the record states {some(stated, 2)}"))
    if access := [t for t in data_record.rights if is_about_access(t)]:
        return no(f"the record tells who has access ({access[0][:100]}), and no licence", _CHOOSE)
    if data_record.rights:
        return no(f"the record says {data_record.rights[0][:100]!r}, which states no licence", _CHOOSE)
    return no("the record states no licence", _CHOOSE)


def _with_others(record: Record, found: Evidence) -> Evidence:
    """The same, with what states another licence."""
    others = list(elsewhere(record))
    if not others:
        return found
    said = [f"{where[:200]} states {name}, and the record does not" for where, name in others[:MOST]]
    places = [Location(path=where) if (where, name) in record.licence_files else None for where, name in others]
    findings = tuple(
        Finding(rule="data/licences", message=text, severity=Severity.WARNING, location=place)
        for text, place in zip(said, places, strict=False)
    )
    return replace(found, message=f"{found.message}; {'; '.join(said[:2])}", findings=findings)


@check("data.rda-r1-1-02m")
def licence_standard(data_record: Record) -> Evidence:
    """The licence is one that is widely known: of the SPDX list, which holds Creative Commons and Open Data Commons."""
    stated = terms_of(data_record)
    known = [name for text in stated if (name := licence_of(text))]
    if known:
        return yes(f"the licence is {known[0]}")
    if stated:
        return no(f"{some(stated, 1)} is no licence that is widely known", _CHOOSE)
    return no("the record states no licence", _CHOOSE)


@check("data.rda-r1-1-03m")
def licence_readable(data_record: Record) -> Evidence:
    """The licence is stated by an identifier or an address, where programs look for it."""
    readable = [t for t in data_record.licences if is_address(t) or licence_of(t)]
    if len(several := of_record(data_record)) > 1:
        return open_(f"a program finds {some(several)}, and not which of them holds for what", _ONE)
    if readable and data_record.licence_fields:
        return yes(f"programs find the licence: {readable[0]}")
    if readable:
        return yes(f"the licence is an address or identifier: {readable[0]}")
    return no("the licence is not stated by an identifier or an address", _CHOOSE)


@check("data.rda-r1-2-01m")
def origin(data_record: Record) -> Evidence:
    """The record tells where the data come from: who made them, when, and from what or how."""
    who = any(a.name for a in data_record.creators)
    when = bool(data_record.created or data_record.published)
    how = bool(data_record.provenance or data_record.methods)
    if who and when and how:
        from_what = some(data_record.provenance, 2) if data_record.provenance else data_record.methods[:100]
        return yes(f"the record tells who made the data, when, and from what: {from_what}")
    missing = [n for n, known in (("who made them", who), ("when", when), ("from what or how", how)) if not known]
    return no(
        f"the record does not tell {', '.join(missing)}",
        "add creators, dates, and what the data were derived from or how they were made",
        points=HALF if len(missing) == 1 else 0,
    )


@check("data.rda-r1-2-02m")
def origin_in_common_words(data_record: Record) -> Evidence:
    """The origin is told in a language that all domains share: PROV, or actions of an RO-Crate."""
    if data_record.provenance_terms:
        return yes(f"the origin is told in common terms: {some(data_record.provenance_terms)}")
    return no(
        "the origin is not told in PROV or by actions of an RO-Crate",
        "add a PROV record, or a CreateAction to the RO-Crate",
    )


@check("data.rda-r1-3-01m")
def metadata_complies(data_record: Record) -> Evidence:
    """The record has what its metadata standard requires."""
    if data_record.lacking:
        return no(
            f"{data_record.format} requires {', '.join(data_record.lacking[:6])}, which the record does not have",
            f"add {', '.join(data_record.lacking[:6])}",
            points=HALF if len(data_record.lacking) == 1 else 0,
        )
    return yes(f"the record has what {data_record.format} requires")


@check("data.rda-r1-3-01d")
def data_complies(data_record: Record) -> Evidence:
    """The data keep to a standard of their community: one that is declared, or a format that is one."""
    declared = [p.conforms for p in data_record.parts if p.conforms]
    if declared:
        return yes(f"the record declares {some(declared)}; whether the data keep to it is judged by their quality")
    formats = {f[0] for p in data_record.parts if (f := standard_of(p))}
    if formats & _COMMUNITY:
        return yes(f"the data are in a format of their community: {some(sorted(formats & _COMMUNITY))}")
    remedy = "declare it: conformsTo, profile or schema"
    if formats:
        return no(f"{some(sorted(formats))} is no standard of a community, and the record declares none", remedy)
    return open_("the record tells neither formats nor standards of the data", remedy)


@check("data.rda-r1-3-02m")
def metadata_standard_readable(data_record: Record) -> Evidence:
    """The record names the version of its standard by something a program can look up."""
    if data_record.standard:
        return yes(f"the record names its standard: {data_record.standard[:200]}")
    return no(
        f"the record does not name the version of {data_record.format} that it keeps to",
        "add schemaVersion, @context, conformsTo, $schema or stac_version",
    )


@check("data.rda-r1-3-02d")
def data_standard_readable(data_record: Record) -> Evidence:
    """A program can look up the standard that the data keep to."""
    declared = [p.conforms for p in data_record.parts if is_reference(p.conforms)] + [
        c for c in data_record.conforms if is_reference(c)
    ]
    if declared:
        return yes(f"the standard of the data can be looked up: {some(declared)}")
    formats = {f[0] for p in data_record.parts if (f := standard_of(p)) and f[1]}
    if formats & _COMMUNITY:
        return yes(f"the format is a standard that programs read: {some(sorted(formats & _COMMUNITY))}")
    if any(p.described for p in data_record.parts):
        return yes("columns or variables are described by a schema that programs read")
    if told(data_record.parts):
        return no("the record names no standard of the data that a program can look up", "declare it by its address")
    return open_("the record tells neither formats nor standards of the data", "declare them by their addresses")


CHECKS = (
    many_attributes,
    licence_stated,
    licence_standard,
    licence_readable,
    origin,
    origin_in_common_words,
    metadata_complies,
    data_complies,
    metadata_standard_readable,
    data_standard_readable,
)
