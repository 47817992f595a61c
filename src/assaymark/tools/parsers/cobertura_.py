"""Cobertura XML: line coverage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Parsed, Unparsable
from assaymark.tools.parsers.common import count, tag, xml_of
from assaymark.tools.parsers.coverage import metrics


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Metrics ``coverage`` (percent of lines), ``lines_covered``, ``lines_valid``.

    Lines are counted where the report lists them; its own totals are used when it does not. Without a single line
    there is nothing to tell.
    """
    top = xml_of(data, "coverage")
    hits: dict[tuple[str, str], bool] = {}
    for group in (c for c in top.iter() if tag(c) == "class"):
        name = group.get("filename") or group.get("name") or ""
        for lines in (x for x in group if tag(x) == "lines"):
            for line in (x for x in lines if tag(x) == "line"):
                key = (name, line.get("number") or "")
                hits[key] = hits.get(key, False) or (count(line.get("hits")) or 0) > 0
    if hits:
        return Parsed(metrics=metrics(sum(hits.values()), len(hits)))
    covered, valid = count(top.get("lines-covered")), count(top.get("lines-valid"))
    if covered is None or valid is None:
        raise Unparsable("it lists no line and no totals")
    return Parsed(metrics=metrics(covered, valid))
