"""Pictures of numbers that checks measured: calibration, residuals, confusion, groups, history.

A check draws by the names of its metrics, whatever it is about:

``bin NNN rows|probability|positives``            how often what was predicted with a probability came true
``residual NN value|median|low|high``             errors over the predicted value
``confusion T / P``                               rows of class T that were taken for P
``COLUMN=GROUP METRIC`` with ``… low``, ``… high``    a metric of each group with its interval
``history METRIC NNN day|value|low|high``         a metric over time

Every picture says in words what it shows, and the numbers themselves stand in ``assessment.json``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assaymark.findings import metrics
from assaymark.model import Assessment, Evidence
from assaymark.records import NamedTuple
from assaymark.reports.html.parts import text

Numbers = Mapping[str, str | int | float | bool]
MOST_ROWS, MOST_PICTURES = 30, 60
_PARTS = re.compile(r"(bin|residual|history (?P<metric>.+)) (?P<at>\d{2,4}) (?P<part>[a-z]+)")
_CELL = re.compile(r"confusion (.+) / (.+)")
_GROUP = re.compile(r"(?P<by>[^=]+)=(?P<group>.+) (?P<metric>[a-z0-9-]+)")
_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 420.0, 260.0, 72.0, 12.0, 12.0, 40.0


class Picture(NamedTuple):
    """A drawing with its title; ``says`` is what it shows in words."""

    title: str
    says: str
    svg: str


def drawn(evidence: Evidence) -> frozenset[str]:
    """The names of the metrics that a picture shows, so that they need not be listed too."""
    return frozenset(n for n in evidence.metrics if _PARTS.fullmatch(n) or _CELL.fullmatch(n) or _in_group(n))


def _in_group(name: str) -> bool:
    return bool(_GROUP.fullmatch(re.sub(" (low|high)$", "", name)))


def section(a: Assessment) -> Iterator[str]:
    """All pictures of an assessment; nothing where there is none."""
    found = list(_all(a))[:MOST_PICTURES]
    if not found:
        return
    yield '<section id="pictures" aria-labelledby="pictures-title"><h2 id="pictures-title">Pictures</h2>'
    yield '<div class="pictures">'
    for id, picture in found:
        yield f'<figure class="card">{picture.svg}<figcaption><b>{text(picture.title, 120)}</b> '
        yield f'{text(picture.says, 400)} <a href="#{text(id)}">{text(id)}</a></figcaption></figure>'
    yield "</div></section>"


def any_in(a: Assessment) -> bool:
    """Whether there is anything to be drawn."""
    return next(_all(a), None) is not None


def _all(a: Assessment) -> Iterator[tuple[str, Picture]]:
    for result in a.results:
        for evidence in result.evidence:
            yield from ((result.definition.id, picture) for picture in of(evidence))


def of(evidence: Evidence) -> list[Picture]:
    """The pictures of one piece of evidence."""
    numbers = metrics(evidence)
    if not drawn(evidence):
        return []
    series = _series(numbers)
    found = [_history(name.removeprefix("history "), rows) for name, rows in series.items() if name[:8] == "history "]
    found += [_calibration(series["bin"])] if "bin" in series else []
    found += [_residuals(series["residual"])] if "residual" in series else []
    found += [_confusion(numbers), *_groups(numbers)]
    return [picture for picture in found if picture is not None]


def _series(numbers: Numbers) -> dict[str, list[dict[str, object]]]:
    """``name NN part`` as rows by name, in the order of their numbers."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for name, value in numbers.items():
        if match := _PARTS.fullmatch(name):
            found.setdefault(match[1], {}).setdefault(match["at"], {})[match["part"]] = value
    return {name: [rows[at] for at in sorted(rows)] for name, rows in found.items()}


@dataclass(frozen=True, slots=True)
class _Axes:
    """From numbers to places on the paper."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        low, high = self.x
        return round(_LEFT + (value - low) / (high - low) * (_WIDE - _LEFT - _RIGHT), 1)

    def up(self, value: float) -> float:
        low, high = self.y
        return round(_HIGH - _BOTTOM - (value - low) / (high - low) * (_HIGH - _TOP - _BOTTOM), 1)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _numbers(rows: Sequence[Mapping[str, object]], *parts: str) -> list[list[float]] | None:
    """The parts of all rows as numbers; None when one of them is missing or is no number."""
    out: list[list[float]] = []
    for part in parts:
        values = [row.get(part) for row in rows]
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            return None
        out.append([float(v) for v in values])  # type: ignore[arg-type]
    return out


def _frame(axes: _Axes, below: str, beside: str, ticks: Sequence[tuple[float, str]] | None = None) -> str:
    """Axes with numbers at their ends and middles, and what they are."""
    out = [f'<path class="axis" d="M{_LEFT} {_TOP}V{_HIGH - _BOTTOM}H{_WIDE - _RIGHT}"/>']
    high, wide = axes.y[1] - axes.y[0], axes.x[1] - axes.x[0]
    for share in (0.0, 0.5, 1.0):
        value = axes.y[0] + share * high
        out.append(f'<text x="{_LEFT - 6}" y="{axes.up(value) + 4:.1f}" text-anchor="end">{_short(value, high)}</text>')
        value = axes.x[0] + share * wide
        if ticks is None:
            anchor = ("start", "middle", "end")[round(share * 2)]
            y = _HIGH - _BOTTOM + 15
            out.append(f'<text x="{axes.across(value)}" y="{y}" text-anchor="{anchor}">{_short(value, wide)}</text>')
    for at, label in ticks or ():
        anchor = "end" if at == axes.x[1] else "middle"
        out.append(
            f'<text x="{axes.across(at)}" y="{_HIGH - _BOTTOM + 15}" text-anchor="{anchor}">{text(label, 12)}</text>'
        )
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    out.append(f'<text class="name" x="{middle}" y="{_HIGH - 6}" text-anchor="middle">{text(below, 60)}</text>')
    out.append(
        f'<text class="name" transform="translate(12 {(_TOP + _HIGH - _BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{text(beside, 40)}</text>'
    )
    return "".join(out)


def _short(value: float, width: float = math.inf) -> str:
    """Three digits, or as many as tell apart what lies within this width."""
    close = abs(value) / width if width > 0 else 0.0
    digits = 2 + math.floor(math.log10(close)) if 0 < close < math.inf else 3
    return f"{value:.{min(7, max(3, digits))}g}"


def _svg(body: str, says: str, high: float = _HIGH) -> str:
    return f'<svg viewBox="0 0 {_WIDE:g} {high:g}" role="img" aria-label="{text(says, 400)}">{body}</svg>'


def _line(points: Sequence[tuple[float, float]], kind: str) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _band(axes: _Axes, at: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    there = [(axes.across(x), axes.up(y)) for x, y in zip(at, high, strict=True)]
    back = [(axes.across(x), axes.up(y)) for x, y in zip(at, low, strict=True)]
    points = " ".join(f"{x},{y}" for x, y in [*there, *reversed(back)])
    return f'<polygon class="band" points="{points}"/>'


def _dots(axes: _Axes, at: Sequence[float], values: Sequence[float]) -> str:
    return "".join(
        f'<circle class="dot" cx="{axes.across(x)}" cy="{axes.up(y)}" r="3.5"/>'
        for x, y in zip(at, values, strict=True)
    )


def _calibration(rows: Sequence[Mapping[str, object]]) -> Picture | None:
    found = _numbers(rows, "probability", "positives", "rows")
    if found is None:
        return None
    at, hits, sizes = found
    axes = _Axes((0, 1), (0, 1))
    ideal = _line([(axes.across(0), axes.up(0)), (axes.across(1), axes.up(1))], "ideal")
    curve = _line([(axes.across(x), axes.up(y)) for x, y in zip(at, hits, strict=True)], "line")
    most = max(sizes) or 1
    bars = "".join(
        f'<rect class="bar" x="{axes.across(x) - 4:.1f}" y="{_HIGH - _BOTTOM - 30 * n / most:.1f}" width="8" '
        f'height="{30 * n / most:.1f}"/>'
        for x, n in zip(at, sizes, strict=True)
    )
    off = max(range(len(at)), key=lambda i: abs(at[i] - hits[i]) * sizes[i])
    says = (
        f"Share that came true over the predicted probability; on the dashed line both are equal. "
        f"Where it matters most, {_short(at[off])} was predicted and {_short(hits[off])} came true."
    )
    body = _frame(axes, "predicted probability", "came true") + bars + ideal + curve + _dots(axes, at, hits)
    return Picture("Calibration.", says, _svg(body, f"Calibration. {says}"))


def _residuals(rows: Sequence[Mapping[str, object]]) -> Picture | None:
    found = _numbers(rows, "value", "median", "low", "high")
    if found is None:
        return None
    at, middle, low, high = found
    farthest = max(map(abs, [*low, *high]))
    axes = _Axes(_range(at), _range([-farthest, farthest]))
    zero = _line([(axes.across(axes.x[0]), axes.up(0)), (axes.across(axes.x[1]), axes.up(0))], "ideal")
    curve = _line([(axes.across(x), axes.up(y)) for x, y in zip(at, middle, strict=True)], "line")
    worst = max(range(len(at)), key=lambda i: abs(middle[i]))
    says = (
        "Prediction minus truth over the predicted value: median, and the band that holds nine of ten rows. "
        f"The median is farthest from zero, {_short(middle[worst])}, at {_short(at[worst])}."
    )
    body = _frame(axes, "predicted value", "residual") + _band(axes, at, low, high) + zero + curve
    return Picture("Residuals.", says, _svg(body + _dots(axes, at, middle), f"Residuals. {says}"))


def _history(name: str, rows: Sequence[Mapping[str, object]]) -> Picture | None:
    found = _numbers(rows, "value", "low", "high")
    if found is None or len(rows) < 2:
        return None
    values, low, high = found
    at = [float(i) for i in range(len(rows))]
    axes = _Axes((0, max(1.0, at[-1])), _range([*low, *high, *values]))
    days = [str(row.get("day", "")) for row in rows]
    ticks = [(0.0, days[0]), (at[-1], days[-1])]
    curve = _line([(axes.across(x), axes.up(y)) for x, y in zip(at, values, strict=True)], "line")
    first, now = (_short(v, axes.y[1] - axes.y[0]) for v in (values[0], values[-1]))
    says = f"{name} at {len(rows)} validations with its intervals: {first} at first, {now} now."
    body = _frame(axes, "validation", name, ticks) + _band(axes, at, low, high) + curve + _dots(axes, at, values)
    return Picture(f"History of {name}.", says, _svg(body, f"History. {says}"))


def _confusion(numbers: Numbers) -> Picture | None:
    cells = {(m[1], m[2]): v for n, v in numbers.items() if (m := _CELL.fullmatch(n)) and isinstance(v, int)}
    names = sorted({t for t, _ in cells} | {p for _, p in cells}, key=lambda n: (len(n) if n.isdecimal() else 0, n))
    if not names or len(cells) != len(names) ** 2 or len(names) > MOST_ROWS:
        return None
    left, top = 92.0, 34.0
    side = min(56.0, (_WIDE - left - _RIGHT) / len(names))
    totals = {t: sum(cells[t, p] for p in names) or 1 for t in names}
    out = [f'<text class="name" x="{left}" y="12">predicted</text><text class="name" x="4" y="12">truth</text>']
    for column, name in enumerate(names):
        x = left + (column + 0.5) * side
        out.append(f'<text x="{x:.1f}" y="28" text-anchor="middle">{text(name, max(2, int(side / 7)))}</text>')
    for row, truth in enumerate(names):
        y = top + row * side
        out.append(f'<text x="{left - 6}" y="{y + side / 2 + 4:.1f}" text-anchor="end">{text(truth, 12)}</text>')
        for column, guess in enumerate(names):
            share = cells[truth, guess] / totals[truth]
            kind = "right" if truth == guess else "wrong"
            x = left + column * side
            out.append(
                f'<rect class="cell {kind}" x="{x:.1f}" y="{y:.1f}" width="{side - 2:.1f}" height="{side - 2:.1f}" '
                f'fill-opacity="{share * 0.5:.2f}"/>'
            )
            if side > 24:
                out.append(
                    f'<text class="name" x="{x + side / 2 - 1:.1f}" y="{y + side / 2 + 3:.1f}" text-anchor="middle">'
                    f"{cells[truth, guess]:,}</text>"
                )
    right = sum(cells[n, n] for n in names)
    says = f"Rows by true and predicted class; {right:,} of {sum(cells.values()):,} are right."
    wrong = max(((t, p) for t, p in cells if t != p), key=lambda k: cells[k], default=None)
    if wrong and cells[wrong]:
        says += f" Most often {wrong[0]} is taken for {wrong[1]}: {cells[wrong]:,} times."
    return Picture("Confusion.", says, _svg("".join(out), f"Confusion. {says}", top + side * len(names) + 6))


def _groups(numbers: Numbers) -> Iterator[Picture]:
    """One picture for each pair of a column and a metric: a dot with its interval for each group."""
    found: dict[tuple[str, str], list[tuple[str, float, float, float]]] = {}
    for name, value in numbers.items():
        match = _GROUP.fullmatch(name)
        ends = (value, numbers.get(f"{name} low"), numbers.get(f"{name} high"))
        if match and all(isinstance(v, int | float) and not isinstance(v, bool) for v in ends):
            row = (match["group"], *(float(v) for v in ends))  # type: ignore[arg-type]
            found.setdefault((match["by"], match["metric"]), []).append(row)  # type: ignore[arg-type]
    for (by, metric), rows in found.items():
        yield _of_groups(by, metric, rows)


def _of_groups(by: str, metric: str, rows: Sequence[tuple[str, float, float, float]]) -> Picture:
    shown = rows[:MOST_ROWS]
    left, line = 120.0, 22.0
    low, high = _range([v for row in shown for v in row[1:]])

    def across(value: float) -> float:
        return round(left + (value - low) / (high - low) * (_WIDE - left - _RIGHT), 1)

    bottom = 10 + line * len(shown)
    out = [f'<path class="axis" d="M{left} 4V{bottom}H{_WIDE - _RIGHT}"/>']
    for i, (group, value, least, most) in enumerate(shown):
        y = 10 + line * (i + 0.5)
        out.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{text(group, 16)}</text>')
        out.append(f'<path class="whisker" d="M{across(least)} {y}H{across(most)}"/>')
        out.append(f'<circle class="dot" cx="{across(value)}" cy="{y}" r="4"/>')
    for value, anchor in ((low, "start"), (high, "end")):
        out.append(
            f'<text x="{across(value)}" y="{bottom + 15}" text-anchor="{anchor}">{_short(value, high - low)}</text>'
        )
    middle = (left + _WIDE - _RIGHT) / 2
    out.append(f'<text class="name" x="{middle}" y="{bottom + 15}" text-anchor="middle">{text(metric, 40)}</text>')
    ends = (min(shown, key=lambda r: r[1]), max(shown, key=lambda r: r[1]))
    says = (
        f"{metric} of each {by} with its interval, from {_short(ends[0][1], high - low)} ({ends[0][0]}) "
        f"to {_short(ends[1][1], high - low)} ({ends[1][0]})."
    ) + (f" {len(rows) - MOST_ROWS:,} more groups are not drawn." if len(rows) > MOST_ROWS else "")
    return Picture(f"Groups of {by}.", says, _svg("".join(out), f"Groups. {says}", bottom + 24))
