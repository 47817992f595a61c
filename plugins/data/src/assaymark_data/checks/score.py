"""The score over all indicators: points by weight; what is unknown brings none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, Outcome, check
from assaymark_data.checks import accessible, findable, interoperable, reusable
from assaymark_data.indicators import WEIGHTS, check_of
from assaymark_data.reading import Read
from assaymark_data.record import Record
from assaymark_data.seen import Seen

ENOUGH = 75
CHECKS_OF_INDICATORS = {c.id: c for m in (findable, accessible, interoperable, reusable) for c in m.CHECKS}


def answers(record: Record, seen: Seen) -> dict[str, Evidence]:
    """What every indicator says."""
    given: Mapping[str, Any] = {"data_read": Read(record=record), "data_record": record, "data_seen": seen}
    found = {}
    for indicator in WEIGHTS:
        decided = CHECKS_OF_INDICATORS[check_of(indicator)]
        found[indicator] = decided.function(*(given[name] for name in decided.needs))
    return {i: e if isinstance(e, Evidence) else e[0] for i, e in found.items()}


def score_of(found: Mapping[str, Evidence], family: str = "") -> float:
    """Points of the indicators of a family (``F``), or of all, out of 100."""
    chosen = [i for i in found if i.startswith(f"RDA-{family}")]
    points = sum(WEIGHTS[i] * float(found[i].metrics.get("points", 0)) for i in chosen)
    return round(points / sum(WEIGHTS[i] for i in chosen), 1)


@check("data.fair-score")
def score(data_record: Record, data_seen: Seen) -> Evidence:
    """The score of the 41 indicators, weighed 3, 2, 1, is at least 75 of 100."""
    found = answers(data_record, data_seen)
    total = score_of(found)
    families = {f: score_of(found, f) for f in "FAIR"}
    unknown = [i for i, e in found.items() if e.outcome is Outcome.UNKNOWN]
    best = total + sum(WEIGHTS[i] for i in unknown) * 100 / sum(WEIGHTS.values())
    told = ", ".join(f"{f} {s:g}" for f, s in families.items())
    message = f"{total:g} of 100 points ({told}); {len(unknown)} of {len(found)} indicators could not be decided"
    outcome = Outcome.PASSED if total >= ENOUGH else Outcome.UNKNOWN if best >= ENOUGH else Outcome.FAILED
    return Evidence(
        outcome=outcome,
        message=message,
        remedy=None if outcome is Outcome.PASSED else "mend the indicators that failed, the essential ones first",
        metrics={"score": total, **families, "unknown": len(unknown)},
    )


CHECKS = (score,)
