"""Pictures are drawn from the names of metrics, say what they show, and take nothing of them for markup."""

from __future__ import annotations

import re
from xml.etree.ElementTree import fromstring

import pytest

from assaymark.model import Evidence, Outcome
from assaymark.reports.html.pictures import Numbers, drawn, of

CURVE = {
    f"bin {i:03d} {part}": value
    for i, row in enumerate(((90, 0.1, 0.2), (10, 0.9, 0.85)), 1)
    for part, value in zip(("rows", "probability", "positives"), row, strict=True)
}
RESIDUALS = {
    f"residual {i:02d} {part}": float(value)
    for i, row in enumerate(((1, 0.1, -1, 1), (2, -0.5, -2, 1)), 1)
    for part, value in zip(("value", "median", "low", "high"), row, strict=True)
}
CONFUSION = {"confusion cat / cat": 40, "confusion cat / dog": 3, "confusion dog / cat": 5, "confusion dog / dog": 52}
GROUPS = {
    f"region={name} f1{end}": value
    for name, row in (("north", (0.8, 0.7, 0.9)), ("south", (0.6, 0.5, 0.7)))
    for end, value in zip(("", " low", " high"), row, strict=True)
}
HISTORY: Numbers = {
    f"history rmse {i:03d} {part}": value
    for i, row in enumerate((("2026-01-01", 0.5, 0.4, 0.6), ("now", 0.7, 0.6, 0.8)), 1)
    for part, value in zip(("day", "value", "low", "high"), row, strict=True)
}


def evidence(numbers: Numbers) -> Evidence:
    return Evidence(outcome=Outcome.PASSED, message="x", metrics=numbers)


@pytest.mark.parametrize(
    ("numbers", "title", "says"),
    [
        (CURVE, "Calibration.", "0.1 was predicted and 0.2 came true"),
        (RESIDUALS, "Residuals.", "farthest from zero, -0.5, at 2"),
        (CONFUSION, "Confusion.", "92 of 100 are right. Most often dog is taken for cat: 5 times"),
        (GROUPS, "Groups of region.", "from 0.6 (south) to 0.8 (north)"),
        (HISTORY, "History of rmse.", "0.5 at first, 0.7 now"),
    ],
)
def test_each_picture_says_in_words_what_it_shows(numbers: Numbers, title: str, says: str) -> None:
    (picture,) = of(evidence(numbers))
    assert picture.title == title
    assert says in picture.says
    svg = fromstring(picture.svg)
    assert says[:30] in svg.attrib["aria-label"]
    assert drawn(evidence(numbers)) == frozenset(numbers)


def test_other_numbers_are_no_picture() -> None:
    numbers = {"rmse": 0.5, "rmse low": 0.4, "rmse high": 0.6, "rows": 100, "seed": 0}
    assert of(evidence(numbers)) == []
    assert not drawn(evidence(numbers))


@pytest.mark.parametrize(
    "numbers",
    [
        {"confusion a / a": 1, "confusion a / b": 2},
        {"bin 001 rows": 5},
        {"bin 001 rows": "five", "bin 001 probability": 0.5, "bin 001 positives": 0.5},
        {"history rmse 001 value": 0.5, "history rmse 001 low": 0.4, "history rmse 001 high": 0.6},
        {"residual 01 value": True, "residual 01 median": 0, "residual 01 low": 0, "residual 01 high": 0},
    ],
)
def test_half_a_picture_is_none(numbers: Numbers) -> None:
    assert of(evidence(numbers)) == []


def test_names_of_the_judged_are_text() -> None:
    evil = '"><script>alert(1)</script>'
    numbers: Numbers = {f"{evil}={evil} f1": 0.5, f"{evil}={evil} f1 low": 0.4, f"{evil}={evil} f1 high": 0.6}
    numbers = {**numbers, f"confusion {evil} / {evil}": 7}
    for picture in of(evidence(numbers)):
        assert "<script" not in picture.svg
        fromstring(picture.svg)


def test_a_single_value_everywhere_is_drawn() -> None:
    flat = dict.fromkeys(RESIDUALS, 0.0) | dict.fromkeys(GROUPS, 0.5)
    assert len(of(evidence(flat))) == 2


def test_numbers_at_the_axes_can_be_told_apart() -> None:
    shown = {"day": "2026-01-02", "low": 0.9988, "high": 0.9992}
    rows: Numbers = {
        f"history r2 00{i} {k}": v for i in (1, 2) for k, v in (shown | {"value": 0.9989 + i / 10_000}).items()
    }
    (picture,) = of(evidence(rows))
    labels = re.findall(r'text-anchor="end">(0\.\d+)<', picture.svg)
    assert len(set(labels)) == 3
    assert "0.999 at first, 0.9991 now" in picture.says
