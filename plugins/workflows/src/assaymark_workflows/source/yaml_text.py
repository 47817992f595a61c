"""YAML with positions: libyaml's events, put together without recursion and within limits.

Plain scalars are read by the core schema of YAML 1.2, as workflow engines do: ``on`` and ``yes`` are text, ``010`` is
ten. Tags are kept as text and never acted upon.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from assaymark_workflows.source.node import Kind, Limits, Malformed, Node, Span
from assaymark_workflows.source.text import decoded

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: dict[str, tuple[Kind, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (Kind.NULL, None)),
    **dict.fromkeys(("true", "True", "TRUE"), (Kind.BOOLEAN, True)),
    **dict.fromkeys(("false", "False", "FALSE"), (Kind.BOOLEAN, False)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (Kind.NUMBER, float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (Kind.NUMBER, float("-inf"))),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (Kind.NUMBER, float("nan"))),
}
_LONGEST_NUMBER = 400
_DEFAULT = Limits()


def parse_yaml(data: bytes, limits: Limits = _DEFAULT) -> Node:
    """The first document of a YAML text. Raises `Malformed`; an empty text is null."""
    documents = parse_yaml_all(data, limits)
    if len(documents) > 1:
        second = documents[1].span
        raise Malformed("a second document begins here; one is expected", second.line, second.column)
    return documents[0] if documents else Node(Kind.NULL, Span(1, 1, 1, 1))


def parse_yaml_all(data: bytes, limits: Limits = _DEFAULT) -> list[Node]:
    """Every document of a YAML stream. Raises `Malformed`."""
    if len(data) > limits.size:
        raise Malformed(f"the document has {len(data)} bytes; at most {limits.size} are read")
    if b"\0" in data[:4] or data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decoded(data)  # libyaml would read some of what engines do not
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(loader(data), limits).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part) or "not YAML"
        raise Malformed(what, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        decoded(data)  # says more when it is no UTF-8
        line = data.count(b"\n", 0, error.position) + 1
        raise Malformed(f"not text: {error.reason}", line) from None


class _Composer:
    """Events to nodes, with a stack of our own: nesting costs no recursion."""

    def __init__(self, loader: Any, limits: Limits) -> None:
        self.loader = loader
        self.limits = limits
        self.anchors: dict[str, Node] = {}
        self.total = 0

    def documents(self) -> list[Node]:
        import yaml

        made: list[Node] = []
        stack: list[tuple[Node, list[Node]]] = []
        while True:
            event = self.loader.get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                stack.append((self._collection(event, kind is yaml.MappingStartEvent, len(stack)), []))
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self._close(*stack.pop(), event)
            elif kind is yaml.AliasEvent:
                node = self._alias(event, stack)
            elif kind is yaml.DocumentStartEvent:
                self.anchors = {}
                continue
            elif kind is yaml.StreamEndEvent:
                return made
            else:
                continue
            if stack:
                stack[-1][1].append(node)
            else:
                made.append(node)

    def _scalar(self, event: Any) -> Node:
        plain = event.style is None or event.style == ""
        kind, value = _resolved(event.value, event.tag) if plain or event.tag else (Kind.STRING, event.value)
        node = Node(kind, _span(event), value, text=event.value, quoted=not plain, tag=event.tag)
        self._named(event, node)
        self._count(1, event)
        return node

    def _collection(self, event: Any, mapping: bool, depth: int) -> Node:
        if depth >= self.limits.depth:
            raise _problem(event, f"nested more than {self.limits.depth} deep")
        node = Node(Kind.OBJECT if mapping else Kind.ARRAY, _span(event), tag=event.tag)
        self._named(event, node)
        return node

    def _close(self, node: Node, children: list[Node], event: Any) -> Node:
        if node.kind is Kind.OBJECT:
            node.items = list(zip(children[::2], children[1::2], strict=True))
        else:
            node.elements = children
        node.weight = 1 + sum(child.weight for child in children)
        # libyaml ends a block where the next one begins: the last value is where it really ends.
        flow = event.end_mark.index > event.start_mark.index
        mark = event.end_mark
        end = (mark.line + 1, mark.column + 1) if flow or not children else children[-1].span[2:]
        node.span = Span(node.span.line, node.span.column, *end)
        self._count(1, event)
        return node

    def _alias(self, event: Any, stack: list[tuple[Node, list[Node]]]) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise _problem(event, f"the anchor &{event.anchor} is not defined before its use")
        if any(node is open_node for open_node, _ in stack):
            raise _problem(event, f"*{event.anchor} contains itself")
        self._count(node.weight, event)
        return node

    def _named(self, event: Any, node: Node) -> None:
        if event.anchor:
            self.anchors[event.anchor] = node

    def _count(self, weight: int, event: Any) -> None:
        self.total += weight
        if self.total > self.limits.nodes:
            raise _problem(event, f"more than {self.limits.nodes} values, aliases counted as often as they are used")


def _resolved(text: str, tag: str | None) -> tuple[Kind, Any]:
    if tag in ("!", "tag:yaml.org,2002:str"):
        return Kind.STRING, text
    special = _SPECIAL.get(text)
    if special is not None:
        return special
    if text[0] in "+-.0123456789" and len(text) <= _LONGEST_NUMBER:
        if _INTEGER.fullmatch(text):
            return Kind.INTEGER, int(text, 0 if text[:2] in ("0o", "0x") else 10)
        if _NUMBER.fullmatch(text):
            return Kind.NUMBER, float(text)
    return Kind.STRING, text


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _problem(event: Any, message: str) -> Malformed:
    return Malformed(message, event.start_mark.line + 1, event.start_mark.column + 1)
