"""The step summary: GitHub's Markdown, never longer than GitHub takes.

A summary over the limit is refused whole, so details are left out, with their number, until it fits.
"""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.ahead import Next, Task, next_level, on_trust
from assaymark.blocks import details, left_out, table
from assaymark.findings import (
    Findings,
    Item,
    by_criterion,
    by_weight,
    in_change,
    notices,
    reason,
    remedy,
    tally,
    telling,
)
from assaymark.links import source_link
from assaymark.model import Assessment, Grade, Location, Outcome, SubcriterionResult, Subject
from assaymark.wording import (
    LEVEL_WORDS,
    MARKS,
    OUTCOME_WORDS,
    branch,
    count,
    log_safe,
    markdown,
    named,
    one_line,
    place,
)

# The step summary may have 1 MiB; other tools of the same step want some of it.
LIMIT = 900_000
_STEPS = (1_000, 300, 100, 30, 10, 0)
_CELL = 600


def render(assessment: Assessment, *, limit: int = LIMIT) -> str:
    """The summary in at most ``limit`` bytes of UTF-8."""
    findings = Findings(assessment)
    text = ""
    for most in _STEPS:
        text = _document(assessment, findings, most)
        if len(text.encode()) <= limit:
            return text
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    """Whole lines only, with a last line that says what happened."""
    note = "\nThe rest did not fit here: see the other reports.\n"
    kept = text.encode()[: max(limit - len(note.encode()), 0)].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + note


def _document(a: Assessment, findings: Findings, most: int) -> str:
    blocks = [
        _head(a),
        _missing(a, findings, most),
        _criteria(a),
        _found(a, findings, most),
        _undetermined(a, most),
        _exceptions(a, most),
        _foot(a),
    ]
    texts = ["\n".join(block) for block in blocks]
    return log_safe("\n\n".join(t for t in texts if t)) + "\n"


def _head(a: Assessment) -> Iterator[str]:
    s = a.subject
    commit = f" at {_code(one_line(s.commit)[:10])}" if s.commit else ""
    ref = f" ({_code(branch(s))})" if s.ref else ""
    dirty = ", with uncommitted changes" if s.dirty else ""
    beside = "; ".join(filter(None, (_distance(next_level(a)), on_trust(a))))
    yield f"## assaymark: {LEVEL_WORDS[a.level]}"
    yield ""
    profile = f"{markdown(a.profile)} {markdown(a.profile_version)}"
    yield f"**{markdown(named(s))}**{commit}{ref}{dirty}: {beside}."
    yield ""
    yield f"Profile {profile}, as of {a.as_of}."
    if a.partial:
        yield ""
        yield "> [!WARNING]"
        yield f"> Partial run: {'; '.join(markdown(p) for p in a.partial)}. What was left out is not judged."


def _distance(ahead: Next) -> str:
    if ahead.level is None:
        return "this is the highest level"
    return f"**{count(ahead.items, 'item')} short of {ahead.level}**"


def _missing(a: Assessment, findings: Findings, most: int) -> Iterator[str]:
    ahead = next_level(a)
    if ahead.level is None:
        return
    yield f"### Missing for {ahead.level}"
    yield ""
    if ahead.missing:
        rows = [_missing_row(task, a.subject, findings) for task in ahead.tasks[: max(most, 10)]]
        yield from table(("Item", "What is wrong", "Where", "What to do"), rows)
        yield from _hidden(len(ahead.tasks) - len(rows), "item")
    for limit in ahead.withheld:
        yield f"- Limit of the profile: {markdown(limit)}"
    if ahead.unseen:
        yield f"- Not looked at in this run: {', '.join(map(markdown, ahead.unseen[: max(most, 10)]))}"
        yield from _hidden(len(ahead.unseen) - max(most, 10), "id")
    if ahead.items == 1:
        yield ""
        yield f"This is the last item missing for {ahead.level}."


def _missing_row(task: Task, subject: Subject, findings: Findings) -> tuple[str, ...]:
    r = task.result
    also = f"<br>also for {', '.join(map(markdown, task.also))}" if task.also else ""
    waived = f"<br>waived until {r.waiver.until}" if r.waiver else ""
    evidence = telling(r)
    located = [i for i in by_weight(findings.of(evidence)) if i.finding.location] if evidence else []
    places = [_link(subject, i.finding.location) for i in located[:3]]
    more = [f"and {len(located) - 3:,} more"] if len(located) > 3 else []
    return (
        f"**{markdown(r.definition.id)}**<br>{MARKS[r.outcome]} {OUTCOME_WORDS[r.outcome]}{waived}{also}",
        _cell(reason(r)),
        "<br>".join([*dict.fromkeys(places), *more]),
        _cell(remedy(r)),
    )


def _criteria(a: Assessment) -> Iterator[str]:
    rows = []
    for criterion, members in by_criterion(a):
        if members:
            name = f"{markdown(criterion.id)} {markdown(criterion.title)}"
            state = f"{MARKS[criterion.outcome]} {OUTCOME_WORDS[criterion.outcome]}"
            rows.append((state, name, criterion.required_for or "", tally(members, criterion.missing)))
    if rows:
        yield "### Criteria"
        yield ""
        yield from table(("Verdict", "Criterion", "Needed for", "Items"), rows)


def _found(a: Assessment, findings: Findings, most: int) -> Iterator[str]:
    shown = by_weight(findings)[:most]
    if not findings:
        return
    yield from details(
        ", ".join(filter(None, (count(len(findings), "finding"), in_change(findings)))),
        (
            *table(("Where", "Severity", "Rule", "Finding"), [_finding_row(i, a.subject) for i in shown]),
            *_hidden(len(findings) - len(shown), "finding"),
        ),
    )


def _finding_row(item: Item, subject: Subject) -> tuple[str, ...]:
    f = item.finding
    waived = " (waived)" if item.waived else ""
    return (_link(subject, f.location), f.severity, _code(f.rule), _cell(f.message) + waived)


def _undetermined(a: Assessment, most: int) -> Iterator[str]:
    open_ = [r for r in a.results if r.outcome in (Outcome.UNKNOWN, Outcome.ERROR)]
    if not open_:
        return
    rows = [
        (markdown(r.definition.id), f"{MARKS[r.outcome]} {OUTCOME_WORDS[r.outcome]}", _cell(reason(r)), _advice(r))
        for r in open_[:most]
    ]
    title = f"{count(len(open_), 'item')} could not be determined"
    yield from details(
        title,
        (*table(("Item", "Outcome", "Why", "How to find out"), rows), *_hidden(len(open_) - len(rows), "item")),
    )


def _advice(r: SubcriterionResult) -> str:
    evidence = telling(r)
    return _cell(evidence.remedy) if evidence and evidence.remedy else ""


def _exceptions(a: Assessment, most: int) -> Iterator[str]:
    lines = [
        f"- {markdown(r.definition.id)} is waived until {r.waiver.until}: {_cell(r.waiver.reason)}"
        for r in a.results
        if r.waiver
    ]
    lines += [
        f"- {markdown(r.definition.id)}: {_cell(e.message)}"
        for r in a.results
        for e in r.evidence
        if e.grade is Grade.ATTESTED
    ]
    lines += [f"- {_code(n.rule)}: {_cell(n.message)}" for n in notices(a)]
    if lines:
        kept = lines[: max(most, 10)]
        body = (*kept, *_hidden(len(lines) - len(kept), "line"))
        yield from details("Waivers, attestations and notices", body)


def _foot(a: Assessment) -> Iterator[str]:
    digest = _code(one_line(a.profile_digest)[:19])
    yield f"<sub>assaymark {markdown(a.run.assaymark)}, profile digest {digest}.</sub>"


def _hidden(number: int, noun: str) -> Iterator[str]:
    return left_out(number, noun, "the other reports")


def _cell(text: str) -> str:
    return markdown(one_line(text, _CELL))


def _code(text: str) -> str:
    """Code that may hold anything: mentions and references mean nothing inside ``<code>``."""
    return f"<code>{markdown(one_line(text, 300))}</code>"


def _link(subject: Subject, where: Location | None) -> str:
    if where is None:
        return ""
    address = source_link(subject, where)
    shown = _code(place(where))
    return f'<a href="{address}">{shown}</a>' if address else shown
