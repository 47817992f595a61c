"""schema.org in JSON-LD; CodeMeta, which is a dialect of it; the mapping that RO-Crate uses, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark_data.readers.nodes import Node, graph_of, only, unique, whole
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import clean, is_reference

_DATA = {"Dataset", "DataCatalog", "DataDownload", "File", "MediaObject"}
_LINKS: dict[str, bool | None] = {
    "isBasedOn": True,
    "isPartOf": None,
    "hasPart": True,
    "citation": False,
    "sameAs": None,
    "isReferencedBy": False,
    "mentions": None,
    "subjectOf": False,
    "isSimilarTo": True,
    "isVersionOf": True,
    "predecessorOf": True,
    "successorOf": True,
    "referencePublication": False,
    "wasDerivedFrom": True,
    "about": None,
    "supportingData": True,
    "includedInDataCatalog": False,
    "funder": False,
    "publishingPrinciples": False,
    "wasGeneratedBy": False,
}


def read(tree: Any, where: str) -> Record | None:
    """A Dataset of schema.org, or the software that a CodeMeta file describes.

    Raises FactUnavailable when there are several, and none of them is the whole of which the others are parts.
    """
    context = clean(_contexts(tree))
    graph = graph_of(tree)
    nodes = [Node(item, graph) for item in graph.values()]
    if "codemeta" in context.lower():
        return of_node(nodes[0], where, "CodeMeta", context) if len(nodes) == 1 else None
    written = {t for item in graph.values() for t in _types(item)}
    if "schema.org" not in context and not any("schema.org/" in t for t in written):
        return None
    found = [n for n in nodes if "Dataset" in n.types]
    nested = [m for n in nodes for m in n.nodes("mainEntity", "about", "dataset") if "Dataset" in m.types]
    chosen = only(_wholes(found) or _wholes(nested), where)
    return of_node(chosen, where, "schema.org JSON-LD", context or "http://schema.org/") if chosen else None


def _wholes(found: list[Node]) -> list[Node]:
    """The datasets that are no part of another one, nor said to be."""
    parts = {id(m.data) for n in found for m in n.nodes("hasPart")}
    wholes = [n for n in found if id(n.data) not in parts]
    whole_of = {id(n.data): {id(m.data) for m in n.nodes("isPartOf")} for n in wholes}
    return [n for n in wholes if not whole_of[id(n.data)] & whole_of.keys()]


def _types(item: Mapping[str, Any]) -> list[str]:
    types = item.get("@type", [])
    return [t for t in (types if isinstance(types, list) else [types]) if isinstance(t, str)]


def _contexts(tree: Any) -> str:
    found = tree.get("@context", "") if isinstance(tree, Mapping) else ""
    items = found if isinstance(found, list) else [found]
    return " ".join(
        str(v) for i in items for v in (i.values() if isinstance(i, Mapping) else [i]) if isinstance(v, str)
    )


def of_node(node: Node, where: str, form: str, standard: str) -> Record:
    """The mapping from terms of schema.org."""
    required = {"CodeMeta": ("name", "description", "author", "license"), "schema.org JSON-LD": ("name", "description")}
    links = tuple(_links(node))
    licences = node.addresses("license")
    return Record(
        form,
        where,
        standard=standard,
        graph=True,
        lacking=tuple(n for n in required.get(form, ()) if not node.texts(n) and not list(node.nodes(n))),
        identifiers=unique(
            node.addresses("identifier"),
            [node.id] if is_reference(node.id) else [],
            node.texts("url")[:1] if form != "CodeMeta" else [],
        ),
        record_identifiers=unique(m.id for m in node.nodes("subjectOf", "mainEntityOfPage") if is_reference(m.id)),
        landing=next((u for u in node.addresses("url", "mainEntityOfPage") if u.startswith("http")), ""),
        title=node.text("name", "headline"),
        description=node.text("description", "abstract"),
        publisher=node.text("publisher", "provider", "copyrightHolder"),
        language=node.text("inLanguage"),
        version=node.text("version", "softwareVersion"),
        type=next(iter(sorted(node.types)), ""),
        creators=unique(_agent(v) for v in node.values("creator", "author")),
        contacts=unique(node.texts("contactPoint", "contactPoints", "maintainer")),
        created=node.text("dateCreated"),
        published=node.text("datePublished", "dateModified"),
        keywords=tuple(_keywords(node)),
        licences=unique(licences),
        rights=unique(
            node.texts("conditionsOfAccess", "usageInfo"),
            ["accessible for free"] if any(v is True for v in node.values("isAccessibleForFree")) else [],
            licences,
        ),
        coverage=unique(
            node.texts("temporalCoverage"), ["spatial" for _ in node.values("spatialCoverage", "contentLocation")]
        ),
        methods=node.text("measurementTechnique", "measurementMethod"),
        funding=unique(node.texts("funder", "funding")),
        provenance=unique(
            f"{k} {t}"
            for k in ("isBasedOn", "wasDerivedFrom", "wasGeneratedBy", "wasAttributedTo")
            for t in node.addresses(k)
        ),
        provenance_terms=unique(
            t for t in sorted(node.terms()) if t.startswith(("prov:", "http://www.w3.org/ns/prov#", "pav:"))
        ),
        links=links,
        parts=tuple(_parts(node)),
    )


def _agent(value: Any) -> Agent:
    if not isinstance(value, Node):
        return Agent(clean(value))
    name = value.text("name") or f"{value.text('givenName')} {value.text('familyName')}".strip() or value.id
    ids = [i for i in (value.id, *value.addresses("identifier", "sameAs")) if is_reference(i)]
    return Agent(name, next(iter(ids), ""))


def _keywords(node: Node) -> list[Keyword]:
    found = []
    for value in node.values("keywords", "about", "applicationCategory"):
        if isinstance(value, Node):
            vocabulary = next(
                iter([*value.addresses("inDefinedTermSet"), *([value.id] if is_reference(value.id) else [])]), ""
            )
            found.append(Keyword(value.label(), vocabulary))
        else:
            found += [
                Keyword(t, t if is_reference(t) else "")
                for t in (clean(p) for p in str(value)[:20_000].split(","))
                if t
            ]
    return found[:500]


def _links(node: Node) -> list[Link]:
    found = []
    for kind, data in _LINKS.items():
        for value in node.values(kind):
            target = (
                (value.id if is_reference(value.id) else value.text("identifier", "url", "sameAs"))
                if isinstance(value, Node)
                else clean(value)
            )
            known = bool(value.types & _DATA) if isinstance(value, Node) and value.types else data
            if target:
                found.append(Link(kind, target, known))
    return found


def _parts(node: Node) -> list[Part]:
    described = list(node.values("variableMeasured", "recordSet"))
    terms = any(isinstance(v, Node) and is_reference(v.text("propertyID") or v.id) for v in described)
    found = []
    for value in node.values("distribution", "encoding", "downloadUrl"):
        if isinstance(value, Node):
            found.append(
                Part(
                    address=next(iter(value.addresses("contentUrl", "downloadUrl", "url")), ""),
                    media=value.text("encodingFormat", "fileFormat"),
                    size=whole(value.text("contentSize")),
                    checksum=value.text("sha256", "md5"),
                    conforms=" ".join(value.addresses("conformsTo")),
                    described=bool(described),
                    terms=terms,
                    licence=next(iter(value.addresses("license")), ""),
                )
            )
        else:
            found.append(Part(address=clean(value), described=bool(described), terms=terms))
    if not found and described:
        found.append(Part(address="", described=True, terms=terms))
    return found
