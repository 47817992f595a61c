"""Path globs as regular expressions whose work stays small, whatever the pattern: some come from the judged repository.

``*`` and ``?`` stay within a part of the path, ``**`` as a part stands for any number of parts (at the end: for
anything), ``{a,b}`` for either. Everything else means itself; upper and lower case differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from assaymark.patterns import late, ready

MAX_LENGTH = 1_000
MAX_ALTERNATIVES = 200
_BRACES = late(r"\{([^{}]*)\}")
_WILD = late(r"[*?]")
_STARS = late(r"\*+")


def compile_globs(patterns: Iterable[str], *, own: bool = False) -> re.Pattern[str]:
    """One expression, for `fullmatch`, that matches what one of the patterns matches.

    ``own`` says that no repository has part in the patterns: the expression may be kept for other runs. Raises
    ValueError when a pattern is unreasonably long or has too many alternatives.
    """
    return _compiled(tuple(patterns), own)


@lru_cache(maxsize=512)
def _compiled(patterns: tuple[str, ...], own: bool) -> re.Pattern[str]:
    ends, others = [], []
    for pattern in expanded(patterns):
        end = pattern.removeprefix("**/*")
        if end == pattern or "/" in end or _WILD.search(end):
            others.append(f"(?:{_expression(pattern)})")
        else:
            ends.append(re.escape(end))  # most patterns: what ends so, wherever it lies
    expression = "|".join([f".*(?:{'|'.join(ends)})", *others] if ends else others) or r"(?!)"
    return (ready if own else re.compile)(expression, re.DOTALL)


def expanded(patterns: Iterable[str]) -> list[str]:
    """The patterns without braces: ``{a,b}`` becomes two."""
    done: list[str] = []
    waiting = list(patterns)[::-1]
    while waiting:
        pattern = waiting.pop()
        if len(pattern) > MAX_LENGTH or len(done) + len(waiting) > MAX_ALTERNATIVES:
            raise ValueError(f"the pattern {pattern[:60]!r} is too long or has too many alternatives")
        if match := _BRACES.search(pattern):
            start, end = match.span()
            waiting += [pattern[:start] + choice + pattern[end:] for choice in reversed(match[1].split(","))]
        else:
            done.append(pattern)
    return done


def fixed_end(pattern: str) -> tuple[str, str] | None:
    """How to look up candidates: ``("name", …)`` or ``("suffix", …)`` that every match of a brace-less pattern has.

    None when any file may match. A suffix is the last dot of the name and what follows.
    """
    last = pattern.rpartition("/")[2]
    if not _WILD.search(last):
        return "name", last
    end = _WILD.split(last)[-1]
    return ("suffix", end[end.rindex(".") :]) if "." in end else None


def _expression(pattern: str) -> str:
    """Runs of ordinary parts between the ``**``.

    Each run but the last may stop at the first place where it fits: what follows can begin anywhere after it. Hence the
    atomic groups, without which a pattern with many stars would try all combinations of places.
    """
    runs: list[list[str]] = [[]]
    for part in pattern.split("/"):
        if part == "**":
            runs.append([])
        else:
            runs[-1].append(_part(part))
    first, *later = ["/".join(run) for run in runs]
    if not later:
        return first
    *middle, last = later
    out = f"{first}/" if first else ""
    out += "".join(f"(?>(?:[^/]*/)*?{run}/)" for run in middle if run)
    return out + (f"(?:.*/)?{last}" if last else ".*")


def _part(part: str) -> str:
    first, *later = [_fixed(piece) for piece in _STARS.split(part)]
    if not later:
        return first
    *middle, last = later
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle) + f"[^/]*{last}"


def _fixed(piece: str) -> str:
    return "".join("[^/]" if c == "?" else re.escape(c) for c in piece)
