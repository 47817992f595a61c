"""DCAT in JSON-LD (and, by way of it, in Turtle and RDF/XML), and the ``data.json`` of open-data portals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark_data.readers.nodes import Node, graph_of, only, unique, whole
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import is_reference

_DCAT = "http://www.w3.org/ns/dcat#"
_POD = "https://project-open-data.cio.gov"
_LINKS: dict[str, bool | None] = {
    "relation": None,
    "isReferencedBy": False,
    "references": None,
    "source": True,
    "isPartOf": None,
    "hasPart": True,
    "isVersionOf": True,
    "hasVersion": True,
    "previousVersion": True,
    "qualifiedRelation": None,
    "wasDerivedFrom": True,
    "page": False,
    "documentation": False,
    "sample": True,
    "inSeries": True,
    "isReplacedBy": True,
    "replaces": True,
    "wasGeneratedBy": False,
    "sameAs": None,
    "inCatalog": False,
}


def read(tree: Any, where: str) -> Record | None:
    """The one dataset of the document, None when it is not DCAT. Raises FactUnavailable when it holds several."""
    graph = graph_of(tree)
    nodes = [Node(item, graph) for item in graph.values()]
    datasets = [n for n in nodes if n.types & {"Dataset", "DatasetSeries"} and _is_dcat(n, tree)]
    if not datasets:
        catalogues = [n for n in nodes if _is_dcat(n, tree) or str(n.data.get("conformsTo", "")).startswith(_POD)]
        datasets = [d for c in catalogues for d in c.nodes("dataset")]
    own = only(datasets, where)
    if own is None:
        return None
    about = next((n for n in nodes if "CatalogRecord" in n.types and _is_about(n, own)), None)
    return _record(own, about, where)


def _is_about(entry: Node, dataset: Node) -> bool:
    return any(v.data is dataset.data if isinstance(v, Node) else v == dataset.id for v in entry.values("primaryTopic"))


def _is_dcat(node: Node, tree: Any) -> bool:
    if any(_DCAT in t or t.startswith("dcat:") for t in (*_written(node, "@type"), *node.terms())):
        return True
    context = tree.get("@context", "") if isinstance(tree, Mapping) else ""
    return "dcat" in str(context)[:5000].lower()


def _written(node: Node, key: str) -> list[str]:
    value = node.data.get(key, [])
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]


def _record(node: Node, about: Node | None, where: str) -> Record:
    parts = tuple(_part(n) for n in node.nodes("distribution"))
    own = node.addresses("license")
    licences = unique(own or (p.licence for p in parts))
    standard = " ".join(about.addresses("conformsTo")) if about else ""
    links = [
        Link(kind, target, data)
        for kind, data in _LINKS.items()
        for value in node.values(kind)
        for target in ([value.text("relation") or value.id] if isinstance(value, Node) else [str(value).strip()])
        if target
    ]
    return Record(
        "DCAT",
        where,
        standard=standard or _DCAT,
        graph=True,
        lacking=tuple(n for n in ("title", "description") if not node.texts(n)),
        identifiers=unique(node.addresses("identifier"), [node.id] if is_reference(node.id) else []),
        record_identifiers=unique(
            about.addresses("identifier") if about else [], [about.id] if about and is_reference(about.id) else []
        ),
        landing=next(iter(node.addresses("landingPage")), ""),
        title=node.text("title"),
        description=node.text("description"),
        publisher=node.text("publisher"),
        language=node.text("language"),
        version=node.text("version", "versionInfo", "hasCurrentVersion"),
        type=node.text("type") or "Dataset",
        creators=unique((_agent(v) for v in node.values("creator")), (_agent(v) for v in node.values("publisher"))),
        contacts=unique(n.text("hasEmail", "fn", "hasURL") for n in node.nodes("contactPoint")),
        created=node.text("created"),
        published=node.text("issued", "modified"),
        keywords=(
            *(Keyword(t) for t in node.texts("keyword")),
            *(Keyword(t, t if is_reference(t) else "") for t in node.addresses("theme", "subject")),
        ),
        licences=licences,
        licences_of_parts=not own,
        rights=unique(node.texts("accessRights", "rights", "accessLevel"), licences),
        coverage=unique(["spatial" for _ in node.values("spatial")], ["temporal" for _ in node.values("temporal")]),
        methods="",
        provenance=unique(
            node.texts("provenance"),
            (
                f"{k} {t}"
                for k in ("wasGeneratedBy", "wasDerivedFrom", "wasAttributedTo", "source")
                for t in node.addresses(k)
            ),
        ),
        provenance_terms=unique(
            t
            for t in sorted(node.terms())
            if t.startswith(("prov:", "http://www.w3.org/ns/prov#")) or t.endswith("provenance")
        ),
        links=tuple(links),
        parts=parts,
        conforms=unique(node.addresses("conformsTo")),
    )


def _agent(value: Any) -> Agent:
    if not isinstance(value, Node):
        return Agent(str(value).strip(), str(value).strip() if is_reference(str(value)) else "")
    return Agent(value.label(), value.id if is_reference(value.id) else "")


def _part(node: Node) -> Part:
    checksum = next(node.nodes("checksum"), Node({}))
    return Part(
        address=next(iter(node.addresses("downloadURL", "accessURL")), ""),
        direct=bool(node.addresses("downloadURL")),
        media=next(iter(node.addresses("mediaType", "format")), ""),
        size=whole(node.text("byteSize")),
        checksum=checksum.text("checksumValue"),
        conforms=" ".join(node.addresses("conformsTo", "describedBy")),
        described=bool(node.addresses("describedBy")),
        licence=next(iter(node.addresses("license")), ""),
    )
