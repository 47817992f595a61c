"""I: formats, vocabularies and references that other people's programs understand."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from assaymark.api import Evidence, check
from assaymark_data.answers import HALF, no, open_, some, yes
from assaymark_data.formats import standard_of, told
from assaymark_data.reading import FORMATS, Read
from assaymark_data.record import Link, Record
from assaymark_data.seen import Reply, Seen
from assaymark_data.text import is_persistent, is_reference, scheme_of

_RELATE = (
    "relate it to other data, papers or software by their identifiers, and say how (isDerivedFrom, isDescribedBy …)"
)
# Answers after which an address is known not to give linked data.
_SETTLED = (200, 404, 406, 410, 415)


@check("data.rda-i1-01m")
def metadata_standard(data_read: Read) -> Evidence:
    """The metadata are in a published representation, one that is read here; text for people alone is none."""
    if data_read.record:
        return yes(f"the metadata are {data_read.record.format}, a published representation")
    if data_read.prose:
        return no("the metadata are text for people, with nothing for machines in it", f"write them as {FORMATS}")
    return open_(data_read.reason, data_read.remedy)


@check("data.rda-i1-01d")
def data_standard(data_record: Record) -> Evidence:
    """The data are in formats that are open standards."""
    parts = told(data_record.parts)
    if not parts:
        return open_("the record does not tell the formats of the data", "add media types, such as text/csv")
    strange = [p.media or p.address for p in parts if standard_of(p) is None]
    if not strange:
        return yes(f"the data are in open formats: {some(sorted({f[0] for p in parts if (f := standard_of(p))}))}")
    good = len(parts) - len(strange)
    return no(
        f"no open standard is known of {some(strange)}",
        "offer the data in an open format, too: CSV, Parquet, NetCDF, GeoTIFF, JSON …",
        points=HALF if good else 0,
    )


@check("data.rda-i1-02m")
def metadata_understandable(data_record: Record, data_seen: Seen) -> Evidence:
    """The metadata are linked data (JSON-LD, RDF), or their address gives them so."""
    if data_record.graph:
        return yes(f"{data_record.format} is linked data")
    if data_seen.graph.good and any(w in data_seen.graph.media for w in ("ld+json", "rdf", "turtle")):
        return yes(f"{data_seen.graph.address} gives {data_seen.graph.media}")
    if unseen := _unseen(data_seen.graph):
        return open_(f"{data_record.format} is no linked data; {unseen}", _allow(data_record, data_seen.graph.address))
    return no(f"{data_record.format} is no linked data", "offer the metadata as schema.org JSON-LD or DCAT, too")


def _unseen(graph: Reply) -> str:
    """Why it is not known whether an address gives linked data; '' when it is, or there is no address."""
    if not graph.address or graph.status in _SETTLED:
        return ""
    seen = f"seen: {graph.problem or graph.status}" if graph.asked else "asked"
    return f"whether {graph.address} gives it as such was not {seen}"


def _allow(record: Record, address: str) -> str:
    """The hosts to be asked for linked data: a DOI's registry answers for all landing pages."""
    doi = any(scheme_of(i) == "doi" for i in record.identifiers)
    hosts = ("doi.org", "data.crosscite.org") if doi else (urlsplit(address).hostname or "HOST",)
    return " ".join(f"--allow-host {h}" for h in hosts)


@check("data.rda-i1-02d")
def data_understandable(data_record: Record) -> Evidence:
    """A program learns what the values mean: from the format, or from a description of columns and variables."""
    if any(p.described for p in data_record.parts):
        return yes("columns or variables of the data are described")
    parts = told(data_record.parts)
    good = [f[0] for p in parts if (f := standard_of(p)) and f[1]]
    if good:
        return yes(f"the data are in formats that describe themselves: {some(sorted(set(good)))}")
    if not parts:
        return open_("the record tells neither formats nor variables of the data", "add media types, or variables")
    return no("neither format nor record tells what the values mean", "add a Table Schema, or use Parquet or NetCDF")


@check("data.rda-i2-01m")
def metadata_vocabularies(data_record: Record) -> Evidence:
    """Keywords, or people and organisations, are named by terms that can be looked up."""
    words = [k.text for k in data_record.keywords if is_reference(k.vocabulary)]
    if words:
        return yes(f"keywords come from vocabularies that can be looked up: {some(words)}")
    people = [a.id for a in data_record.creators if is_persistent(a.id)]
    if people:
        return yes(f"people and organisations are named by identifiers that can be looked up: {some(people)}")
    return no(
        "no keyword, person or organisation is named by a term that can be looked up",
        "name creators by ORCID or ROR, and take keywords from a vocabulary with addresses",
    )


@check("data.rda-i2-01d")
def data_vocabularies(data_record: Record) -> Evidence:
    """Variables or columns are named by terms that can be looked up."""
    if any(p.terms for p in data_record.parts):
        return yes("variables of the data are named by terms that can be looked up")
    if any(p.described for p in data_record.parts):
        return no(
            "variables are described, and none by a term that can be looked up",
            "add propertyID (schema.org) or rdfType (Table Schema)",
        )
    return open_("the record does not describe the variables of the data", "describe them, with terms of a vocabulary")


def _judged(found: Iterable[Link], what: str, otherwise: Iterable[Link] = ()) -> Evidence:
    links = list(found)
    if links:
        return yes(f"{what}: {some([f'{k.kind} {k.target}'.strip() for k in links])}")
    maybe = list(otherwise)
    if maybe:
        return open_(f"the record refers to {maybe[0].target[:200]}, and does not tell what that is", _RELATE)
    return no(f"none: {what}", _RELATE)


def _others(record: Record) -> list[Link]:
    return list(record.references())


def _astray(record: Record) -> Evidence | None:
    """Keys that lead only to tables that the record does not have."""
    names = [name for p in record.parts for name in p.astray]
    if not names:
        return None
    return no(
        f"keys of the data lead to {some(names)}, which the record does not have", "add the tables, or mend the keys"
    )


@check("data.rda-i3-01m")
def links_metadata(data_record: Record) -> Evidence:
    """The metadata refer to other things by identifiers: papers, people, projects, other data."""
    return _judged(_others(data_record), "references of the metadata")


@check("data.rda-i3-01d")
def data_links_data(data_record: Record) -> Evidence:
    """The data refer to other data: a foreign key, linked data."""
    if any(p.refers for p in data_record.parts):
        return yes("tables of the data refer to one another by keys")
    if astray := _astray(data_record):
        return astray
    linked = [
        f[0]
        for p in data_record.parts
        if (f := standard_of(p)) and f[0] in ("ttl", "turtle", "jsonld", "ld+json", "rdf", "rdf+xml")
    ]
    if linked:
        return open_(f"the data are linked data ({linked[0]}); whether they lead elsewhere cannot be seen in metadata")
    return open_(
        "metadata do not show whether the data refer to other data", "declare keys (foreignKeys of Table Schema)"
    )


@check("data.rda-i3-02m")
def links_data(data_record: Record) -> Evidence:
    """The metadata refer to other data."""
    others = _others(data_record)
    return _judged((k for k in others if k.data), "references to data", (k for k in others if k.data is None))


@check("data.rda-i3-02d")
def data_links_data_by_role(data_record: Record) -> Evidence:
    """The data refer to other data and tell by which columns."""
    if any(p.refers for p in data_record.parts):
        return yes("tables of the data refer to one another by named columns")
    if astray := _astray(data_record):
        return astray
    return open_("metadata do not show how the data refer to other data", "declare keys (foreignKeys of Table Schema)")


@check("data.rda-i3-03m")
def links_metadata_by_role(data_record: Record) -> Evidence:
    """The metadata tell in which relation the things stand that they refer to."""
    others = _others(data_record)
    return _judged((k for k in others if k.kind), "references with their role", others)


@check("data.rda-i3-04m")
def links_data_by_role(data_record: Record) -> Evidence:
    """The metadata tell in which relation the data stand that they refer to."""
    others = _others(data_record)
    return _judged(
        (k for k in others if k.data and k.kind),
        "references to data with their role",
        (k for k in others if k.data is None),
    )


CHECKS = (
    metadata_standard,
    data_standard,
    metadata_understandable,
    data_understandable,
    metadata_vocabularies,
    data_vocabularies,
    links_metadata,
    data_links_data,
    links_data,
    data_links_data_by_role,
    links_metadata_by_role,
    links_data_by_role,
)
