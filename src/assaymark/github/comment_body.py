"""What the comment on a pull request says: what changed, where the level stands, what is next.

GitHub refuses a comment over its limit as a whole, so rows are left out, with their number, until it fits. The first
line is a mark that nobody sees: by it the comment is found again, and by its digest it is known whether anything
changed. Which commit it was is not part of the digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assaymark.ahead import Task, next_level, on_trust
from assaymark.blocks import details, left_out, table
from assaymark.comparison import Change, Difference
from assaymark.findings import Item, by_weight, reason, remedy
from assaymark.github.text import code, path, safe, size
from assaymark.links import source_link
from assaymark.model import Assessment, Level, Location, Outcome, Severity, Subject
from assaymark.records import NamedTuple
from assaymark.wording import LEVEL_WORDS, MARKS, OUTCOME_WORDS, count, log_safe, place

LIMIT = 65_000  # GitHub takes 65,536 characters
_ALIKE = 12  # ids in one row
_PLACES = 5  # of one finding
_SHOWN = 10  # rows of new findings that are seen at once
_STEPS = (50, 25, 10, 5, 2, 0)
_MARK = re.compile(r"<!-- assaymark:comment key=([a-z0-9-]{1,64}) digest=([0-9a-f]{64}) -->")
_KEY = re.compile(r"[^a-z0-9]+")


class Mark(NamedTuple):
    """What the first line of one of our comments tells: which of several it is, and the digest of what it says."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a comment is made of. ``report`` is the address of the full report, ``head`` the commit it is about.

    ``notes`` are sentences of our own, shown above everything else. ``title`` names the part of the repository.
    """

    assessment: Assessment
    change: Difference | None = None
    head: str = ""
    report: str = ""
    title: str = ""
    key: str = "assaymark"
    notes: tuple[str, ...] = field(default=())

    @property
    def says_something(self) -> bool:
        """Whether there is news: without an earlier assessment everything is."""
        d = self.change
        return d is None or bool(d.worse or d.better or d.new or d.gone or d.before.level != d.after.level)


def key_of(*parts: str) -> str:
    """A name for one of several comments on a pull request, such as one per package."""
    plain = "-".join(_KEY.sub("-", p.lower()).strip("-") for p in parts if p)
    made = plain or "assaymark"
    return made if len(made) <= 64 else f"{made[:47]}-{hashlib.sha256(made.encode()).hexdigest()[:16]}"


def mark_of(body: str) -> Mark | None:
    """The mark on a comment's first line; None when it is not one of ours. Further down it means nothing."""
    found = _MARK.match(body.partition("\n")[0].strip())
    return Mark(found[1], found[2]) if found else None


def render(report: Report, *, limit: int = LIMIT) -> str:
    """The comment in at most ``limit`` characters."""
    body = ""
    for most in _STEPS:
        body = _document(report, most)
        if size(body) <= limit:
            break
    else:
        # Only a title or ids of absurd length get here: all of it is cut to what is ours.
        body = _document(Report(assessment=report.assessment, head=report.head, key=report.key), 0, bare=True)
    return body


def _document(r: Report, most: int, *, bare: bool = False) -> str:
    mark = f"<!-- assaymark:comment key={r.key} digest={_digest(r, most, bare)} -->"
    return log_safe(f"{mark}\n{_text(r, most, bare)}\n\n{_foot(r)}\n")


def _text(r: Report, most: int, bare: bool) -> str:
    blocks = [_head(r)] if bare else [_head(r), _changes(r, most), _found(r, most), _missing(r, most)]
    return "\n\n".join(text for text in map("\n".join, blocks) if text)


def _digest(r: Report, most: int, bare: bool) -> str:
    """Of the text without its links, which lead to another commit after each push."""
    nowhere = replace(r.assessment, subject=replace(r.assessment.subject, commit=None))
    return hashlib.sha256(_text(replace(r, assessment=nowhere), most, bare).encode()).hexdigest()


def _head(r: Report) -> Iterator[str]:
    a, d = r.assessment, r.change
    title = f" {safe(r.title, 100)}" if r.title else ""
    yield f"### assaymark{title}: {_level(d, a.level)}"
    yield ""
    said = "; ".join(filter(None, (", ".join(_news(r)), _distance(a), on_trust(a))))
    yield f"{said}." if said else "This is the highest level."
    for note in (*r.notes, *(d.cautions if d else ())):
        yield ""
        yield f"> {safe(note)}"
    for part in a.partial[:3] if d is None else ():
        yield ""
        yield f"> Partial run: {safe(part)}. What was left out is not judged."


def _level(d: Difference | None, level: Level) -> str:
    if d is None or d.before.level == level:
        return LEVEL_WORDS[level] + (", as before" if d else "")
    return f"{LEVEL_WORDS[Level(d.before.level)]} → {LEVEL_WORDS[level]}"


def _news(r: Report) -> Iterator[str]:
    d = r.change
    if d is None:
        return
    if not (d.worse or d.better or d.new or d.gone):
        yield "Nothing got better or worse"
    if d.worse:
        yield f"**{count(len(d.worse), 'verdict')} got worse**"
    if d.better:
        yield f"{count(len(d.better), 'verdict')} got better"
    if d.new:
        yield f"**{count(len(d.new), 'new finding')}**"
    if d.gone:
        yield f"{count(len(d.gone), 'finding')} fixed"


def _distance(a: Assessment) -> str:
    ahead = next_level(a)
    return "" if ahead.level is None else f"{count(ahead.items, 'item')} short of {ahead.level}"


def _changes(r: Report, most: int) -> Iterator[str]:
    if r.change is None:
        return
    if r.change.worse:
        yield f"#### Worse ({len(r.change.worse):,})"
        yield ""
        yield from _verdicts(r.change.worse, most)
    if r.change.better:
        yield ""
        yield from details(f"Better ({len(r.change.better):,})", _verdicts(r.change.better, most))


def _verdicts(changes: Sequence[Change], most: int) -> Iterator[str]:
    alike: dict[tuple[str, ...], list[str]] = {}
    for c in changes:  # often one reason changes several verdicts
        after = _word(c.after) + (", waived" if c.waived else "")
        alike.setdefault((_word(c.before), after, safe(c.reason or c.text, 400)), []).append(c.id)
    rows = [(_names(ids), *about) for about, ids in [*alike.items()][:most]]
    yield from table(("Item", "Before", "Now", "Why"), rows)
    yield from _hidden(sum(map(len, [*alike.values()][most:])), "item")


def _names(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _ALIKE} more" if len(ids) > _ALIKE else ""
    return ", ".join(f"**{safe(id, 60)}**" for id in ids[:_ALIKE]) + more


def _word(outcome: Outcome | None) -> str:
    # A blank that does not break: the mark stays beside its word.
    return "not looked at" if outcome is None else f"{MARKS[outcome]}\u00a0{OUTCOME_WORDS[outcome]}"


def _found(r: Report, most: int) -> Iterator[str]:
    if r.change is None:
        return
    if r.change.new:
        yield f"#### New findings ({len(r.change.new):,})"
        yield ""
        yield from _new(_alike(r.change.new), r.assessment.subject, most)
        yield ""
    if r.change.gone:
        # Where they were is not there any more: no links.
        body = _items(_alike(r.change.gone), None, most)
        yield from details(f"Fixed findings ({len(r.change.gone):,})", body)


def _new(groups: Sequence[Sequence[Item]], subject: Subject, most: int) -> Iterator[str]:
    """The worst at once; notes, and what would make a long table, only when it is asked for."""
    open_ = [g for g in groups if g[0].finding.severity is not Severity.NOTE][: min(_SHOWN, most)]
    yield from _items(open_, subject, most)
    if folded := groups[len(open_) :]:
        number = count(sum(map(len, folded)), "more finding" if open_ else "note")
        yield ""
        yield from details(number, _items(folded, subject, most - len(open_)))


def _alike(items: Sequence[Item]) -> list[list[Item]]:
    """Those of which the same is said together, the worst first."""
    alike: dict[tuple[Severity, str, str, str | None, bool], list[Item]] = {}
    for i in by_weight(items):
        f = i.finding
        alike.setdefault((f.severity, f.rule, f.message, f.fix, i.waived), []).append(i)
    return [*alike.values()]


def _items(groups: Sequence[Sequence[Item]], subject: Subject | None, most: int) -> Iterator[str]:
    """One row for all places of which the same is said."""
    yield from table(("Severity", "Finding", "Where"), [_item_row(g, subject) for g in groups[:most]])
    yield from _hidden(sum(map(len, groups[most:])), "finding")


def _item_row(items: Sequence[Item], subject: Subject | None) -> tuple[str, ...]:
    f = items[0].finding
    waived = " (waived)" if items[0].waived else ""
    fix = f"<br>Fix: {safe(f.fix, 200)}" if f.fix else ""
    places = [_where(i.finding.location, subject) for i in items[:_PLACES]]
    more = [f"and {len(items) - _PLACES:,} more"] if len(items) > _PLACES else []
    told = f"{safe(f.message, 400)} {code(f.rule, 80)}{waived}{fix}"
    return (f.severity.value, told, "<br>".join(filter(None, [*places, *more])))


def _missing(r: Report, most: int) -> Iterator[str]:
    ahead = next_level(r.assessment)
    if ahead.level is None or not ahead.items:
        return
    alike: dict[tuple[str, str, str], list[Task]] = {}
    for task in ahead.tasks:  # often one answer serves several items
        m = task.result
        waived = f"<br>waived until {m.waiver.until}" if m.waiver else ""
        alike.setdefault((_word(m.outcome) + waived, reason(m), remedy(m)), []).append(task)
    rows = [_missing_row(about, members) for about, members in [*alike.items()][:most]]
    body = [
        *table(("Item", "What is wrong", "What to do"), rows),
        *_hidden(sum(len(members) for members in [*alike.values()][most:]), "item"),
    ]
    body += [f"- Limit of the profile: {safe(limit)}" for limit in ahead.withheld[:most]]
    if ahead.unseen:
        ids = ", ".join(safe(i, 60) for i in ahead.unseen[: max(most, 5)])
        body += ["", f"Not looked at in this run: {ids}", *_hidden(len(ahead.unseen) - max(most, 5), "id")]
    if ahead.items == 1:
        body += ["", f"This is the last item missing for {ahead.level}."]
    if ahead.items <= 5:
        yield f"#### Missing for {ahead.level} ({ahead.items})"
        yield ""
        yield from body
    else:
        yield from details(f"Missing for {ahead.level} ({ahead.items:,})", body)


def _missing_row(about: tuple[str, str, str], members: Sequence[Task]) -> tuple[str, ...]:
    outcome, why, advice = about
    names = _names([t.result.definition.id for t in members])
    summed = dict.fromkeys(i for t in members for i in t.also)
    also = f"<br>also for {', '.join(safe(i, 60) for i in summed)}" if summed else ""
    return (f"{names}<br>{outcome}{also}", safe(why, 300), safe(advice, 300))


def _foot(r: Report) -> str:
    a = r.assessment
    at = f" Last change at {code(r.head[:10])}." if r.head else ""
    link = f' <a href="{r.report}">Full report</a>.' if r.report else ""
    return f"<sub>Profile {safe(a.profile, 60)} {safe(a.profile_version, 30)}, as of {a.as_of}.{at}{link}</sub>"


def _where(location: Location | None, subject: Subject | None) -> str:
    if location is None:
        return ""
    address = source_link(subject, location) if subject else None
    shown = path(place(location))
    return f'<a href="{address}">{shown}</a>' if address and len(address) < 1_000 else shown


def _hidden(number: int, noun: str) -> Iterator[str]:
    return left_out(number, noun, "the full report")
