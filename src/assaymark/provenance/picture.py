"""Pictures for people: one assessment as a flow from source to verdict, and a history as a line of levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assaymark.provenance.account import Account, Work
from assaymark.provenance.milestones import LEVELS, Milestone, Move
from assaymark.provenance.paper import card, escaped, sheet, short, text
from assaymark.wording import count

_COLOURS = {"passed": "passed", "failed": "failed", "unknown": "unknown", "error": "error", "not-applicable": "none"}
_VERDICTS = {"valid": "passed", "passed": "passed", "invalid": "failed", "failed": "failed", "undetermined": "unknown"}
_ORDER = ("failed", "error", "unknown", "passed", "not-applicable")
_ROW = 22


def assessment(account: Account) -> str:
    """One assessment: what went in on the left, every tool in the middle, criteria and level on the right."""
    tools = _by_tool(account)
    judged = "Documents" if account.work is Work.VALIDATION else "Criteria"
    criteria = _by_criterion(account)
    height = max(140 + _ROW * max(len(tools), len(criteria)), 260)
    middle = (height + 70) / 2
    name = account.subject.name
    title = f"How {name} reached {account.verdict}" if account.verdict in LEVELS else f"{name}: {account.verdict}"
    parts = [card(20, middle - 60, 210, 120), *_source(account, middle)]
    one, two = (middle - _ROW * (len(rows) - 1) / 2 for rows in (tools, criteria))
    parts += _column(340, one, "Looked at by", tools)
    parts += _column(600, two, judged, criteria)
    parts += _edges(middle, [one + _ROW * i for i in range(len(tools))], [two + _ROW * i for i in range(len(criteria))])
    parts += [
        card(840, middle - 45, 150, 90),
        text(915, middle - 15, account.verdict, "head", anchor="middle", fill=f"var(--{colour_of(account.verdict)})"),
        text(915, middle + 8, "partial" if account.partial else account.work.value, "soft", anchor="middle"),
        text(915, middle + 26, f"report {(account.report.sha256 or '')[:12]}", "soft small", anchor="middle"),
    ]
    return sheet(1010, int(height), title, _description(account), parts)


def history(name: str, milestones: Sequence[Milestone], moves: Sequence[Move] = ()) -> str:
    """The levels along a history, oldest on the left; a dot per assessment, named where the level moved."""
    width = 1010
    left, right, top, step = 80, 970, 92, 40
    y = {level: top + step * (3 - rank) for rank, level in enumerate(LEVELS)}
    number = max(len(milestones) - 1, 1)
    at = [
        (left + (right - left) * (i / number if len(milestones) > 1 else 0.5), y[m.level])
        for i, m in enumerate(milestones)
    ]
    parts = [
        f'<line class="edge" x1="{left}" x2="{right}" y1="{y[x]}" y2="{y[x]}" stroke-dasharray="2 4"/>' for x in LEVELS
    ]
    parts += [text(left - 12, y[x] + 4, x, "soft", anchor="end") for x in LEVELS]
    if at:
        parts.append(f'<path class="edge" style="stroke:var(--soft)" d="{_stairs(at)}"/>')
    parts += _dots(milestones, moves, at)
    changes = sum(bool(move.rise) for move in moves)
    told = f"{count(len(milestones), 'assessment')}; the level moved {count(changes, 'time')}."
    return sheet(width, top + step * 3 + 70, f"Levels of {name}", told, parts)


def _dots(milestones: Sequence[Milestone], moves: Sequence[Move], at: Sequence[tuple[float, float]]) -> Iterator[str]:
    by_after = {id(move.after): move for move in moves}
    radius = 4.5 if len(milestones) <= 120 else 2
    last_label = -1000.0
    labels = []
    for milestone, (x, y) in zip(milestones, at, strict=True):
        move = by_after.get(id(milestone))
        tip = f"{milestone.commit[:10]} {milestone.day}: {milestone.level}"
        if move and move.better:
            tip += f"; better: {', '.join(move.better)}"
        if move and move.worse:
            tip += f"; worse: {', '.join(move.worse)}"
        dot = f'cx="{x:.1f}" cy="{y}" r="{radius}" fill="var(--{milestone.level})"'
        yield f"<circle {dot}><title>{escaped(tip)}</title></circle>"
        named = move is None or move.rise or milestone is milestones[-1]
        if named and x - last_label > 80:
            labels.append(text(x, y - 12, milestone.commit[:7], "small named", anchor="middle"))
            labels.append(text(x, 235, milestone.day, "soft small", anchor="middle"))
            last_label = x
    yield from labels  # above the line and the dots


def _stairs(at: Sequence[tuple[float, float]]) -> str:
    """A level holds until the next assessment says otherwise."""
    path = [f"M{at[0][0]:.1f} {at[0][1]}"]
    for (x, y), (_, before) in zip(at[1:], at, strict=False):
        path.append(f"H{x:.1f}" if y == before else f"H{x:.1f}V{y}")
    return "".join(path)


def _source(account: Account, middle: float) -> Iterator[str]:
    subject = account.subject
    yield text(35, middle - 36, short(subject.name, 30), "head")
    yield text(35, middle - 14, f"commit {subject.commit[:12]}" if subject.commit else "no commit", "small")
    for number, plan in enumerate(account.plans[:3]):
        digest = (plan.sha256 or "")[:10]
        yield text(35, middle + 6 + 18 * number, f"{short(plan.name, 22)} {digest}", "soft small")


def _by_tool(account: Account) -> list[tuple[str, Counter[str]]]:
    counts: dict[str, Counter[str]] = {}
    for step in account.steps:
        tool = f"{step.tool.name} {step.tool.version or ''}".strip() if step.tool else f"assaymark {account.version}"
        tool = tool.removeprefix("assaymark ") if account.work is Work.VALIDATION else tool
        counts.setdefault(tool, Counter())[step.outcome] += 1
    return sorted(counts.items(), key=lambda item: (not item[0].startswith("assaymark"), item[0]))


def _by_criterion(account: Account) -> list[tuple[str, Counter[str]]]:
    counts: dict[str, Counter[str]] = {}
    for result in account.results:
        group = result.id.partition(":")[0] if account.work is Work.VALIDATION else result.id.rstrip("0123456789.")
        counts.setdefault(group, Counter())[result.outcome] += 1
    return list(counts.items())


def _column(x: int, top: float, title: str, rows: Sequence[tuple[str, Counter[str]]]) -> Iterator[str]:
    yield text(x, top - 24, title, "soft")
    for number, (name, counts) in enumerate(rows):
        y = top + _ROW * number
        yield text(x, y + 4, short(name, 20), "")
        yield from _bar(x + 130, y - 5, counts)


def _bar(x: float, y: float, counts: Counter[str]) -> Iterator[str]:
    total, width, at = sum(counts.values()), 70.0, x
    told = ", ".join(f"{counts[o]} {o}" for o in _ORDER if counts[o])
    yield f"<g><title>{escaped(told)}</title>"
    for outcome in _ORDER:
        if counts[outcome]:
            part = width * counts[outcome] / total
            yield f'<rect x="{at:.1f}" y="{y}" width="{part:.1f}" height="10" fill="var(--{_COLOURS[outcome]})"/>'
            at += part
    yield "</g>"


def _edges(middle: float, tools: Sequence[float], criteria: Sequence[float]) -> Iterator[str]:
    for y in tools:
        yield f'<path class="edge" d="M230 {middle}C285 {middle} 285 {y} 332 {y}"/>'
    yield f'<path class="edge" d="M550 {middle}H588" marker-end="url(#tip)"/>'
    for y in criteria:
        yield f'<path class="edge" d="M808 {y}C825 {y} 825 {middle} 840 {middle}"/>'


def _description(account: Account) -> str:
    counts = Counter(result.outcome for result in account.results)
    told = ", ".join(f"{counts[o]} {o}" for o in _ORDER if counts[o])
    commit = account.subject.commit or "unknown"
    return f"{count(len(account.steps), 'check')} of commit {commit}: {told or 'nothing'}. Verdict: {account.verdict}."


def colour_of(verdict: str) -> str:
    """The name of the colour in which a verdict is drawn."""
    return verdict if verdict in LEVELS else _VERDICTS.get(verdict, "none")
