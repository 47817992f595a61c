"""One parser per report format: ``parse(data, root, options) -> Parsed``, or `Unparsable` with the reason.

A parser never crashes on what it is given and never takes half a report for a whole one. ``root`` is the folder that
paths are made relative to (None: they are relative already); ``options`` are those of the manifest's ``[parser]``
table. `OPTIONS` names what a format understands; ``required`` ones are marked with ``*``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from assaymark.api import Parsed

Parser = Callable[[bytes, Path | None, Mapping[str, Any]], Parsed]

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "sarif": (),
    "junit": (),
    "cobertura": (),
    "jacoco": (),
    "lcov": (),
    "checkstyle": (),
    "json": (
        *("results*", "message*", "path", "line", "column", "end_line", "end_column", "rule", "severity"),
        *("confidence", "column_base", "lines", "required", "problems", "problem_path", "problem_message"),
    ),
    "regex": ("pattern*", "rule", "message", "proof", "noise", "problem"),
}
COMMON = ("unparsed", "unsupported", "ignore")
NAMES = frozenset(OPTIONS)


def get(format: str, plugins: Mapping[str, Parser] | None = None) -> Parser:
    """The parser of a format. KeyError when nobody has one."""
    if format not in OPTIONS:
        return (plugins or {})[format]
    parser: Parser = import_module(f"{__name__}.{format}_").parse
    return parser


def wrong_options(format: str, options: Mapping[str, Any]) -> str | None:
    """What is wrong with a ``[parser]`` table, or None."""
    known = {name.rstrip("*") for name in OPTIONS[format]} | set(COMMON)
    if unknown := sorted(set(options) - known):
        return f"unknown key {unknown[0]!r}; known keys: {', '.join(sorted(known))}"
    if missing := [n[:-1] for n in OPTIONS[format] if n.endswith("*") and n[:-1] not in options]:
        return f"lacks {missing[0]!r}"
    return None
