"""``assaymark compare``: a `Difference` as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from assaymark.comparison import Change, Difference, Side
from assaymark.errors import InputError
from assaymark.findings import Item
from assaymark.model import Outcome
from assaymark.wording import OUTCOME_WORDS, count, json_safe, log_safe, markdown, named, one_line, place, utf8

FORMATS = ("text", "markdown", "json")
MAX_FINDINGS = 50
_CODES = {"worse": "31", "better": "32", "head": "1"}


def render(change: Difference, form: str = "text", *, colour: bool = False) -> str:
    """The difference in one of `FORMATS`, with a newline at its end. Raises InputError for another format."""
    if form == "json":
        return json_safe(json.dumps(document(change), indent=1)) + "\n"
    if form == "markdown":
        return log_safe("\n".join(_markdown(change))) + "\n"
    if form == "text":
        return log_safe("\n".join(_text(change, colour))) + "\n"
    raise InputError(f"there is no format {form!r}", hint=f"one of: {', '.join(FORMATS)}")


def document(change: Difference) -> dict[str, Any]:
    """The difference as plain values."""
    return {
        "schema": "https://assaymark.github.io/schemas/comparison-1.json",
        "before": _side(change.before),
        "after": _side(change.after),
        "worse": [_change(c) for c in change.worse],
        "better": [_change(c) for c in change.better],
        "changed": [_change(c) for c in change.changed],
        "new": [_item(i) for i in change.new],
        "gone": [_item(i) for i in change.gone],
        "ratcheted": list(change.ratcheted),
        "cautions": [utf8(c) for c in change.cautions],
    }


def _side(side: Side) -> dict[str, Any]:
    s = side.subject
    return {
        "repository": None if s.repository is None else utf8(s.repository),
        "commit": None if s.commit is None else utf8(s.commit),
        "profile": utf8(side.profile),
        "as_of": side.as_of,
        "level": side.level,
        "partial": [utf8(p) for p in side.partial],
    }


def _change(c: Change) -> dict[str, Any]:
    own = {"id": utf8(c.id), "before": c.before, "after": c.after, "reason": utf8(c.reason)}
    return own | {"waived": True} if c.waived else own


def _item(i: Item) -> dict[str, Any]:
    f = i.finding
    where = f.location
    return {
        "id": i.id,
        "rule": f.rule,
        "severity": f.severity,
        "message": f.message,
        "path": where.path if where else None,
        "line": where.line if where else None,
        "subcriteria": list(i.subcriteria),
    }


def _text(d: Difference, colour: bool) -> Iterator[str]:
    def paint(text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if colour else text

    yield f"{_named(d.before, one_line)}  ->  {_named(d.after, one_line)}"
    yield paint(_levels(d), "head")
    for caution in d.cautions:
        yield f"Caution: {one_line(caution)}"
    for title, changes, style in (
        ("Worse", d.worse, "worse"),
        ("Better", d.better, "better"),
        ("Changed", d.changed, ""),
    ):
        if changes:
            yield ""
            yield paint(f"{title} ({len(changes)})", style) if style else f"{title} ({len(changes)})"
            for c in changes:
                waived = ", waived" if c.waived else ""
                yield f"  {one_line(c.id)}: {_word(c.before)} -> {_word(c.after)}{waived}: {_why(c)}"
    for title, items in (("New findings", d.new), ("Findings gone", d.gone)):
        if items:
            yield ""
            yield f"{title} ({len(items):,})"
            yield from (f"  {_line(i, one_line)}" for i in items[:MAX_FINDINGS])
            yield from _more(items)
    if not (d.worse or d.better or d.changed or d.new or d.gone):
        yield ""
        yield "Nothing changed."


def _why(c: Change) -> str:
    return one_line(c.reason or c.text)


def _markdown(d: Difference) -> Iterator[str]:
    yield f"## {_levels(d)}"
    yield ""
    yield f"Compared: {_named(d.before, markdown)} and {_named(d.after, markdown)}."
    for caution in d.cautions:
        yield ""
        yield f"> Caution: {markdown(caution)}"
    for title, changes in (("Worse", d.worse), ("Better", d.better), ("Changed", d.changed)):
        if changes:
            rows = [(markdown(c.id), _word(c.before), _word(c.after) + _waived(c), markdown(_why(c))) for c in changes]
            yield from _table(f"{title} ({len(changes)})", ("Item", "Before", "After", "Why"), rows)
    for title, items in (("New findings", d.new), ("Findings gone", d.gone)):
        if items:
            lines = [(_line(i, markdown),) for i in items[:MAX_FINDINGS]]
            yield from _table(f"{title} ({len(items):,})", ("Finding",), lines)
            yield from _more(items)
    if not (d.worse or d.better or d.changed or d.new or d.gone):
        yield ""
        yield "Nothing changed."


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _levels(d: Difference) -> str:
    if d.before.level == d.after.level:
        return f"Level {d.after.level}, as before"
    return f"Level {d.before.level} -> {d.after.level}"


def _named(side: Side, safe: Callable[[str], str]) -> str:
    commit = f" @ {one_line(side.subject.commit)[:10]}" if side.subject.commit else ""
    return safe(f"{named(side.subject)}{commit}")


def _word(outcome: Outcome | None) -> str:
    return "not looked at" if outcome is None else OUTCOME_WORDS[outcome]


def _waived(c: Change) -> str:
    return ", waived" if c.waived else ""


def _line(item: Item, safe: Callable[[str], str]) -> str:
    f = item.finding
    waived = " (waived)" if item.waived else ""
    return safe(f"{place(f.location) or '(no file)'}: {f.severity} {f.rule}: {f.message}{waived}")


def _more(items: Sequence[Item]) -> Iterator[str]:
    if len(items) > MAX_FINDINGS:
        yield ""
        yield f"and {count(len(items) - MAX_FINDINGS, 'more finding')}"
