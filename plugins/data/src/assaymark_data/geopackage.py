"""GeoPackage: the geometries of its layers and their reference systems, read from SQLite without changing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

MOST_LAYERS = 100
_HEADER = b"SQLite format 3\x00"
# Bytes of the envelope before the geometry, by the three bits of the flags that tell which one there is.
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


class Layer(NamedTuple):
    """A table of features: its column of geometries, and its reference system ('' when it is undefined)."""

    table: str
    column: str
    crs: str
    degrees: bool


def truncated(place: Path) -> str:
    """Why a file cannot be a whole database; '' when its size is what its first page says."""
    with place.open("rb") as stream:
        head = stream.read(100)
    if not head.startswith(_HEADER) or len(head) < 100:
        return "it is no SQLite database, and so no GeoPackage"
    page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    wanted = (65_536 if page == 1 else page) * pages
    size = place.stat().st_size
    return f"it is {size:,} bytes long and should have {wanted:,}: truncated" if size < wanted else ""


def opened(place: Path) -> sqlite3.Connection:
    """The database, of which nothing is written and whose schema calls nothing."""
    database = sqlite3.connect(f"file:{quote(str(place))}?mode=ro&immutable=1", uri=True)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def layers(database: sqlite3.Connection) -> list[Layer]:
    """The layers that lie in tables; none when it is no GeoPackage or holds no features."""
    tables = {r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= tables:
        return []
    question = """
        SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition, g.srs_id
        FROM gpkg_geometry_columns AS g LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id
        ORDER BY g.table_name LIMIT ?
    """
    found = database.execute(question, (MOST_LAYERS,)).fetchall()
    return [Layer(str(t), str(c), *_system(*rest)) for t, c, *rest in found if t in tables]


def _system(organisation: Any, code: Any, definition: Any, id: Any) -> tuple[str, bool]:
    """The name of a reference system, and whether it is of longitude and latitude; -1 and 0 are undefined."""
    undefined = id in (-1, 0) or "undefined" in str(definition)[:200].lower()
    if organisation is None or undefined or str(organisation).upper() == "NONE":
        return "", False
    return f"{organisation}:{code}"[:100], str(definition).lstrip().upper().startswith(("GEOGCS", "GEOGCRS", "GEODCRS"))


def geometries(database: sqlite3.Connection, layer: Layer, most: int) -> Iterator[tuple[int, Any]]:
    """The geometries of a layer, numbered from 1: None where there is none, a text where it cannot be read."""
    import shapely

    table, column = ('"' + n.replace('"', '""') + '"' for n in (layer.table, layer.column))
    for n, (blob,) in enumerate(database.execute(f"SELECT {column} FROM {table} LIMIT {most}"), 1):
        if blob is None:
            yield n, None
            continue
        start = _start(blob)
        if start is None:
            yield n, "not in the form of GeoPackage"
            continue
        try:
            yield n, shapely.from_wkb(blob[start:])
        except (shapely.errors.ShapelyError, TypeError, ValueError) as problem:
            yield n, str(problem)


def _start(blob: object) -> int | None:
    """Where the geometry begins within a value."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        return None
    size = _ENVELOPES.get(blob[3] >> 1 & 7)
    return None if size is None else 8 + size
