"""How wide a text is, without a font: a table of measured widths, which a browser is then held to (``textLength``)."""

from __future__ import annotations

import json
import unicodedata
from functools import cache, lru_cache
from typing import Any

from assaymark import data

Table = dict[str, int]


@lru_cache(maxsize=4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels, to a tenth, that one line of text takes at a font size of ``size`` pixels."""
    table = _tables()["bold" if bold else "regular"]
    return round(sum(table[c] if c in table else _other(c) for c in text) * size / 1000, 1)


@cache
def _tables() -> dict[str, Table]:
    found: dict[str, Table] = {"regular": {}, "bold": {}}
    for part in _document()["ranges"]:
        table = found[part["weight"]]
        table.update((chr(n), w) for n, w in enumerate(part["widths"], part["first"]))
    return found


@cache
def _document() -> Any:
    return json.loads((data.folder("badges") / "widths.json").read_text(encoding="utf-8"))


def _other(character: str) -> int:
    """A character that was not measured, by the kind that Unicode says it is of."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return int(_document()["other"]["wide" if wide else "narrow"])
