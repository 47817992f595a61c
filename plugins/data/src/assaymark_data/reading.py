"""Documents of strangers within limits: JSON, XML and RDF, and which reader knows them."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from assaymark.api import FactUnavailable
from assaymark_data.record import Record

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LIMIT = 20_000_000
DEPTH = 100
# Microdata, RDFa, and the usual terms in <meta> and <link>: representations that are published, and not read here.
_TERMS = re.compile(
    r"\b(?:itemscope|itemprop|typeof|vocab|property)\s{0,5}=|\bitemscope\b"
    r"|\bname\s{0,5}=\s{0,5}[\"']?(?:dc|dcterms|citation_|eprints|prism|datacite)|\brel\s{0,5}=\s{0,5}[\"']?(?:describedby|meta)\b",
    re.I,
)
RDF = {".ttl": "turtle", ".rdf": "xml", ".nt": "nt"}
FORMATS = (
    "DataCite (JSON or XML), schema.org JSON-LD, Dublin Core (OAI-PMH), DCAT, RO-Crate, Frictionless Data Package, "
    "STAC, CodeMeta and ISO 19115 (XML of ISO 19139 or 19115-3)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading a document gave: a record, or why there is none; ``prose`` when it is text for people alone."""

    record: Record | None = None
    reason: str = ""
    remedy: str | None = None
    prose: bool = False


def read(data: bytes, where: str) -> Read:
    """The record in a document; what is none is said, not raised."""
    try:
        return Read(record=record_of(data, where))
    except FactUnavailable as problem:
        return Read(reason=problem.reason, remedy=problem.remedy, prose=_is_prose(data, where))


def _is_prose(data: bytes, where: str) -> bool:
    """Whether a page or a marked-up text carries nothing for machines: no data, no terms, no block at its head."""
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text[:14].lower().startswith(("<!doctype html", "<html")):
        return "ld+json" not in text and not _TERMS.search(text)
    return where.lower().endswith((".md", ".rst")) and not text.startswith(("---", "+++", "{", "[", "<"))


def record_of(data: bytes, where: str) -> Record:
    """The record in a document of any known format. Raises FactUnavailable when it is none, or damaged."""
    from assaymark_data import readers

    if len(data) > LIMIT:
        raise FactUnavailable(f"{where} is larger than {LIMIT:,} bytes and was not read")
    kind = RDF.get(Path(where).suffix.lower())
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if kind and not (kind == "xml" and head == b"{"):
        return _known(readers.of_tree(from_rdf(data, kind, where), where), where)
    if head == b"<":
        return _of_markup(data, where)
    return _known(readers.of_tree(from_json(data, where), where), where)


def _of_markup(data: bytes, where: str) -> Record:
    from assaymark_data import readers
    from assaymark_data.page import embedded
    from assaymark_data.readers.oai_pmh import refusal

    if data[:2000].lower().lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<!doctype html", b"<html")):
        for text in embedded(data):
            if found := readers.of_tree(from_json(text.encode(), where), where):
                return found
        raise FactUnavailable(f"{where} is a web page without metadata in it", remedy=f"give the record: {FORMATS}")
    root = from_xml(data, where)
    if root.tag.endswith("}RDF"):
        return _known(readers.of_tree(from_rdf(data, "xml", where), where), where)
    if words := refusal(root)[1]:
        raise FactUnavailable(f"{where} is no metadata record: {words}")
    return _known(readers.of_element(root, where), where)


def _known(found: Record | None, where: str) -> Record:
    if found is None:
        raise FactUnavailable(f"{where} is no metadata record that is known", remedy=f"readable are {FORMATS}")
    return found


def from_json(data: bytes, where: str) -> Any:
    """A JSON document; NaN, infinities and deep nesting are refused. Raises FactUnavailable."""
    try:
        tree = json.loads(data.decode("utf-8-sig"), parse_constant=_not_json, parse_float=_finite)
    except (ValueError, RecursionError, MemoryError) as problem:
        said = "nested too deeply" if isinstance(problem, RecursionError) else " ".join(str(problem).split())[:200]
        raise FactUnavailable(f"{where} is not valid JSON: {said}") from problem
    level: list[Any] = [tree]
    for _ in range(DEPTH):
        level = [v for node in level for v in _below(node)]
        if not level:
            return tree
    raise FactUnavailable(f"{where} is nested too deeply")


def _below(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no finite number")
    return value


def from_xml(data: bytes, where: str) -> Element:
    """The root of an XML document; entities and anything external are refused. Raises FactUnavailable."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data)
    except DefusedXmlException as problem:
        raise FactUnavailable(f"{where} has entities or external references, which are not read") from problem
    except (ParseError, ValueError, LookupError, RecursionError, MemoryError) as problem:
        raise FactUnavailable(f"{where} is not valid XML: {' '.join(str(problem).split())[:200]}") from problem
    level = [root]
    for _ in range(DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise FactUnavailable(f"{where} is nested too deeply")


def from_rdf(data: bytes, kind: str, where: str) -> Any:
    """RDF (Turtle, RDF/XML, N-Triples) as expanded JSON-LD. Raises FactUnavailable."""
    try:
        from rdflib import Graph
    except ImportError as problem:
        raise FactUnavailable(
            f"{where} is RDF, which rdflib reads", remedy="pip install assaymark-data[rdf]"
        ) from problem
    if kind == "xml":
        from_xml(data, where)
    try:
        graph = Graph().parse(data=data, format=kind, publicID="https://example.invalid/")
        return json.loads(graph.serialize(format="json-ld"))
    except Exception as problem:  # its parsers raise whatever they meet
        raise FactUnavailable(f"{where} cannot be read as RDF: {' '.join(str(problem).split())[:200]}") from problem
