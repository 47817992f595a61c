"""Shapefile: geometries, read by pyshp, with the files that belong to them and lie beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NEEDED = (".shx", ".dbf")
_HEAD, _MAGIC, _VERSION = 100, (9994).to_bytes(4, "big"), (1000).to_bytes(4, "little")
_SYSTEM = re.compile(r'\s*(PROJCS|GEOGCS|PROJCRS|GEOGCRS|GEODCRS|COMPD_CS|COMPOUNDCRS)\s*\[\s*"([^"]{1,100})"', re.I)


def beside(place: Path, suffix: str) -> Path | None:
    """A file of the same name with another ending, in any case; None when there is none. No link is followed."""
    for name in (place.stem + suffix, place.stem + suffix.upper()):
        found = place.with_name(name)
        if found.is_file() and not found.is_symlink():
            return found
    return None


def lacking(place: Path) -> list[str]:
    """Names of the files that every Shapefile has and this one has not."""
    return [place.stem + s for s in _NEEDED if beside(place, s) is None]


def system(place: Path) -> tuple[str, bool]:
    """The name of the reference system, '' when there is none, and whether coordinates are longitude and latitude."""
    told = beside(place, ".prj")
    if told is None:
        return "", False
    with told.open("rb") as stream:
        found = _SYSTEM.match(stream.read(10_000).decode("utf-8", "replace"))
    return (found[2], found[1].upper().startswith("GEO")) if found else ("", False)


def truncated(place: Path) -> str:
    """Why a file cannot be whole; '' when its size is what its head says."""
    with place.open("rb") as stream:
        head = stream.read(_HEAD)
    if len(head) < _HEAD or head[:4] != _MAGIC or head[28:32] != _VERSION:
        return "it is no Shapefile"
    wanted, size = 2 * int.from_bytes(head[24:28], "big"), place.stat().st_size
    if wanted < _HEAD:
        return f"its head says that it is {wanted:,} bytes long, which no Shapefile is"
    return f"it is {size:,} bytes long and should have {wanted:,}: truncated" if size < wanted else ""


def geometries(place: Path, most: int) -> Iterator[tuple[int, Any]]:
    """The geometries, numbered from 1: of shapely, None where there is none, a text where it cannot be made."""
    import shapefile
    import shapely

    with place.open("rb") as stream, shapefile.Reader(shp=stream) as reader:
        for n, shape in enumerate(reader.iterShapes(), 1):
            if n > most:
                return
            if shape.shapeType == shapefile.NULL:
                yield n, None
                continue
            try:
                yield n, shapely.geometry.shape(shape.__geo_interface__)
            except (shapely.errors.ShapelyError, TypeError, ValueError, IndexError, KeyError) as problem:
                yield n, str(problem) or type(problem).__name__
