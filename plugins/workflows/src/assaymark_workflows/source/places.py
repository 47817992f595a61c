"""JSON read at full speed, and the places of its values found afterwards, only for those that are asked for.

A document is mostly right, so most of its values never need a position. `read_json` gives plain dicts and lists;
`Places` walks the text to a pointer, skipping what lies beside the way.
"""

from __future__ import annotations

import bisect
import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from assaymark_workflows.source.node import Limits, Malformed, Span

Pointer = tuple[str | int, ...]

# (text, offset behind the quote, strict) -> (string, offset behind it); what the standard reader itself uses.
_scan_string: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]
_BLANK = re.compile(r"[ \t\r\n]*")
_LONGEST_NUMBER = 400
_MOST_OBJECTS = 50_000
_DEFAULT = Limits()


class Place(NamedTuple):
    """A value by its pointer: the value, its key, or characters ``start`` to ``end`` of a string.

    With ``repeat`` it is the n-th of the equal keys of an object (0 is the first).
    """

    pointer: Pointer
    key: bool = False
    start: int | None = None
    end: int | None = None
    repeat: int | None = None


class Repeated(NamedTuple):
    """An object with equal keys, and these keys as often as they come again."""

    value: dict[str, Any]
    keys: list[str]


class Read(NamedTuple):
    """A value, and what has equal keys in it, by the ``id`` of the object."""

    value: Any
    repeated: dict[int, Repeated]

    def repeats(self) -> Iterator[tuple[str, Place]]:
        """Every key that was there before in its object, and where it stands."""
        waiting: list[tuple[Any, Pointer]] = [(self.value, ())] if self.repeated else []
        while waiting:
            value, pointer = waiting.pop()
            if isinstance(value, dict):
                again = self.repeated.get(id(value))
                count: dict[str, int] = {}
                for key in again.keys if again else ():
                    count[key] = count.get(key, 0) + 1
                    yield key, Place((*pointer, key), key=True, repeat=count[key])
                waiting += [(child, (*pointer, key)) for key, child in value.items()]
            elif isinstance(value, list):
                waiting += [(child, (*pointer, number)) for number, child in enumerate(value)]


class _Foul(ValueError):
    pass


def read_json(text: str, limits: Limits = _DEFAULT) -> Read:
    """One JSON value and nothing after it. Raises `Malformed`."""
    if len(text) > limits.size:
        raise Malformed(f"the document has {len(text)} characters; at most {limits.size} are read")
    repeated: dict[int, Repeated] = {}
    count = itertools.count(1)

    def paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if next(count) > _MOST_OBJECTS:
            raise Malformed(f"more than {_MOST_OBJECTS:,} objects")
        made = dict(pairs)
        if len(made) < len(pairs):
            repeated[id(made)] = Repeated(made, _again(pairs))
        return made

    try:
        value = json.loads(text, object_pairs_hook=paired, parse_constant=_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise Malformed(_explained(error, text), error.lineno, error.colno) from None
    except RecursionError:
        raise Malformed("nested too deep") from None
    except _Foul as error:
        offset = max(text.find(str(error)), 0)
        line = text.count("\n", 0, offset) + 1
        column = offset - text.rfind("\n", 0, offset)
        raise Malformed(f"{str(error)[:20]} is no number of JSON", line, column) from None
    return Read(value, repeated)


def _again(pairs: list[tuple[str, Any]]) -> list[str]:
    seen: set[str] = set()
    again = []
    for key, _ in pairs:
        if key in seen:
            again.append(key)
        seen.add(key)
    return again


def _constant(word: str) -> Any:
    raise _Foul(word)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise _Foul(digits)
    return int(digits)


def _explained(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()):
        return "the text ends before the value is complete"
    found = text[error.pos]
    words = {
        "Expecting value": f"a value is expected, not {found!r}",
        "Expecting ',' delimiter": f"a comma is expected, not {found!r}",
        "Expecting ':' delimiter": f"a colon is expected, not {found!r}",
        "Expecting property name enclosed in double quotes": f"a key in double quotes is expected, not {found!r}",
        "Extra data": "text after the end of the value",
        "Unterminated string starting at": "the string that begins here does not end",
        "Invalid control character at": f"the character {found!r} cannot stand in a string as it is",
        "Illegal trailing comma before end of object": "a comma before the closing bracket",
        "Illegal trailing comma before end of array": "a comma before the closing bracket",
    }
    return words.get(error.msg, error.msg)


class Places:
    """Where the values of a text stand that `read_json` has read without a complaint."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[int] | None = None
        self._children: dict[int, list[tuple[str | int, int, int, int]]] = {}
        self._skip = json.JSONDecoder(strict=False).raw_decode

    def span(self, place: Place | Pointer) -> Span:
        """Lines and columns of a place; where a pointer leads nowhere, of the last value on the way."""
        if not isinstance(place, Place):
            place = Place(place)
        key_start, start, end = self._found(place)
        if place.key and key_start >= 0:
            return self.between(key_start, _scan_string(self._text, key_start + 1, False)[1])
        if place.start is not None and place.end is not None and "\\" not in self._text[start:end]:
            return self.between(start + 1 + place.start, start + 1 + place.end)
        return self.between(start, end)

    def removal(self, pointer: Pointer) -> Span:
        """What to cut so that an element of an array, or a key with its value, is gone and the commas are right."""
        _, start, _ = self._found(Place(pointer[:-1]))
        children = self._listed(start)
        at = next(number for number, child in enumerate(children) if child[0] == pointer[-1])
        begin = [child[2] if child[1] < 0 else child[1] for child in children]
        if at + 1 < len(children):
            return self.between(begin[at], begin[at + 1])
        if at:
            return self.between(children[at - 1][3], children[at][3])
        return self.between(begin[at], children[at][3])

    def between(self, start: int, end: int) -> Span:
        """Lines and columns of two offsets."""
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self._text))]
        first = bisect.bisect_right(self._lines, start) - 1
        last = bisect.bisect_right(self._lines, end) - 1
        return Span(first + 1, start - self._lines[first] + 1, last + 1, end - self._lines[last] + 1)

    def _found(self, place: Place) -> tuple[int, int, int]:
        """Offsets of the key (or -1), of the value and of its end."""
        key, start, end = -1, self._blank(0), -1
        last = len(place.pointer) - 1
        for depth, part in enumerate(place.pointer):
            if self._text[start] not in "{[":
                break
            child = self._child(start, part, place.repeat if depth == last else None)
            if child is None:
                break
            _, key, start, end = child
        return key, start, self._skip(self._text, start)[1] if end < 0 else end

    def _child(self, start: int, part: str | int, repeat: int | None) -> tuple[str | int, int, int, int] | None:
        children = self._listed(start)
        if isinstance(part, int):
            return children[part] if part < len(children) else None
        equal = [child for child in children if child[0] == part]
        return equal[-1 if repeat is None else repeat] if equal else None

    def _listed(self, start: int) -> list[tuple[str | int, int, int, int]]:
        """(name, offset of the key or -1, offset, end) of every value right in the collection at an offset."""
        known = self._children.get(start)
        if known is None:
            known = self._children[start] = self._object(start) if self._text[start] == "{" else self._array(start)
        return known

    def _object(self, start: int) -> list[tuple[str | int, int, int, int]]:
        made: list[tuple[str | int, int, int, int]] = []
        position = self._blank(start + 1)
        while self._text[position] == '"':
            key = position
            name, position = _scan_string(self._text, key + 1, False)
            begin = self._blank(self._blank(position) + 1)
            end = self._skip(self._text, begin)[1]
            made.append((name, key, begin, end))
            position = self._blank(end)
            if self._text[position] == ",":
                position = self._blank(position + 1)
        return made

    def _array(self, start: int) -> list[tuple[str | int, int, int, int]]:
        made: list[tuple[str | int, int, int, int]] = []
        position = self._blank(start + 1)
        while self._text[position] != "]":
            end = self._skip(self._text, position)[1]
            made.append((len(made), -1, position, end))
            position = self._blank(end)
            if self._text[position] == ",":
                position = self._blank(position + 1)
        return made

    def _blank(self, position: int) -> int:
        match = _BLANK.match(self._text, position)
        assert match is not None
        return match.end()
