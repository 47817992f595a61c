"""What is found, gathered while a document is walked, and turned into `Problem`s with places at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from assaymark.api import Edit, Finding, Location, Problem, Severity
from assaymark_workflows.problems import MOST
from assaymark_workflows.problems import severities as severities_of
from assaymark_workflows.source import Node, Span

RULES = Path(__file__).with_name("rules.toml")


class Found(NamedTuple):
    """One finding before its place is worked out; ``file`` is None for the document itself."""

    rule: str
    node: Node | None
    span: Span
    message: str
    edits: tuple[Edit, ...]
    file: str | None
    severity: Severity | None


class Enough(Exception):
    """So many errors were found that nobody reads them all: the rest of the document is not examined."""


class Report:
    """Collects findings; the same finding at the same place is kept once, and of each severity so many at most."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._count: dict[Severity, int] = {}
        self._seen: set[tuple[str, Span, str, str | None]] = set()

    def add(
        self,
        rule: str,
        at: Node | Span,
        message: str,
        *,
        edits: Iterable[Edit] = (),
        file: str | None = None,
        severity: Severity | None = None,
        inside: Node | None = None,
    ) -> None:
        """``at`` is the offending value; ``inside`` the value that a bare span belongs to. Raises `Enough`."""
        node, span = (at, at.span) if isinstance(at, Node) else (inside, at)
        key = (rule, span, message, file)
        if key in self._seen:
            return
        self._seen.add(key)
        level = severity or severities()[rule]
        count = self._count[level] = self._count.get(level, 0) + 1
        if count <= MOST:
            self.found.append(Found(rule, node, span, message, tuple(edits), file, severity))
        elif level is Severity.ERROR:
            raise Enough


def severities() -> Mapping[str, Severity]:
    """How bad each rule is, as its documentation says."""
    return severities_of(RULES)


def problems(found: list[Found], path: str, root: Node | None, imported: dict[int, tuple[str, Node]]) -> list[Problem]:
    """Findings as the contract wants them, in the order of their place."""
    if not found:
        return []
    pointers, files = _places(root, imported)
    levels = severities()
    made = []
    for item in found:
        where = item.file or (files.get(id(item.node)) if files and item.node is not None else None) or path
        span = item.span
        made.append(
            Problem(
                finding=Finding(
                    rule=item.rule,
                    message=item.message,
                    severity=item.severity or levels[item.rule],
                    location=Location(
                        path=where,
                        line=span.line,
                        column=span.column,
                        end_line=span.end_line,
                        end_column=span.end_column,
                    ),
                ),
                pointer=pointers.get(id(item.node), ""),
                edits=item.edits if where == path else (),
            )
        )
    return sorted(made, key=_order)


def _order(problem: Problem) -> tuple[Any, ...]:
    place = problem.finding.location
    assert place is not None
    return (
        place.path,
        place.line,
        place.column,
        place.end_line,
        place.end_column,
        problem.finding.rule,
        problem.finding.message,
    )


def _places(root: Node | None, imported: dict[int, tuple[str, Node]]) -> tuple[dict[int, str], dict[int, str]]:
    """JSON pointer of every node, and the file of those that come from another one."""
    pointers: dict[int, str] = {}
    files: dict[int, str] = {}
    stack: list[tuple[Node, str, str | None]] = [(root, "", None)] if root is not None else []
    while stack:
        node, pointer, file = stack.pop()
        if id(node) in pointers:
            continue
        origin = imported.get(id(node))
        if origin is not None:
            pointer, file = "", origin[0]
        pointers[id(node)] = pointer
        if file is not None:
            files[id(node)] = file
        for key, value in node.items:
            below = f"{pointer}/{key.text.replace('~', '~0').replace('/', '~1')}"
            stack.append((value, below, file))
            pointers.setdefault(id(key), below)
            if file is not None:
                files[id(key)] = file
        stack += [(element, f"{pointer}/{place}", file) for place, element in enumerate(node.elements)]
    return pointers, files


def near(word: str, words: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` when one of the words is close, else nothing."""
    guess = nearest(word, words)
    return f"; did you mean {guess!r}?" if guess else ""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one word that is close enough to be meant."""
    known = sorted(words)
    if len(word) > 60 or len(known) > 500:
        return None
    for other in known:
        if other.casefold() == word.casefold():
            return other
    import difflib

    return next(iter(difflib.get_close_matches(word, known, 1, 0.75)), None)


def replaced(node: Node, text: str) -> Edit:
    """An edit that puts another text in the place of a value."""
    return Edit(
        line=node.span.line,
        column=node.span.column,
        end_line=node.span.end_line,
        end_column=node.span.end_column,
        text=text,
    )
