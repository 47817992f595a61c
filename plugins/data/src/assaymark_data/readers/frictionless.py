"""Frictionless: ``datapackage.json``, version 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assaymark_data.readers.nodes import Node, unique, whole
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import is_reference


def read(tree: Any, where: str) -> Record | None:
    """The package, None when the document has no list of resources."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("resources"), list) or "@context" in tree:
        return None
    node = Node(tree)
    resources = list(node.nodes("resources"))
    named = [
        n.text("name") or "?"
        for n in resources
        if not n.text("name") or not (list(n.values("path")) or "data" in n.data)
    ]
    people = list(node.nodes("contributors"))
    profile = node.text("$schema", "profile")
    own = list(node.nodes("licenses"))
    of_parts = [m for r in resources for m in r.nodes("licenses")]
    licences = [t for n in own or of_parts for t in (n.text("name"), n.text("path"))]
    return Record(
        "Frictionless Data Package",
        where,
        standard=profile,
        lacking=(*(f"name and path or data of resource {n}" for n in named), *(() if resources else ("resources",))),
        identifiers=unique(node.texts("id", "doi"), [h for h in node.texts("homepage") if is_reference(h)]),
        landing=node.text("homepage"),
        title=node.text("title", "name"),
        description=node.text("description"),
        publisher=next(
            (n.text("title", "organization") for n in people if "publisher" in n.texts("role", "roles")), ""
        ),
        language=node.text("language", "languages"),
        version=node.text("version"),
        type="Dataset",
        creators=unique(
            Agent(n.text("title"), next((i for i in n.texts("path") if is_reference(i)), ""))
            for n in people
            if n.text("title")
        ),
        contacts=unique(n.text("email") for n in people),
        created=node.text("created"),
        published=node.text("created", "last_updated"),
        keywords=tuple(Keyword(k, k if is_reference(k) else "") for k in node.texts("keywords")),
        licences=unique(licences),
        licences_of_parts=not own,
        rights=unique(licences),
        coverage=unique(["spatial" for _ in node.values("spatial")], ["temporal" for _ in node.values("temporal")]),
        provenance=unique(
            f"source: {n.text('title') or n.text('path')}"
            for n in (*node.nodes("sources"), *(m for r in resources for m in r.nodes("sources")))
        ),
        links=tuple(_links(node)),
        parts=tuple(p for n in resources for p in _parts(n, {r.text("name") for r in resources})),
        conforms=unique([profile] if is_reference(profile) else []),
    )


def _links(node: Node) -> Iterator[Link]:
    for source in node.nodes("sources"):
        if target := source.text("path"):
            yield Link("source", target, True)
    for related in node.nodes("relatedIdentifiers"):
        yield Link(related.text("relationType"), related.text("relatedIdentifier"), None)


def _targets(schema: Node, own: str) -> list[str]:
    """The resources to which foreign keys lead; a key within the resource leads to no other data."""
    found = [k.text("resource") for f in schema.nodes("foreignKeys") for k in f.nodes("reference")]
    return [t for t in found if t not in ("", "self", own)]


def _parts(node: Node, names: set[str]) -> list[Part]:
    schema = next(node.nodes("schema"), None)
    fields = list(schema.nodes("fields")) if schema else []
    targets = _targets(schema, node.text("name")) if schema else []
    described = bool(fields) or bool(node.texts("schema"))
    made = [
        Part(
            address=path,
            media=node.text("mediatype") or node.text("format"),
            size=whole(node.text("bytes")),
            checksum=node.text("hash"),
            conforms=node.text("$schema", "profile"),
            described=described,
            terms=any(is_reference(f.text("rdfType")) for f in fields),
            refers=any(t in names for t in targets),
            astray=unique(t for t in targets if t not in names),
            licence=next((n.text("name", "path") for n in node.nodes("licenses")), ""),
        )
        for path in node.texts("path")
    ]
    return made or ([Part(address="", described=described)] if "data" in node.data else [])
