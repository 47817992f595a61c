"""JSON with positions: strict as RFC 8259 has it, put together without recursion and within limits."""

from __future__ import annotations

import json
import re
from typing import Any

from assaymark_workflows.source.node import Kind, Limits, Malformed, Node, Span
from assaymark_workflows.source.text import decoded

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<string>"(?:[^"\\\x00-\x1f]++|(?>\\.))*+")
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?P<fraction>(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?))(?![0-9.])
    | (?P<word>true|false|null)(?![A-Za-z0-9_])
    | (?P<mark>[\[\]{},:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_WORDS: dict[str, tuple[Kind, Any]] = {
    "true": (Kind.BOOLEAN, True),
    "false": (Kind.BOOLEAN, False),
    "null": (Kind.NULL, None),
}
_LONGEST_NUMBER = 400
_DEFAULT = Limits()


def parse_json(data: bytes | str, limits: Limits = _DEFAULT) -> Node:
    """One JSON value and nothing after it. Raises `Malformed`."""
    if len(data) > limits.size:
        raise Malformed(f"the document has {len(data)} bytes; at most {limits.size} are read")
    return _Reader(data if isinstance(data, str) else decoded(data), limits).document()


class _Reader:
    """Tokens to nodes, with a stack of our own."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.position = 0
        self.line = 1
        self.line_start = 0
        self.scanned = 0
        self.count = 0

    def document(self) -> Node:
        root = self._value()
        end = _BLANK.match(self.text, self.position)
        assert end is not None
        if end.end() < len(self.text):
            raise self._malformed("text after the end of the value", end.end())
        return root

    def _value(self) -> Node:
        stack: list[tuple[Node, Node | None]] = []  # open collection, and the key that waits for its value
        while True:
            node = self._opened(stack)
            while node is not None:
                if not stack:
                    return node
                node = self._placed(node, stack)

    def _opened(self, stack: list[tuple[Node, Node | None]]) -> Node | None:
        """The next value, or None when it is a collection that was opened and has something inside."""
        token = self._token("a value")
        if token.lastgroup != "mark":
            return self._scalar(token)
        mark = token["mark"]
        if mark not in "[{":
            raise self._malformed(f"a value is expected, not {mark!r}", token.start("mark"))
        if len(stack) >= self.limits.depth:
            raise self._malformed(f"nested more than {self.limits.depth} deep", token.start("mark"))
        node = Node(Kind.OBJECT if mark == "{" else Kind.ARRAY, self._span(token.start("mark"), token.end()))
        self._counted(token)
        closing = _TOKEN.match(self.text, self.position)
        if closing and closing["mark"] == ("}" if mark == "{" else "]"):
            self.position = closing.end()
            return self._closed(node)
        stack.append((node, self._key() if mark == "{" else None))
        return None

    def _placed(self, value: Node, stack: list[tuple[Node, Node | None]]) -> Node | None:
        """Put a value where it belongs; the collection when that ends it, None when more follows."""
        node, key = stack.pop()
        node.weight += value.weight + (1 if key else 0)
        if key is not None:
            node.items.append((key, value))
        else:
            node.elements.append(value)
        closing = "}" if key is not None else "]"
        token = self._token(f"',' or {closing!r}")
        mark = token["mark"] if token.lastgroup == "mark" else None
        if mark == closing:
            return self._closed(node)
        if mark != ",":
            raise self._malformed(f"',' or {closing!r} is expected", token.start(token.lastgroup or 0))
        stack.append((node, self._key() if key is not None else None))
        return None

    def _closed(self, node: Node) -> Node:
        line, column = self._place(self.position)
        node.span = Span(node.span.line, node.span.column, line, column)
        return node

    def _key(self) -> Node:
        token = self._token("a key in double quotes")
        if token.lastgroup != "string":
            raise self._malformed("a key in double quotes is expected", token.start(token.lastgroup or 0))
        key = self._scalar(token)
        colon = self._token("':'")
        if colon["mark"] != ":":
            raise self._malformed("':' is expected", colon.start(colon.lastgroup or 0))
        return key

    def _scalar(self, token: re.Match[str]) -> Node:
        self._counted(token)
        group = token.lastgroup or ""
        if token["number"] is not None:
            group = "number"
        written = token[group]
        span = self._span(token.start(group), token.end(group))
        if group == "string":
            try:
                value = json.loads(written)
            except ValueError as error:
                raise self._malformed(f"a string that is none: {error}", token.start(group)) from None
            return Node(Kind.STRING, span, value, text=value, quoted=True)
        if group == "word":
            kind, constant = _WORDS[written]
            return Node(kind, span, constant, text=written)
        if len(written) > _LONGEST_NUMBER:
            raise self._malformed("a number with too many digits", token.start(group))
        if token["fraction"]:
            return Node(Kind.NUMBER, span, float(written), text=written)
        return Node(Kind.INTEGER, span, int(written), text=written)

    def _token(self, expected: str) -> re.Match[str]:
        token = _TOKEN.match(self.text, self.position)
        if token is None:
            at = _BLANK.match(self.text, self.position)
            place = at.end() if at else self.position
            found = f"not {self.text[place]!r}" if place < len(self.text) else "and the text ends"
            raise self._malformed(f"{expected} is expected, {found}", place)
        self.position = token.end()
        return token

    def _counted(self, token: re.Match[str]) -> None:
        self.count += 1
        if self.count > self.limits.nodes:
            raise self._malformed(f"more than {self.limits.nodes} values", token.start())

    def _span(self, start: int, end: int) -> Span:
        line, column = self._place(start)
        # No token of JSON holds a line break.
        return Span(line, column, line, column + end - start)

    def _place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset; asked in rising order, so that the text is walked once."""
        breaks = self.text.count("\n", self.scanned, offset)
        if breaks:
            self.line += breaks
            self.line_start = self.text.rfind("\n", 0, offset) + 1
        self.scanned = max(self.scanned, offset)
        return self.line, offset - self.line_start + 1

    def _malformed(self, message: str, offset: int) -> Malformed:
        line = self.text.count("\n", 0, offset) + 1
        return Malformed(message, line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1)
