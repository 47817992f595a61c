"""A manifest: a TOML table held to a JSON Schema. What is wrong is told with the file, the line and the key."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.records import NamedTuple

Keys = tuple[str | int, ...]
_LARGEST = 1e300


class Misfit(NamedTuple):
    """Where a table does not keep to its schema, what is wrong there, and what may stand there."""

    keys: Keys
    message: str
    hint: str | None = None


Explain = Callable[[Any, str], Misfit | None]


def read_manifest(text: str, where: str, schema: Path, explain: Explain | None = None) -> Mapping[str, Any]:
    """The table of a manifest's text; dates are ISO 8601 text in it.

    ``explain`` turns an error of jsonschema, and the name of its place, into better words where a schema has some.
    Raises InputError when the text is no TOML, does not keep to the schema, or has a number that nothing can be
    compared with.
    """
    import tomllib

    try:
        data = _plain(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    except ValueError as problem:
        # An integer of thousands of digits.
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    from jsonschema import Draft202012Validator

    rules = json.loads(schema.read_text(encoding="utf-8"))
    wrong = min(Draft202012Validator(rules).iter_errors(data), key=lambda e: [str(p) for p in e.path], default=None)
    if wrong is not None:
        at = name_of_key(tuple(wrong.absolute_path))
        raise misfit(text, where, (explain(wrong, at) if explain else None) or _explained(wrong, at))
    for keys in _boundless(data):
        raise misfit(text, where, Misfit(keys, f"{name_of_key(keys)} is no finite number"))
    table: Mapping[str, Any] = data
    return table


def is_comparable(value: object) -> bool:
    """Whether a value is a number that others can be compared with: finite, and a float can hold it."""
    return isinstance(value, int | float) and abs(value) < _LARGEST


def misfit(text: str, where: str, found: Misfit) -> InputError:
    """The error to raise for it, with the line."""
    line = line_of_key(text, found.keys)
    return InputError(found.message, where=f"{where}:{line}" if line else where, hint=found.hint)


def name_of_key(keys: Sequence[str | int]) -> str:
    """``("metric", 0, "name")`` as ``metric[0].name``."""
    out = ""
    for key in keys:
        out += f"[{key}]" if isinstance(key, int) else f".{key}" if out else key
    return out


def line_of_key(text: str, keys: Sequence[str | int]) -> int | None:
    """The line of a key of a TOML text, or of the innermost table around it. Good for messages."""
    wanted = tuple(keys)
    here: Keys = ()
    opened: Counter[Keys] = Counter()
    found, deepest = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            place = here = _opened(_parts(header[2]), header[1] == "[[", opened)
        elif key := _KEY.match(line):
            place = (*here, *_parts(key[1]))
        else:
            continue
        if deepest < len(place) and wanted[: len(place)] == place:
            found, deepest = number, len(place)
    return found


_PART = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_DOTTED = rf"({_PART}(?:\s*\.\s*{_PART})*)"
_HEADER = re.compile(rf"\s*(\[\[?)\s*{_DOTTED}\s*\]")
_KEY = re.compile(rf"\s*{_DOTTED}\s*=")


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, dotted)]


def _opened(parts: Sequence[str], one_more: bool, opened: Counter[Keys]) -> Keys:
    """The keys of a table that a header opens; ``opened`` counts the members of each array of tables."""
    place: Keys = ()
    for number, part in enumerate(parts, 1):
        place = (*place, part)
        if one_more and number == len(parts):
            opened[place] += 1
        if place in opened:
            place = (*place, opened[place] - 1)
    return place


def _plain(value: Any) -> Any:
    """A value of TOML as one of JSON."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _boundless(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    """The keys of numbers that nothing can be compared with: ``nan``, ``inf``, and integers of hundreds of digits."""
    if isinstance(value, int | float):
        if not is_comparable(value):
            yield keys
    elif isinstance(value, Mapping | list):
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _boundless(item, (*keys, key))


def _explained(wrong: Any, at: str) -> Misfit:
    """In words that fit every schema."""
    keys = tuple(wrong.absolute_path)
    if wrong.validator == "additionalProperties" and wrong.schema["additionalProperties"] is False:
        return _unknown_key(wrong, keys)
    if wrong.validator == "required":
        missing = next(k for k in wrong.validator_value if k not in wrong.instance)
        return Misfit(keys, f"{name_of_key((*keys, missing))} is missing")
    if wrong.validator == "enum":
        return Misfit(keys, f"{at} is {wrong.instance!r}", f"one of: {', '.join(map(str, wrong.validator_value))}")
    return Misfit(keys, f"{at or 'the manifest'}: {wrong.message[:300]}")


def _unknown_key(wrong: Any, keys: Keys) -> Misfit:
    from difflib import get_close_matches

    known = sorted(wrong.schema["properties"])
    key = min(set(wrong.instance) - set(known))
    close = get_close_matches(key, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
    return Misfit((*keys, key), f"unknown key {name_of_key((*keys, key))}", hint)
