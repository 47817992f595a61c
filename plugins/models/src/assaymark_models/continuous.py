"""Continuous validation: is the last verdict about these data, and how has the model done since?

An assessment carries the history of each metric, so that the last one is all that has to be kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError, stale_badge
from assaymark_models.bootstrap import Interval
from assaymark_models.identity import data_digest
from assaymark_models.manifest import Manifest
from assaymark_models.reported import document, is_number

_POINT = re.compile(r"history (?P<metric>[a-z0-9-]+) (?P<at>[0-9]{3,4}) (?P<part>day|value|low|high)")
NOW = "now"
Points = tuple[tuple[str, Interval], ...]


@dataclass(frozen=True, slots=True)
class History:
    """The last validation (None: there is none), and each metric over all before: day and interval, oldest first."""

    day: str | None = None
    data: str = ""
    metrics: Mapping[str, Interval] = field(default_factory=dict)
    points: Mapping[str, Points] = field(default_factory=dict)


def state(manifest: Manifest, last: Path, folder: Path) -> str:
    """``current`` when the last assessment is about these data, else ``stale``; the folder then gets its badge in grey.

    The word is written to ``state.txt`` there.
    """
    before = history_of(last)
    current = before.data == data_digest(manifest)
    if not current:
        stale_badge(last, f"there are other data since {before.day}", folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state.txt").write_text("current\n" if current else "stale\n", encoding="ascii")
    except OSError as problem:
        raise InputError(f"cannot be written: {problem.strerror}", where=str(folder)) from problem
    return "current" if current else "stale"


def history_of(last: Path | None) -> History:
    """What the last assessment says. InputError when it is no whole assessment of a model."""
    if last is None:
        return History()
    where = str(last)
    try:
        found = document(last, where)
    except (FactUnavailable, OSError) as problem:
        raise InputError(f"the assessment cannot be read: {problem}", where=where) from problem
    try:
        told = _told(found)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise InputError(
            "is no assessment of a model", where=where, hint="name an assessment.json of this verb"
        ) from problem
    if not isinstance(told.get("data"), str):
        raise InputError("does not say which data it is about", where=where, hint="it was a partial run without ML.Pro")
    day = str(found.get("as_of"))
    names = [n for n in told if f"{n} low" in told and f"{n} high" in told]
    metrics = {n: _interval(*(told[k] for k in (n, f"{n} low", f"{n} high"))) for n in names}
    return History(day, told["data"], metrics, _points(told, metrics, day))


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of the checks that say what was judged, and how well it did."""
    if found["subject"]["kind"] != "model":
        raise ValueError("another kind of subject")
    told: dict[str, Any] = {}
    for result in found["subcriteria"]:
        for evidence in result["evidence"]:
            if evidence.get("check") in ("model.identified", "model.performance", "model.since-last"):
                told |= evidence.get("metrics", {})
    return told


def _interval(*ends: Any) -> Interval:
    point, low, high = (float(v) if is_number(v) else math.nan for v in ends)
    return Interval(point, low, high)


def _points(told: Mapping[str, Any], metrics: Mapping[str, Interval], day: str) -> dict[str, Points]:
    """The history that the last assessment carries, its own values among them."""
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for name, value in told.items():
        if match := _POINT.fullmatch(name):
            kept.setdefault(match["metric"], {}).setdefault(match["at"], {})[match["part"]] = value
    found = {}
    for metric, own in metrics.items():
        rows = (kept.get(metric, {})[at] for at in sorted(kept.get(metric, {})))
        past = [(str(r["day"]), _interval(r.get("value"), r.get("low"), r.get("high"))) for r in rows if "day" in r]
        found[metric] = (*(p for p in past if p[0] != NOW), (day, own))
    return found
