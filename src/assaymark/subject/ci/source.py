"""A CI file as plain data with lines, and small accessors that never trust the shape of what they are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assaymark.api import Tree
from assaymark.records import NamedTuple
from assaymark.subject.parsing import KeyPath, ParseProblem, load_yaml_all, load_yaml_lines

LIMIT = 1_000_000


class Source(NamedTuple):
    """The data of one file, and the line of every key and item by its path."""

    path: str
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, *path: str | int) -> int:
        """The line of a place, or of the nearest thing around it (aliased values have no lines of their own)."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read(tree: Tree, path: str) -> Source:
    """The mapping in a YAML file. Raises ParseProblem, also when the file holds something else."""
    raw = tree.read(path, LIMIT + 1)
    try:
        data, lines = load_yaml_lines(raw, limit=LIMIT)
    except ParseProblem as problem:
        if "several" not in problem.message:
            raise
        # GitLab puts the inputs of a component in a document before the pipeline: only the last one counts.
        data, lines = load_yaml_all(raw, limit=LIMIT)[-1], {}
    if data is None:
        raise ParseProblem("is empty")
    if not isinstance(data, dict):
        raise ParseProblem("is not a mapping", 1)
    return Source(path, data, dict(lines))


def text(value: object) -> str:
    """A scalar as text, '' for anything else; YAML's true is written as in YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def mapping(value: object) -> dict[str, Any]:
    """A mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list; a single scalar or mapping counts as a list of one, nothing as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def words(value: object) -> tuple[str, ...]:
    """The scalars of a list, or the keys of a mapping."""
    if isinstance(value, dict):
        return tuple(value)
    return tuple(text(item) for item in items(value) if text(item))


def texts(value: object) -> dict[str, str]:
    """The pairs of a mapping whose value is a scalar."""
    return {key: text(item) for key, item in mapping(value).items() if not isinstance(item, dict | list)}


def scripts(value: object, at: KeyPath, depth: int = 6) -> Iterator[tuple[str, KeyPath]]:
    """Commands in a scalar or in a list of lists, with their place."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            if depth:
                yield from scripts(item, (*at, i), depth - 1)
    elif text(value):
        yield text(value), at
