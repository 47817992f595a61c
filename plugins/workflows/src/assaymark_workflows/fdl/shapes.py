"""Objects and values of a definition, held to the tables of fields."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assaymark.api import Edit
from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.fdl.fields import OBJECTS, Field
from assaymark_workflows.problems import hint, is_slip, nearest, replace
from assaymark_workflows.source import Kind, Node

_QUANTITY = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_BOOLEANS = ("yes", "no", "on", "off", "y", "n")


def check_object(definition: Definition, node: Node, name: str, key: Node, skip: tuple[str, ...] = ()) -> None:
    """Fields of one object by its table."""
    table = OBJECTS[name]
    check_keys(definition, node, (*table, *skip), name)
    for field_name, field in table.items():
        value = node.get(field_name)
        if value is None:
            if field.required:
                definition.say("FDL-S002", f"{with_article(name)} needs {field_name}", key)
        elif field.required and value.kind in (Kind.NULL, Kind.STRING) and not value.text.strip():
            definition.say("FDL-S002", f"{field_name} is empty", value if value.text else node.key(field_name) or value)
        elif value.kind is not Kind.NULL:
            _value(definition, value, field, field_name, node.key(field_name) or value)


def check_keys(definition: Definition, node: Node, names: tuple[str, ...], what: str) -> None:
    """Say which keys of ``node`` are none of ``names``."""
    for key, _ in node.items:
        if key.text not in names:
            text = f"{key.text!r} is no field of {what.removeprefix('a ')}{hint(key.text, names)}"
            definition.say("FDL-S003", text, key, edits=_slip(key, names, node))


def _value(definition: Definition, value: Node, field: Field, name: str, key: Node) -> None:
    kind = field.kind
    if kind == "object":
        if value.is_object:
            check_object(definition, value, field.of, key)
        else:
            wrong(definition, value, name, "an object")
    elif kind == "list":
        _list(definition, value, field, name)
    elif kind == "strings":
        if not value.is_array:
            wrong(definition, value, name, "a list of strings")
        for element in value.elements:
            if element.is_object or element.is_array:
                wrong(definition, element, name, "a list of strings")
    elif kind == "map":
        _map(definition, value, name)
    elif kind == "ports":
        _ports(definition, value, name)
    elif value.is_object or value.is_array:
        wrong(definition, value, name, with_article(kind if kind != "enum" else "string"))
    else:
        _scalar(definition, value, field, name)


def _list(definition: Definition, value: Node, field: Field, name: str) -> None:
    if not value.is_array:
        wrong(definition, value, name, "a list")
    for element in value.elements:
        if element.is_object:
            check_object(definition, element, field.of, element)
        else:
            wrong(definition, element, name, "a list of objects")


def _map(definition: Definition, value: Node, name: str) -> None:
    if not value.is_object:
        wrong(definition, value, name, "a map of strings")
    for key, item in value.items:
        if item.is_object or item.is_array:
            wrong(definition, item, f"{name}.{key.text}", "a string")


def _scalar(definition: Definition, value: Node, field: Field, name: str) -> None:
    if field.kind == "boolean":
        if value.kind is not Kind.BOOLEAN and (value.quoted or value.text.lower() not in _BOOLEANS):
            wrong(definition, value, name, "true or false")
    elif field.kind == "integer":
        if value.kind is not Kind.INTEGER:
            wrong(definition, value, name, "a whole number")
        elif value.value < 0:
            definition.say("FDL-V005", f"{name} cannot be negative", value)
    elif field.kind == "quantity":
        if not _QUANTITY.fullmatch(value.text):
            definition.say("FDL-V002", f"{value.text!r} is no quantity such as 0.5, 500m, 256Mi or 2Gi", value)
    elif field.kind == "enum":
        text = value.text.casefold() if field.folded else value.text
        words = [w.casefold() for w in field.words] if field.folded else list(field.words)
        if text not in words:
            known = ", ".join(field.words)
            text = f"{name} is one of {known}, not {value.text!r}{hint(value.text, field.words)}"
            definition.say("FDL-V003", text, value)


def _ports(definition: Definition, value: Node, name: str) -> None:
    for port in value.elements if value.is_array else [value]:
        if port.kind is not Kind.INTEGER:
            wrong(definition, port, name, "a port number")
        elif not 0 <= port.value <= 65_535:
            definition.say("FDL-V005", f"{port.value} is no port", port)


def wrong(definition: Definition, value: Node, name: str, expected: str) -> None:
    """Say that a value is not what is expected there."""
    if value.is_array and len(value.elements) == 1 and value.elements[0].kind is Kind.STRING and "string" in expected:
        written = f"[{value.elements[0].text}]"
        definition.say(
            "FDL-S006", f"{name}: {written} looks like something to be filled in; it is read as a list", value
        )
        return
    definition.say("FDL-S001", f"{name} must be {expected}, not {with_article(value.kind.value)}", value)


def _slip(key: Node, names: Iterable[str], node: Node) -> tuple[Edit, ...]:
    """The edit that mends a key with a wrong letter, unless the right one is there as well."""
    near = nearest(key.text, names)
    if near is None or not is_slip(key.text, near) or near in node or key.quoted:
        return ()
    return (replace(key.span, near),)


def with_article(noun: str) -> str:
    """``a`` or ``an`` before a noun."""
    return f"an {noun}" if noun[0] in "aeio" else noun if noun == "null" else f"a {noun}"
