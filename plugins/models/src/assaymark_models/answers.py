"""Verdicts of rules -> evidence, with a finding at the line of the manifest for each rule that does not hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from assaymark.api import Evidence, Finding, Grade, Location, Outcome, Severity
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict

MOST_FINDINGS = 100
_WORST = (Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.PASSED)


def finding(manifest: Manifest, rule: str, message: str, *keys: str | int, severe: bool = True) -> Finding:
    """A finding where the manifest states what does not hold."""
    place = Location(path=manifest.name, line=manifest.line_of(*keys))
    return Finding(
        rule=f"model/{rule}",
        message=message,
        severity=Severity.ERROR if severe else Severity.WARNING,
        location=place,
    )


def evidence(
    manifest: Manifest,
    rule: str,
    verdicts: Iterable[tuple[Verdict, tuple[str | int, ...]]],
    *,
    metrics: Mapping[str, str | int | float | bool] | None = None,
    remedy: str | None = None,
    grade: Grade = Grade.MEASURED,
) -> Evidence:
    """One piece of evidence out of verdicts, each with the keys of what it is about: as good as the worst of them.

    ``remedy`` is for those that have none of their own.
    """
    told = list(verdicts)
    outcome = next(o for o in _WORST if any(v.outcome is o for v, _ in told))
    against = [(v, keys) for v, keys in told if v.outcome is not Outcome.PASSED]
    shown = against or told
    todo = list(dict.fromkeys(v.remedy or remedy for v, _ in against))
    message = "; ".join(v.message for v, _ in shown[:5]) + (f"; and {len(shown) - 5} more" if len(shown) > 5 else "")
    return Evidence(
        outcome=outcome,
        message=message,
        grade=grade,
        remedy="; ".join(filter(None, todo[:3])) or None,
        findings=tuple(
            finding(manifest, rule, v.message, *keys, severe=v.outcome is Outcome.FAILED)
            for v, keys in against[:MOST_FINDINGS]
        ),
        metrics={k: v for k, v in (metrics or {}).items() if not (isinstance(v, float) and not math.isfinite(v))},
    )


def told(name: str, verdict: Verdict) -> dict[str, str | int | float | bool]:
    """The numbers of an interval as metrics."""
    if verdict.interval is None:
        return {}
    found = verdict.interval
    return {name: found.point, f"{name} low": found.low, f"{name} high": found.high}
