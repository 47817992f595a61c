"""DataCite: the JSON of its API, of content negotiation and of repositories; the XML of the schema (kernel 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark_data.readers.nodes import Node, several, unique, whole
from assaymark_data.readers.oai_pmh import header
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import address_of, clean, scheme_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DATA = ("Dataset", "Collection", "Image", "Model", "Sound", "Audiovisual", "DataPaper")
_BETWEEN_DATA = (
    "IsSourceOf",
    "IsDerivedFrom",
    "IsVariantFormOf",
    "IsNewVersionOf",
    "IsPreviousVersionOf",
    "IsVersionOf",
    "HasVersion",
)
_OF_METADATA = ("HasMetadata", "IsMetadataFor", "IsDescribedBy", "Describes", "IsDocumentedBy", "IsCitedBy", "Cites")
# What a contributor did to the data; who led, hosts or edits tells nothing of where they come from.
_ORIGINS = ("DataCollector", "DataCurator", "DataManager", "Producer")
_FROM = (
    "IsDerivedFrom",
    "IsCompiledBy",
    "IsCollectedBy",
    "IsNewVersionOf",
    "IsVersionOf",
)


# Three of these make a JSON document one of DataCite; the last two are of its older schema.
_MARKS = ("titles", "creators", "publicationYear", "types", "doi", "identifiers", "schemaVersion", "resourceType")


def read(tree: Any, where: str) -> Record | None:
    """DataCite JSON: a bare record, or one in ``data.attributes`` or ``metadata``."""
    if not isinstance(tree, Mapping):
        return None
    data = tree.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("attributes"), Mapping):
        tree = data["attributes"]
    state = tree.get("state")
    if isinstance(tree.get("attributes"), Mapping) and "doi" in tree["attributes"]:
        tree = tree["attributes"]
    marks = sum(key in tree for key in _MARKS)
    if marks < 3 or "@context" in tree or not isinstance(tree.get("titles", []), list):
        return None
    return _record(Node(tree), where, "DataCite JSON", clean(tree.get("schemaVersion")), state=clean(state))


def _record(node: Node, where: str, form: str, standard: str, *, state: str = "") -> Record:
    types = next(node.nodes("types", "resourceType"), Node({}))
    general = types.text("resourceTypeGeneral")
    doi = node.text("doi")
    own = [doi] if doi else []
    own += [n.text("identifier") for n in node.nodes("identifier", "identifiers")]
    own += [n.text("alternateIdentifier") for n in node.nodes("alternateIdentifiers")]
    dates = {n.text("dateType"): n.text("date") for n in node.nodes("dates")}
    descriptions = {
        n.text("descriptionType"): n.text("description") for n in reversed(list(node.nodes("descriptions")))
    }
    contributors = [(n.text("contributorType"), n.text("name", "contributorName")) for n in node.nodes("contributors")]
    links = tuple(_links(node))
    lacking = [
        name
        for name, value in (
            ("identifier", own),
            ("creators", list(node.values("creators"))),
            ("titles", [n.text("title") for n in node.nodes("titles")]),
            ("publisher", node.text("publisher")),
            ("publicationYear", node.text("publicationYear")),
            ("types.resourceTypeGeneral", general),
        )
        if not value or value == [""]
    ]
    provenance = [f"{kind}: {name}" for kind, name in contributors if kind in _ORIGINS and name]
    provenance += [f"{link.kind} {link.target}" for link in links if link.kind in _FROM]
    provenance += [f"Collected: {dates['Collected']}"] if dates.get("Collected") else []
    return Record(
        form,
        where,
        standard=standard,
        harvested="the registry of DataCite" if state == "findable" else "",
        registry="DataCite" if state == "findable" else "",
        hidden=state if state in ("draft", "registered") else "",
        lacking=tuple(lacking),
        identifiers=unique(own),
        record_identifiers=unique(i for i in own if scheme_of(i) == "doi"),
        landing=node.text("url"),
        title=next((t for n in node.nodes("titles") if (t := n.text("title"))), ""),
        description=descriptions.get("Abstract") or next((d for d in descriptions.values() if d), ""),
        publisher=node.text("publisher"),
        language=node.text("language"),
        version=node.text("version"),
        type=general or types.text("resourceType"),
        creators=tuple(_agent(n) for n in node.nodes("creators")),
        contacts=tuple(name for kind, name in contributors if kind == "ContactPerson" and name),
        created=dates.get("Created") or dates.get("Collected") or "",
        published=dates.get("Issued") or dates.get("Available") or node.text("publicationYear"),
        keywords=tuple(
            Keyword(n.text("subject"), n.text("valueUri", "valueURI") or n.text("schemeUri", "schemeURI"))
            for n in node.nodes("subjects")
            if n.text("subject")
        ),
        licences=unique(
            t
            for n in node.nodes("rightsList")
            for t in (n.text("rightsIdentifier"), n.text("rightsUri", "rightsURI"))
            if "info:eu-repo" not in t
        ),
        rights=unique(
            t for n in node.nodes("rightsList") for t in (n.text("rights"), n.text("rightsUri", "rightsURI"))
        ),
        coverage=unique(
            [dates.get("Coverage", "")],
            ["geolocation" for _ in node.nodes("geoLocations")],
        ),
        methods=descriptions.get("Methods") or descriptions.get("TechnicalInfo") or "",
        funding=unique(n.text("funderName") for n in node.nodes("fundingReferences")),
        provenance=unique(provenance),
        links=(
            *links,
            *(Link("IsFundedBy", n.text("funderIdentifier"), False) for n in node.nodes("fundingReferences")),
        ),
        parts=tuple(_parts(node)),
    )


def _agent(node: Node) -> Agent:
    ids = [n.text("nameIdentifier") for n in node.nodes("nameIdentifiers")]
    known = [address_of(i) or (f"https://orcid.org/{i}" if i[4:5] == "-" else i) for i in ids if i]
    name = node.text("name", "creatorName") or f"{node.text('givenName')} {node.text('familyName')}".strip()
    return Agent(name, next(iter(known), ""))


def _links(node: Node) -> list[Link]:
    found = []
    for n in node.nodes("relatedIdentifiers"):
        target = n.text("relatedIdentifier")
        kind, general = n.text("relationType"), n.text("resourceTypeGeneral")
        data = (
            general in _DATA if general else True if kind in _BETWEEN_DATA else False if kind in _OF_METADATA else None
        )
        if n.text("relatedIdentifierType") == "DOI" and target.startswith("10."):
            target = f"https://doi.org/{target}"
        if target:
            found.append(Link(kind, target, data))
    return found


def _parts(node: Node) -> list[Part]:
    """Addresses of the content, if the record has any; else only formats are known."""
    formats = node.texts("formats")
    addresses = node.addresses("contentUrl")
    sizes = [whole(s) for s in node.texts("sizes")]
    if addresses:
        media = formats[0] if len(formats) == 1 else ""
        return [Part(address=a, media=media, size=sizes[0] if len(sizes) == 1 else None) for a in addresses]
    return [Part(address="", media=form) for form in formats]


def read_xml(root: Element, where: str) -> Record | None:
    """A ``resource`` of the DataCite schema, alone or within an answer of OAI-PMH.

    Raises FactUnavailable when there are several.
    """
    found = [
        e
        for e in root.iter()
        if e.tag.startswith("{http://datacite.org/schema/kernel-") and e.tag.endswith("}resource")
    ]
    if len(found) > 1:
        raise several(len(found), where)
    if not found:
        return None
    place = found[0]
    space = place.tag[1:].partition("}")[0]
    tree = _tree(place)
    return header(_record(Node(tree), where, "DataCite XML", space), root)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _tree(place: Element) -> dict[str, Any]:
    """The XML in the shape of the JSON, as far as the two differ."""
    text = {_name(e): e for e in place}
    out: dict[str, Any] = {n: clean(e.text) for n, e in text.items() if not len(e)}
    identifier = text.get("identifier")
    if identifier is not None and clean(identifier.text):
        kind = identifier.get("identifierType", "")
        out["doi" if kind == "DOI" else "identifiers"] = (
            clean(identifier.text) if kind == "DOI" else [{"identifier": clean(identifier.text)}]
        )
    kind_of = text.get("resourceType")
    if kind_of is not None:
        out["types"] = {
            "resourceTypeGeneral": kind_of.get("resourceTypeGeneral", ""),
            "resourceType": clean(kind_of.text),
        }
    for name, value in (
        ("titles", "title"),
        ("descriptions", "description"),
        ("subjects", "subject"),
        ("dates", "date"),
        ("rightsList", "rights"),
        ("relatedIdentifiers", "relatedIdentifier"),
        ("alternateIdentifiers", "alternateIdentifier"),
    ):
        out[name] = [{**e.attrib, value: " ".join(e.itertext())} for e in text.get(name, ())]
    for name in ("formats", "sizes"):
        out[name] = [clean(e.text) for e in text.get(name, ())]
    for name in ("creators", "contributors"):
        out[name] = [_person(e) for e in text.get(name, ())]
    out["geoLocations"] = [{"is": "there"} for _ in text.get("geoLocations", ())]
    out["fundingReferences"] = [{_name(c): clean(c.text) for c in e} for e in text.get("fundingReferences", ())]
    return out


def _person(element: Element) -> dict[str, Any]:
    ids = [{"nameIdentifier": clean(c.text)} for c in element if _name(c) == "nameIdentifier"]
    plain = {_name(c): clean(c.text) for c in element if _name(c) != "nameIdentifier"}
    return {**element.attrib, **plain, "nameIdentifiers": ids}
