"""What a template imports and extends, followed once for each document."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from assaymark.api import Context, Unreachable
from assaymark_workflows.source import Kind, Limits, Malformed, Node, parse_yaml
from assaymark_workflows.tosca.template import Template

LIMITS = Limits(nodes=100_000, depth=100)
_MOST_IMPORTS = 100
_CATALOGUE = re.compile(r"[A-Za-z_][\w.-]+:\d[\w.-]*")


class Import(NamedTuple):
    """Where an import points: as written and from the root. ``elsewhere`` when it names a repository or profile;
    ``prefix`` goes before its names."""

    node: Node
    target: str
    place: str
    elsewhere: bool
    prefix: str


class Library(NamedTuple):
    """What an imported document brings: its tables of types, as plain values, and what it imports in turn."""

    types: dict[str, Any]
    imports: tuple[Import, ...]


def follow_imports(template: Template, imports: Sequence[Import], way: tuple[str, ...], home: Node | None) -> None:
    """Follow the imports of one document; ``home`` is the import of our own template that led to it."""
    for one in imports:
        template.context.check_time()
        # A name with a version stands for what an engine keeps in its own catalogue.
        if one.elsewhere or _CATALOGUE.fullmatch(one.target):
            template.types.closed = False
            continue
        _import(template, one, way, home)


def _import(template: Template, one: Import, way: tuple[str, ...], home: Node | None) -> None:
    at = home or one.node
    place = one.place
    if place in way:
        if home is None or place == template.path:
            template.say("TOS-G001", f"{' -> '.join((*way, place))} import each other", at)
        return
    if (place, one.prefix) in template.imported:
        return
    template.imported.add((place, one.prefix))
    if len(template.imported) > _MOST_IMPORTS:
        template.types.closed = False
        return
    try:
        library = template.context.once(f"tosca:library:{place}", lambda: _library(place, template.context))
    except Unreachable as problem:
        template.types.closed = False
        if home is None:
            rule = "WF-C001" if problem.outside else "WF-C002" if problem.remote else "TOS-R004"
            template.say(rule, problem.reason if rule != "TOS-R004" else f"there is no file {place!r}", at)
        return
    if isinstance(library, Malformed):
        template.types.closed = False
        if home is None:
            template.say("TOS-R004", f"{place} cannot be read: line {library.line}: {library.message}", at)
        return
    _defined(template, library.types, one.prefix)
    follow_imports(template, library.imports, (*way, place), at)


def _defined(template: Template, types: Mapping[str, Any], prefix: str) -> None:
    """The types of an imported document, also under the prefix that the import gives them."""
    template.types.add(types)
    if prefix:
        renamed = {
            part: {f"{prefix}.{str(name).rpartition('.')[2]}": value for name, value in table.items()}
            | {f"{prefix}{mark}{name}": value for name, value in table.items() for mark in ".:"}
            for part, table in types.items()
            if isinstance(table, dict)
        }
        template.types.add(renamed)


def add_parents(template: Template) -> None:
    """Nodes, inputs and types of the templates that this one extends (``metadata: parents``)."""
    metadata = template.root.get("metadata")
    parents = metadata.get("parents") if metadata is not None and metadata.is_object else None
    names = parents.elements if parents is not None and parents.is_array else [parents] if parents else []
    for name in names[:_MOST_IMPORTS]:
        try:
            place = beside(template.path, name.text)
            parent = parse_yaml(template.context.read(place), LIMITS)
        except (Unreachable, Malformed):
            template.whole = False
            template.types.closed = False
            template.say(
                "TOS-R007", f"the parent {name.text!r} is not here, so nodes and inputs of it are unknown", name
            )
            continue
        if parent.is_object:
            template.types.add(types_of(parent))
            follow_imports(template, import_targets(parent, place, template.context), (template.path, place), name)
            topology = parent.get("topology_template")
            if topology is not None and topology.is_object:
                template.collect(topology)


def _library(place: str, context: Context) -> Library | Malformed:
    """An imported document, read once however many templates import it. Raises `Unreachable`."""
    try:
        root = parse_yaml(context.read(place), LIMITS)
    except Malformed as wrong:
        return wrong
    if not root.is_object:
        return Library({}, ())
    return Library(types_of(root), tuple(import_targets(root, place, context)))


def types_of(root: Node) -> dict[str, Any]:
    """The tables of types of a document, as plain values."""
    return {key.text: value.plain() for key, value in root.items if key.text.endswith("_types")}


def import_targets(root: Node, path: str, context: Context) -> list[Import]:
    """The imports of a document."""
    imports = root.get("imports")
    if imports is None:
        return []
    found: list[Import] = []
    for entry in imports.elements if imports.is_array else [imports] if imports.is_object else []:
        profile = entry.get("profile") if entry.is_object else None
        if profile is not None:
            found.append(Import(profile, profile.text, profile.text, True, ""))
            continue
        whole = entry.kind is Kind.STRING or entry.get("file") is not None or entry.get("url") is not None
        for value in [entry] if whole else [value for _, value in entry.items]:
            found += _named_import(value, path, context)
    return found


def _named_import(value: Node, path: str, context: Context) -> Iterator[Import]:
    file = (value.get("file") or value.get("url")) if value.is_object else value
    if file is None or file.kind is not Kind.STRING:
        return
    prefix = (value.get("namespace_prefix") or value.get("namespace")) if value.is_object else None
    elsewhere = value.is_object and value.get("repository") is not None
    place = _found(path, file.text, context)
    yield Import(file, file.text, place, elsewhere, prefix.text if prefix is not None else "")


def _found(path: str, target: str, context: Context) -> str:
    """Where an import lies: where the settings say, beside the document, or below a folder on the way to it that it
    begins with."""
    mapped = context.settings.get("imports")
    if isinstance(mapped, Mapping) and mapped.get(target):
        return str(mapped[target])
    place = beside(path, target)
    if "://" in target or target.startswith(("/", "~", ".")) or context.exists(place):
        return place
    folder = posixpath.dirname(path)
    while folder:
        folder, _, name = folder.rpartition("/")
        other = posixpath.join(folder, target)
        if target.startswith(f"{name}/") and context.exists(other):
            return other
    return place


def beside(path: str, target: str) -> str:
    """A path from the root, for one that counts from the folder of a document; addresses stay."""
    if "://" in target or target.startswith(("/", "~")):
        return target
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
