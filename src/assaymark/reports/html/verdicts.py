"""The level, what is missing for the next one, and the verdicts by criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assaymark.ahead import Next, Task, next_level, on_trust, short_of
from assaymark.findings import (
    Findings,
    Item,
    by_criterion,
    by_weight,
    metrics,
    outcomes,
    reason,
    remedy,
    tally,
    telling,
)
from assaymark.model import (
    Assessment,
    CriterionResult,
    Evidence,
    Grade,
    Level,
    Outcome,
    SubcriterionResult,
    Subject,
)
from assaymark.reports.html.parts import address, code, listed, pill, spot, strength, tag, text
from assaymark.reports.html.pictures import drawn
from assaymark.wording import GRADE_WORDS, LEVEL_WORDS, count

MAX_PLACES = 5
_ORDER = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE)


def level(a: Assessment) -> Iterator[str]:
    """The level as a mark struck, the ladder, and how many verdicts there are of each outcome."""
    ahead = next_level(a)
    letter = "–" if a.level is Level.NONE else a.level[0].upper()
    yield '<section class="verdict card" aria-labelledby="level">'
    yield f'<div class="punch {a.level}" aria-hidden="true">{letter}</div>'
    yield f'<div><h2 id="level" class="{a.level}">{LEVEL_WORDS[a.level].capitalize()}</h2>'
    yield f'<p class="lead">{_distance(ahead)}</p>{_on_trust(a)}</div>'
    yield '<ol class="ladder">'
    for step in sorted(a.missing, key=lambda x: x.rank):
        yield _step(a, step, ahead)
    yield "</ol>"
    yield from _tally(a)
    yield "</section>"


def _distance(ahead: Next) -> str:
    if ahead.level is None:
        return "The highest level of the profile."
    return f"{'One item' if ahead.items == 1 else count(ahead.items, 'item')} short of {ahead.level}."


def _on_trust(a: Assessment) -> str:
    said = on_trust(a)
    return f'<p class="soft">{said}.</p>' if said else ""


def _step(a: Assessment, step: Level, ahead: Next) -> str:
    if step.rank <= a.level.rank:
        return f'<li class="{step}"><strong>{step.capitalize()}</strong> reached</li>'
    far = short_of(a, step)
    number = len(far.tasks) + len(far.unseen)
    said = [f"{count(number, 'item')} missing"] if number else []
    said += ["over a limit of the profile"] if far.withheld else []
    said += ["after the level below"] if not said else []
    kind = f"{step} away next" if step is ahead.level else f"{step} away"
    return f'<li class="{kind}"><strong>{step.capitalize()}</strong> {", ".join(said)}</li>'


def _tally(a: Assessment) -> Iterator[str]:
    counts = outcomes(a.results)
    total = max(len(a.results), 1)
    yield '<div class="tally"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
    x = 0.0
    for outcome in _ORDER:
        width = 1000 * counts[outcome] / total
        yield f'<rect class="fill-{outcome}" x="{x:.2f}" width="{width:.2f}" height="10"/>'
        x += width
    yield "</svg>"
    yield listed((f"{counts[o]} {pill(o)}" for o in _ORDER if counts[o]), "tallies")
    yield "</div>"


def banner(a: Assessment) -> Iterator[str]:
    """What makes the verdict less than whole: a partial run, a dirty tree."""
    notes = [f"Partial run: {text('; '.join(a.partial))}. What was left out is not judged."] if a.partial else []
    if a.subject.dirty:
        notes.append("The working tree has uncommitted changes: this is not exactly the commit named above.")
    if notes:
        yield '<div class="banner card" role="note">' + "".join(f"<p>{n}</p>" for n in notes) + "</div>"


def missing(a: Assessment, findings: Findings) -> Iterator[str]:
    """One card for each thing between the subject and the next level."""
    ahead = next_level(a)
    if ahead.level is None:
        return
    yield f'<section id="next" aria-labelledby="next-title"><h2 id="next-title">Missing for {ahead.level}</h2>'
    yield '<ol class="todo">'
    for task in ahead.tasks:
        yield '<li class="card">' + "".join(_todo(task, a.subject, findings)) + "</li>"
    yield from (f'<li class="card"><p>Limit of the profile: {text(w)}</p></li>' for w in ahead.withheld)
    if ahead.unseen:
        yield f'<li class="card"><p>Not looked at in this run: {text(", ".join(ahead.unseen))}</p></li>'
    yield "</ol>"
    if ahead.items == 1:
        yield f'<p class="last">This is the last item missing for {ahead.level}.</p>'
    yield "</section>"


def _todo(task: Task, subject: Subject, findings: Findings) -> Iterator[str]:
    r, d = task.result, task.result.definition
    also = tag(f"also for {', '.join(task.also)}" if task.also else "")
    waived = tag(f"waived until {r.waiver.until}") if r.waiver else ""
    yield f'<h3><a href="#{text(d.id)}">{text(d.id)}</a> {pill(r.outcome)} {strength(r)} {also}{waived}</h3>'
    yield f'<p class="soft">{text(d.text)}</p><p>{text(reason(r))}</p>'
    evidence = telling(r)
    if evidence:
        yield _places(by_weight(findings.of(evidence)), subject)
    yield f'<p class="do"><b>What to do:</b> {text(remedy(r))}</p>'


def _places(items: Sequence[Item], subject: Subject) -> str:
    located = [i for i in items if i.finding.location]
    if not located:
        return ""
    shown = [
        f"{spot(subject, i.finding.location)} {text(i.finding.message, 200)} {code(i.finding.rule)}"
        for i in located[:MAX_PLACES]
    ]
    if len(located) > MAX_PLACES:
        first = located[MAX_PLACES].id
        shown.append(f'<a href="#f-{first}">and {len(located) - MAX_PLACES:,} more</a>')
    return listed(shown, "places small")


def filters(a: Assessment) -> str:
    """The filter; hidden until the script that makes it work shows it."""
    counts = outcomes(a.results)
    boxes = "".join(
        f'<label><input type="checkbox" name="outcome" value="{o}">{pill(o)} {counts[o]}</label>'
        for o in _ORDER
        if counts[o]
    )
    return (
        '<form id="filter" class="filter card" role="search" aria-label="Filter verdicts and findings" hidden>'
        '<input type="search" name="q" placeholder="Filter by text, id, file, rule …" aria-label="Text to look for">'
        f"<fieldset><legend>Outcome</legend>{boxes}</fieldset>"
        '<output aria-live="polite"></output></form>'
    )


def criteria(a: Assessment, findings: Findings) -> Iterator[str]:
    """Every verdict with all it rests on; criteria with something open are unfolded."""
    yield '<section id="criteria" aria-labelledby="criteria-title"><h2 id="criteria-title">Verdicts by criterion</h2>'
    for criterion, members in by_criterion(a):
        if members:
            yield from _group(criterion, members, a.subject, findings)
    yield "</section>"


def _group(
    c: CriterionResult, members: Sequence[SubcriterionResult], subject: Subject, findings: Findings
) -> Iterator[str]:
    opened = " open" if c.outcome in (Outcome.FAILED, Outcome.ERROR) else ""
    level = tag(f"for {c.required_for}" if c.required_for else "")
    yield f'<details class="group card"{opened}><summary>{pill(c.outcome)}<h3>{text(c.id)} {text(c.title)}</h3>'
    yield f'{level} <span class="soft">{tally(members, c.missing)}</span></summary>'
    for result in members:
        yield from _item(result, subject, findings)
    yield "</details>"


def _item(r: SubcriterionResult, subject: Subject, findings: Findings) -> Iterator[str]:
    d = r.definition
    waived = tag("waived") if r.waiver else ""
    grade = tag(r.grade) if r.grade is not Grade.MEASURED else ""
    labels = " ".join(t for t in (strength(r), grade, waived) if t)
    yield f'<details class="item" id="{text(d.id)}" data-outcome="{r.outcome}"><summary>{pill(r.outcome)}'
    yield f'<span class="what"><b>{text(d.id)}</b> {text(d.text)}</span>{labels}</summary><div class="body">'
    yield f'<p class="soft">Why it matters: {text(d.why)}</p><ul class="proof">'
    for evidence in r.evidence:
        yield f'<li class="{evidence.outcome}">' + "".join(_evidence(evidence, subject, findings)) + "</li>"
    yield "</ul>"
    if r.waiver:
        owner = f" ({text(r.waiver.owner)})" if r.waiver.owner else ""
        yield f"<p>Waived until {r.waiver.until}{owner}: {text(r.waiver.reason)}</p>"
    if advice := _advice(r):
        yield f'<p class="do"><b>{advice[0]}:</b> {text(advice[1])}</p>'
    if d.references:
        yield f'<p class="small soft">See {", ".join(address(x) for x in d.references)}</p>'
    yield "</div></details>"


def _advice(r: SubcriterionResult) -> tuple[str, str] | None:
    """What comes next, with its heading. How to mend what nobody has seen to be broken is no advice."""
    if r.outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE):
        return None
    if r.outcome is Outcome.FAILED:
        return "What to do", remedy(r)
    evidence = telling(r)
    return ("How to find out", evidence.remedy) if evidence and evidence.remedy else None


def _evidence(e: Evidence, subject: Subject, findings: Findings) -> Iterator[str]:
    yield f"<p>{pill(e.outcome)} {text(e.message)}</p>"
    yield _places(by_weight(findings.of(e)), subject)
    if e.link:
        yield f"<p>{address(e.link)}</p>"
    facts = [f"check {code(e.check)}"] if e.check else []
    if e.tool:
        facts.append(f"tool {text(' '.join(part for part in (e.tool.name, e.tool.version) if part))}")
    facts += [GRADE_WORDS[e.grade]] if e.outcome in (Outcome.PASSED, Outcome.FAILED) else []
    seen = drawn(e)
    facts += [f"{text(name)} {text(str(value), 100)}" for name, value in metrics(e).items() if name not in seen]
    facts += [f"looked at {code(e.digest)}"] if e.digest else []
    yield f'<p class="meta">{" · ".join(facts)}</p>'
