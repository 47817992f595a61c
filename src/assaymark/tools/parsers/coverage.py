"""Covered and valid lines -> the metrics that all coverage formats share."""

from __future__ import annotations

from assaymark.api import Unparsable


def metrics(covered: int, valid: int) -> dict[str, str | int | float | bool]:
    """``coverage`` is rounded down to a tenth of a percent: 69.99 % is not 70 %. Raises `Unparsable` for no lines."""
    if valid <= 0 or not 0 <= covered <= valid:
        raise Unparsable(f"{covered} of {valid} lines covered: no coverage can be told from that")
    return {"coverage": covered * 1000 // valid / 10, "lines_covered": covered, "lines_valid": valid}
