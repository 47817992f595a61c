"""What a value of CWL may be, as the tables of `schema` say it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from assaymark_workflows.cwl.schema import RECORDS, VERSIONS


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be. ``text`` any string, ``expression`` one that holds an expression, ``words`` some words."""

    text: bool = False
    expression: bool = False
    boolean: bool = False
    integer: bool = False
    number: bool = False
    null: bool = False
    anything: bool = False
    small: bool = False
    words: frozenset[str] = frozenset()
    records: tuple[str, ...] = ()
    array: Shape | None = None
    subject: str = ""
    predicate: str = ""
    special: str = ""
    family: str = ""
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record."""

    name: str
    required: bool
    shape: Shape


@cache
def record(name: str, version: str) -> dict[str, Field]:
    """The fields of a record in a version, by name."""
    fields: dict[str, Field] = {}
    for line in RECORDS[name].split("\n"):
        words = line.split()
        if not words:
            continue
        if words[0][0].isdigit():
            if not _covers(words[0], version):
                continue
            del words[0]
        field = words[0].rstrip("!")
        fields[field] = Field(field, words[0].endswith("!"), shape(words[1]))
    return fields


@cache
def field_since(field: str, record_name: str, after: str) -> str | None:
    """The first version later than ``after`` whose record knows a field."""
    for version in VERSIONS[VERSIONS.index(after) + 1 :]:
        if field in record(record_name, version):
            return version
    return None


def _covers(marker: str, version: str) -> bool:
    first = "v" + marker.rstrip("+")
    return version >= first if marker.endswith("+") else version == first


@cache
def shape(text: str) -> Shape:
    """A type as written in `schema`."""
    values: dict[str, object] = {}
    if text.startswith("map("):
        head, _, text = text.partition(")")
        subject, _, predicate = head[4:].partition(",")
        values |= {"subject": subject, "predicate": predicate}
    records: list[str] = []
    for part in _split(text):
        if part[0] == "[":
            values["array"] = shape(part[1:-1])
        elif part[0] == "{":
            values["words"] = frozenset(part[1:-1].split(","))
        elif part in _SIMPLE:
            values |= _SIMPLE[part]
        elif part[0].isupper():
            records.append(part)
        else:
            special, _, family = part.partition(":")
            family, *extra = family.split("+")
            values |= {"special": special, "family": family, "extra": tuple(extra)}
    values["records"] = tuple(records)
    return Shape(**values)  # type: ignore[arg-type]


_SIMPLE: dict[str, dict[str, object]] = {
    "str": {"text": True},
    "expr": {"expression": True},
    "bool": {"boolean": True},
    "int": {"integer": True, "small": True},
    "long": {"integer": True},
    "num": {"integer": True, "number": True},
    "null": {"null": True},
    "any": {"anything": True},
}


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return parts
