"""The date that a page shows: of its version, or of its last change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NAMES = "|".join(m[:3] + (f"(?:{m[3:]})?" if len(m) > 3 else "") for m in _MONTHS)
_ISO = re.compile(r"(?<![\d-])(20\d\d)-(\d\d)-(\d\d)(?![\d-])")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? ({_NAMES})\.?,? (20\d\d)\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (20\d\d)\b", re.IGNORECASE)


def newest(text: str, until: date) -> date | None:
    """The latest date in a text that is not in the future."""
    return max((d for d in _dates(" ".join(text.split())) if d <= until), default=None)


def _dates(text: str) -> Iterator[date]:
    for found in _ISO.finditer(text):
        yield from _date(found[1], found[2], found[3])
    for found in _DAY_FIRST.finditer(text):
        yield from _date(found[3], _month(found[2]), found[1])
    for found in _MONTH_FIRST.finditer(text):
        yield from _date(found[3], _month(found[1]), found[2])


def _month(name: str) -> int:
    return next(i for i, m in enumerate(_MONTHS, 1) if m.startswith(name.lower()[:3]))


def _date(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return
