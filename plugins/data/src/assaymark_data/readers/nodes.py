"""Nodes of JSON and of JSON-LD: values by the local names of their terms, references followed within the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_data.text import clean

MOST = 2_000
# Namespaces whose local names the readers know. Nothing is fetched: a context is known by its name or not at all.
_SPACES = (
    "http://schema.org/",
    "https://schema.org/",
    "http://purl.org/dc/terms/",
    "http://purl.org/dc/elements/1.1/",
    "http://www.w3.org/ns/dcat#",
    "http://xmlns.com/foaf/0.1/",
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/ns/adms#",
    "http://www.w3.org/2006/vcard/ns#",
    "http://www.w3.org/2004/02/skos/core#",
    "https://codemeta.github.io/terms/",
    "http://spdx.org/rdf/terms#",
    "http://mlcommons.org/croissant/",
)
_PREFIXES = (
    "schema",
    "sdo",
    "dct",
    "dcterms",
    "dc",
    "dcat",
    "foaf",
    "prov",
    "adms",
    "vcard",
    "skos",
    "codemeta",
    "spdx",
    "cr",
)


def local(term: str) -> str:
    """``dct:title`` and ``http://purl.org/dc/terms/title`` as ``title``; other terms as they are."""
    for space in _SPACES:
        if term.startswith(space):
            return term[len(space) :]
    prefix, colon, name = term.partition(":")
    return name if colon and prefix in _PREFIXES and not name.startswith("//") else term


class Node:
    """One object of a document. Values of equal local names are joined; references lead to their node."""

    def __init__(self, data: Mapping[str, Any], graph: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.data = data
        self._graph = graph or {}
        self._by_name: dict[str, list[Any]] = {}
        for key, value in data.items():
            items = value if isinstance(value, list) else [value]
            self._by_name.setdefault(local(str(key)), []).extend(items[:MOST])

    @property
    def id(self) -> str:
        """Its ``@id``, '' without one and for a blank node, whose name means nothing."""
        found = clean(self.data.get("@id", self.data.get("id", "")))
        return "" if found.startswith("_:") else found

    @property
    def types(self) -> set[str]:
        """Local names of its types."""
        return {local(str(t)) for key in ("@type", "type") for t in self._by_name.get(key, ()) if isinstance(t, str)}

    def terms(self) -> set[str]:
        """All its terms as they are written."""
        return {str(key) for key in self.data}

    def values(self, *names: str) -> Iterator[Any]:
        """Raw values of the terms; `Node` for objects, references followed."""
        for name in names:
            for value in self._by_name.get(name, ()):
                yield from self._value(value)

    def _value(self, value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping):
            if "@value" in value:
                yield value["@value"]
            elif "@list" in value and isinstance(value["@list"], list):
                for item in value["@list"][:MOST]:
                    yield from self._value(item)
            else:
                known = self._graph.get(str(value.get("@id", "")))
                yield Node(known if known is not None and len(value) == 1 else value, self._graph)
        elif value is not None:
            yield value

    def nodes(self, *names: str) -> Iterator[Node]:
        """The objects among the values."""
        return (v for v in self.values(*names) if isinstance(v, Node))

    def texts(self, *names: str) -> list[str]:
        """Values as plain text: of an object its value, name, title or identifier."""
        return [t for v in self.values(*names) if (t := v.label() if isinstance(v, Node) else clean(v))]

    def text(self, *names: str) -> str:
        """The first of them, '' when there is none."""
        return next(iter(self.texts(*names)), "")

    def label(self) -> str:
        """What an object is called."""
        for name in ("value", "name", "title", "prefLabel", "label", "fn", "notation", "url"):
            for value in self._by_name.get(name, ()):
                for item in self._value(value):
                    if not isinstance(item, Node) and (found := clean(item)):
                        return found
        return self.id

    def addresses(self, *names: str) -> list[str]:
        """Values as identifiers or addresses: of an object its ``@id``, identifier or address before its name."""
        found = []
        for value in self.values(*names):
            text = (
                (value.id or value.text("identifier", "url") or value.label())
                if isinstance(value, Node)
                else clean(value)
            )
            if text:
                found.append(text)
        return found


def graph_of(tree: Any) -> dict[str, Mapping[str, Any]]:
    """The objects of a JSON-LD document by ``@id`` (numbered without one): those of ``@graph``, or the document."""
    items = tree.get("@graph", [tree]) if isinstance(tree, Mapping) else tree
    items = items if isinstance(items, list) else [items]
    found = [item for item in items if isinstance(item, Mapping)]
    return {str(item.get("@id", item.get("id", f"_:{n}"))): item for n, item in enumerate(found)}


def only(found: Sequence[Node], where: str) -> Node | None:
    """The one record of a document, None when there is none. Raises FactUnavailable when there are several."""
    if len(found) > 1:
        raise several(len(found), where)
    return found[0] if found else None


def several(count: int, where: str) -> FactUnavailable:
    """Why none of several records is judged: any choice would be a guess."""
    return FactUnavailable(f"{where} holds {count} records, and one is judged at a time", remedy="give one of them")


def whole(value: Any) -> int | None:
    """A size in bytes, None when it is not told as a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and value >= 0:
        return value
    text = clean(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def unique(*groups: Any) -> tuple[Any, ...]:
    """The values of all groups, each once, in their order."""
    return tuple(dict.fromkeys(v for group in groups for v in group if v))
