"""ISO 19115: the XML of ISO 19139 (``gmd``, ``gmi``), as INSPIRE asks for it, and that of ISO 19115-3 (``mdb``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assaymark_data.readers.iso_parts import parts_of
from assaymark_data.readers.iso_tree import Thing, thing_of
from assaymark_data.readers.nodes import several, unique
from assaymark_data.readers.oai_pmh import header
from assaymark_data.record import Agent, Keyword, Link, Record
from assaymark_data.text import (
    address_of,
    is_about_access,
    is_address,
    is_persistent,
    is_reference,
    licence_of,
    says_nothing,
    scheme_of,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OF_2003 = re.compile(r"\{http://www\.isotc211\.org/2005/gm[di]\}M[DI]_Metadata")
_OF_2014 = re.compile(
    r"\{https?://(?:standards\.iso\.org/iso|schemas\.isotc211\.org)/19115/-\d/\w+/[\d.]+\}M[DI]_Metadata"
)
# A profile that extends the standard names what it stands for: gco:isoType="gmd:MD_Metadata".
_TYPE = "{http://www.isotc211.org/2005/gco}isoType"
_CSW = "{http://www.opengis.net/cat/csw/"
# Who made the data; who owns, keeps or hands them out did not necessarily.
_MAKERS = ("author", "coAuthor", "originator", "principalInvestigator")
_WORKERS = ("processor", "collaborator", "contributor", "editor")
_PUBLISHERS = ("publisher", "distributor", "resourceProvider")
_PAYERS = ("funder", "sponsor")
# Associations of a dataset with data; of the others it is not told what is at the other end.
_WITH_DATA = ("series", "isComposedOf", "partOfSeamlessDatabase", "stereoMate", "revisionOf", "source")
_CC = re.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[a-z-]+/\d\.\d(?:/[\w.]{2,20})?/?", re.I)


def read_xml(root: Element, where: str) -> Record | None:
    """The record, None when there is none of ISO. Raises FactUnavailable when there are several."""
    found = [e for e in root.iter() if _standard(e)]
    if len(found) > 1:
        raise several(len(found), where)
    if not found:
        return None
    record = _record(thing_of(found[0]), found[0], where)
    if root.tag.startswith(_CSW) and root.tag.endswith("Response"):
        return replace(record, harvested="CSW")
    return header(record, root)


def _standard(element: Element) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    if _OF_2014.fullmatch(tag):
        return "ISO 19115-3"
    return (
        "ISO 19139" if _OF_2003.fullmatch(tag) or element.get(_TYPE) in ("gmd:MD_Metadata", "gmi:MI_Metadata") else ""
    )


def _record(top: Thing, root: Element, where: str) -> Record:
    about = _identification(top)
    cited = about.first("citation")
    parties = _parties(about, cited, top)
    dates = {d.text("dateType"): d.text("date") for d in reversed(cited.objects("date"))}
    parts, page = parts_of(top, about)
    terms = list(_terms(about))
    form = _standard(root)
    return Record(
        form,
        where,
        standard=_named_standard(top, root.tag[1:].partition("}")[0]),
        lacking=tuple(_lacking(top, about, cited, newer=form == "ISO 19115-3")),
        identifiers=unique(
            (_identifier(i) for i in cited.objects("identifier")),
            (a for a in cited.texts("onlineResource", "linkage") if is_persistent(a)),
            top.texts("dataSetURI"),
        ),
        record_identifiers=unique(
            top.texts("fileIdentifier"),
            (_identifier(i) for i in top.objects("metadataIdentifier")),
            top.texts("metadataLinkage", "linkage"),
        ),
        landing=top.text("metadataLinkage", "linkage") or page,
        title=cited.text("title"),
        description=about.text("abstract"),
        publisher=next((a.name for role in _PUBLISHERS for r, a in parties if r == role), ""),
        language=about.text("language") or about.text("defaultLocale", "language"),
        version=cited.text("edition"),
        type=top.text("hierarchyLevel") or top.text("metadataScope", "resourceScope"),
        creators=unique(a for r, a in parties if r in _MAKERS),
        contacts=unique(_contacts(top, about)),
        created=dates.get("creation", ""),
        published=next((d for k in ("publication", "released", "revision") if (d := dates.get(k))), ""),
        keywords=unique(_keywords(about)),
        licences=unique(t for t in terms if is_address(t) or licence_of(t)),
        rights=unique(terms),
        coverage=unique(_coverage(about)),
        methods=" ".join(_lineage(top, "processStep", "description"))[:2000],
        funding=unique(a.name for r, a in parties if r in _PAYERS),
        provenance=unique(
            top.texts("dataQualityInfo", "lineage", "statement"),
            top.texts("resourceLineage", "statement"),
            _lineage(top, "source", "description"),
            _lineage(top, "source", "sourceCitation", "title"),
            (f"{r}: {a.name}" for r, a in parties if r in _WORKERS),
        ),
        links=tuple(_links(top, about)),
        parts=parts,
        conforms=unique(p.conforms for p in parts if is_reference(p.conforms)),
    )


def _identification(top: Thing) -> Thing:
    """The data that are described; a record of a service alone describes that."""
    found = top.objects("identificationInfo")
    data = [t for t in found if "Service" not in t.kind]
    return next(iter(data or found), Thing(None, {}))


def _named_standard(top: Thing, space: str) -> str:
    """Name and version in the record's own words, else the namespace that it is written in."""
    own = [top.text("metadataStandardName"), top.text("metadataStandardVersion")]
    own += [top.text("metadataStandard", "title"), top.text("metadataStandard", "edition")]
    return " ".join([*(w for w in own if w), f"({space})"]) if any(own) else space


def _lacking(top: Thing, about: Thing, cited: Thing, *, newer: bool) -> Iterator[str]:
    """What the standard requires of every record, and of a dataset."""
    dataset = (top.text("hierarchyLevel") or top.text("metadataScope", "resourceScope") or "dataset") == "dataset"
    asked = {
        "title": cited.text("title"),
        "abstract": about.text("abstract"),
        "date": newer or cited.texts("date", "date"),
        "contact": top.objects("contact"),
        "dateInfo" if newer else "dateStamp": top.texts("dateInfo", "date") or top.text("dateStamp"),
        "language": newer or about.text("language") or "Service" in about.kind,
        "topicCategory": not dataset or about.text("topicCategory"),
    }
    return (name for name, value in asked.items() if not value)


def _identifier(node: Thing) -> str:
    """An identifier with its namespace, where only both together mean the same thing everywhere."""
    code, anchor, space = node.text("code"), next(iter(node.anchors("code")), ""), node.text("codeSpace")
    if anchor and is_reference(anchor):
        return anchor
    if scheme_of(code) not in ("", "uuid"):
        return code
    if code and is_address(space) and is_reference(space):
        return space + ("" if space.endswith(("/", "#", "=")) else "/") + code
    return code


def _parties(about: Thing, cited: Thing, top: Thing) -> list[tuple[str, Agent]]:
    """Roles and who has them."""
    found = [
        *cited.objects("citedResponsibleParty"),
        *about.objects("pointOfContact"),
        *top.objects("distributionInfo", "distributor", "distributorContact"),
    ]
    return [(p.text("role"), agent) for p in found if (agent := _agent(p)).name]


def _agent(party: Thing) -> Agent:
    """A person, else the organisation; with an identifier that is theirs."""
    for person in (*party.objects("party", "individual"), *(t for t in party.objects("party") if "Indiv" in t.kind)):
        if name := person.text("name"):
            return Agent(name, _identity(person))
    named = party.both("individualName") or party.both("organisationName")
    for name, anchor in named:
        return Agent(name, anchor if is_persistent(anchor) else _identity(party))
    return next((Agent(t.text("name"), _identity(t)) for t in party.objects("party") if t.text("name")), Agent(""))


def _identity(thing: Thing) -> str:
    own = [_identifier(i) for i in thing.objects("partyIdentifier")]
    own += thing.anchors("name") + thing.texts("contactInfo", "onlineResource", "linkage")
    return next((address_of(i) for i in own if is_persistent(i)), "")


def _contacts(top: Thing, about: Thing) -> Iterator[str]:
    for party in (*about.objects("pointOfContact"), *top.objects("contact")):
        holders = [party, *party.objects("party")]
        mails = [m for h in holders for m in h.texts("contactInfo", "address", "electronicMailAddress")]
        yield next(iter(mails), _agent(party).name)


def _keywords(about: Thing) -> Iterator[Keyword]:
    for group in about.objects("descriptiveKeywords"):
        lists = [a for pair in group.both("thesaurusName", "title") for a in pair]
        lists += [_identifier(i) for i in group.objects("thesaurusName", "identifier")]
        lists += group.texts("thesaurusName", "onlineResource", "linkage") + group.anchors("thesaurusName")
        vocabulary = next((a for a in lists if is_address(a)), "")
        yield from (Keyword(text or anchor, anchor or vocabulary) for text, anchor in group.both("keyword"))
    yield from (Keyword(text) for text in about.texts("topicCategory"))


def _terms(about: Thing) -> Iterator[str]:
    """What is said of the use of the data, each licence by its address where it has one; not of access alone."""
    for held in about.objects("resourceConstraints"):
        if "Security" in held.kind:
            continue
        of_access = bool(held.texts("accessConstraints")) and not held.texts("useConstraints")
        said = [*held.both("useLimitation")]
        said += held.both("reference", "title") + [
            ("", a) for a in held.texts("reference", "onlineResource", "linkage")
        ]
        other = held.both("otherConstraints")
        told = [t for pair in (*said, *other) for text in pair[::-1] for t in (*_CC.findall(text), text) if t]
        narrow = {text for pair in other for text in pair} if of_access else set()
        for text in told:
            known = licence_of(text) or is_about_access(text)
            if (known or text not in narrow) and not says_nothing(text):
                yield text


def _coverage(about: Thing) -> Iterator[str]:
    for extent in about.objects("extent"):
        yield from ("spatial" for _ in extent.objects("geographicElement"))
        yield from ("temporal" for _ in extent.objects("temporalElement"))
        yield extent.text("description")


def _lineage(top: Thing, *path: str) -> list[str]:
    return top.texts("dataQualityInfo", "lineage", *path) + top.texts("resourceLineage", *path)


def _links(top: Thing, about: Thing) -> Iterator[Link]:
    """Other resources by their identifiers, with the kind of association."""
    for other in about.objects("aggregationInfo|associatedResource"):
        kind = other.text("associationType")
        data = True if kind in _WITH_DATA else None
        cited = other.objects("aggregateDataSetName|name")
        codes = [_identifier(i) for c in cited for i in c.objects("identifier")]
        codes += [_identifier(i) for i in other.objects("aggregateDataSetIdentifier")]
        codes += [a for c in cited for a in c.texts("onlineResource", "linkage")]
        codes += other.anchors("metadataReference") + other.anchors("aggregateDataSetName|name")
        yield from (Link(kind, target, data) for target in dict.fromkeys(codes) if target)
    parents = top.texts("parentIdentifier") + [_identifier(i) for i in top.objects("parentMetadata", "identifier")]
    yield from (Link("isPartOf", target, True) for target in parents)
    for start in (("dataQualityInfo", "lineage"), ("resourceLineage",)):
        for source in top.objects(*start, "source"):
            codes = [_identifier(i) for i in source.objects("sourceCitation", "identifier")]
            codes += source.anchors("sourceCitation") + source.texts("sourceCitation", "onlineResource", "linkage")
            yield from (Link("source", target, True) for target in codes if target)
    for document in about.objects("additionalDocumentation"):
        codes = [_identifier(i) for i in document.objects("identifier")]
        codes += document.texts("onlineResource", "linkage")
        yield from (Link("documentation", target, False) for target in codes if target)
