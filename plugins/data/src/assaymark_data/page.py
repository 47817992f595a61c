"""What a web page carries for machines: JSON-LD in scripts, and typed links."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

MOST = 50


class TypedLink(NamedTuple):
    """A link with a relation (``describedby``, ``item``, ``cite-as``) and the type of what is behind it."""

    rel: str
    href: str
    type: str = ""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.links: list[TypedLink] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("type", "").strip().lower() == "application/ld+json":
            self._inside = len(self.scripts) < MOST
            if self._inside:
                self.scripts.append("")
        elif tag == "link" and len(self.links) < MOST:
            for rel in given.get("rel", "").split():
                self.links.append(TypedLink(rel.lower(), given.get("href", ""), given.get("type", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


def _parsed(data: bytes) -> _Page:
    page = _Page()
    page.feed(data.decode("utf-8", "replace"))
    return page


def embedded(data: bytes) -> list[str]:
    """The JSON-LD of a page's scripts."""
    return _parsed(data).scripts


def links_of(data: bytes) -> list[TypedLink]:
    """The links in a page's head."""
    return _parsed(data).links


def links_in_header(header: str) -> list[TypedLink]:
    """The links of a ``Link`` header (RFC 8288), as Signposting uses them."""
    import re

    found = []
    for match in re.finditer(
        r"<([^<>]{1,2000})>((?:\s{0,9};\s{0,9}[\w*!-]{1,40}\s{0,9}=\s{0,9}(?:\"[^\"]{0,500}\"|[^\s\",;]{0,500}))*)",
        header[:50_000],
    ):
        given = {
            k.lower(): v.strip('"') for k, v in re.findall(r";\s*([\w*!-]+)\s*=\s*(\"[^\"]*\"|[^\s\",;]*)", match[2])
        }
        found += [TypedLink(rel.lower(), match[1], given.get("type", "")) for rel in given.get("rel", "").split()]
    return found[:MOST]
