"""Numbers for the pictures of the report, as metrics whose names say what they draw.

``residual NN value|median|low|high`` are residuals over the predicted value in tenths of the rows,
``confusion T / P`` is the number of rows of class T that were taken for P, ``history METRIC NNN day|value|low|high``
a metric over time. The reports draw what they find.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from assaymark_models.bootstrap import Interval
from assaymark_models.continuous import NOW
from assaymark_models.sample import Sample

PARTS, MOST_CLASSES, LONGEST, MOST_DAYS, MOST_DRAWN = 10, 12, 40, 60, 200_000
Numbers = dict[str, str | int | float | bool]


def of(sample: Sample) -> Numbers:
    """What can be drawn of a sample."""
    if sample.kind == "classes" and len(sample.labels) <= MOST_CLASSES:
        return confusion(sample)
    return residuals(sample) if sample.kind == "values" and sample.count >= 2 * PARTS else {}


def confusion(sample: Sample) -> Numbers:
    """Rows by true and predicted class."""
    import numpy as np

    size = len(sample.labels)
    counts = np.bincount(sample.truth * size + sample.guess, minlength=size * size).reshape(size, size)
    names = [label[:LONGEST].replace(" / ", " ") for label in sample.labels]
    if len(set(names)) < size:
        return {}
    return {f"confusion {names[t]} / {names[p]}": int(counts[t, p]) for t in range(size) for p in range(size)}


def residuals(sample: Sample) -> Numbers:
    """In each tenth of the rows by predicted value: that value, and median, 5th and 95th percentile of the residual.

    Of many rows every so many-eth is looked at: it is a picture.
    """
    import numpy as np

    some = slice(None, None, max(1, sample.count // MOST_DRAWN))
    guess = sample.guess[some]
    edges = np.quantile(guess, np.linspace(0, 1, PARTS + 1)[1:-1])
    place = np.searchsorted(edges, guess, side="right")
    error = guess - sample.truth[some]
    found: Numbers = {}
    for part in range(PARTS):
        inside = place == part
        if inside.any():
            low, middle, high = np.quantile(error[inside], (0.05, 0.5, 0.95))
            values = {"value": np.median(guess[inside]), "median": middle, "low": low, "high": high}
            found |= {f"residual {part + 1:02d} {k}": float(f"{v:.6g}") for k, v in values.items()}
    return found


def history(name: str, past: Sequence[tuple[str, Interval]], now: Interval) -> Numbers:
    """A metric at the validations before, by day, and now."""
    found: Numbers = {}
    for i, (day, at) in enumerate((*past[-MOST_DAYS:], (NOW, now)), 1):
        if all(map(math.isfinite, (at.point, at.low, at.high))):
            values: Numbers = {"day": day[:10], "value": at.point, "low": at.low, "high": at.high}
            found |= {f"history {name} {i:03d} {k}": v for k, v in values.items()}
    return found
