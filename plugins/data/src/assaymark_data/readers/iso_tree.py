"""The XML of ISO 19139 and 19115-3: objects within properties within objects, told by their local names.

Both write ``<object><property><object>…``, and differ in namespaces and in few names: local names read both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from assaymark_data.text import clean

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST = 2_000
_HREF = "{http://www.w3.org/1999/xlink}href"


def local(tag: object) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class Thing:
    """An object of the document. A path names one property after the other, each perhaps by two names (``a|b``)."""

    def __init__(self, element: Element | None, ids: Mapping[str, Element]) -> None:
        self.element = element
        self._ids = ids

    @property
    def kind(self) -> str:
        """What the object is, such as ``CI_Citation``; '' for one that is not there."""
        return "" if self.element is None else local(self.element.tag)

    def _properties(self, name: str) -> Iterator[Element]:
        wanted = name.split("|")
        return (e for e in (() if self.element is None else self.element) if local(e.tag) in wanted)

    def objects(self, *path: str) -> list[Thing]:
        """The objects at the end of a path; a property that is a reference within the document leads to its object."""
        found = [self]
        for name in path:
            found = [Thing(e, self._ids) for t in found for p in t._properties(name) for e in t._held(p)][:MOST]
        return found

    def first(self, *path: str) -> Thing:
        """The first of them; one without properties when there is none."""
        return next(iter(self.objects(*path)), Thing(None, {}))

    def _held(self, prop: Element) -> list[Element]:
        there = self._ids.get(prop.get(_HREF, "").removeprefix("#")) if not len(prop) else None
        return list(prop) if there is None else [there]

    def _last(self, path: tuple[str, ...]) -> list[Element]:
        return [p for t in self.objects(*path[:-1]) for p in t._properties(path[-1])][:MOST]

    def texts(self, *path: str) -> list[str]:
        """Values of the properties at the end of a path: text, or the value of a code list."""
        return [text for p in self._last(path) if (text := _value(p))]

    def text(self, *path: str) -> str:
        """The first of them, '' when there is none."""
        return next(iter(self.texts(*path)), "")

    def anchors(self, *path: str) -> list[str]:
        """Addresses that stand behind these texts."""
        return [a for p in self._last(path) for e in (*p, p) if (a := clean(e.get(_HREF))) and not a.startswith("#")]

    def types(self) -> list[str]:
        """The attributes ``type`` within the object: media types, of ``MimeFileType``."""
        return [] if self.element is None else [t for e in self.element.iter() if (t := clean(e.get("type")))]

    def both(self, *path: str) -> list[tuple[str, str]]:
        """Each text with the address behind it, '' where there is none; one of the two is told."""
        found = [(_value(p), next((a for e in p if (a := clean(e.get(_HREF)))), "")) for p in self._last(path)]
        return [pair for pair in found if any(pair)]


def _value(prop: Element) -> str:
    """The text of a property: what stands first where it is given in several languages."""
    for child in prop:
        if code := clean(child.get("codeListValue")):
            return code
        if text := clean(child.text if not len(child) else "") or _first(child):
            return text
    return clean(prop.text)


def _first(element: Element) -> str:
    """The first text of a value in several languages."""
    if local(element.tag) != "PT_FreeText":
        return ""
    return next((t for e in element.iter() if local(e.tag) == "LocalisedCharacterString" and (t := clean(e.text))), "")


def thing_of(root: Element) -> Thing:
    """The root as an object, from which references by ``id`` are followed."""
    ids: dict[str, Element] = {}
    for element in root.iter():
        for name in ("id", "{http://www.opengis.net/gml/3.2}id", "{http://www.opengis.net/gml}id"):
            if found := element.get(name):
                ids.setdefault(found, element)
    return Thing(root, ids)
