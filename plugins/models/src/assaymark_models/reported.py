"""Numbers that other programs wrote: metrics JSON, JUnit XML. Their values, never their word.

A number of its own has no interval, so it can fail a threshold and cannot pass one. It passes with the bounds that the
file states (``{"value": …, "low": …, "high": …}``), or with the values of repeated runs (a list of at least five).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from assaymark.api import FactUnavailable, is_comparable

LARGEST, DEEPEST, LEAST_RUNS = 50_000_000, 100, 5


@dataclass(frozen=True, slots=True)
class Reported:
    """A value with its bounds, if they are known."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Tests:
    """What a JUnit file says."""

    run: int
    skipped: int
    failed: tuple[str, ...]


def document(place: Path, name: str) -> Mapping[str, Any]:
    """A JSON object. Raises FactUnavailable when the file holds none, or is too large or too deep."""
    if place.stat().st_size > LARGEST:
        raise FactUnavailable(f"{name} is larger than {LARGEST:,} bytes")
    try:
        found = json.loads(place.read_bytes())
    except (ValueError, RecursionError, OSError) as problem:
        remedy = "of JUnit XML the tests count: leave metric and bound out" if name.endswith(".xml") else None
        why = " ".join(str(problem).split())[:200]
        raise FactUnavailable(f"{name} is no JSON: {why}", remedy=remedy) from problem
    if not isinstance(found, dict):
        raise FactUnavailable(f"{name} holds no JSON object")
    return found


def value_of(found: object, name: str, where: str, confidence: float) -> Reported:
    """A number, a number with bounds, or the numbers of repeated runs. Raises FactUnavailable for anything else."""
    if isinstance(found, list) and found and all(map(is_number, found)):
        return of_runs([float(v) for v in found], confidence)
    parts = found if isinstance(found, dict) else {"value": found}
    value, low, high = (float(v) if is_number(v) else math.nan for v in map(parts.get, ("value", "low", "high")))
    if math.isnan(value):
        raise FactUnavailable(f"{where} holds no number {name!r}")
    if low > value or high < value:
        raise FactUnavailable(f"{name} of {where} lies outside its own bounds")
    return Reported(value, low, high)


def of_runs(values: Sequence[float], confidence: float) -> Reported:
    """The mean of repeated runs with Student's interval; without one when they are fewer than `LEAST_RUNS`."""
    from statistics import fmean

    mean = fmean(values)
    if len(values) < LEAST_RUNS or len(set(values)) == 1:
        return Reported(mean)
    from scipy.stats import sem, t

    low, high = t.interval(confidence, len(values) - 1, loc=mean, scale=sem(values))
    return Reported(mean, float(low), float(high))


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a finite number of a usual size, and so no ``NaN``, which JSON of Python may hold."""
    return is_comparable(value) and not isinstance(value, bool)


def junit_of(place: Path, name: str) -> Tests:
    """The tests of a JUnit file. Raises FactUnavailable when it is none or holds no test."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    if place.stat().st_size > LARGEST:
        raise FactUnavailable(f"{name} is larger than {LARGEST:,} bytes")
    run = skipped = 0
    failed: list[str] = []
    try:
        for _, element in iterparse(place, forbid_dtd=True):
            if element.tag.rpartition("}")[2] != "testcase":
                continue
            kinds = {child.tag.rpartition("}")[2] for child in element}
            run += 1
            skipped += "skipped" in kinds
            if kinds & {"failure", "error"}:
                failed.append(str(element.get("name"))[:200])
            element.clear()
    except (ParseError, DefusedXmlException, ValueError, OSError, RecursionError) as problem:
        raise FactUnavailable(f"{name} is no JUnit XML: {' '.join(str(problem).split())[:200]}") from problem
    if not run - skipped:
        raise FactUnavailable(f"{name} holds no test that ran", remedy="run the tests of the model")
    return Tests(run, skipped, tuple(failed))
