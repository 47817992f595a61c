"""Metrics as functions of counts or sums, so that thousands of resamples are judged at once. Pure.

Their values are those of scikit-learn, with which the tests compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from assaymark_models.cuts import cuts, places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

BINS = 4096  # of scores, when there are more different ones
SORTED = 200_000  # scores that are sorted to find these bins; of more, every so many-eth


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """``better`` is 1 when more is better, -1 when less is, 0 when what counts is how far it is from zero.

    ``of`` is what it is a function of: ``confusion`` counts, ``ranks``, ``probability`` sums (of classes), sums of
    ``values`` or of what stands ``beside`` them, ``samples`` or ``boxes``; ``needs`` is what has to stand beside, and
    ``varies`` what may not be the same in all rows. Of sums the first ``columns`` are enough.
    """

    name: str
    of: str
    better: int
    statistic: Callable[..., Any]
    needs: tuple[str, ...] = ()
    varies: tuple[str, ...] = ()
    columns: int | None = None


class Totals(NamedTuple):
    """What metrics of classes are computed of: right ones, truths, predictions of each class; the number of rows."""

    right: Any
    truths: Any
    guesses: Any
    rows: Any


def _confusion(counts: Floats | Totals) -> Totals:
    """The totals of counts (any, classes squared)."""
    import numpy as np

    if isinstance(counts, Totals):
        return counts
    size = round(counts.shape[-1] ** 0.5)
    square = counts.reshape(-1, size, size)
    right = np.diagonal(square, axis1=1, axis2=2)
    return Totals(right, square.sum(axis=2), square.sum(axis=1), square.sum(axis=(1, 2)))


def accuracy(counts: Floats | Totals) -> Any:
    """Share of the rows that are right."""
    right, _, _, n = _confusion(counts)
    return right.sum(axis=1) / n


def balanced_accuracy(counts: Floats | Totals) -> Any:
    """Mean over the classes that occur of the share of each that is right."""
    import numpy as np

    right, truths, _, _ = _confusion(counts)
    with np.errstate(all="ignore"):
        return np.nanmean(np.where(truths > 0, right / np.where(truths > 0, truths, 1), np.nan), axis=1)


def _per_class(top: Any, below: Any, truths: Any, guesses: Any) -> Any:
    """Mean over the classes that occur in truth or prediction; 0 where nothing can be divided by."""
    import numpy as np

    there = (truths + guesses) > 0
    each = np.where(below > 0, top / np.where(below > 0, below, 1), 0.0)
    return np.where(there, each, 0.0).sum(axis=1) / there.sum(axis=1)


def _one(top: Any, below: Any, positive: int) -> Any:
    import numpy as np

    return np.where(
        below[:, positive] > 0, top[:, positive] / np.where(below[:, positive] > 0, below[:, positive], 1), 0
    )


def precision(counts: Floats | Totals, positive: int | None = None) -> Any:
    """Of the positive class, else the mean over all classes."""
    right, truths, guesses, _ = _confusion(counts)
    return _per_class(right, guesses, truths, guesses) if positive is None else _one(right, guesses, positive)


def recall(counts: Floats | Totals, positive: int | None = None) -> Any:
    """Of the positive class, else the mean over all classes."""
    right, truths, guesses, _ = _confusion(counts)
    return _per_class(right, truths, truths, guesses) if positive is None else _one(right, truths, positive)


def f1(counts: Floats | Totals, positive: int | None = None) -> Any:
    """Of the positive class, else the mean over all classes."""
    right, truths, guesses, _ = _confusion(counts)
    if positive is None:
        return _per_class(2 * right, truths + guesses, truths, guesses)
    return _one(2 * right, truths + guesses, positive)


def iou(counts: Floats | Totals, positive: int | None = None) -> Any:
    """Intersection over union (Jaccard) of the positive class, else the mean over all classes."""
    right, truths, guesses, _ = _confusion(counts)
    union = truths + guesses - right
    return _per_class(right, union, truths, guesses) if positive is None else _one(right, union, positive)


def mcc(counts: Floats | Totals) -> Any:
    """Matthews' correlation, for any number of classes; 0 when one class only is true or predicted."""
    import numpy as np

    right, truths, guesses, n = _confusion(counts)
    top = right.sum(axis=1) * n - (truths * guesses).sum(axis=1)
    below = np.sqrt((n**2 - (truths**2).sum(axis=1)) * (n**2 - (guesses**2).sum(axis=1)))
    return np.where(below > 0, top / np.where(below > 0, below, 1), 0.0)


def kappa(counts: Floats | Totals) -> Any:
    """Cohen's kappa; not defined when chance alone agrees always."""
    right, truths, guesses, n = _confusion(counts)
    chance = (truths * guesses).sum(axis=1) / n**2
    return (right.sum(axis=1) / n - chance) / (1 - chance)


def auc(counts: Floats) -> Any:
    """Area under the ROC curve of counts (any, 2 x bins): negatives by score, then positives by score."""
    import numpy as np

    size = counts.shape[-1] // 2
    negative, positive = counts[:, :size], counts[:, size:]
    below = np.cumsum(negative, axis=1) - negative / 2
    return (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def _mean(column: int) -> Callable[[Any], Any]:
    return lambda sums: sums[:, column] / sums[:, 0]


def rmse(sums: Floats) -> Any:
    """Root of the mean squared error."""
    import numpy as np

    return np.sqrt(sums[:, 3] / sums[:, 0])


def r2(sums: Floats) -> Any:
    """Coefficient of determination."""
    n, _, _, squared, y, yy = (sums[:, i] for i in range(6))
    return 1 - squared / (yy - y * y / n)


def correlation(sums: Floats) -> Any:
    """Pearson's correlation of truth and prediction."""
    import numpy as np

    n, y, yy, p, pp, yp = (sums[:, i] for i in (0, 4, 5, 6, 7, 8))
    return (n * yp - y * p) / np.sqrt((n * yy - y * y) * (n * pp - p * p))


def value_columns(truth: Floats, guess: Floats) -> Iterator[Floats]:
    """What the metrics of values are sums of: 1, error, its size, its square, truth, its square, and the like.

    Truth and prediction are moved by their means first, so that sums of squares keep their digits.
    """
    import numpy as np

    error = guess - truth
    yield np.ones(len(truth))
    yield error
    yield np.abs(error)
    yield error * error
    y = truth - truth.mean()
    yield y
    yield y * y
    p = guess - guess.mean()
    yield p
    yield p * p
    yield y * p


def skill(sums: Floats) -> Any:
    """1 - the mean squared error over that of the baseline: 0 is as good as the baseline, 1 is perfect."""
    return 1 - sums[:, 1] / sums[:, 2]


def skill_columns(truth: Floats, guess: Floats, beside: Mapping[str, Floats]) -> Iterator[Floats]:
    """1, the squared error, and that of the baseline."""
    import numpy as np

    yield np.ones(len(truth))
    yield (guess - truth) ** 2
    yield (beside["baseline"] - truth) ** 2


def crps_columns(truth: Floats, guess: Floats, beside: Mapping[str, Floats]) -> Iterator[Floats]:
    """1, and the continuous ranked probability score of each row's ensemble, taken as its empirical distribution."""
    import numpy as np

    members = np.sort(beside["ensemble"], axis=1)
    size = members.shape[1]
    yield np.ones(len(truth))
    # Mean distance of two members, by their ranks (Hersbach 2000).
    apart = (members * (2 * np.arange(1, size + 1) - size - 1)).sum(axis=1) * 2 / size**2
    yield np.abs(members - truth[:, None]).mean(axis=1) - apart / 2


def coverage_columns(truth: Floats, guess: Floats, beside: Mapping[str, Floats]) -> Iterator[Floats]:
    """1, and whether the truth lies within the predicted interval."""
    import numpy as np

    yield np.ones(len(truth))
    yield ((truth >= beside["lower"]) & (truth <= beside["upper"])).astype(np.float64)


def wasserstein(truth: Floats, guess: Floats) -> float:
    """The distance by which one set of values has to be moved to become the other."""
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(truth, guess))


def energy_distance(truth: Floats, guess: Floats) -> float:
    """The energy distance of two sets of values."""
    from scipy.stats import energy_distance as distance

    return float(distance(truth, guess))


def ks(truth: Floats, guess: Floats) -> float:
    """The largest distance of two empirical distributions (Kolmogorov-Smirnov)."""
    from scipy.stats import ks_2samp

    return float(ks_2samp(truth, guess, method="asymp").statistic)


BESIDE: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], Iterator[Any]]] = {
    "skill": skill_columns,
    "crps": crps_columns,
    "coverage": coverage_columns,
}


def probability_columns(positive: Floats, probability: Floats) -> Iterator[Floats]:
    """1, the squared distance from the truth (Brier) and the logarithmic loss of each row; ``positive`` is 0 or 1."""
    import numpy as np

    yield np.ones(len(positive))
    yield (probability - positive) ** 2
    eps = np.finfo(np.float64).eps
    sure = np.clip(probability, eps, 1 - eps)
    yield -np.where(positive > 0, np.log(sure), np.log1p(-sure))


def rank_counts(positive: Floats, probability: Floats) -> Floats:
    """How many negatives and positives have each score; with more than `BINS` scores, each of as many bins."""
    import numpy as np

    place, size = rank_places(probability)
    counts = [np.bincount(place[side], minlength=size) for side in (positive <= 0, positive > 0)]
    return np.concatenate(counts).astype(np.float64)


def rank_places(probability: Floats) -> tuple[Any, int]:
    """The bin of each row by its score, and how many bins there are.

    A bin of several scores holds about one row in `BINS`, so that the area is known to about that share.
    """
    import numpy as np

    some = probability if len(probability) <= SORTED else probability[:: len(probability) // SORTED]
    scores, place = np.unique(some, return_inverse=True)
    if len(probability) <= SORTED and len(scores) <= BINS:
        return place, len(scores)
    ends = cuts(some, BINS)
    return places(probability, ends), len(ends) + 1


def confusion_counts(truth: Codes, guess: Codes, classes: int) -> Floats:
    """How many rows of each true class got each prediction: (classes squared), truth first."""
    import numpy as np

    return np.bincount(truth * classes + guess, minlength=classes * classes).astype(np.float64)


METRICS = {
    m.name: m
    for m in (
        Metric(name="accuracy", of="confusion", better=1, statistic=accuracy),
        Metric(name="balanced-accuracy", of="confusion", better=1, statistic=balanced_accuracy),
        Metric(name="precision", of="confusion", better=1, statistic=precision),
        Metric(name="recall", of="confusion", better=1, statistic=recall),
        Metric(name="f1", of="confusion", better=1, statistic=f1),
        Metric(name="mcc", of="confusion", better=1, statistic=mcc),
        Metric(name="kappa", of="confusion", better=1, statistic=kappa),
        Metric(name="iou", of="confusion", better=1, statistic=iou),
        Metric(name="auc", of="ranks", better=1, statistic=auc),
        Metric(name="brier", of="probability", better=-1, statistic=_mean(1), columns=2),
        Metric(name="log-loss", of="probability", better=-1, statistic=_mean(2)),
        Metric(name="mae", of="values", better=-1, statistic=_mean(2), columns=3),
        Metric(name="rmse", of="values", better=-1, statistic=rmse, columns=4),
        Metric(name="bias", of="values", better=0, statistic=_mean(1), columns=2),
        Metric(name="r2", of="values", better=1, statistic=r2, varies=("truth",), columns=6),
        Metric(name="correlation", of="values", better=1, statistic=correlation, varies=("truth", "prediction")),
        Metric(name="skill", of="beside", better=1, statistic=skill, needs=("baseline",)),
        Metric(name="crps", of="beside", better=-1, statistic=_mean(1), needs=("ensemble",)),
        Metric(name="coverage", of="beside", better=1, statistic=_mean(1), needs=("lower", "upper")),
        Metric(name="wasserstein", of="samples", better=-1, statistic=wasserstein),
        Metric(name="energy-distance", of="samples", better=-1, statistic=energy_distance),
        Metric(name="ks", of="samples", better=-1, statistic=ks),
    )
}
PER_CLASS = ("precision", "recall", "f1", "iou")
BY_CLASS = (*PER_CLASS, "balanced-accuracy", "auc")  # in which a class of few rows weighs as much as one of many
