"""Continuous validation: is the last verdict about these data, and how has the model done since?

A line of the history is one validation: day, digest of the data, level, and each metric with its interval.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError, stale_badge
from assaymark_models.bootstrap import Interval
from assaymark_models.identity import data_digest
from assaymark_models.manifest import Manifest
from assaymark_models.reported import document

LARGEST, MOST = 20_000_000, 10_000


@dataclass(frozen=True, slots=True)
class Past:
    """One validation of the past."""

    day: str
    data: str
    level: str
    metrics: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class History:
    """The validations before this one, the oldest first, and the last one that was published."""

    past: tuple[Past, ...] = ()
    last: Past | None = None


def is_stale(manifest: Manifest, last: Path, folder: Path) -> bool:
    """Whether the data are others than those of the last assessment; then a stale badge is written into a folder."""
    before = past_of(_assessment(last), str(last))
    if before.data == data_digest(manifest):
        return False
    stale_badge(last, f"there are other data since {before.day}", folder)
    return True


def _assessment(place: Path) -> Mapping[str, Any]:
    try:
        found = document(place, str(place))
    except (FactUnavailable, OSError) as problem:
        raise InputError(f"the assessment cannot be read: {problem}", where=str(place)) from problem
    if not isinstance(found.get("subcriteria"), list) or found.get("subject", {}).get("kind") != "model":
        raise InputError("is no assessment of a model", where=str(place), hint="name an assessment.json of this verb")
    return found


def past_of(found: Mapping[str, Any], where: str) -> Past:
    """What an assessment says, as a line of the history. InputError when it does not say which data it was about."""
    told: dict[str, Any] = {}
    for result in found["subcriteria"]:
        for evidence in result.get("evidence", ()):
            if evidence.get("check") in ("model.identified", "model.performance"):
                told |= evidence.get("metrics", {})
    if not isinstance(told.get("data"), str):
        raise InputError(
            "does not say which data it is about", where=where, hint="it was a partial run: ML.Pro is needed"
        )
    names = [n for n in told if f"{n} low" in told and f"{n} high" in told]
    metrics = {n: Interval(float(told[n]), float(told[f"{n} low"]), float(told[f"{n} high"])) for n in names}
    return Past(str(found.get("as_of")), told["data"], str(found.get("level")), metrics)


def last_of(place: Path | None) -> Past | None:
    """The last validation, from its assessment."""
    return None if place is None else past_of(_assessment(place), str(place))


def read_history(place: Path) -> tuple[Past, ...]:
    """The lines of a history; none when there is no such file yet. InputError naming the line that is none."""
    if not place.exists():
        return ()
    if place.stat().st_size > LARGEST:
        raise InputError(f"is larger than {LARGEST:,} bytes", where=str(place))
    found = []
    for number, line in enumerate(place.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            data = json.loads(line)
            metrics = {str(n): _interval(values) for n, values in data["metrics"].items()}
            found.append(Past(str(data["day"]), str(data["data"]), str(data["level"]), metrics))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise InputError("is no line of a history", where=f"{place}:{number}") from problem
    return tuple(found[-MOST:])


def _interval(values: Any) -> Interval:
    point, low, high = (float(v) for v in values)
    return Interval(point, low, high)


@contextmanager
def kept(history: Path | None, output: Path | None, digest: str) -> Iterator[None]:
    """Adds the assessment that is written meanwhile to the history, also when its gate is not met."""
    if history is None:
        yield
        return
    if output is None:
        raise InputError("--history needs --output", hint="the assessment that is written there is added")
    place = output / "assessment.json"
    before = place.stat().st_mtime_ns if place.is_file() else None
    try:
        yield
    finally:
        if place.is_file() and place.stat().st_mtime_ns != before:
            found = _assessment(place)
            if found["subject"].get("digest") == digest:
                _append(history, past_of(found, str(place)))


def _append(place: Path, past: Past) -> None:
    metrics = {n: [i.point, i.low, i.high] for n, i in past.metrics.items() if math.isfinite(i.low + i.high)}
    line = {"day": past.day, "data": past.data, "level": past.level, "metrics": metrics}
    try:
        with place.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, sort_keys=True) + "\n")
    except OSError as problem:
        raise InputError(f"the history cannot be written: {problem.strerror}", where=str(place)) from problem
