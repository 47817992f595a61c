"""STAC: an item or a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assaymark_data.readers.nodes import Node, unique, whole
from assaymark_data.record import Agent, Keyword, Link, Part, Record
from assaymark_data.text import clean, is_address, is_reference

# The parts of a catalogue, other forms of the same document, and services for it: no reference to anything else.
_STRUCTURE = (
    "self",
    "root",
    "parent",
    "item",
    "items",
    "child",
    "collection",
    "data",
    "conformance",
    "search",
    "preview",
    "thumbnail",
    "icon",
    "next",
    "prev",
    "alternate",
    "edit",
    "service-desc",
    "service-doc",
    "queryables",
    "sortables",
    "aggregate",
    "aggregations",
    "tilejson",
    "wmts",
    "wms",
    "xyz",
    "map",
    "license",
)
_REQUIRED = {
    "Feature": ("type", "stac_version", "id", "geometry", "properties", "links", "assets"),
    "Collection": ("type", "stac_version", "id", "description", "license", "extent", "links"),
    "Catalog": ("type", "stac_version", "id", "description", "links"),
}
_FROM = {
    "derived_from": True,
    "predecessor-version": True,
    "successor-version": True,
    "latest-version": True,
    "cite-as": None,
    "canonical": None,
    "related": None,
    "via": None,
    "about": False,
    "describedby": False,
    "processing-execution": False,
}


def read(tree: Any, where: str) -> Record | None:
    """The record, None when the document does not state a ``stac_version``."""
    if not isinstance(tree, Mapping) or "stac_version" not in tree:
        return None
    node = Node(tree)
    own = Node(tree["properties"]) if isinstance(tree.get("properties"), Mapping) else node
    kind = node.text("type") or "Collection"
    summaries = next(node.nodes("summaries"), Node({}))
    providers = [*node.nodes("providers"), *(own.nodes("providers") if own is not node else ())]
    links = list(node.nodes("links"))
    dois = [
        *own.texts("sci:doi"),
        *node.texts("sci:doi"),
        *(n.text("href") for n in links if n.text("rel") == "cite-as"),
    ]
    licence = node.text("license") or own.text("license")
    named = {name: value for name, value in ((n.text("rel"), n.text("href")) for n in links) if value}
    return Record(
        "STAC",
        where,
        standard=node.text("stac_version"),
        harvested="",
        lacking=tuple(_lacking(tree, kind)),
        identifiers=unique(
            (f"https://doi.org/{d}" if d.startswith("10.") else d for d in dois),
            [node.id] if is_reference(node.id) else [],
        ),
        record_identifiers=unique([named["self"]] if is_reference(named.get("self", "")) else []),
        landing=named.get("alternate", named.get("about", named.get("self", ""))),
        title=own.text("title") or node.text("title") or node.id,
        description=own.text("description") or node.text("description"),
        publisher=next(
            (n.text("name") for r in ("host", "licensor", "producer") for n in providers if r in n.texts("roles")),
            next((n.text("name") for n in providers), ""),
        ),
        version=own.text("version") or node.text("version"),
        type="Dataset",
        creators=unique(
            Agent(n.text("name"), next((u for u in n.texts("url") if is_reference(u)), ""))
            for n in providers
            if n.text("name")
        ),
        contacts=unique(
            n.text("name") or n.text("organization") for n in (*node.nodes("contacts"), *own.nodes("contacts"))
        ),
        created=own.text("datetime", "start_datetime") or _begin(tree),
        published=own.text("published", "created", "updated", "datetime") or node.text("created", "updated"),
        keywords=tuple(
            Keyword(k, k if is_reference(k) else "")
            for k in (*node.texts("keywords"), *(own.texts("keywords") if own is not node else ()))
        ),
        licences=unique(
            [licence] if licence not in ("proprietary", "various", "other") else [],
            (n.text("href") for n in links if n.text("rel") == "license"),
        ),
        rights=unique([licence], (n.text("href") for n in links if n.text("rel") == "license")),
        coverage=unique(
            ["extent" for _ in node.values("extent", "bbox", "geometry")], own.texts("datetime", "start_datetime")
        ),
        provenance=unique(
            own.texts("processing:lineage", "processing:facility", "processing:software"),
            summaries.texts("processing:lineage", "platform"),
            own.texts("platform", "constellation", "instruments"),
            (f"producer: {n.text('name')}" for n in providers if "producer" in n.texts("roles")),
            (f"derived_from {n.text('href')}" for n in links if n.text("rel") == "derived_from"),
        ),
        links=tuple(
            Link(r, n.text("href"), _FROM.get(r))
            for n in links
            if (r := n.text("rel").rpartition("/")[2]) not in _STRUCTURE and n.text("href")
        ),
        parts=tuple(_parts(tree, node, own)),
    )


def _lacking(tree: Mapping[str, Any], kind: str) -> Iterator[str]:
    for name in _REQUIRED.get(kind, _REQUIRED["Collection"]):
        if name not in tree:
            yield name
    if kind == "Feature" and isinstance(tree.get("properties"), Mapping) and "datetime" not in tree["properties"]:
        yield "properties.datetime"


def _begin(tree: Mapping[str, Any]) -> str:
    """When the data of a collection begin."""
    extent = tree.get("extent")
    temporal = extent.get("temporal") if isinstance(extent, Mapping) else None
    interval = temporal.get("interval") if isinstance(temporal, Mapping) else None
    first = interval[0] if isinstance(interval, list) and interval else None
    return clean(first[0]) if isinstance(first, list) and first else ""


def _parts(tree: Mapping[str, Any], node: Node, own: Node) -> Iterator[Part]:
    assets = tree.get("assets")
    columns = list(own.values("table:columns", "cube:variables")) or list(
        node.values("table:columns", "cube:variables", "item_assets")
    )
    for name, asset in list(assets.items())[:2000] if isinstance(assets, Mapping) else ():
        if not isinstance(asset, Mapping) or name in ("thumbnail", "overview", "metadata"):
            continue
        item = Node(asset)
        described = bool(columns) or bool(list(item.values("bands", "eo:bands", "raster:bands", "table:columns")))
        address = item.text("href")
        yield Part(
            address=address,
            media=item.text("type"),
            size=whole(item.text("file:size")),
            checksum=item.text("file:checksum"),
            described=described,
            terms=bool(list(item.values("eo:bands"))),
            direct=is_address(address) or not address.startswith("/"),
        )
    for link in node.nodes("links"):
        if link.text("rel") in ("item", "items") and link.text("href"):
            yield Part(address=link.text("href"), direct=False)
