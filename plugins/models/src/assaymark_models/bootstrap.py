"""Bootstrap intervals of a statistic, seeded, for a few rows and for many millions. Pure.

Two kinds of sample: *cells*, where a row falls into one of a few cells and the statistic is a function of how many fall
into each (then resampling rows is a multinomial draw), and *sums*, where the statistic is a function of sums over rows.
Many rows are dealt at random into blocks, whose sums are resampled: the blocks of a random deal are alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BLOCKS = 10_000
MOST_WHOLE = 20_000  # rows up to which single rows are resampled
_CHUNK = 4_000_000  # numbers drawn at a time
Statistic = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """A point estimate and a two-sided interval. ``spread`` is False when every resample gave the same value."""

    point: float
    low: float
    high: float
    spread: bool = True


@dataclass(frozen=True, slots=True)
class How:
    """How intervals are drawn."""

    seed: int = 0
    resamples: int = 1000
    confidence: float = 0.95
    method: str = "bca"
    noun: str = "rows"


def together(columns: Iterable[Floats], unit: Any) -> Iterable[Floats]:
    """Sums of each column over the rows of each unit, which are resampled as one; the columns where there are none."""
    import numpy as np

    if unit is None:
        yield from columns
        return
    _, place = np.unique(unit, return_inverse=True)
    size = int(place.max()) + 1
    for column in columns:
        yield np.bincount(place, weights=column, minlength=size).astype(np.float64)


def of_samples(truth: Floats, guess: Floats, statistic: Callable[[Floats, Floats], float], how: How) -> Interval:
    """The interval of a distance between two sets of values, each resampled by itself.

    Of large sets `MOST_WHOLE` values, drawn with the seed, stand for all. Resampled sets are farther apart than the
    sets themselves, by about as much as chance does; so the interval is wide rather than narrow.
    """
    import numpy as np

    rng = np.random.default_rng(how.seed)
    point = statistic(truth, guess)
    one, other = (v if len(v) <= MOST_WHOLE else rng.choice(v, MOST_WHOLE, replace=False) for v in (truth, guess))
    values = np.array(
        [statistic(rng.choice(one, len(one)), rng.choice(other, len(other))) for _ in range(how.resamples)]
    )
    tail = (1 - how.confidence) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return Interval(point, float(low), float(max(high, point)), bool(np.ptp(values) > 1e-12 * max(1.0, abs(point))))


def of_cells(counts: Floats, statistic: Statistic, how: How) -> Interval:
    """The interval of ``statistic``, which takes counts of shape (any, cells) and gives one value for each row."""
    import numpy as np

    rng = np.random.default_rng(how.seed)
    total = int(counts.sum())
    draws = rng.multinomial(total, counts / total, size=how.resamples).astype(np.float64)
    seen = np.flatnonzero(counts)
    left_out = []
    for start in range(0, len(seen), step := max(1, _CHUNK // len(counts))):
        cells = seen[start : start + step]
        without = np.repeat(counts[None, :], len(cells), axis=0)
        without[np.arange(len(cells)), cells] -= 1
        with np.errstate(all="ignore"):
            left_out.append(np.asarray(statistic(without), dtype=np.float64))
    return _interval(statistic, counts[None, :], draws, (np.concatenate(left_out), counts[seen]), how)


def of_sums(columns: Iterable[Floats], statistic: Statistic, how: How) -> Interval:
    """The interval of ``statistic``, which takes sums of shape (any, columns) of these values, one for each row.

    One column has to be ones, for the number of rows, where the statistic divides by it.
    """
    import numpy as np

    rng = np.random.default_rng(how.seed)
    rows = _rows(columns, rng)
    total = rows.sum(axis=0)
    n, draws = len(rows), []
    step = max(1, _CHUNK // n)
    for start in range(0, how.resamples, step):
        picked = rng.integers(0, n, (min(step, how.resamples - start), n))
        weights = np.stack([np.bincount(p, minlength=n) for p in picked]).astype(np.float64)
        draws.append(weights @ rows)
    with np.errstate(all="ignore"):
        left_out = np.asarray(statistic(total - rows), dtype=np.float64)
    return _interval(statistic, total[None, :], np.concatenate(draws), (left_out, np.ones(n)), how)


def _rows(columns: Iterable[Floats], rng: np.random.Generator) -> Floats:
    """The values side by side; many rows are dealt at random into blocks, whose sums these are then."""
    import numpy as np

    out: list[Any] = []
    block = None
    for column in columns:
        if len(column) > MOST_WHOLE:
            block = rng.integers(0, BLOCKS, len(column)) if block is None else block
            out.append(np.bincount(block, weights=column, minlength=BLOCKS))
        else:
            out.append(column)
    return np.stack(out, axis=1)


def _interval(
    statistic: Statistic, total: Floats, draws: Floats, jackknife: tuple[Floats, Floats], how: How
) -> Interval:
    """``jackknife``: the statistic without each row (or cell's row, or block), and how many rows each stands for."""
    import numpy as np

    with np.errstate(all="ignore"):
        point = float(statistic(total)[0])
        values = np.asarray(statistic(draws), dtype=np.float64)
    values = values[np.isfinite(values)]
    if not math.isfinite(point) or len(values) < how.resamples * 0.9:
        return Interval(point, math.nan, math.nan)
    # Differences in the last digits come from the order of additions.
    spread = bool(np.ptp(values) > 1e-12 * max(1.0, abs(point)))
    tail = (1 - how.confidence) / 2
    shares = (tail, 1 - tail)
    if how.method == "bca" and spread:
        shares = _adjusted(point, values, jackknife[0], jackknife[1], tail)
    low, high = np.quantile(values, shares)
    return Interval(point, float(low), float(high), spread)


def _adjusted(point: float, values: Floats, left_out: Floats, weights: Floats, tail: float) -> tuple[float, float]:
    """The shares of the bias-corrected and accelerated interval (Efron 1987); those of the plain one if undefined."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    below = (float((values < point).mean()) + float((values <= point).mean())) / 2
    known = np.isfinite(left_out)
    if not 0 < below < 1 or not known.all():
        return tail, 1 - tail
    bias = float(ndtri(below))
    away = np.average(left_out, weights=weights) - left_out
    square = float(np.sum(weights * away**2))
    acceleration = float(np.sum(weights * away**3)) / (6 * square**1.5) if square > 0 else 0.0

    def share(z: float) -> float:
        moved = bias + (bias + z) / (1 - acceleration * (bias + z))
        return float(ndtr(moved))

    low, high = share(float(ndtri(tail))), share(float(ndtri(1 - tail)))
    return (low, high) if 0 < low < high < 1 else (tail, 1 - tail)
