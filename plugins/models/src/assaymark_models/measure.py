"""A metric of a sample with its interval, and what follows for a threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from assaymark.api import FactUnavailable, Outcome
from assaymark_models import formulas, metrics
from assaymark_models.bootstrap import How, Interval, of_cells, of_samples, of_sums, together
from assaymark_models.manifest import Manifest
from assaymark_models.sample import Sample

MOST_CELLS, MOST_NUMBERS = 100_000, 50_000_000
LEAST_OF_A_CLASS = 20  # rows of each class on which a metric rests; with fewer, intervals hold too seldom


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule comes to, in one sentence; ``remedy`` is what to do about this one rather than about all."""

    outcome: Outcome
    message: str
    interval: Interval | None = None
    remedy: str | None = None


def undecided(problem: FactUnavailable) -> Verdict:
    """The verdict on a rule for which something is lacking."""
    return Verdict(Outcome.UNKNOWN, problem.reason, remedy=problem.remedy)


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


def interval_of(name: str, sample: Sample, how: How) -> Interval:
    """The metric of all rows, as its library has it, with its interval."""
    metric = metric_of(name, sample)
    if metric.of == "samples":
        return of_samples(sample.truth, sample.guess, metric.formula, how)
    return held(metric, _resampled(metric, sample, how), stated(metric, sample), sample.count)


def _resampled(metric: metrics.Metric, sample: Sample, how: How) -> Interval:
    if metric.of == "boxes":
        return of_sums(sample.truth.T, partial(metric.formula, sample.guess), how)
    if metric.of == "confusion":
        return _of_confusion(metric, sample, how)
    if metric.of == "ranks":
        return _of_ranks(metric, sample, how)
    return of_sums(together(columns_of(metric, sample), sample.unit), metric.formula, how)


def stated(metric: metrics.Metric, sample: Sample) -> float | None:
    """The value of a metric by its library; None where no library has it."""
    if metric.stated is None:
        return None
    if metric.of == "boxes":
        return metric.stated(sample.guess, sample.truth.sum(axis=0))
    if metric.of in ("ranks", "probability"):
        return metric.stated(positives(sample), sample.probability)
    if metric.of == "confusion":
        counts = formulas.confusion_counts(sample.truth, sample.guess, len(sample.labels))
        return metric.stated(counts, **_positive_of(metric, sample))
    beside = (sample.beside,) if metric.of == "beside" else ()
    return metric.stated(sample.truth, sample.guess, *beside)


def held(metric: metrics.Metric, found: Interval, value: float | None, rows: int) -> Interval:
    """An interval about the value of the library. Raises FactUnavailable when the formula says something else.

    What they may differ by is a millionth of the value and of the interval, and what bins of scores come to.
    """
    if value is None or (math.isnan(value) and not math.isfinite(found.point)):
        return found
    rough = metric.rough if rows > formulas.BINS else 0.0
    moved = value - found.point
    wide = found.high - found.low
    most = 1e-6 * (abs(value) + (wide if math.isfinite(wide) else 0)) + 1e-12 + rough
    if not abs(moved) <= most:
        raise FactUnavailable(
            f"{metric.name} is {value:.9g} by the library and {found.point:.9g} by the formula of its interval",
            remedy="numbers far from zero that hardly vary have too few digits; else assaymark is wrong: report it",
        )
    if rough:  # the interval is that of the bins
        return replace(found, point=value, low=min(1.0, found.low + moved), high=min(1.0, found.high + moved))
    return replace(found, point=value)


def columns_of(metric: metrics.Metric, sample: Sample) -> Iterable[Any]:
    """Of each row what a metric of sums is computed of. Raises FactUnavailable for one that is not defined for them."""
    truth, guess = sample.truth, sample.guess
    if metric.of == "values":
        for what, values in zip(("truth", "prediction"), (truth, guess), strict=True):
            if what in metric.varies and len(values) and values.min() == values.max():
                raise FactUnavailable(f"{metric.name} is not defined: every {what} is {number(float(values[0]))}")
        return islice(formulas.value_columns(truth, guess), metric.columns)
    if metric.of == "beside":
        return formulas.BESIDE[metric.name](truth, guess, sample.beside)
    return islice(formulas.probability_columns(positives(sample), sample.probability), metric.columns)


def _of_ranks(metric: metrics.Metric, sample: Sample, how: How) -> Interval:
    import numpy as np

    positive, chance = positives(sample), sample.probability
    if sample.unit is None:
        return of_cells(formulas.rank_counts(positive, chance), metric.formula, how)
    place, size = formulas.rank_places(chance)
    return of_sums(by_unit(place + np.where(positive > 0, size, 0), 2 * size, sample.unit).T, metric.formula, how)


def few_of_a_class(name: str, sample: Sample, how: How, least: int) -> str | None:
    """Why nothing can be concluded from a metric that rests on single classes: one of them is in too few rows.

    The interval of such a metric is too narrow then: resamples of a few rows know nothing of others.
    """
    if name not in metrics.BY_CLASS or sample.kind != "classes":
        return None
    import numpy as np

    values, unit = sample.guess if name == "precision" else sample.truth, sample.unit
    one = sample.positive if name in metrics.PER_CLASS else None
    for code in range(len(sample.labels)) if one is None else (one,):
        there = values == code
        count = int(there.sum()) if unit is None else len(np.unique(unit[there]))
        if (count or one is not None) and count < min(least, LEAST_OF_A_CLASS):
            what = "predicted" if name == "precision" else "there"
            return f"class {sample.labels[code][:80]!r} is {what} in {count:,} {how.noun} only: too few to conclude"
    return None


def _of_confusion(metric: metrics.Metric, sample: Sample, how: How) -> Interval:
    size = len(sample.labels)
    formula = formula_of(metric, sample)
    if size * size > MOST_CELLS:
        raise FactUnavailable(f"{size:,} classes are too many for an interval of {metric.name}")
    if sample.unit is None:
        return of_cells(formulas.confusion_counts(sample.truth, sample.guess, size), formula, how)
    return of_sums(by_unit(sample.truth * size + sample.guess, size * size, sample.unit).T, formula, how)


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
    """Whether the truth of each row is the positive class."""
    return sample.truth == sample.positive


def formula_of(metric: metrics.Metric, sample: Sample) -> Callable[[Any], Any]:
    """The metric as a function of counts alone; per class for the positive one when that is named."""
    return partial(metric.formula, **_positive_of(metric, sample))


def _positive_of(metric: metrics.Metric, sample: Sample) -> dict[str, int]:
    named = metric.name in metrics.PER_CLASS and sample.positive is not None
    return {"positive": sample.positive} if named and sample.positive is not None else {}


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
