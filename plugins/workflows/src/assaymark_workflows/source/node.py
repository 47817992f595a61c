"""A value of a YAML or JSON document and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a value is, in the words of JSON."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"


class Span(NamedTuple):
    """Where a value stands: lines and columns count from 1 (columns in characters), the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Malformed(Exception):
    """The text is not what its format promises, or larger than the limits; says where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost: bytes, values (aliases counted as often as they are used) and depth of nesting."""

    size: int = 20_000_000
    nodes: int = 2_000_000
    depth: int = 200


class Node:
    """One value. ``value`` is a str, int, float, bool or None for a scalar.

    ``items`` are the (key, value) pairs of an object in their order, repeated keys included; ``elements`` the values
    of an array. ``text`` is how a scalar was written (without quotes), ``quoted`` whether it had quotes or was a block.
    ``weight`` counts the values below, an alias as often as it is used. Nodes that an alias repeats are shared.
    """

    __slots__ = ("_index", "elements", "items", "kind", "quoted", "span", "tag", "text", "value", "weight")

    def __init__(
        self,
        kind: Kind,
        span: Span,
        value: Any = None,
        *,
        text: str = "",
        quoted: bool = False,
        tag: str | None = None,
    ) -> None:
        self.kind = kind
        self.span = span
        self.value = value
        self.text = text
        self.quoted = quoted
        self.tag = tag
        self.items: list[tuple[Node, Node]] = []
        self.elements: list[Node] = []
        self.weight = 1
        self._index: dict[str, Node] | None = None

    def get(self, key: str) -> Node | None:
        """The value under a key of an object (the last one, if it is repeated), else None."""
        if self._index is None:
            self._index = {name.text: value for name, value in self.items}
        return self._index.get(key)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def key(self, name: str) -> Node | None:
        """The node of the key itself."""
        return next((key for key, _ in self.items if key.text == name), None)

    def repeated(self) -> Iterator[Node]:
        """Keys of an object that were there before."""
        seen: set[str] = set()
        for key, _ in self.items:
            if key.text in seen:
                yield key
            seen.add(key.text)

    def walk(self, seen: set[int] | None = None) -> Iterator[Node]:
        """This node and all below it, each once however often aliases repeat it.

        What the caller changes below a node before it asks for the next one is followed. ``seen`` holds the ids of
        those that need no look.
        """
        seen = set() if seen is None else seen
        stack = [self]
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            stack += [value for _, value in node.items]
            stack += node.elements

    @property
    def is_object(self) -> bool:
        """Whether it maps keys to values."""
        return self.kind is Kind.OBJECT

    @property
    def is_array(self) -> bool:
        """Whether it is a list."""
        return self.kind is Kind.ARRAY

    @property
    def is_string(self) -> bool:
        """Whether it is text."""
        return self.kind is Kind.STRING

    def plain(self) -> Any:
        """The value as dict, list and scalars, without positions. Costs as much as ``weight`` says."""
        if self.kind is Kind.OBJECT:
            return {key.text: value.plain() for key, value in self.items}
        if self.kind is Kind.ARRAY:
            return [element.plain() for element in self.elements]
        return self.value

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.span.line}:{self.span.column}, {self.value!r})"
