"""Metrics in the PROV-JSON of yProv4ML: their values in the document, or in a file beside it.

From version 3 on each metric has a file of its own (CSV, NetCDF or Zarr) that holds epochs, values and times, and that
the document names by the path that it had where the model was trained. Nothing of yProv4ML is imported.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_models.reported import LARGEST, Reported, is_number

MOST_PARTS = 30
# A line of a CSV file: epoch, value, time; the separator is the user's.
_LINE = re.compile(r"\s*-?\d+\s*([,;\t| ])\s*([^,;\t| ]+)\s*\1\s*-?[\d.eE+]+\s*")
_HERE = ("prov:value", "yProv4ML:metric_value", "yprov:value", "prov-ml:value", "prov-ml:metric_value_list")


def prov_metric(found: Mapping[str, Any], name: str, where: str, document: Path, root: Path) -> Reported:
    """The last value of a metric of the ``document`` (``where`` to people), from a file beside it if it lies there.

    Raises FactUnavailable when there is none, when several metrics are called so, and when a file cannot be read.
    """
    id, entity = _only(found, name, where)
    for key in _HERE:
        if numbers := _numbers(entity.get(key)):
            return Reported(numbers[-1])
    kept = _plain(entity.get("dcterms:identifier"))
    if not kept:
        raise FactUnavailable(f"the values of {name!r} are not in {where}", remedy="report them as metrics JSON")
    place = _beside(kept, document, root)
    if place is None:
        raise FactUnavailable(
            f"the values of {name!r} are not in {where} but in {kept[:200]}, which is not there",
            remedy=f"keep that file in the folder of {where}, or report them as metrics JSON",
        )
    value = _last(place)
    if not math.isfinite(value) or not is_number(value):
        raise FactUnavailable(f"the last value of {id} in {place.name} is no finite number")
    return Reported(value)


def values_file(document: Path, metric: str, root: Path) -> Path | None:
    """The file that holds the values of a metric, None where the document holds them itself or is none of yProv4ML."""
    from assaymark_models.reported import document as read

    try:
        _, entity = _only(read(document, document.name), metric, document.name)
    except (FactUnavailable, OSError):
        return None
    kept = _plain(entity.get("dcterms:identifier"))
    return None if not kept or any(_numbers(entity.get(k)) for k in _HERE) else _beside(kept, document, root)


def _only(found: Mapping[str, Any], name: str, where: str) -> tuple[str, Mapping[str, Any]]:
    """The metric of a name; the context belongs to it where several contexts have one (``loss//Training``)."""
    exact, loose = [], []
    for id, entity in _metrics(found):
        whole = id.rpartition(":")[2]
        if name in (id, whole):
            exact.append((id, entity))
        elif name in (
            whole.partition("//")[0],
            _plain(entity.get("prov:label")),
            _plain(entity.get("yprov:fullLabel")),
        ):
            loose.append((id, entity))
    matching = exact or loose
    if not matching:
        raise FactUnavailable(f"{where} has no metric {name!r}")
    if len(matching) > 1:
        names = [id.rpartition(":")[2] for id, _ in matching]
        raise FactUnavailable(
            f"{where} has {len(names)} metrics {name!r}: {', '.join(names[:5])[:200]}",
            remedy=f"name one: {names[0][:80]}",
        )
    return matching[0]


def _metrics(found: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entities = found.get("entity")
    for id, entity in entities.items() if isinstance(entities, dict) else ():
        if isinstance(entity, dict) and _is_metric(entity):
            yield str(id), entity


def _is_metric(entity: Mapping[str, Any]) -> bool:
    kinds = entity.get("prov:type", "")
    return "metric" in json.dumps(kinds).lower() or any("metric" in str(k).lower() for k in entity)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("$")
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value) if value is not None else ""


def _numbers(value: object) -> list[float]:
    """Numbers of a value of PROV-JSON: alone, typed, in a list, or a list as text."""
    if isinstance(value, dict):
        value = value.get("$")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    values = value if isinstance(value, list) else [value]
    return [float(v) for v in values if is_number(v)]


def _beside(kept: str, document: Path, root: Path) -> Path | None:
    """The file that a path of another machine means here: its last parts, below the folder of the document."""
    parts = [p for p in PurePosixPath(kept.replace("\\", "/")).parts if p not in ("/", ".", "..")][-MOST_PARTS:]
    for start in range(len(parts)):
        try:
            place = document.parent.joinpath(*parts[start:]).resolve()
            if place.is_relative_to(root) and (place.is_file() or (place.suffix == ".zarr" and place.is_dir())):
                return place
        except (OSError, ValueError, RuntimeError):
            continue
    return None


def _last(place: Path) -> float:
    """The value of the last row. Raises FactUnavailable."""
    if place.is_file() and place.stat().st_size > LARGEST:
        raise FactUnavailable(f"{place.name} is larger than {LARGEST:,} bytes")
    if place.suffix.lower() in (".nc", ".zarr"):
        from assaymark_models.grids import table_of
        from assaymark_models.tables import Wanted, floats

        try:
            values = floats(table_of(place, place.name, Wanted(frozenset({"values"})))["values"])
        except ValueError as problem:
            raise FactUnavailable(f"values of {place.name} {problem}") from problem
        return float(values[-1]) if len(values) else math.nan
    if place.suffix.lower() not in (".csv", ".txt"):
        raise FactUnavailable(f"{place.name} is neither CSV nor NetCDF nor Zarr")
    lines = [line for line in place.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    found = _LINE.fullmatch(lines[-1]) if len(lines) > 1 else None
    if found is None:
        raise FactUnavailable(f"the last line of {place.name} is no epoch, value and time")
    try:
        return float(found[2])
    except ValueError:
        return math.nan
