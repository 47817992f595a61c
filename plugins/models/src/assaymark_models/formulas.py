"""Metrics as functions of counts or sums, so that thousands of resamples are judged at once. Pure.

They tell how far a value may be off, and never the value itself: that is stated by a library (`metrics`, `library`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from assaymark_models.cuts import cuts, places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

BINS = 1024  # of scores, when there are more different ones
SORTED = 200_000  # scores that are sorted to find these bins; of more, every so many-eth


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


def mean(column: int) -> Callable[[Any], Any]:
    """The mean of a column, of which the sums hold the sum."""
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

    ends = _ends(probability)
    sides = (np.sort(probability[side]) for side in (positive <= 0, positive > 0))
    below = [np.concatenate([[0], np.searchsorted(side, ends, side="right"), [len(side)]]) for side in sides]
    return np.concatenate([np.diff(b) for b in below]).astype(np.float64)


def rank_places(probability: Floats) -> tuple[Any, int]:
    """The bin of each row by its score, and how many bins there are."""
    ends = _ends(probability)
    return places(probability, ends), len(ends) + 1


def _ends(probability: Floats) -> Floats:
    """The upper ends of all bins but the last: each score its own, or so that each bin holds about as many rows.

    A bin of several scores holds about one row in `BINS`, so that the area is known to about that share.
    """
    import numpy as np

    some = probability if len(probability) <= SORTED else probability[:: len(probability) // SORTED]
    scores = np.unique(some)
    return scores[:-1] if len(probability) <= SORTED and len(scores) <= BINS else cuts(some, BINS)


def confusion_counts(truth: Codes, guess: Codes, classes: int) -> Floats:
    """How many rows of each true class got each prediction: (classes squared), truth first."""
    import numpy as np

    return np.bincount(truth * classes + guess, minlength=classes * classes).astype(np.float64)
