"""The report on the console: every finding with the line that it speaks of, then the sum.

Colour never carries meaning alone; without it the text is ASCII but for what the project itself wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assaymark.api import Problem, Severity
from assaymark.validation.model import State, Validation
from assaymark.wording import count, log_safe, one_line, place, visible

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TAB = 4
_LONGEST = 600


def render(validation: Validation, *, colour: bool = False, width: int = 100, verbose: bool = False) -> str:
    """The report, with a newline at its end. ``verbose`` adds remedies, valid files and what is suppressed."""
    paint = _Paint(colour)
    blocks: list[str] = []
    lines: dict[str, list[str]] = {path: text.split("\n") for path, text in validation.sources.items()}
    for problem in validation.problems:
        blocks.append("\n".join(_problem(problem, lines, validation, paint, max(width, 40), verbose)))
    if verbose:
        blocks += list(_more(validation, paint))
    blocks.append("\n".join(_sum(validation, paint)))
    return log_safe("\n\n".join(blocks)) + "\n"


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[s] for s in styles)}m{text}\x1b[0m"


def _problem(
    problem: Problem, lines: dict[str, list[str]], validation: Validation, paint: _Paint, width: int, verbose: bool
) -> Iterator[str]:
    finding = problem.finding
    head = paint(f"{finding.severity.value}[{finding.rule}]", "bold", _COLOURS[finding.severity])
    yield f"{head}: {paint(one_line(finding.message, _LONGEST), 'bold')}"
    where = finding.location
    if where is not None:
        source = lines.get(where.path, [])
        shown = _excerpt(source, where.line, where.column, where.end_line, where.end_column, width)
        margin = len(str(where.line or "")) + 1
        yield f"{' ' * (margin - 1)}{paint('-->', 'blue')} {one_line(place(where))}"
        for number, text, mark in shown:
            yield f"{paint(str(number).rjust(margin - 1) + ' |', 'blue')} {text}".rstrip()
            if mark:
                yield f"{paint(' ' * margin + '|', 'blue')} {paint(mark, _COLOURS[finding.severity])}"
    if finding.fix:
        yield f"  = {paint('fix', 'bold')}: {one_line(finding.fix)}{' (--fix does it)' if problem.edits else ''}"
    elif problem.edits:
        yield f"  = {paint('fix', 'bold')}: --fix does it"
    rule = validation.rules.get(finding.rule)
    if verbose and rule is not None:
        yield f"  = {paint('why', 'bold')}: {one_line(rule.why)}"
        yield f"  = {paint('help', 'bold')}: {one_line(rule.remedy)}"


def _excerpt(
    source: list[str], line: int | None, column: int | None, end_line: int | None, end_column: int | None, width: int
) -> Iterator[tuple[int, str, str]]:
    """Number, text and marks of the line (of a long span its first lines only the first is marked)."""
    if line is None or not 1 <= line <= len(source):
        return
    raw = source[line - 1].rstrip("\r")
    start = max((column or 1) - 1, 0)
    stop = len(raw)
    if end_line in (None, line) and end_column is not None:
        stop = max(end_column - 1, start + 1)
    room = width - 12
    first = 0
    if len(raw) > room:  # a line without end: a window around the place
        first = max(min(start - room // 4, len(raw) - room), 0)
    before, after = first > 0, len(raw) > first + room
    window = raw[first : first + room]
    lead = _flat(window[: start - first])
    middle = _flat(window[max(start - first, 0) : max(stop - first, 0)])
    text = ("..." if before else "") + _flat(window) + ("..." if after else "")
    if not text.strip():
        return
    indent = " " * (len(lead) + (3 if before else 0))
    yield line, text, indent + "^" * max(len(middle), 1)


def _flat(text: str) -> str:
    return visible(text.replace("\t", " " * _TAB)).replace("\n", " ")


def _more(validation: Validation, paint: _Paint) -> Iterator[str]:
    valid = [j for j in validation.judgements if j.state is State.VALID]
    if valid:
        yield "\n".join(f"{paint('valid', 'green')} {one_line(j.path)} ({j.format})" for j in valid)
    silenced = [(j, s) for j in validation.judgements for s in j.suppressed]
    if silenced:
        yield "\n".join(
            f"{paint('suppressed', 'dim')} {s.problem.finding.rule} {one_line(place(s.problem.finding.location))}: "
            f"{one_line(s.reason)}"
            for _, s in silenced
        )


def _sum(validation: Validation, paint: _Paint) -> Iterator[str]:
    judged = validation.judgements
    if not judged:
        yield "No workflow documents were found."
        return
    states = Counter(j.state for j in judged)
    formats = Counter(j.format for j in judged)
    kinds = ", ".join(f"{validation.formats.get(f, f)} {n:,}" for f, n in sorted(formats.items()))
    parts = [paint(f"{states[State.VALID]:,} valid", "green") if states[State.VALID] else "0 valid"]
    if states[State.INVALID]:
        parts.append(paint(f"{states[State.INVALID]:,} invalid", "red", "bold"))
    if states[State.UNDETERMINED]:
        parts.append(paint(f"{states[State.UNDETERMINED]:,} undetermined", "yellow", "bold"))
    yield f"{count(len(judged), 'document')} ({kinds}): {', '.join(parts)}"
    found = Counter(p.finding.severity for p in validation.problems)
    tally = [count(found[s], s.value) for s in Severity if found[s]]
    silenced = sum(len(j.suppressed) for j in judged)
    if silenced:
        tally.append(f"{silenced:,} suppressed")
    fixable = sum(bool(p.edits) for p in validation.problems)
    if fixable:
        tally.append(f"{fixable:,} can be mended by --fix")
    if tally:
        yield ", ".join(tally)
