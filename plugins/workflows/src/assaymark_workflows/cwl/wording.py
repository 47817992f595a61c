"""Shapes and values in words."""

from __future__ import annotations

from assaymark_workflows.cwl.shapes import Shape
from assaymark_workflows.source import Kind, Node


def expected(shape: Shape) -> str:
    """A shape in words."""
    words = []
    if shape.text:
        words.append("text")
    if shape.expression:
        words.append("an expression")
    if shape.boolean:
        words.append("true or false")
    if shape.number:
        words.append("a number")
    elif shape.integer:
        words.append("a whole number")
    if shape.words:
        words.append("one of " + ", ".join(sorted(shape.words)))
    words += [a_or_an(name) for name in shape.records]
    if shape.special == "process":
        words.append("a process")
    if shape.array is not None:
        words.append("a list" + (" or a map" if shape.subject else ""))
    return " or ".join(words) or "something else"


_KINDS = {
    Kind.OBJECT: "an object",
    Kind.ARRAY: "a list",
    Kind.STRING: "text",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.NULL: "nothing",
}


def described(node: Node) -> str:
    """What a value is, for a message."""
    kind = _KINDS[node.kind]
    if node.kind in (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN):
        return f"{kind} ({shown(node)})" if node.kind is not Kind.BOOLEAN else node.text
    return kind


def shown(node: Node) -> str:
    """A scalar as it was written, cut short."""
    text = node.text if not node.is_string else node.value
    return repr(text if len(text) <= 40 else text[:37] + "...")


def a_or_an(name: str) -> str:
    """``a`` or ``an`` before the name of a record."""
    return ("an " if name[0] in "AEIOU" else "a ") + name
