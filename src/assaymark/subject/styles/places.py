"""Where in a text something stands, and whether a comment there says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from assaymark.patterns import late
from assaymark.subject.styles.model import IGNORE, SETTING, Override

_WORD = late(r"[A-Za-z]{3,}|https?:|#\d+")
_COMMENT = late(r"(?:^|\s)(?:#|//|;)(.*)$")
_TRIES = 100
_MAX_RULES = 500


def line_of(text: str, token: str, after: int = 0) -> int:
    """The line (from 1) of the first ``token`` that is a word outside comments, at or after the line ``after``."""
    for start in {_offset(text, after): None, 0: None}:
        at = text.find(token, start) if token else -1
        for _ in range(_TRIES):
            if at < 0:
                break
            before = text[text.rfind("\n", 0, at) + 1 : at]
            if _stands_alone(text, at, len(token)) and not before.lstrip().startswith(("#", "//", ";")):
                return text.count("\n", 0, at) + 1
            at = text.find(token, at + 1)
    return max(1, after)


def _stands_alone(text: str, at: int, length: int) -> bool:
    around = (text[at - 1 : at], text[at + length : at + length + 1])
    return not any(c.isalnum() or c in "_-" for c in around if c)


def _offset(text: str, line: int) -> int:
    at = 0
    for _ in range(max(0, line - 1)):
        at = text.find("\n", at) + 1
        if not at:
            return 0
    return at


def explained(lines: Sequence[str], line: int) -> bool:
    """Whether a comment on a line, or directly above it, says something in words."""
    if not 0 < line <= len(lines):
        return False
    beside = _COMMENT.search(lines[line - 1])
    above = lines[line - 2].strip() if line > 1 else ""
    return says_why(beside[1] if beside else "") or (above.startswith(("#", "//", ";")) and says_why(above))


def says_why(text: str) -> bool:
    """Two words, a link or an issue number."""
    words = _WORD.findall(text)
    return len(words) >= 2 or any(w.startswith(("http", "#")) for w in words)


def ignored(path: str, text: str, rules: Iterable[str], after: int = 0) -> Iterator[Override]:
    """Rules that are off; a comment above the list holds for all that follow without one of their own."""
    yield from _overrides(IGNORE, path, text, rules, after)


def excepted(path: str, text: str, rule: str, line: int) -> Override:
    """A rule that one item of a YAML list takes back; a comment on the line, or above the item, explains it."""
    lines = _lines(text)
    depth = _depth(lines[line - 1])
    item = next(
        (n for n in range(line - 1, 0, -1) if lines[n - 1].lstrip().startswith("- ") and _depth(lines[n - 1]) < depth),
        line,
    )
    reason = explained(lines, line) or explained(lines, item)
    return Override(kind=IGNORE, rule=rule[:200], path=path, line=line, reason=reason)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def own(path: str, text: str, rules: Iterable[str], after: int = 0) -> Iterator[Override]:
    """Settings of the project's own."""
    yield from _overrides(SETTING, path, text, rules, after)


def _overrides(kind: str, path: str, text: str, rules: Iterable[str], after: int) -> Iterator[Override]:
    lines = _lines(text)
    heading = kind == IGNORE and explained(lines, after)
    for rule in islice(rules, _MAX_RULES):
        line = line_of(text, rule, after)
        yield Override(kind=kind, rule=rule[:200], path=path, line=line, reason=heading or explained(lines, line))


@lru_cache(maxsize=2)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())
