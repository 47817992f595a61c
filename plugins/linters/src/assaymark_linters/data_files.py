"""JSON and TOML files are what their names say: a check of ours, since it takes no program to see it.

Files with comments or trailing commas (``tsconfig.json`` and its like), one document per line, and templates are no
strict JSON and are not meant to be: they are left out. So is what lies among tests, where files are broken on purpose.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from assaymark.api import Entry, Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed

LARGEST = 1_000_000
_DEEPEST = 50
_NOT_MEANT = re.compile(
    r"(?:^|/)(?:x?t|tests?|testing|test[-_]?data|test[-_]?resources|fixtures?|mocks?|templates?|examples?|__snapshots__"
    r"|inputs?|expected[-_]?outputs?|invalid|malformed|broken)/|(?:^|/)[^/]*(?:invalid|malformed)[^/]*$|\{\{",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_TOML_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Fault(NamedTuple):
    """What is wrong with a file, and where; ``line`` is None when only the file is known."""

    rule: str
    message: str
    line: int | None = None
    column: int | None = None


def _data_files(languages: Any, tree: Tree) -> Evidence:
    """JSON and TOML files can be read.

    A key that is repeated within a JSON object is reported and does not fail: the format allows it, and every reader
    takes one of the values, though rarely the one that was meant.
    """
    findings: list[Finding] = []
    looked: list[Entry] = []
    for name, judge in (("JSON", json_fault), ("TOML", toml_fault)):
        for entry in _meant(languages.files.get(name, ())):
            text = tree.text(entry.path, LARGEST)
            looked.append(entry)
            if fault := judge(text):
                findings.append(_finding(entry, fault))
    if not looked:
        return not_applicable("there are no JSON or TOML files")
    broken = [f for f in findings if f.severity is Severity.ERROR]
    metrics = {"files": len(looked), "findings": len(broken), "milder": len(findings) - len(broken)}
    if broken:
        first = broken[0]
        return failed(
            f"{len(broken)} of {len(looked)} JSON and TOML files cannot be read",
            remedy=f"mend {_place(first)}: {first.message}",
            findings=findings,
            metrics=metrics,
        )
    also = f"; {len(findings)} with a repeated key" if findings else ""
    files = "1 JSON or TOML file" if len(looked) == 1 else f"{len(looked)} JSON and TOML files"
    return passed(f"{files} can be read{also}", findings=findings, metrics=metrics)


data_files = replace(
    check("linters.data-files", reads=("**/*.json", "**/*.toml"))(_data_files), subcriteria=("QC.Sty01",)
)


def json_fault(text: str) -> Fault | None:
    """The first thing that makes a text no JSON; None when there is none, or when it is not meant to be strict."""
    try:
        repeated = _load(text)
    except RecursionError:
        return None
    except ValueError as problem:
        if _lenient(text):
            return None
        if isinstance(problem, json.JSONDecodeError):
            return Fault("syntax", problem.msg[:200], problem.lineno, problem.colno)
        return Fault("syntax", str(problem)[:200])
    if not repeated:
        return None
    message = f"the key {repeated[0]!r} is repeated within an object: only one of the values is read"[:200]
    return Fault("repeated-key", message, _second(text, repeated[0]))


def _load(text: str) -> list[str]:
    """Parse strictly; gives the keys that are repeated within one object."""
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            seen: set[str] = set()
            repeated.extend(k for k, _ in items if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        return found

    json.loads(text, object_pairs_hook=pairs)
    return repeated


def _second(text: str, key: str) -> int | None:
    """The line on which a key stands for the second time within one object of valid JSON."""
    seen: list[bool] = []
    for lexeme in _STRINGS.finditer(text):
        mark = lexeme[0]
        if mark in "{[":
            seen.append(False)
        elif mark in "}]":
            seen.pop()
        elif lexeme["colon"] and json.loads(lexeme["string"]) == key:
            if seen[-1]:
                return text.count("\n", 0, lexeme.start()) + 1
            seen[-1] = True
    return None


def _lenient(text: str) -> bool:
    """Whether it is a template, JSON with comments, or JSON line by line."""
    if _TEMPLATE.search(text):
        return True
    return _loads(lambda: _load(without_comments(text))) or _loads(lambda: _each_line(text))


def _loads(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (ValueError, RecursionError):
        return False
    return True


def _each_line(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith(("{", "[")) for line in lines):
        raise ValueError("not one document per line")
    for line in lines:
        json.loads(line)


def without_comments(text: str) -> str:
    """JSON without ``//`` and ``/* */`` comments and without commas before a closing bracket; in linear time."""
    out: list[str] = []
    at = 0
    while match := _LEXEME.search(text, at):
        lexeme, at = match[0], match.end()
        if lexeme in _COMMENT_ENDS:
            end = text.find(_COMMENT_ENDS[lexeme], at)
            if end < 0:
                break
            at = end + len(_COMMENT_ENDS[lexeme])
            continue
        if lexeme == '"':
            rest = _STRING_REST.match(text, at)
            if rest is None:  # it never ends: the rest is no JSON, and trying again from each quote takes for ever
                return text
            lexeme, at = lexeme + rest[0], rest.end()
        elif lexeme in "}]" and out and out[-1] == ",":
            out.pop()
        out.append(lexeme)
    return " ".join(out)


_COMMENT_ENDS = {"//": "\n", "/*": "*/"}
_LEXEME = re.compile(r'"|//|/\*|[,{}\[\]:/]|[^\s,{}\[\]:"/]+')
_STRING_REST = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)


_STRINGS = re.compile(r'[{}\[\]]|(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?', re.DOTALL)


def toml_fault(text: str) -> Fault | None:
    """The first thing that makes a text no TOML."""
    # Deep keys cost the parser time and memory out of all proportion; no configuration has them.
    if any(line.partition("=")[0].count(".") > _DEEPEST or line.count("[") > _DEEPEST for line in text.splitlines()):
        return None
    try:
        tomllib.loads(text)
    except RecursionError:
        return None
    except ValueError as problem:
        if _TEMPLATE.search(text):
            return None
        place = _TOML_PLACE.search(str(problem))
        message = _TOML_PLACE.sub("", str(problem))[:200]
        return (
            Fault("syntax", message, *(int(g) if g else None for g in place.groups()))
            if place
            else Fault("syntax", message)
        )
    return None


def _meant(entries: Iterable[Entry]) -> Iterator[Entry]:
    return (e for e in entries if e.size <= LARGEST and not _NOT_MEANT.search(e.path))


def _finding(entry: Entry, fault: Fault) -> Finding:
    return Finding(
        rule=f"data-files/{fault.rule}",
        message=fault.message,
        severity=Severity.WARNING if fault.rule == "repeated-key" else Severity.ERROR,
        location=Location(path=entry.path, line=fault.line, column=fault.column),
    )


def _place(found: Finding) -> str:
    at = found.location
    return "" if at is None else at.path if at.line is None else f"{at.path}:{at.line}"
