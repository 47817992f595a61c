"""Two sets of predictions for the same rows: how much worse the one is, paired row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assaymark.api import FactUnavailable, Outcome
from assaymark_models import delong, formulas, metrics
from assaymark_models.bootstrap import How, Interval, of_cells, of_sums, together
from assaymark_models.measure import (
    MOST_CELLS,
    MOST_NUMBERS,
    Verdict,
    by_unit,
    columns_of,
    formula_of,
    held,
    metric_of,
    number,
    positives,
    stated,
)
from assaymark_models.sample import Sample


def loss(name: str, before: Sample, after: Sample, how: How) -> Interval:
    """How much worse ``after`` is than ``before`` in a metric (negative: better), with its interval."""
    metric = metric_of(name, before)
    if metric.of == "samples":
        raise FactUnavailable(f"{name} cannot be compared row by row", remedy="compare both with their thresholds")
    metric_of(name, after)
    worse, of = _worse(metric), {"boxes": _of_boxes, "confusion": _of_classes, "ranks": _of_ranks}
    found = of.get(metric.of, _of_sums)(metric, before, after, worse, how)
    one, other = stated(metric, before), stated(metric, after)
    value = None if one is None or other is None else float(worse(one, other))
    return held(metric, found, value, before.count)


def _of_sums(
    metric: metrics.Metric, before: Sample, after: Sample, worse: Callable[[Any, Any], Any], how: How
) -> Interval:
    one = list(together(columns_of(metric, before), before.unit))
    other = together(columns_of(metric, after), before.unit)
    width = len(one)

    def columns() -> Iterator[Any]:
        yield from one
        yield from other

    def statistic(sums: Any) -> Any:
        return worse(metric.formula(sums[:, :width]), metric.formula(sums[:, width:]))

    return of_sums(columns(), statistic, how)


def _worse(metric: metrics.Metric) -> Callable[[Any, Any], Any]:
    if metric.better == 0:
        return lambda before, after: abs(after) - abs(before)
    return lambda before, after: (before - after) * metric.better


def _of_boxes(
    metric: metrics.Metric, before: Sample, after: Sample, worse: Callable[[Any, Any], Any], how: How
) -> Interval:
    import numpy as np

    width = before.truth.shape[1]

    def statistic(sums: Any) -> Any:
        one, other = metric.formula(before.guess, sums[:, :width]), metric.formula(after.guess, sums[:, width:])
        return worse(one, other)

    return of_sums(np.concatenate([before.truth, after.truth], axis=1).T, statistic, how)


def _of_ranks(
    metric: metrics.Metric, before: Sample, after: Sample, worse: Callable[[Any, Any], Any], how: How
) -> Interval:
    """By the covariance of what each row adds; of rows that belong together, units are resampled."""
    import numpy as np

    positive = positives(before)
    if before.unit is None:
        return delong.difference(positive, before.probability, after.probability, how.confidence)
    tables = []
    for sample in (before, after):
        place, size = formulas.rank_places(sample.probability)
        tables.append(by_unit(place + np.where(positive > 0, size, 0), 2 * size, before.unit))
    width = tables[0].shape[1]

    def statistic(sums: Any) -> Any:
        return worse(metric.formula(sums[:, :width]), metric.formula(sums[:, width:]))

    return of_sums(np.concatenate(tables, axis=1).T, statistic, how)


def _of_classes(
    metric: metrics.Metric, before: Sample, after: Sample, worse: Callable[[Any, Any], Any], how: How
) -> Interval:
    import numpy as np

    labels = sorted({*before.labels, *after.labels})
    size = len(labels)
    one, other = (np.array([labels.index(x) for x in s.labels]) for s in (before, after))
    cells = (one[before.truth] * size + one[before.guess]) * size + other[after.guess]
    positive = None if before.positive is None else int(one[before.positive])
    statistic = formula_of(metric, replace(before, positive=positive))
    if size**3 > MOST_CELLS:
        return _of_many_classes(cells, size, statistic, worse, before.unit, how)

    def difference(counts: Any) -> Any:
        cube = counts.reshape(-1, size, size, size)
        first, second = (cube.sum(axis=a).reshape(-1, size * size) for a in (3, 2))
        return worse(statistic(first), statistic(second))

    if before.unit is not None:
        return of_sums(by_unit(cells, size**3, before.unit).T, difference, how)
    return of_cells(np.bincount(cells, minlength=size**3).astype(np.float64), difference, how)


def _of_many_classes(
    cells: Any, size: int, statistic: Callable[[Any], Any], worse: Callable[[Any, Any], Any], unit: Any, how: How
) -> Interval:
    """The same, of those combinations of truth and both predictions that occur: far fewer than there may be."""
    import numpy as np
    from scipy.sparse import csr_array

    seen, place = np.unique(cells, return_inverse=True)
    if len(seen) * how.resamples > MOST_NUMBERS:
        raise FactUnavailable(
            f"{len(seen):,} combinations of classes are too many to be compared row by row", remedy="merge classes"
        )
    truth, first, second = seen // size**2, seen // size % size, seen % size

    def totals(counts: Any, of: Any, weight: Any = None) -> Any:
        ones = np.ones(len(of)) if weight is None else weight.astype(np.float64)
        return counts @ csr_array((ones, (np.arange(len(of)), of)), shape=(len(of), size))

    def difference(counts: Any) -> Any:
        truths, n = totals(counts, truth), counts.sum(axis=1)
        found = [
            statistic(formulas.Totals(totals(counts, truth, guess == truth), truths, totals(counts, guess), n))
            for guess in (first, second)
        ]
        return worse(*found)

    if unit is not None:
        return of_sums(by_unit(place, len(seen), unit).T, difference, how)
    return of_cells(np.bincount(place).astype(np.float64), difference, how)


def judged(name: str, found: Interval, tolerance: float, how: How, count: int, least: int) -> Verdict:
    """Passed when even the bound is within the tolerance, failed when the other bound is beyond it, else unknown."""
    if not math.isfinite(found.point):
        return Verdict(Outcome.UNKNOWN, f"the change of {name} is not defined for these {count:,} {how.noun}", found)
    shown = f"{name} is {number(abs(found.point))} {'worse' if found.point > 0 else 'better or equal'}"
    if count < least:
        return Verdict(
            Outcome.UNKNOWN, f"{shown}, but {count:,} {how.noun} are fewer than {least}: too few to conclude"
        )
    if not math.isfinite(found.low) or not math.isfinite(found.high):
        return Verdict(Outcome.UNKNOWN, f"{shown}; no interval can be drawn", found)
    shown += f" ({how.confidence:.0%}: {number(found.low)} to {number(found.high)} worse; {count:,} {how.noun})"
    limit = f"tolerance {number(tolerance)}"
    if found.high <= tolerance:
        return Verdict(Outcome.PASSED, f"{shown}, within the {limit}", found)
    if found.low > tolerance:
        return Verdict(Outcome.FAILED, f"{shown}, beyond the {limit}", found)
    return Verdict(Outcome.UNKNOWN, f"{shown}: too few {how.noun} to tell whether that is within the {limit}", found)


def _size(found: Interval) -> tuple[float, float]:
    """The least and the largest distance from zero within an interval."""
    ends = abs(found.low), abs(found.high)
    return 0.0 if found.low <= 0 <= found.high else min(ends), max(ends)


def since(rule: Mapping[str, Any], before: Interval | None, now: Interval, day: str) -> Verdict:
    """Whether a metric on other rows is as good as before: failed when its whole interval is on the worse side."""
    name = str(rule["name"])
    if before is None or not all(map(math.isfinite, (before.low, before.high, now.low, now.high))):
        return Verdict(Outcome.UNKNOWN, f"{name} was not judged on {day}, or has no interval", now)
    shown = f"{name} was {number(before.point)} on {day} and is {number(now.point)}"
    if name == "bias" and "at-most" in rule:
        before_ends, now_ends = _size(before), _size(now)
    else:
        before_ends, now_ends = (before.low, before.high), (now.low, now.high)
    worse = now_ends[1] < before_ends[0] if "at-least" in rule else now_ends[0] > before_ends[1]
    if worse:
        return Verdict(Outcome.FAILED, f"{shown}: worse by more than chance", now)
    return Verdict(Outcome.PASSED, f"{shown}, not worse by more than chance", now)
