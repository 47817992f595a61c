"""A metric of a sample with its interval, and what follows for a threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from assaymark.api import FactUnavailable, Outcome
from assaymark_models import metrics
from assaymark_models.bootstrap import How, Interval, of_cells, of_samples, of_sums, together
from assaymark_models.manifest import Manifest
from assaymark_models.sample import Sample

MOST_CELLS, MOST_NUMBERS = 100_000, 50_000_000
LEAST_OF_A_CLASS = 20  # rows of each class on which a metric rests; with fewer, intervals hold too seldom


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule comes to, in one sentence."""

    outcome: Outcome
    message: str
    interval: Interval | None = None


def how_of(manifest: Manifest) -> How:
    """How intervals are drawn, as the manifest says."""
    get = manifest.get
    noun = "units" if get("statistics", "unit") else "blocks" if get("statistics", "block") else "rows"
    return How(
        seed=get("statistics", "seed", 0),
        resamples=get("statistics", "resamples", 1000),
        confidence=get("statistics", "confidence", 0.95),
        method=get("statistics", "method", "bca"),
        noun="images" if manifest.task == "detection" else noun,
    )


def least_of(manifest: Manifest) -> int:
    """Rows, or units, below which nothing is concluded."""
    return int(manifest.get("statistics", "minimum", 30))


_KINDS = {
    "classes": ("confusion", "ranks", "probability"),
    "values": ("values", "beside"),
    "samples": ("samples",),
    "boxes": ("boxes",),
}
_ROLES = {
    "baseline": "baseline in [reference]",
    "ensemble": "ensemble in [predictions]",
    "lower": "lower in [predictions]",
    "upper": "upper in [predictions]",
}


def metric_of(name: str, sample: Sample) -> metrics.Metric:
    """A metric that this sample can be judged by. Raises FactUnavailable when it cannot."""
    metric = metrics.METRICS.get(name)
    if sample.kind == "boxes":
        from assaymark_models.detection import METRICS

        metric = METRICS.get(name)
    if metric is None or metric.of not in _KINDS[sample.kind]:
        raise FactUnavailable(f"{name} is no metric of {sample.kind}", remedy="choose one of the task")
    lacking = [role for role in metric.needs if role not in sample.beside]
    if lacking:
        raise FactUnavailable(f"{name} needs {lacking[0]}", remedy=f"name its column: {_ROLES[lacking[0]]}")
    if metric.of in ("ranks", "probability"):
        if sample.probability is None:
            raise FactUnavailable(
                f"{name} needs probabilities", remedy="name their column: probability in [predictions]"
            )
        if sample.positive is None or len(sample.labels) != 2:
            raise FactUnavailable(f"{name} needs two classes", remedy="name the positive one: positive in [reference]")
    return metric


def interval_of(name: str, sample: Sample, how: How, rows: Any = None) -> Interval:
    """The metric with its interval, over all rows or those of a mask."""
    metric = metric_of(name, sample)
    if metric.of == "boxes":
        return of_sums(_of(sample.truth, rows).T, partial(metric.statistic, sample.guess), how)
    truth, guess = _of(sample.truth, rows), sample.guess
    if metric.of == "samples":
        if rows is not None:
            raise FactUnavailable(f"{name} has no groups: generated values belong to no row")
        return of_samples(truth, guess, metric.statistic, how)
    guess, unit = _of(guess, rows), _of(sample.unit, rows)
    if metric.of == "confusion":
        return _of_confusion(metric, sample, truth, guess, unit, how)
    if metric.of == "ranks":
        return _of_ranks(metric, _of(positives(sample), rows), _of(sample.probability, rows), unit, how)
    return of_sums(together(columns_of(metric, sample, rows), unit), metric.statistic, how)


def columns_of(metric: metrics.Metric, sample: Sample, rows: Any = None) -> Iterable[Any]:
    """Of each row what a metric of sums is computed of. Raises FactUnavailable for one that is not defined for them."""
    truth, guess = _of(sample.truth, rows), _of(sample.guess, rows)
    if metric.of == "values":
        for what, values in zip(("truth", "prediction"), (truth, guess), strict=True):
            if what in metric.varies and len(values) and values.min() == values.max():
                raise FactUnavailable(f"{metric.name} is not defined: every {what} is {number(float(values[0]))}")
        return islice(metrics.value_columns(truth, guess), metric.columns)
    if metric.of == "beside":
        beside = {role: _of(values, rows) for role, values in sample.beside.items()}
        return metrics.BESIDE[metric.name](truth, guess, beside)
    found = metrics.probability_columns(_of(positives(sample), rows), _of(sample.probability, rows))
    return islice(found, metric.columns)


def _of_ranks(metric: metrics.Metric, positive: Any, chance: Any, unit: Any, how: How) -> Interval:
    import numpy as np

    if unit is None:
        return of_cells(metrics.rank_counts(positive, chance), metric.statistic, how)
    place, size = metrics.rank_places(chance)
    return of_sums(by_unit(place + np.where(positive > 0, size, 0), 2 * size, unit).T, metric.statistic, how)


def few_of_a_class(name: str, sample: Sample, how: How, least: int, rows: Any = None) -> str | None:
    """Why nothing can be concluded from a metric that rests on single classes: one of them is in too few rows.

    The interval of such a metric is too narrow then: resamples of a few rows know nothing of others.
    """
    if name not in metrics.BY_CLASS or sample.kind != "classes":
        return None
    import numpy as np

    values, unit = _of(sample.guess if name == "precision" else sample.truth, rows), _of(sample.unit, rows)
    one = sample.positive if name in metrics.PER_CLASS else None
    for code in range(len(sample.labels)) if one is None else (one,):
        there = values == code
        count = int(there.sum()) if unit is None else len(np.unique(unit[there]))
        if (count or one is not None) and count < min(least, LEAST_OF_A_CLASS):
            what = "predicted" if name == "precision" else "there"
            return f"class {sample.labels[code][:80]!r} is {what} in {count:,} {how.noun} only: too few to conclude"
    return None


def _of_confusion(metric: metrics.Metric, sample: Sample, truth: Any, guess: Any, unit: Any, how: How) -> Interval:
    size = len(sample.labels)
    statistic = statistic_of(metric, sample)
    if size * size > MOST_CELLS:
        raise FactUnavailable(f"{size:,} classes are too many for an interval of {metric.name}")
    if unit is None:
        return of_cells(metrics.confusion_counts(truth, guess, size), statistic, how)
    return of_sums(by_unit(truth * size + guess, size * size, unit).T, statistic, how)


def by_unit(cells: Any, size: int, unit: Any) -> Any:
    """How many rows of each unit fall into each cell: (units, cells). Raises FactUnavailable for too many of both."""
    import numpy as np

    _, place = np.unique(unit, return_inverse=True)
    units = int(place.max()) + 1
    if units * size > MOST_NUMBERS:
        raise FactUnavailable(f"{units:,} units of {size:,} cells are too many", remedy="merge units or classes")
    counts = np.bincount(place * size + cells, minlength=units * size)
    return counts.reshape(units, size).astype(np.float64)


def positives(sample: Sample) -> Any:
    """1.0 where the truth is the positive class, else 0.0."""
    return (sample.truth == sample.positive).astype(float)


def _of(values: Any, rows: Any) -> Any:
    return values if rows is None or values is None else values[rows]


def statistic_of(metric: metrics.Metric, sample: Sample) -> Callable[[Any], Any]:
    """The metric as a function of counts alone; per class for the positive one when that is named."""
    if metric.name in metrics.PER_CLASS and sample.positive is not None:
        return partial(metric.statistic, positive=sample.positive)
    return metric.statistic


def judged(name: str, rule: Mapping[str, Any], interval: Interval, count: int, how: How, least: int) -> Verdict:
    """Whether the bound of the interval clears the threshold.

    Failed when the value itself does not, unknown when the value does and the bound does not: more data could tell.
    """
    shown = f"{name} {number(interval.point)}"
    sign, limit = ("≥", rule["at-least"]) if "at-least" in rule else ("≤", rule["at-most"])
    distance = name == "bias" and sign == "≤"
    ends = (interval.low, interval.high)
    value = abs(interval.point) if distance else interval.point
    worst = max(map(abs, ends)) if distance else ends[0] if sign == "≥" else ends[1]
    if not math.isfinite(interval.point):
        return Verdict(Outcome.UNKNOWN, f"{name} is not defined for these {count:,} {how.noun}", interval)
    if count < least:
        return Verdict(
            Outcome.UNKNOWN, f"{shown}, but {count:,} {how.noun} are fewer than {least}: too few to conclude"
        )
    if not clears(value, sign, limit):
        return Verdict(Outcome.FAILED, f"{shown} misses {sign} {number(limit)} ({count:,} {how.noun})", interval)
    if not interval.spread or not all(map(math.isfinite, ends)):
        return _without_spread(name, rule, interval, count, how)
    shown += f" ({how.confidence:.0%}: {number(interval.low)} to {number(interval.high)}; {count:,} {how.noun})"
    if clears(worst, sign, limit):
        return Verdict(Outcome.PASSED, f"{shown} clears {sign} {number(limit)}", interval)
    return Verdict(
        Outcome.UNKNOWN, f"{shown} does not clear {sign} {number(limit)} for sure: its bound misses", interval
    )


def _without_spread(name: str, rule: Mapping[str, Any], interval: Interval, count: int, how: How) -> Verdict:
    """All resamples agree, as when every row is right: the interval of a share comes from the binomial then."""
    shown = f"{name} {number(interval.point)}"
    if name != "accuracy" or "at-least" not in rule:
        return Verdict(
            Outcome.UNKNOWN,
            f"{shown} in every resample of {count:,} {how.noun}: no interval can be drawn (is the truth repeated?)",
            interval,
        )
    from scipy.stats import binomtest

    right = round(interval.point * count)
    low = float(binomtest(right, count).proportion_ci(how.confidence, method="exact").low)
    exact = Interval(interval.point, low, interval.point, spread=False)
    said = f"{shown} ({how.confidence:.0%}, exact: from {number(low)}; {count:,} {how.noun})"
    if low >= rule["at-least"]:
        return Verdict(Outcome.PASSED, f"{said} clears ≥ {number(rule['at-least'])}", exact)
    return Verdict(Outcome.UNKNOWN, f"{said} does not clear ≥ {number(rule['at-least'])} for sure", exact)


def clears(value: float, sign: str, limit: float) -> bool:
    """Whether a value keeps to a threshold."""
    return value >= limit if sign == "≥" else value <= limit


def number(value: float) -> str:
    """Four digits that count."""
    return f"{value:.4g}"
