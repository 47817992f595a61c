"""YAML, TOML, JSON and XML of strangers: plain data within limits, or a `ParseProblem` that says where.

Every reader bounds size and depth and runs nothing. YAML aliases may not expand beyond `MAX_EXPANSION` nodes, so a
value that was read can be walked (or drawn as JSON) without surprises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from assaymark.patterns import late

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 100
MAX_ALIASES = 1_000
MAX_EXPANSION = 100_000
CONFIG_LIMIT = 2_000_000
REPORT_LIMIT = 20_000_000

KeyPath = tuple[str | int, ...]


class ParseProblem(Exception):
    """Why a document cannot be read; ``line`` and ``column`` count from 1 and are None when they are not known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


def load_yaml(source: str | bytes, *, limit: int = CONFIG_LIMIT) -> Any:
    """The one document of a YAML stream; None when it is empty.

    Scalars are those of YAML 1.1, with three exceptions that keep the data plain: keys are always text (``on:`` stays
    ``"on"``), dates and sexagesimal numbers stay text, and unknown tags are dropped. Raises `ParseProblem`.
    """
    return _one(load_yaml_all(source, limit=limit))


def load_yaml_all(source: str | bytes, *, limit: int = CONFIG_LIMIT) -> tuple[Any, ...]:
    """All documents of a YAML stream, read as by `load_yaml`."""
    from assaymark.subject.readers.yaml_events import documents

    return tuple(data for data, _ in documents(_decoded(source, limit), lines=False))


def load_yaml_lines(source: str | bytes, *, limit: int = CONFIG_LIMIT) -> tuple[Any, Mapping[KeyPath, int]]:
    """What `load_yaml` gives, and the line of every key and list item by its path, such as ``("jobs", "test", 0)``."""
    from assaymark.subject.readers.yaml_events import documents

    found = list(documents(_decoded(source, limit), lines=True))
    _one(found)
    return found[0] if found else (None, {})


def load_toml(source: str | bytes, *, limit: int = CONFIG_LIMIT) -> dict[str, Any]:
    """A TOML document; dates stay the objects that TOML makes of them. Raises `ParseProblem`.

    Several facts read pyproject.toml: they share one document, which nobody may change.
    """
    return _toml(_decoded(source, limit))


@lru_cache(maxsize=4)
def _toml(text: str) -> dict[str, Any]:
    import tomllib

    if bomb := _DOTTED.search(text):
        raise ParseProblem("a dotted key has too many parts", text.count("\n", 0, bomb.start()) + 1)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = _TOML_PLACE.search(str(problem))
        message = str(problem)[: place.start()] if place else str(problem)
        raise ParseProblem(message, *(int(g) for g in place.groups()) if place else ()) from problem
    except (RecursionError, MemoryError) as problem:
        raise ParseProblem("nested too deeply") from problem
    except ValueError as problem:  # an integer of a million digits, the 31st of February
        raise ParseProblem(_line(problem)) from problem
    _check_depth(data)
    return data


def load_json(source: str | bytes, *, limit: int = REPORT_LIMIT) -> Any:
    """A JSON document; of equal keys the last wins, NaN and infinities are refused. Raises `ParseProblem`."""
    import json

    text = _decoded(source, limit)
    try:
        data = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as problem:
        raise ParseProblem(problem.msg, problem.lineno, problem.colno) from problem
    except (RecursionError, MemoryError) as problem:
        raise ParseProblem("nested too deeply") from problem
    except ValueError as problem:
        raise ParseProblem(_line(problem)) from problem
    _check_depth(data)
    return _without_surrogates(data) if _SURROGATE_ESCAPE.search(text) else data


def load_xml(source: str | bytes, *, limit: int = REPORT_LIMIT) -> Element:
    """The root element of an XML document. Entities and anything external are refused. Raises `ParseProblem`."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    _check_size(source, limit)
    try:
        root: Element = fromstring(source)
    except ParseError as problem:
        line, column = problem.position
        raise ParseProblem(str(problem).partition(": line")[0], line, column + 1) from problem
    except DefusedXmlException as problem:
        raise ParseProblem("entities and external references are not allowed") from problem
    except (ValueError, LookupError, RecursionError, MemoryError) as problem:  # unknown encodings, lone surrogates
        raise ParseProblem(_line(problem)) from problem
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseProblem("nested too deeply")
        level = [child for element in level for child in element]
    return root


# Sixty parts is far beyond any real key; the parser's work grows with the square of their number.
_DOTTED = late(r"""(?<![\w"'.-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){60}""")
_TOML_PLACE = late(r" \(at line (\d+), column (\d+)\)")
_SURROGATE_ESCAPE = late(r"\\u[dD][89a-fA-F]")


def _one(found: tuple[Any, ...] | list[Any]) -> Any:
    if len(found) > 1:
        raise ParseProblem("one document was expected, there are several")
    return found[0] if found else None


def _decoded(source: str | bytes, limit: int) -> str:
    _check_size(source, limit)
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        wide = source.startswith((b"\xff\xfe", b"\xfe\xff"))
        return source.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ParseProblem("is not UTF-8", source.count(b"\n", 0, problem.start) + 1) from problem


def _check_size(source: str | bytes, limit: int) -> None:
    if len(source) > limit:
        raise ParseProblem(f"is larger than {limit:,} bytes")


def _check_depth(data: object) -> None:
    """Refuse what a recursive reader could not walk; level by level, so that the check itself cannot overflow."""
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
        if not level:
            return
    raise ParseProblem("nested too deeply")


def _children(node: object) -> Iterator[Any]:
    if isinstance(node, dict):
        return iter(node.values())
    return iter(node) if isinstance(node, list) else iter(())


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _without_surrogates(data: Any) -> Any:
    """Half of a surrogate pair can be neither printed nor stored: put U+FFFD in its place."""
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, list):
        return [_without_surrogates(item) for item in data]
    if isinstance(data, dict):
        return {_without_surrogates(key): _without_surrogates(value) for key, value in data.items()}
    return data


def _line(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:200] or type(problem).__name__
