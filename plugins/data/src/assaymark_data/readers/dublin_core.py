"""Dublin Core as OAI-PMH gives it (``oai_dc``), alone or within its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark_data.readers.nodes import several, unique
from assaymark_data.readers.oai_pmh import OAI, header
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import clean, is_address, is_reference

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ELEMENTS = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_CSW = "{http://www.opengis.net/cat/csw/2.0.2}"


def read_xml(root: Element, where: str) -> Record | None:
    """The record, None when there is no element of Dublin Core. Raises FactUnavailable when there are several."""
    if (count := records_in(root)) > 1:
        raise several(count, where)
    values: dict[str, list[str]] = {}
    for element in root.iter():
        for space in (_ELEMENTS, _TERMS):
            if (
                isinstance(element.tag, str)
                and element.tag.startswith(space)
                and (text := clean("".join(element.itertext())))
            ):
                values.setdefault(element.tag[len(space) :], []).append(text)
    if not values or root.tag.endswith("}RDF"):
        return None
    first = {name: found[0] for name, found in values.items()}
    identifiers = values.get("identifier", [])
    rights = values.get("rights", []) + values.get("license", [])
    record = Record(
        "Dublin Core",
        where,
        standard="http://purl.org/dc/elements/1.1/",
        lacking=tuple(n for n in ("title", "identifier") if n not in values),
        identifiers=unique(i for i in identifiers if is_reference(i)),
        landing=next((i for i in identifiers if i.startswith("http")), ""),
        title=first.get("title", ""),
        description=first.get("description", first.get("abstract", "")),
        publisher=first.get("publisher", ""),
        language=first.get("language", ""),
        type=first.get("type", ""),
        creators=tuple(Agent(n) for n in values.get("creator", ())),
        created=first.get("created", ""),
        published=first.get("date", first.get("issued", "")),
        keywords=tuple(Keyword(s, s if is_address(s) else "") for s in values.get("subject", ())),
        licences=unique(r for r in rights if not r.startswith("info:eu-repo")),
        licence_fields="license" in values,
        rights=unique(rights, values.get("accessRights", ())),
        coverage=unique(values.get("coverage", ()), values.get("spatial", ()), values.get("temporal", ())),
        provenance=unique(values.get("provenance", ()), values.get("source", ())),
        links=tuple(
            Link("" if name == "relation" else name, target, True if name == "source" else None)
            for name in (
                "relation",
                "source",
                "isPartOf",
                "hasPart",
                "isVersionOf",
                "isReferencedBy",
                "references",
                "requires",
            )
            for target in values.get(name, ())
        ),
        parts=tuple(Part(address="", media=m) for m in values.get("format", ())),
    )
    return header(record, root)


def records_in(root: Element) -> int:
    """How many records a harvested list holds (OAI-PMH, CSW); 0 for a record that is alone."""
    return sum(1 for e in root.iter() if e.tag in (f"{OAI}record", f"{_CSW}Record"))
