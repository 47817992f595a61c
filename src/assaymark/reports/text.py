"""The report on the console: what level, what is missing for the next one, and what to do about it.

Drawn by hand rather than with a rendering library, which would take longer to load than the whole static assessment.
Colour never carries meaning alone; without colour the text is ASCII but for what the project itself wrote.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from assaymark.ahead import Next, Task, next_level, on_trust, short_of
from assaymark.findings import (
    Findings,
    Item,
    by_criterion,
    by_reason,
    by_weight,
    in_change,
    notices,
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
    Requirement,
    Severity,
    SubcriterionResult,
)
from assaymark.wording import (
    LEVEL_WORDS,
    MARKS,
    OUTCOME_WORDS,
    PLAIN_MARKS,
    branch,
    count,
    log_safe,
    named,
    one_line,
    place,
)

Paint = Callable[[str, str], str]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "invert": "1;7"}
_OUTCOME_COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.UNKNOWN: "yellow",
    Outcome.ERROR: "red",
}
_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_MISSING, _PLACES, _FINDINGS, _UNKNOWN = 4, 3, 3, 4
_ROOM = 40  # characters that a message must have beside its place


def render(assessment: Assessment, *, colour: bool = False, width: int = 100, verbose: bool = False) -> str:
    """The report, with a newline at its end; ``verbose`` leaves nothing out."""
    paint = _painter(colour)
    findings = Findings(assessment)
    width = max(width, 40)
    blocks: list[Iterable[str]] = [
        _head(assessment, paint, width),
        _table(assessment, paint, colour, width),
        _next(assessment, findings, paint, width, verbose),
        _optional(assessment, width, verbose),
        _undetermined(assessment, paint, width, verbose),
        _found(findings, paint, width, verbose),
    ]
    if verbose:
        blocks.append(_everything(assessment, paint, colour, width))
    blocks.append(_tail(assessment, findings, paint, width, verbose))
    texts = ["\n".join(block) for block in blocks]
    return log_safe("\n\n".join(t for t in texts if t)) + "\n"


def _painter(colour: bool) -> Paint:
    if not colour:
        return lambda text, _style: text
    return lambda text, style: f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def _wrapped(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _head(a: Assessment, paint: Paint, width: int) -> Iterator[str]:
    subject = a.subject
    name = one_line(named(subject), 200)
    commit = f" @ {one_line(subject.commit)[:10]}" if subject.commit else ""
    ref = f" ({one_line(branch(subject), 60)})" if subject.ref else ""
    dirty = ", with uncommitted changes" if subject.dirty else ""
    yield paint(name, "bold") + commit + ref + dirty
    yield paint(f"profile {one_line(a.profile, 100)} {one_line(a.profile_version, 30)}, as of {a.as_of}", "dim")
    yield ""
    word = f" {LEVEL_WORDS[a.level].upper()} "
    beside = "; ".join(filter(None, (_distance(next_level(a)), on_trust(a))))
    yield "  " + paint(f"[{word}]", "invert") + "  " + beside
    if a.partial:
        said = f"Partial run: {'; '.join(one_line(p, 200) for p in a.partial)}. What was left out is not judged."
        yield from (paint(line, "yellow") for line in _wrapped(said, width, "  "))


def _distance(ahead: Next) -> str:
    if ahead.level is None:
        return "the highest level of the profile"
    if ahead.items == 1:
        return f"one item short of {ahead.level}"
    return f"{ahead.items} items short of {ahead.level}"


def _table(a: Assessment, paint: Paint, colour: bool, width: int) -> Iterator[str]:
    rows = [(c, members) for c, members in by_criterion(a) if members]
    ids = max((len(one_line(c.id)) for c, _ in rows), default=0)
    titles = min(max((len(one_line(c.title)) for c, _ in rows), default=0), max(width - ids - 60, 12))
    for criterion, members in rows:
        yield "  ".join(
            (
                "  " + _mark(criterion.outcome, paint, colour),
                one_line(criterion.id).ljust(ids),
                one_line(criterion.title, titles).ljust(titles),
                paint((f"for {criterion.required_for}" if criterion.required_for else "").ljust(10), "dim"),
                tally(members, criterion.missing),
            )
        ).rstrip()


def _mark(outcome: Outcome, paint: Paint, colour: bool) -> str:
    mark = MARKS[outcome] if colour else PLAIN_MARKS[outcome].ljust(4)
    return paint(mark, _OUTCOME_COLOURS[outcome])


def _next(a: Assessment, findings: Findings, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    ahead = next_level(a)
    if ahead.level is None:
        return
    yield paint(f"Missing for {ahead.level}", "bold")
    shown = ahead.tasks if verbose else _most_telling(ahead.tasks)[:_MISSING]
    for task in shown:
        yield from _missing(task, findings, paint, width, verbose)
    hidden = [t.result.definition.id for t in ahead.tasks if t not in shown]
    if hidden:
        yield from _wrapped(f"and {len(hidden)} more: {', '.join(hidden)}", width, "    ", "  ")
    if ahead.unseen:
        yield from _wrapped(f"not looked at in this run: {_ids(ahead.unseen, verbose)}", width, "    ", "  ")
    for limit in ahead.withheld:
        yield from _wrapped(f"limit of the profile: {one_line(limit)}", width, "    ", "  ")
    if ahead.items == 1:
        yield "  " + paint(f"This is the last item missing for {ahead.level}.", "green")
    beyond = _beyond(a, ahead)
    if beyond:
        yield from _wrapped(beyond, width, "    ", "  ")


def _most_telling(tasks: Sequence[Task]) -> list[Task]:
    """What can be mended first: known failures, then breakage, then what is merely not known."""
    rank = {Outcome.FAILED: 0, Outcome.ERROR: 1}
    return sorted(tasks, key=lambda t: rank.get(t.result.outcome, 2))


def _beyond(a: Assessment, ahead: Next) -> str:
    if ahead.level in (None, Level.GOLD) or Level.GOLD not in a.missing:
        return ""
    more = short_of(a, Level.GOLD).items - ahead.items
    return f"(gold needs {count(more, 'more item')})" if more > 0 else ""


def _missing(task: Task, findings: Findings, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    r = task.result
    waived = f", waived until {r.waiver.until}" if r.waiver else ""
    state = paint(f"{OUTCOME_WORDS[r.outcome]}{waived}", _OUTCOME_COLOURS[r.outcome])
    also = f", also for {', '.join(task.also)}" if task.also else ""
    yield f"  {paint(r.definition.id, 'bold')}{_strength(r)} {state}{also}"
    yield from _wrapped(one_line(reason(r), None if verbose else 240), width, "      ")
    places = _places(telling(r), findings, verbose)
    if places:
        yield from _wrapped(f"at: {places}", width, "          ", "      ")
    yield from _wrapped(f"do: {one_line(remedy(r), None if verbose else 300)}", width, "          ", "      ")


def _strength(r: SubcriterionResult, level: str = "") -> str:
    """`` (MUST, gold)``; empty when the standard has no keyword and no level asks for it."""
    keyword = "" if r.definition.requirement is Requirement.NONE else r.definition.requirement.value
    said = ", ".join(part for part in (keyword, level) if part)
    return f" ({said})" if said else ""


def _places(evidence: Evidence | None, findings: Findings, verbose: bool) -> str:
    located = [i for i in by_weight(findings.of(evidence)) if i.finding.location] if evidence else []
    shown = located if verbose else located[:_PLACES]
    text = ", ".join(dict.fromkeys(one_line(place(i.finding.location)) for i in shown))
    return text + (f" and {len(located) - len(shown):,} more" if len(located) > len(shown) else "")


def _ids(ids: Sequence[str], verbose: bool, limit: int = 8) -> str:
    if verbose or len(ids) <= limit:
        return ", ".join(ids)
    return f"{', '.join(ids[:limit])} and {len(ids) - limit} more"


def _optional(a: Assessment, width: int, verbose: bool) -> Iterator[str]:
    """Failures that stand in no level's way would else be lost in the counts."""
    ids = [r.definition.id for r in a.results if r.outcome is Outcome.FAILED and not r.required_for]
    if ids:
        yield from _wrapped(f"Failed, though no level asks for it: {_ids(ids, verbose)}", width, "  ", "")


def _undetermined(a: Assessment, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    """What is not known, by reason, so that one remedy for twenty items is said once."""
    unasked = 0
    open_ = [r for r in a.results if r.outcome in (Outcome.UNKNOWN, Outcome.ERROR)]
    if not verbose:
        shown = {i for t in _most_telling(next_level(a).tasks)[:_MISSING] for i in (t.result.definition.id, *t.also)}
        open_ = [r for r in open_ if r.definition.id not in shown]
        unasked = len(open_)
        open_ = [r for r in open_ if r.required_for] or open_
        unasked -= len(open_)
    ranked = by_reason(open_)
    if not ranked:
        return
    counts = outcomes(a.results)
    total = f"{counts[Outcome.UNKNOWN]} unknown, {count(counts[Outcome.ERROR], 'error')}"
    yield paint("Could not be determined", "bold") + f" ({total})"
    for _, said, advice, ids in ranked if verbose else ranked[:_UNKNOWN]:
        tip = f" -> {one_line(advice, None if verbose else 160)}" if advice else ""
        text = f"{_ids(ids, verbose, 6)}: {one_line(said, None if verbose else 160)}{tip}"
        yield from _wrapped(text, width, "      ", "  ")
    if not verbose and len(ranked) > _UNKNOWN:
        rest = sum(len(ids) for *_, ids in ranked[_UNKNOWN:])
        yield f"  and {count(rest, 'more item')} for {count(len(ranked) - _UNKNOWN, 'other reason')}"
    if unasked:
        yield f"  and {count(unasked, 'more item')} that no level asks for"


def _found(findings: Findings, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    if not findings:
        return
    counts = {s: sum(1 for i in findings if i.finding.severity is s) for s in Severity}
    detail = "; ".join(
        filter(None, (", ".join(count(n, s.value) for s, n in counts.items() if n), in_change(findings)))
    )
    first, *rest = _wrapped(f"Findings ({detail}): {_by_source(findings)}", width, "  ", "")
    yield first.replace("Findings", paint("Findings", "bold"), 1)
    yield from rest
    ranked = by_weight(findings)
    for item in _in_order(findings) if verbose else ranked[:_FINDINGS]:
        yield from _finding(item, paint, width, verbose)
    if not verbose and len(ranked) > _FINDINGS:
        yield f"  and {len(ranked) - _FINDINGS:,} more in {count(len(findings.by_file()), 'file')}"


def _in_order(findings: Findings) -> list[Item]:
    """All of them by place, those in files of the change first."""
    return sorted(findings, key=lambda item: not item.changed)


def _by_source(findings: Findings) -> str:
    sources: dict[str, int] = {}
    for item in findings:
        for source in item.sources:
            sources[source] = sources.get(source, 0) + 1
    ranked = sorted(sources.items(), key=lambda s: (-s[1], s[0]))
    text = ", ".join(f"{one_line(name, 60)} {n:,}" for name, n in ranked[:6])
    return text + (f" and {len(ranked) - 6} others" if len(ranked) > 6 else "")


def _finding(item: Item, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    f = item.finding
    where = one_line(place(f.location)) or "(no file)"
    severity = paint(f.severity, _SEVERITY_COLOURS[f.severity])
    waived = " (waived)" if item.waived else ""
    room = width - len(where) - len(f.rule) - 16
    if verbose or room >= _ROOM:
        yield f"  {where}: {severity} {one_line(f.rule, 80)}: {one_line(f.message, None if verbose else room)}{waived}"
    else:  # what a terminal would break anywhere
        yield f"  {where}: {severity} {one_line(f.rule, 80)}{waived}"
        yield f"      {one_line(f.message, width - 6)}"
    if verbose and f.fix:
        yield from _wrapped(f"fix: {one_line(f.fix)}", width, "      ")


def _everything(a: Assessment, paint: Paint, colour: bool, width: int) -> Iterator[str]:
    for criterion, members in by_criterion(a):
        yield paint(_title(criterion), "bold")
        for result in members:
            yield from _verdict(result, paint, colour, width)


def _title(criterion: CriterionResult) -> str:
    return f"{one_line(criterion.id)} {one_line(criterion.title)}"


def _verdict(r: SubcriterionResult, paint: Paint, colour: bool, width: int) -> Iterator[str]:
    yield from _wrapped(
        f"{r.definition.id}{_strength(r, r.required_for or '')} {one_line(r.definition.text)}",
        width,
        "        ",
        f"  {_mark(r.outcome, paint, colour)} ",
    )
    for evidence in r.evidence:
        grade = "" if evidence.grade is Grade.MEASURED else f" [{evidence.grade}]"
        text = f"{OUTCOME_WORDS[evidence.outcome]}: {one_line(evidence.message)}{grade}{_by(evidence)}"
        yield from _wrapped(text, width, "          ", "        ")
        if evidence.remedy and evidence.outcome is not Outcome.PASSED:
            yield from _wrapped(f"do: {one_line(evidence.remedy)}", width, "            ", "          ")
    if r.waiver:
        yield from _wrapped(
            f"waived until {r.waiver.until}: {one_line(r.waiver.reason)}", width, "          ", "        "
        )


def _by(evidence: Evidence) -> str:
    if evidence.tool is None:
        return ""
    return f" ({' '.join(one_line(part) for part in (evidence.tool.name, evidence.tool.version) if part)})"


def _tail(a: Assessment, findings: Findings, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    for notice in notices(a):
        yield from _wrapped(f"Note: {one_line(notice.message, None if verbose else 300)}", width, "  ")
    waived = [r for r in a.results if r.waiver]
    parts = [tally(a.results)]
    if waived:
        last = min(r.waiver.until for r in waived if r.waiver)
        parts.append(f"{len(waived)} waived (the first until {last})")
    yield "; ".join(p for p in parts if p)
    if not verbose:
        yield paint("More: --verbose, --format html, or --output DIR for all reports; assaymark explain ID", "dim")
