"""codemeta.json (CodeMeta 2.0 and 3.0, JSON-LD) and .zenodo.json."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.metadata import CODEMETA, ZENODO, Declared, Flaw, line_of, list_of, mapping_of, text_of

_TYPES = {
    "Software",
    "SoftwareSourceCode",
    "SoftwareApplication",
    "SoftwareSystem",
    "WebApplication",
    "MobileApplication",
}
_URLS = ("codeRepository", "url", "readme", "issueTracker", "softwareHelp", "releaseNotes", "buildInstructions")
_PREFIX = late(r"^(?:schema|codemeta|https?://schema\.org/|https?://codemeta\.github\.io/terms/):?")


def read_codemeta(_tree: Tree, path: str, text: str) -> Declared:
    """Parse and check one CodeMeta file. Raises `ParseProblem` when it is not JSON."""
    from assaymark.subject.parsing import load_json

    data = load_json(text)
    if not isinstance(data, Mapping):
        return Declared(path=path, format=CODEMETA, problem="is not a JSON object", problem_line=1)
    plain = _without_prefixes(data)
    version_key = "version" if text_of(plain.get("version")) else "softwareVersion"
    return Declared(
        path=path,
        format=CODEMETA,
        name=text_of(plain.get("name")),
        version=text_of(plain.get(version_key)),
        version_line=_line(text, version_key),
        licence=" OR ".join(filter(None, map(_licence_id, list_of(plain.get("license"))))),
        licence_line=_line(text, "license"),
        description=text_of(plain.get("description")),
        urls={k: u for k in _URLS if (u := _address(plain.get(k)))},
        authors=tuple(filter(None, map(_person, list_of(plain.get("author") or plain.get("creator"))))),
        flaws=tuple(flaws(plain, text)),
        data=data,
    )


def read_zenodo(_tree: Tree, path: str, text: str) -> Declared:
    """Parse one .zenodo.json. Raises `ParseProblem` when it is not JSON."""
    from assaymark.subject.parsing import load_json

    data = load_json(text)
    if not isinstance(data, Mapping):
        return Declared(path=path, format=ZENODO, problem="is not a JSON object", problem_line=1)
    return Declared(
        path=path,
        format=ZENODO,
        name=text_of(data.get("title")),
        version=text_of(data.get("version")),
        version_line=_line(text, "version"),
        licence=text_of(data.get("license")) or text_of(mapping_of(data.get("license")).get("id")),
        licence_line=_line(text, "license"),
        description=text_of(data.get("description")),
        authors=tuple(filter(None, map(_person, list_of(data.get("creators"))))),
        data=data,
    )


READERS = {CODEMETA: read_codemeta, ZENODO: read_zenodo}


def flaws(data: Mapping[str, Any], text: str) -> Iterator[Flaw]:
    """What makes the file no CodeMeta, and what a reader will miss."""
    if not any("codemeta" in str(c).lower() for c in list_of(data.get("@context"))):
        yield Flaw(
            message="'@context' does not name CodeMeta",
            line=_line(text, "@context") or 1,
            fix='"@context": "https://w3id.org/codemeta/3.0"',
        )
    if not _TYPES & {_PREFIX.sub("", text_of(t)) for t in list_of(data.get("@type") or data.get("type"))}:
        yield Flaw(
            message="'@type' is not a kind of software",
            line=_line(text, "@type") or 1,
            fix='"@type": "SoftwareSourceCode"',
        )
    if not text_of(data.get("name")):
        yield Flaw(message="'name' is missing", line=1)
    people = [p for k in ("author", "creator", "maintainer", "contributor") for p in list_of(data.get(k))]
    if not any(_person(p) for p in people):
        yield Flaw(message="'author' names nobody", line=_line(text, "author") or 1)
    for key in ("description", "license", "codeRepository"):
        if not list_of(data.get(key)):
            yield Flaw(message=f"'{key}' is missing", line=1, severe=False)
    if not text_of(data.get("version") or data.get("softwareVersion")):
        yield Flaw(message="'version' is missing", line=1, severe=False)


def _without_prefixes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Keys such as ``schema:name`` under their plain names; a graph of one node is that node."""
    graph = data.get("@graph")
    node = {**graph[0], "@context": data.get("@context")} if isinstance(graph, list) and _is_node(graph) else data
    return {_PREFIX.sub("", str(k)): v for k, v in node.items()}


def _is_node(graph: list[Any]) -> bool:
    return bool(graph) and isinstance(graph[0], Mapping)


def _line(text: str, key: str) -> int | None:
    return line_of(text, rf'"(?:[\w:/.]*[:/])?{re.escape(key)}"\s*:')


def _licence_id(value: object) -> str:
    """``https://spdx.org/licenses/MIT`` and ``{"name": "MIT"}`` as ``MIT``."""
    node = mapping_of(value)
    text = text_of(value) or text_of(node.get("@id")) or text_of(node.get("url")) or text_of(node.get("name"))
    found = re.search(r"spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json)?$", text)
    return found[1] if found else text


def _address(value: object) -> str:
    return text_of(value) or text_of(mapping_of(value).get("@id")) or text_of(mapping_of(value).get("url"))


def _person(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    node = {_PREFIX.sub("", str(k)): v for k, v in mapping_of(value).items()}
    both = " ".join(filter(None, (text_of(node.get("givenName")), text_of(node.get("familyName")))))
    return text_of(node.get("name")) or both or text_of(node.get("@id")) or text_of(node.get("id"))
