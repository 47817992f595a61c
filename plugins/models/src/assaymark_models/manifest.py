"""The manifest: TOML that names a model, reference data, metrics with thresholds and rules.

Its shape is ``manifest.schema.json``, which ships in the wheel. Every error names the key and the line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.api import InputError

LIMIT, LARGEST_NUMBER = 1_000_000, 1e300
SCHEMA = Path(__file__).with_name("manifest.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest that keeps to the schema. ``data`` is its table; ``root`` the folder that no path may leave."""

    path: Path
    root: Path
    text: str
    data: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Digest of the file, line ends and all."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The file's path within the root."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def task(self) -> str:
        """What kind of answer the model gives."""
        return str(self.data["task"])

    def get(self, table: str, key: str, default: Any = None) -> Any:
        """A value of a table, or what stands for it."""
        return self.data.get(table, {}).get(key, default)

    def line_of(self, *keys: str | int) -> int | None:
        """The line on which a key, or the table that would hold it, stands."""
        return line_of(self.text, keys)

    def thresholds(self) -> str:
        """Digest of all that decides: metrics, slices, tolerances, constraints and how intervals are drawn."""
        rules = {k: v for k, v in self.data.items() if k not in ("title", "model", "predictions", "reference")}
        return "sha256:" + hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode()).hexdigest()


def load(path: Path, root: Path | None = None) -> Manifest:
    """Read and check a manifest. Raises InputError naming file, key and line."""
    try:
        place = path.resolve(strict=True)
        if place.stat().st_size > LIMIT:
            raise InputError(f"is larger than {LIMIT:,} bytes", where=str(path))
        text = place.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the manifest cannot be read: {problem}", where=str(path)) from problem
    folder = (root.resolve() if root else _repository(place)) or place.parent
    if not place.is_relative_to(folder):
        raise InputError("lies outside --root", where=str(path))
    return Manifest(path=place, root=folder, text=text, data=read(text, str(path)))


def _repository(place: Path) -> Path | None:
    return next((p for p in place.parents if (p / ".git").exists()), None)


def read(text: str, where: str) -> Mapping[str, Any]:
    """The table of a manifest's text. Raises InputError when it is no TOML or does not keep to the schema."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = min(Draft202012Validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.path], default=None)
    if wrong is not None:
        keys, message, hint = _said(wrong)
        line = line_of(text, keys)
        raise InputError(message, where=f"{where}:{line}" if line else where, hint=hint)
    for keys in _boundless(data):
        line = line_of(text, keys)
        raise InputError(f"{named(keys)} is no finite number", where=f"{where}:{line}" if line else where)
    return data


def _boundless(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The keys of numbers that nothing can be compared with: ``nan``, ``inf``, and integers of hundreds of digits."""
    if isinstance(value, int | float):
        if not abs(value) < LARGEST_NUMBER:
            yield keys
    elif isinstance(value, Mapping | list):
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _boundless(item, (*keys, key))


def _said(problem: Any) -> tuple[tuple[str | int, ...], str, str | None]:
    """Which key, what is wrong with it, and what it may be."""
    keys = tuple(problem.absolute_path)
    at = named(keys)
    if problem.validator == "additionalProperties":
        known = sorted(problem.schema["properties"])
        wrong = sorted(set(problem.instance) - set(known))[0]
        from difflib import get_close_matches

        close = get_close_matches(wrong, known, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
        return (*keys, wrong), f"unknown key {named((*keys, wrong))}", hint
    if problem.validator == "required":
        missing = next(k for k in problem.validator_value if k not in problem.instance)
        return keys, f"{named((*keys, missing))} is missing", None
    if problem.validator == "anyOf":
        needed = "[reference] with [[metric]] (or rules), or [[reported]]"
        return keys, f"the manifest judges nothing: it needs {needed}", None
    if problem.validator == "oneOf" and keys[:1] == ("robustness",):
        return keys, f"{at} needs exactly one of predictions, noise, missing, shift", None
    if problem.validator == "oneOf":
        return keys, f"{at} needs either at-least or at-most, and not both", None
    if problem.validator == "enum":
        return keys, f"{at} is {problem.instance!r}", f"one of: {', '.join(map(str, problem.validator_value))}"
    return keys, f"{at or 'the manifest'}: {problem.message[:300]}", None


def named(keys: Sequence[str | int]) -> str:
    """``("metric", 0, "name")`` as ``metric[0].name``."""
    out = ""
    for key in keys:
        out += f"[{key}]" if isinstance(key, int) else f".{key}" if out else key
    return out


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line of a key of a TOML text: that of the key itself, else of its table, else None. Good for messages."""
    header = str(keys[0]) if keys else ""
    index = keys[1] if len(keys) > 1 and isinstance(keys[1], int) else 0
    last = next((str(k) for k in reversed(keys) if isinstance(k, str)), "")
    found, seen, inside = None, -1, len(keys) == 1
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[\[?\s*([\w.\"-]+)\s*\]\]?", line)
        if opened:
            top = opened[1].replace('"', "").split(".")[0]
            seen += top == header
            inside = top == header and seen >= index and (seen == index or "[[" not in line)
            found = number if inside and found is None else found
        elif inside and re.match(rf"\s*\"?{re.escape(last)}\"?\s*[=.]", line):
            return number
    return found
