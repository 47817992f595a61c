"""Types of CWL as plain values, and which type fits where.

A type is a word (``File``, ``Any``), or a tuple: ``("array", items)``, ``("enum", symbols)``, ``("record", fields)``
with fields as a dict, or ``("union", types)`` with two types or more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from assaymark_workflows.cwl.structure import TYPE, entries
from assaymark_workflows.source import Kind, Node

Type = Any
_FILES = {"stdin": "File", "stdout": "File", "stderr": "File"}
_DEPTH = 30
_SIZE = 2_000


class Names:
    """Types that have a name, each read once; one that holds itself, or grows beyond reason, is ``Any`` inside."""

    def __init__(self, find: Callable[[str], Node | None]) -> None:
        self._find = find
        self._read: dict[str, Type] = {}

    def type(self, word: str, depth: int) -> Type:
        """The type of that name, ``Any`` if there is none."""
        known = self._read.get(word)
        if known is None:
            self._read[word] = "Any"
            node = self._find(word)
            known = read(node, self, True, depth + 1) if node is not None else "Any"
            self._read[word] = known = known if _small(known) else "Any"
        return known


def _small(one: Type) -> bool:
    """Whether a type written out in full has a reasonable size."""
    stack, count = [one], 0
    while stack:
        part = stack.pop()
        count += 1
        if count > _SIZE:
            return False
        if isinstance(part, tuple) and part[0] != "enum":
            inner = part[1]
            stack += inner.values() if isinstance(inner, dict) else inner if part[0] == "union" else [inner]
    return True


def read(node: Node | None, named: Names, short: bool = True, depth: int = 0) -> Type:
    """The type that a node writes down; what cannot be read is ``Any``, so that nothing is concluded from it."""
    if node is None or depth > _DEPTH:
        return "Any"
    if node.is_string:
        return _word(node.value, named, short, depth)
    if node.is_array:
        return union([read(element, named, short, depth + 1) for element in node.elements])
    if not node.is_object:
        return "Any"
    kind = node.get("type")
    word = kind.value if kind is not None and kind.is_string else None
    if word == "array":
        return ("array", read(node.get("items"), named, False, depth + 1))
    if word == "enum":
        symbols = node.get("symbols")
        words = [str(s.value).rpartition("/")[2].rpartition("#")[2] for s in symbols.elements] if symbols else []
        return ("enum", frozenset(words))
    if word == "record":
        fields = {}
        for name, _, value in entries(node.get("fields"), "name"):
            is_field = value.is_object and ("type" in value)
            inner = value.get("type") if is_field else value
            fields[name.rpartition("/")[2].lstrip("#")] = read(inner, named, True, depth + 1)
        return ("record", fields)
    return "Any"


def _word(word: str, named: Names, short: bool, depth: int) -> Type:
    match = TYPE.fullmatch(word) if short else None
    base = match[1] if match else word
    made: Type = _FILES.get(base, base)
    if base not in _KNOWN:
        made = named.type(base, depth)
    if match:
        for _ in range(len(match[2]) // 2):
            made = ("array", made)
        if match[3]:
            made = union(["null", made])
    return made


_KNOWN = {"null", "boolean", "int", "long", "float", "double", "string", "File", "Directory", "Any", *_FILES}


def union(types: list[Type]) -> Type:
    """One type for several, flat and without repeats."""
    flat: list[Type] = []
    for one in types:
        for part in members(one):
            if part not in flat:
                flat.append(part)
    return flat[0] if len(flat) == 1 else ("union", tuple(flat)) if flat else "Any"


def members(one: Type) -> tuple[Type, ...]:
    """The alternatives of a type."""
    return one[1] if isinstance(one, tuple) and one[0] == "union" else (one,)


def nullable(one: Type) -> bool:
    """Whether a value may be missing."""
    return any(part in ("null", "Any") for part in members(one))


def without_null(one: Type) -> Type:
    """The type of a value that is there."""
    parts = [part for part in members(one) if part != "null"]
    return union(parts) if parts else one


def flattened(one: Type) -> Type:
    """What a source adds to a list under ``merge_flattened``."""
    return union([part if isinstance(part, tuple) and part[0] == "array" else ("array", part) for part in members(one)])


def fits(source: Type, sink: Type, strict: bool) -> bool:
    """Whether values of a source may go to a sink: with ``strict`` all alternatives, else one that is not null."""
    if source == "Any" or sink == "Any":
        return True
    if isinstance(source, tuple) and source[0] == "union":
        if strict:
            return all(fits(part, sink, False) for part in source[1])
        return any(part != "null" and fits(part, sink, False) for part in source[1])
    if isinstance(sink, tuple) and sink[0] == "union":
        return any(fits(source, part, False) for part in sink[1])
    if isinstance(source, tuple) and isinstance(sink, tuple):
        if source[0] != sink[0]:
            return False
        if source[0] == "array":
            return fits(source[1], sink[1], strict)
        if source[0] == "record":
            return all(fits(source[1].get(name, "null"), wanted, strict) for name, wanted in sink[1].items())
        return True
    return bool(source == sink)


def written(one: Type) -> str:
    """A type as a person would write it."""
    if isinstance(one, str):
        return one
    if one[0] == "array":
        inner = written(one[1])
        return f"({inner})[]" if " or " in inner else inner + "[]"
    if one[0] == "union":
        rest = [part for part in one[1] if part != "null"]
        if len(rest) == 1 and len(rest) < len(one[1]):
            return written(rest[0]) + "?"
        return " or ".join(written(part) for part in one[1])
    if one[0] == "enum":
        return "enum"
    return "record {" + ", ".join(f"{name}: {written(kind)}" for name, kind in sorted(one[1].items())[:6]) + "}"


class Refusal(NamedTuple):
    """The part of a value that does not fit, and why."""

    node: Node
    reason: str


def accepts(one: Type, value: Node) -> Refusal | None:
    """What of a literal value does not fit a type; None when all does (or when that cannot be known)."""
    parts = members(one)
    refusals = [_refusal(part, value) for part in parts]
    if any(refusal is None for refusal in refusals):
        return None
    # With several alternatives, the one that fits further than at the first glance is the one that is meant.
    deeper = [refusal for refusal in refusals if refusal is not None and refusal.node is not value]
    if len(parts) == 1 or len(deeper) == 1:
        return deeper[0] if deeper else refusals[0]
    return Refusal(value, f"it is no {written(one)}")


def _refusal(one: Type, value: Node) -> Refusal | None:
    if one == "Any":
        return None
    if isinstance(one, str):
        test = _LITERALS.get(one)
        return None if test is None or test(value) else Refusal(value, f"it is no {one}")
    if one[0] == "array":
        if not value.is_array:
            return Refusal(value, "it is no list")
        return next((refusal for element in value.elements if (refusal := accepts(one[1], element))), None)
    if one[0] == "enum":
        symbols = ", ".join(sorted(one[1])[:12])
        fits_in = value.value in one[1] or not one[1]
        return None if fits_in else Refusal(value, f"it is none of the symbols {symbols}")
    return _record_refusal(one[1], value)


def _record_refusal(fields: Mapping[str, Type], value: Node) -> Refusal | None:
    if not value.is_object:
        return Refusal(value, "it is no record")
    for name, wanted in fields.items():
        inner = value.get(name)
        if inner is None:
            if not nullable(wanted):
                return Refusal(value, f"its field {name!r} is missing")
        elif refusal := accepts(wanted, inner):
            return refusal
    return None


def _is(name: str) -> Callable[[Node], bool]:
    def test(node: Node) -> bool:
        word = node.get("class") if node.is_object else None
        return node.is_object and word is not None and word.value == name

    return test


_LITERALS: dict[str, Callable[[Node], bool]] = {
    "null": lambda node: node.kind is Kind.NULL,
    "boolean": lambda node: node.kind is Kind.BOOLEAN,
    "int": lambda node: node.kind is Kind.INTEGER and -(2**31) <= node.value < 2**31,
    "long": lambda node: node.kind is Kind.INTEGER,
    "float": lambda node: node.kind in (Kind.INTEGER, Kind.NUMBER),
    "double": lambda node: node.kind in (Kind.INTEGER, Kind.NUMBER),
    "string": lambda node: node.kind is Kind.STRING,
    "File": _is("File"),
    "Directory": _is("Directory"),
}
