"""The difference of two areas under ROC curves of the same rows, with its interval (DeLong et al. 1988).

An area is the share of pairs of a positive and a negative row that the score puts in order. How much each row adds to
it is known from its rank alone (Sun and Xu 2014), and the spread of what rows add to the difference gives the interval.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from assaymark_models.bootstrap import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def difference(positive: Any, before: Floats, after: Floats, confidence: float) -> Interval:
    """The area of ``before`` less that of ``after``; no interval where they differ and no row tells by how much."""
    import numpy as np
    from scipy.special import ndtri

    sides = [_shares(positive, scores) for scores in (before, after)]
    point = float(sides[0][0].mean() - sides[1][0].mean())
    variance = sum(
        float(np.var(one - other, ddof=1)) / len(one)
        for one, other in zip(sides[0], sides[1], strict=True)
        if len(one) > 1
    )
    if variance <= 0:
        same = abs(point) < 1e-12
        return Interval(point, *((point, point) if same else (math.nan, math.nan)), spread=False)
    width = float(ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    return Interval(point, point - width, point + width)


def _shares(positive: Any, scores: Floats) -> tuple[Floats, Floats]:
    """Of each positive row the share of negatives below it, and of each negative the share of positives above it."""
    from scipy.stats import rankdata

    high, low = scores[positive > 0], scores[positive <= 0]
    ranks = rankdata(scores)  # of equal scores the mean rank: half of a pair that is no order
    above = (ranks[positive > 0] - rankdata(high)) / len(low)
    below = 1 - (ranks[positive <= 0] - rankdata(low)) / len(high)
    return above, below
