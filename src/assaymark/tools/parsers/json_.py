"""A tool's own JSON, described by the manifest.

Options are pointers, keys joined by dots; ``[]`` goes through a list, ``*`` through a list or the values of an object.
``results`` leads to the list of findings; the others (``path``, ``line``, ``column``, ``end_line``, ``end_column``,
``rule``, ``message``, ``severity``, ``confidence``) are looked for in the finding, then in what encloses it; ``@key``
is the nearest key that ``*`` went through. ``column_base = 0`` for columns counted from 0; ``lines = true`` for one
JSON document per line; ``required`` pointers must exist in a whole report; ``problems`` leads to files that were not
examined, with ``problem_path`` and ``problem_message``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Finding, Parsed, Unexamined, Unparsable
from assaymark.tools.parsers.common import finding, json_of, place, relative, severity
from assaymark.tools.text import one_line

_MISSING = object()
_LIST = "[]"
# A value with everything that encloses it, innermost last; a key of '*' stands in as {"@key": key}.
_Chain = tuple[Any, ...]


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Findings in the order of the report."""
    report = _documents(data) if options.get("lines") else json_of(data)
    for pointer in options.get("required", ()):
        if _get(report, pointer) is _MISSING:
            raise Unparsable(f"it lacks {pointer!r}")
    findings = tuple(_finding(chain, root, options) for chain in _walk(report, options["results"], strict=True))
    problems: tuple[Unexamined, ...] = ()
    if "problems" in options:
        problems = tuple(_problem(chain, root, options) for chain in _walk(report, options["problems"], strict=False))
    return Parsed(findings=findings, unexamined=problems)


def _documents(data: bytes) -> list[Any]:
    return [json_of(line) for line in data.splitlines() if line.strip()]


def _finding(chain: _Chain, root: Path | None, options: Mapping[str, Any]) -> Finding:
    def value(name: str) -> Any:
        return _look(chain, options[name]) if name in options else None

    base = 1 if options.get("column_base", 1) else 0
    column, end = value("column"), value("end_column")
    if not base:
        column, end = (v + 1 if type(v) is int else v for v in (column, end))
    where = place(relative(value("path"), root, options), value("line"), column, value("end_line"), end)
    level = severity(options, value("severity"), value("confidence"))
    return finding(value("rule"), value("message"), severity=level, location=where)


def _problem(chain: _Chain, root: Path | None, options: Mapping[str, Any]) -> Unexamined:
    path = relative(_look(chain, options.get("problem_path", "")), root, options)
    reason = _look(chain, options.get("problem_message", ""))
    return Unexamined(path=path, reason=one_line(str(reason)) if reason else "no reason given")


def _walk(report: Any, pointer: str, *, strict: bool) -> Iterator[_Chain]:
    """The items that a pointer leads to: it ends at a list, or goes through what is there with ``*``."""
    steps = [step for step in pointer.split(".") if step]
    if not steps or steps[-1] != "*":
        steps.append(_LIST)
    chains: list[_Chain] = [(report,)]
    for step in steps:
        chains = [longer for chain in chains for longer in _step(chain, step, strict)]
    return iter(chains)


def _step(chain: _Chain, step: str, strict: bool) -> Iterator[_Chain]:
    here = chain[-1]
    if step in ("*", _LIST):
        if isinstance(here, list):
            yield from ((*chain, item) for item in here)
        elif isinstance(here, dict) and step == "*":
            yield from ((*chain, {"@key": key}, item) for key, item in here.items())
        elif strict:
            raise Unparsable("a list was expected")
    elif isinstance(here, dict) and step in here:
        yield (*chain, here[step])
    elif strict:
        raise Unparsable(f"it lacks {step!r}")


def _look(chain: _Chain, pointer: str) -> Any:
    for scope in reversed(chain):
        found = _get(scope, pointer)
        if found is not _MISSING:
            return found
    return None


def _get(value: Any, pointer: str) -> Any:
    if pointer == "@key":
        return value.get("@key", _MISSING) if isinstance(value, dict) else _MISSING
    for step in pointer.split(".") if pointer else ():
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _MISSING
    return value
