"""What the validators of this plugin say: problems of known rules, in the order of their place."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assaymark.api import Edit, Finding, Location, Problem, Severity
from assaymark_workflows.source.node import Malformed, Node, Span
from assaymark_workflows.source.places import Place, Pointer
from assaymark_workflows.source.text import decoded

# Rules that all formats share; assaymark itself describes them.
COMMON = {
    "WF-C001": Severity.ERROR,
    "WF-C002": Severity.NOTE,
    "WF-C003": Severity.ERROR,
    "WF-Y001": Severity.ERROR,
}
# Of each severity; more than what is shown, so that what is shown does not depend on the order of the checks.
MOST = 2_000


class Problems:
    """Collects the problems of one document. The severity is that of the rule, read from the rule file on first use.

    ``locate`` turns a `Place` or a pointer into lines and columns; rules in ``quiet`` are not said.
    """

    def __init__(self, path: str, rules: Path, locate: Callable[[Place | Pointer], Span] | None = None) -> None:
        self._path = path
        self._rules = rules
        self._found: list[Problem] = []
        self._seen: set[tuple[str, Span, str]] = set()
        self._count: Counter[Severity] = Counter()
        self.locate = locate
        self.quiet: tuple[str, ...] = ()

    def span(self, at: Node | Span | Place | Pointer) -> Span:
        """Lines and columns of whatever names a place."""
        if isinstance(at, Span):
            return at
        if isinstance(at, Node):
            return at.span
        assert self.locate is not None
        return self.locate(at)

    def add(
        self,
        rule: str,
        message: str,
        at: Node | Span | Place | Pointer,
        *,
        fix: str | None = None,
        edits: Iterable[Edit] = (),
        severity: Severity | None = None,
    ) -> None:
        """Say ``message`` under a rule at a place. The same words at the same place are said once, and of each
        severity no more than anybody reads.

        ``severity`` where one case of a rule weighs more or less than the others.
        """
        level = severity or severities(self._rules)[rule]
        if rule in self.quiet or self._count[level] >= MOST:
            return
        span = self.span(at)
        key = (rule, span, message)
        if key in self._seen:
            return
        self._seen.add(key)
        self._count[level] += 1
        where = Location(
            path=self._path, line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column
        )
        finding = Finding(rule=rule, message=message, severity=level, location=where, fix=fix)
        self._found.append(Problem(finding=finding, pointer=_pointer(at), edits=tuple(edits)))

    def text_of(self, data: bytes, most: int) -> str | None:
        """The text of a document; None, and said why, when it is no UTF-8 or has more than ``most`` characters."""
        try:
            text = decoded(data)
        except Malformed as wrong:
            self.add("WF-Y001", wrong.message, Span(wrong.line, wrong.column, wrong.line, wrong.column + 1))
            return None
        if len(text) <= most:
            return text
        self.add("WF-C003", f"the document has {len(text):,} characters; at most {most:,} are read", Span(1, 1, 1, 1))
        return None

    def drop_after(self, line: int, column: int) -> None:
        """Forget what was said of places behind one where the text stopped making sense."""
        self._found = [problem for problem in self._found if _place(problem)[:2] <= (line, column)]
        self._count = Counter(problem.finding.severity for problem in self._found)

    def sorted(self) -> tuple[Problem, ...]:
        """All problems by line, column and rule."""
        return tuple(sorted(self._found, key=_place))


def _pointer(at: Node | Span | Place | Pointer) -> str:
    if isinstance(at, Span | Node):
        return ""
    parts = at.pointer if isinstance(at, Place) else at
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _place(problem: Problem) -> tuple[int, int, str, str]:
    where = problem.finding.location
    assert where is not None
    return where.line or 0, where.column or 0, problem.finding.rule, problem.finding.message


@functools.cache
def severities(rules: Path) -> dict[str, Severity]:
    """Rule id to severity, from a file of ``[[rule]]`` tables."""
    table: dict[str, Any] = tomllib.loads(rules.read_text(encoding="utf-8"))
    return COMMON | {rule["id"]: Severity(rule["severity"]) for rule in table["rule"]}


def replace(span: Span, text: str) -> Edit:
    """An edit that puts ``text`` in the place of a span."""
    return Edit(line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column, text=text)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of ``words`` that was probably meant, if any is near."""
    return _nearest(word[:80], tuple(words))


@functools.lru_cache(maxsize=4096)
def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    import difflib

    folded = word.strip().casefold()
    known = {known.casefold(): known for known in words}
    if folded in known:
        return known[folded]
    close = difflib.get_close_matches(folded, known, n=1, cutoff=0.75)
    return known[close[0]] if close else None


def is_slip(word: str, near: str) -> bool:
    """Whether a word is so near to another that it can be put in its place without asking: one letter of ten."""
    import difflib

    one, other = word.strip().casefold(), near.casefold()
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() >= 0.9


def hint(word: str, words: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` to end a message with, or nothing."""
    near = nearest(word, words)
    return f"; did you mean {near!r}?" if near else ""
