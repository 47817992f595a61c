"""Values with rules of their own: boxes, intervals, dates, coordinate systems, geometries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from assaymark_workflows.source import Pointer

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?")
_TIME = re.compile(r"(?:[01]\d|2[0-4]):[0-5]\d(?::[0-6]\d)?(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?")
_DURATION = re.compile(r"-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+[DW])?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?")
_CODE = re.compile(r"(?i)epsg:\d+")
_GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_GEOJSON = (*_GEOMETRIES, "Feature", "FeatureCollection")


class Fault(NamedTuple):
    """What is wrong with a value, under which rule, and where below it."""

    rule: str
    message: str
    pointer: Pointer = ()


def is_reference(value: Any) -> bool:
    """Whether a value only comes to be at run time."""
    return isinstance(value, dict) and ("from_node" in value or "from_parameter" in value)


def bounding_box(value: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of a box that has the right keys with the right types."""
    sides: dict[str, float] = {}
    for key in ("west", "south", "east", "north"):
        side = value.get(key)
        if isinstance(side, bool) or not isinstance(side, int | float):
            return
        sides[key] = side
    if sides["south"] > sides["north"]:
        yield Fault("OEO-V002", f"south ({sides['south']}) is above north ({sides['north']})", ("south",))
    crs = value.get("crs")
    if sides["west"] > sides["east"]:
        geographic = crs in (None, 4326)
        why = "which is right only across the antimeridian" if geographic else "which no projected box can be"
        yield Fault("OEO-V003", f"west ({sides['west']}) is beyond east ({sides['east']}), {why}", ("west",))
    if isinstance(crs, str) and _CODE.fullmatch(crs):
        yield Fault("OEO-V004", f"a code is written as a number: {crs.split(':')[1]}, not {crs!r}", ("crs",))


def temporal_interval(value: list[Any]) -> Iterator[Fault]:
    """Faults of an interval of two items with the right types."""
    if len(value) != 2 or any(is_reference(item) for item in value):
        return
    start, end = value
    if start is None and end is None:
        yield Fault("OEO-V005", "an interval cannot be open on both sides; the argument itself can be null")
        return
    if start is None or end is None:
        return
    begin, until = _moment(start), _moment(end)
    if start == end:
        message = f"the interval begins and ends at {start}; its end is not part of it, so it may be empty"
        yield Fault("OEO-V009", message, (1,))
    elif begin is not None and until is not None and begin > until:
        yield Fault("OEO-V005", f"the interval ends ({end}) before it begins ({start})", (1,))


def geojson(value: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of GeoJSON as far as openEO restricts it."""
    kind = value.get("type")
    if kind == "GeometryCollection":
        yield Fault("OEO-V006", "openEO takes no GeometryCollection", ("type",))
    elif kind not in _GEOJSON:
        yield Fault("OEO-V006", f"{kind!r} is no type of GeoJSON", ("type",) if "type" in value else ())
    elif kind == "FeatureCollection" and not isinstance(value.get("features"), list):
        yield Fault(
            "OEO-V006", "a FeatureCollection has an array of features", ("features",) if "features" in value else ()
        )
    elif kind in _GEOMETRIES and not isinstance(value.get("coordinates"), list):
        yield Fault("OEO-V006", f"a {kind} has an array of coordinates")
    geometry = value.get("geometry")
    if kind == "Feature" and isinstance(geometry, dict) and geometry.get("type") == "GeometryCollection":
        yield Fault("OEO-V006", "openEO takes no GeometryCollection", ("geometry", "type"))


def _real(text: str) -> bool:
    try:
        datetime.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    """``2020-01-31``."""
    return _DATE.fullmatch(text) is not None and _real(text)


def is_date_time(text: str) -> bool:
    """``2020-01-31T12:00:00Z``."""
    return _DATE_TIME.fullmatch(text) is not None and _real(text)


def _moment(value: Any) -> datetime | None:
    """A date or date-time that can be compared, else None."""
    if not isinstance(value, str) or not (is_date(value) or is_date_time(value)):
        return None
    try:
        found = datetime.fromisoformat(value.upper().replace(" ", "T"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


FORMATS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "date": (is_date, "a date such as 2020-01-31"),
    "date-time": (is_date_time, "a date with time such as 2020-01-31T12:00:00Z"),
    "time": (lambda text: _TIME.fullmatch(text) is not None, "a time such as 12:00:00"),
    "duration": (lambda text: _DURATION.fullmatch(text) is not None, "a duration such as P1M"),
}
