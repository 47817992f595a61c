"""RO-Crate: the root dataset of ``ro-crate-metadata.json``, with its files and the actions that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assaymark_data.readers import schema_org
from assaymark_data.readers.nodes import Node, graph_of, unique, whole
from assaymark_data.record import Part, Record
from assaymark_data.text import is_reference

_DESCRIPTORS = ("ro-crate-metadata.json", "ro-crate-metadata.jsonld")
_ACTIONS = {"CreateAction", "UpdateAction", "ControlAction", "OrganizeAction"}


def read(tree: Any, where: str) -> Record | None:
    """The record, None when the document has no descriptor of an RO-Crate."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("@graph"), list):
        return None
    graph = graph_of(tree)
    place = next((graph[i] for i in graph if i.rpartition("/")[2] in _DESCRIPTORS), None)
    if place is None:
        return None
    descriptor = Node(place, graph)
    root = next(descriptor.nodes("about"), None)
    if root is None or "Dataset" not in root.types:
        return None
    standard = " ".join(i for i in descriptor.addresses("conformsTo") if "ro/crate" in i)
    record = schema_org.of_node(root, where, "RO-Crate", standard)
    lacking = [n for n in ("name", "description", "datePublished", "license") if not root.texts(n)]
    actions = [n for n in (Node(item, graph) for item in graph.values()) if n.types & _ACTIONS]
    return replace(
        record,
        lacking=(*lacking, *(() if standard else ("conformsTo",))),
        record_identifiers=unique(
            record.record_identifiers,
            [descriptor.id] if is_reference(descriptor.id) else [],
            descriptor.addresses("identifier"),
        ),
        provenance=unique(record.provenance, (f"{_kind(a)}: {a.label()}" for a in actions)),
        provenance_terms=unique(record.provenance_terms, (_kind(a) for a in actions)),
        parts=(*record.parts, *_files(root, graph)),
    )


def _kind(action: Node) -> str:
    return next(iter(sorted(action.types & _ACTIONS)), "")


def _files(root: Node, graph: Mapping[str, Any]) -> list[Part]:
    """The files that the root names as its parts, folders followed one step down."""
    found = []
    for part in [*root.nodes("hasPart"), *(n for p in root.nodes("hasPart") for n in p.nodes("hasPart"))]:
        if not part.types & {"File", "MediaObject"}:
            continue
        found.append(
            Part(
                address=next(iter(part.addresses("contentUrl")), part.id),
                media=next((t for t in part.texts("encodingFormat") if "/" in t), part.text("encodingFormat")),
                size=whole(part.text("contentSize")),
                checksum=_checksum(part),
                conforms=" ".join(part.addresses("conformsTo")),
                described=bool(list(part.values("variableMeasured"))),
                licence=next(iter(part.addresses("license")), ""),
            )
        )
    return list(dict.fromkeys(found))


def _checksum(part: Node) -> str:
    for name in ("sha512", "sha256", "sha1", "md5"):
        if value := part.text(name):
            return f"{name}:{value}"
    return ""
