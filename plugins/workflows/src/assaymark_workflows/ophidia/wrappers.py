"""Command-line tools that add one task to an Ophidia experiment: `baseCommand: [cwl2oph, oph_reduce]`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from assaymark.api import Context, Unreachable
from assaymark_workflows.source import Malformed, Node, parse_yaml

OLDER, NEWER = "cwl2oph.py", "cwl2oph"


@dataclass(frozen=True, slots=True)
class Option:
    """One input of a wrapper: the option that it becomes, and what it is when a step does not give it."""

    id: str
    name: str
    optional: bool
    default: Node | None
    node: Node


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A tool of the converter. ``operator`` is '' when the command does not name one."""

    operator: str
    older: bool
    options: dict[str, Option]
    node: Node


def wrapper(tool: Node) -> Wrapper | None:
    """The wrapper that a CommandLineTool is, None for any other tool."""
    words = _command(tool)
    if not words or posixpath.basename(words[0]) not in (OLDER, NEWER):
        return None
    operator = words[1] if len(words) > 1 else ""
    options = {option.id: option for option in map(_option, _entries(tool.get("inputs"))) if option}
    return Wrapper(operator, posixpath.basename(words[0]) == OLDER, options, tool)


def document(path: str, context: Context) -> Node | None:
    """A document by its path, read once a run; None when it cannot be read or holds no wrapper."""

    def read() -> Node | None:
        try:
            data = context.read(path)
            # Parsing costs; without this word there is no wrapper to be found.
            return parse_yaml(data) if OLDER.removesuffix(".py").encode() in data else None
        except (Unreachable, Malformed):
            return None

    made: Node | None = context.once(f"ophidia-cwl:{path}", read)
    return made


def processes(root: Node) -> list[Node]:
    """The tools and workflows of a document, those of a ``$graph`` included."""
    if not root.is_object:
        return []
    graph = root.get("$graph")
    listed = graph.elements if graph is not None and graph.is_array else [root]
    return [node for node in listed if node.is_object]


def called(run: Node, path: str, root: Node, context: Context) -> Node | None:
    """The process that a step runs: written in place, in the same document, or in another file of the repository."""
    if run.is_object:
        return run
    if not run.is_string:
        return None
    file, _, fragment = run.text.partition("#")
    if "://" in file:
        return None
    if file:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        found = document(target, context)
        if found is None:
            return None
        root = found
    entries = processes(root)
    wanted = fragment or "main"
    named = [node for node in entries if (own := text(node.get("id"))) and own.lstrip("#") == wanted]
    if named:
        return named[0]
    return entries[0] if len(entries) == 1 and not fragment else None


def text(node: Node | None) -> str:
    """A string, '' for anything else."""
    return node.text if node is not None and node.is_string else ""


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    if node is None:
        return []
    if node.is_object:
        return [(key.text, value) for key, value in node.items]
    return [(text(value.get("id")).lstrip("#"), value) for value in node.elements if value.is_object]


def entries(node: Node | None) -> list[tuple[str, Node]]:
    """Inputs, steps or outputs as (id, value), written as a map or as a list."""
    return _entries(node)


def _command(tool: Node) -> list[str]:
    base = tool.get("baseCommand")
    if base is None:
        return []
    words = [base.text] if base.is_string else [text(element) for element in base.elements]
    arguments = tool.get("arguments")
    if len(words) == 1 and arguments is not None and arguments.is_array and arguments.elements:
        words.append(text(arguments.elements[0]))
    return words


def _option(entry: tuple[str, Node]) -> Option | None:
    id, node = entry
    if not node.is_object:
        return Option(id, id, text(node).endswith("?"), None, node)
    binding = node.get("inputBinding")
    prefix = text(binding.get("prefix")) if binding is not None and binding.is_object else ""
    kind, default = node.get("type"), node.get("default")
    optional = text(kind).endswith("?") or (
        kind is not None and kind.is_array and any(text(one) == "null" for one in kind.elements)
    )
    return Option(id, prefix.lstrip("-") or id, optional or default is not None, default, node)
