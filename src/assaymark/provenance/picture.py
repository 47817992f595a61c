"""Pictures for people: one assessment as a flow from source to verdict, and a history as a line of levels.

Plain SVG of our own, without scripts, fonts or addresses to fetch; readable by a screen reader, light and dark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from assaymark.provenance.account import Account, Work
from assaymark.provenance.milestones import LEVELS, Milestone, Move
from assaymark.wording import count, one_line

_STYLE = """
:root{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--card:#f6f8fa;--passed:#1a7f37;--failed:#cf222e;
--unknown:#9a6700;--error:#8250df;--none:#818b98;--bronze:#a45a1c;--silver:#6e7781;--gold:#b58407}
@media (prefers-color-scheme:dark){:root{--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--card:#151b23;
--passed:#3fb950;--failed:#f85149;--unknown:#d29922;--error:#ab7df8;--none:#656c76;--bronze:#d1844a;--silver:#b1bac4;
--gold:#e3b341}}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink)}
.soft{fill:var(--soft)}.small{font-size:11px}.head{font-size:15px;font-weight:600}.card{fill:var(--card);stroke:var(--line)}
.named{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.edge{fill:none;stroke:var(--line);stroke-width:1.5}.paper{fill:var(--paper)}
"""
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
    parts = [_card(20, middle - 60, 210, 120), *_source(account, middle)]
    one, two = (middle - _ROW * (len(rows) - 1) / 2 for rows in (tools, criteria))
    parts += _column(340, one, "Looked at by", tools)
    parts += _column(600, two, judged, criteria)
    parts += _edges(middle, [one + _ROW * i for i in range(len(tools))], [two + _ROW * i for i in range(len(criteria))])
    parts += [
        _card(840, middle - 45, 150, 90),
        _text(915, middle - 15, account.verdict, "head", anchor="middle", fill=f"var(--{_level(account.verdict)})"),
        _text(915, middle + 8, "partial" if account.partial else account.work.value, "soft", anchor="middle"),
        _text(915, middle + 26, f"report {(account.report.sha256 or '')[:12]}", "soft small", anchor="middle"),
    ]
    return _svg(1010, int(height), title, _description(account), parts)


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
    parts += [_text(left - 12, y[x] + 4, x, "soft", anchor="end") for x in LEVELS]
    if at:
        parts.append(f'<path class="edge" style="stroke:var(--soft)" d="{_stairs(at)}"/>')
    parts += _dots(milestones, moves, at)
    changes = sum(bool(move.rise) for move in moves)
    told = f"{count(len(milestones), 'assessment')}; the level moved {count(changes, 'time')}."
    return _svg(width, top + step * 3 + 70, f"Levels of {name}", told, parts)


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
        yield f"<circle {dot}><title>{_xml(tip)}</title></circle>"
        named = move is None or move.rise or milestone is milestones[-1]
        if named and x - last_label > 80:
            labels.append(_text(x, y - 12, milestone.commit[:7], "small named", anchor="middle"))
            labels.append(_text(x, 235, milestone.day, "soft small", anchor="middle"))
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
    yield _text(35, middle - 36, _short(subject.name, 30), "head")
    yield _text(35, middle - 14, f"commit {subject.commit[:12]}" if subject.commit else "no commit", "small")
    for number, plan in enumerate(account.plans[:3]):
        digest = (plan.sha256 or "")[:10]
        yield _text(35, middle + 6 + 18 * number, f"{_short(plan.name, 22)} {digest}", "soft small")


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
    yield _text(x, top - 24, title, "soft")
    for number, (name, counts) in enumerate(rows):
        y = top + _ROW * number
        yield _text(x, y + 4, _short(name, 20), "")
        yield from _bar(x + 130, y - 5, counts)


def _bar(x: float, y: float, counts: Counter[str]) -> Iterator[str]:
    total, width, at = sum(counts.values()), 70.0, x
    told = ", ".join(f"{counts[o]} {o}" for o in _ORDER if counts[o])
    yield f"<g><title>{_xml(told)}</title>"
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


def _level(verdict: str) -> str:
    return verdict if verdict in LEVELS else _VERDICTS.get(verdict, "none")


def _svg(width: int, height: int, title: str, description: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="t d"><title id="t">{_xml(title)}</title><desc id="d">{_xml(description)}</desc>'
        f'<style>{_STYLE}</style><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--line)"/></marker></defs>'
        f'<rect class="paper" width="{width}" height="{height}"/>'
    )
    return head + _text(20, 36, title, "head") + _text(20, 56, description, "soft small") + "".join(parts) + "</svg>\n"


def _card(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="card" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'


def _text(x: float, y: float, text: str, style: str, *, anchor: str = "start", fill: str = "") -> str:
    paint = f' style="fill:{fill}"' if fill else ""
    return f'<text x="{x:g}" y="{y:g}" class={quoteattr(style)} text-anchor="{anchor}"{paint}>{_xml(text)}</text>'


def _xml(text: str) -> str:
    return escape(one_line(text))


def _short(text: str, length: int) -> str:
    text = one_line(text)
    return text if len(text) <= length else text[: length - 1] + "…"
