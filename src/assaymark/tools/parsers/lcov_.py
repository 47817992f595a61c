"""LCOV tracefiles: line coverage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Parsed, Unparsable
from assaymark.tools.parsers.common import count, text_of
from assaymark.tools.parsers.coverage import metrics


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Metrics as for Cobertura. A record that does not end means that the file was cut short."""
    hits: dict[tuple[str, int], bool] = {}
    totals: dict[str, tuple[int, int]] = {}
    source, found, hit = None, 0, 0
    for line in text_of(data).splitlines():
        key, _, value = line.strip().partition(":")
        if key == "SF":
            if source is not None:
                raise Unparsable("a record does not end")
            source, found, hit = value, 0, 0
        elif key == "DA" and source is not None:
            parts = value.split(",")
            number, times = count(parts[0]), count(parts[1]) if len(parts) > 1 else None
            if number is None or times is None:
                raise Unparsable("a DA line is not 'line,count'")
            hits[source, number] = hits.get((source, number), False) or times > 0
        elif key == "LF":
            found = count(value) or 0
        elif key == "LH":
            hit = count(value) or 0
        elif key == "end_of_record" and source is not None:
            totals[source], source = (hit, found), None
    if source is not None:
        raise Unparsable("the last record does not end")
    if not totals:
        raise Unparsable("it holds no record")
    if hits:
        return Parsed(metrics=metrics(sum(hits.values()), len(hits)))
    return Parsed(metrics=metrics(sum(h for h, _ in totals.values()), sum(f for _, f in totals.values())))
