"""JaCoCo XML: line coverage of Java."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Parsed, Unparsable
from assaymark.tools.parsers.common import count, tag, xml_of
from assaymark.tools.parsers.coverage import metrics


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Metrics as for Cobertura, from the LINE counter of the whole report."""
    for counter in (c for c in xml_of(data, "report") if tag(c) == "counter" and c.get("type") == "LINE"):
        missed, covered = count(counter.get("missed")), count(counter.get("covered"))
        if missed is not None and covered is not None:
            return Parsed(metrics=metrics(covered, missed + covered))
    raise Unparsable("it has no LINE counter")
