"""Where a part of a text value stands in its file, through quotes, indentation and line breaks."""

from __future__ import annotations

import re

from assaymark_workflows.cwl.document import Document
from assaymark_workflows.source import Node, Span

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


def part(document: Document, node: Node, start: int, end: int) -> Span:
    """The span of ``node.value[start:end]``; that of the whole value when it cannot be told."""
    value, span = node.value, node.span
    if node.tag == "!included":
        return _of_text(value, start, end)
    origin = document.imported.get(id(node))
    lines = _BREAK.split(document.texts[origin[0]]) if origin else document.lines()
    if span.line > len(lines):
        return span
    first = lines[span.line - 1]
    if span.line == span.end_line:
        raw = first[span.column - 1 : span.end_column - 1]
        for skip in (0, 1):
            if raw[skip : len(raw) - skip] == value:
                return Span(span.line, span.column + skip + start, span.line, span.column + skip + end)
    elif first[span.column - 1 : span.column] == "|":
        found = _in_block(lines, span, value, start, end)
        if found is not None:
            return found
    return _searched(lines, span, value[start:end])


def _of_text(text: str, start: int, end: int) -> Span:
    def at(offset: int) -> tuple[int, int]:
        return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)

    return Span(*at(start), *at(end))


def _in_block(lines: list[str], span: Span, value: str, start: int, end: int) -> Span | None:
    rows = value.split("\n")
    filled = next((n for n, row in enumerate(rows) if row.strip()), None)
    if filled is None or span.line + filled >= len(lines):
        return None
    indent = lines[span.line + filled].find(rows[filled])
    if indent < 0 or lines[span.line + filled][:indent].strip():
        return None

    def at(offset: int) -> tuple[int, int]:
        row = value.count("\n", 0, offset)
        return span.line + 1 + row, indent + offset - value.rfind("\n", 0, offset)

    return Span(*at(start), *at(end))


def _searched(lines: list[str], span: Span, wanted: str) -> Span:
    """The only place within the value's lines where the text stands as it is."""
    wanted = wanted.split("\n", 1)[0].strip()
    if not wanted:
        return span
    hits = []
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        line = lines[number - 1]
        begin = span.column - 1 if number == span.line else 0
        place = line.find(wanted, begin)
        if place >= 0:
            hits.append(Span(number, place + 1, number, place + 1 + len(wanted)))
    return hits[0] if hits else span
