"""Bins that hold about equally many values each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def cuts(values: Floats, parts: int) -> Floats:
    """The upper ends of all bins but the last one, for `places`; a value so frequent that it fills bins has its own."""
    import numpy as np

    ends, times = np.unique(np.quantile(values, np.linspace(0, 1, parts + 1)[1:-1], method="lower"), return_counts=True)
    return np.unique(np.concatenate([ends, np.nextafter(ends[times > 1], -np.inf)]))


def places(values: Floats, ends: Floats) -> NDArray[np.intp]:
    """The number of the bin of each value, from 0 to as many as there are ends."""
    import numpy as np

    return np.searchsorted(ends, values, side="left")
