"""Binary files for the examples and tests, made when they are needed: by the libraries that people write them with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TABLE = {"station": ["a", "b"], "level": [1.25, 1.5]}


def parquet(place: Path, columns: dict[str, list[Any]], metadata: dict[str, str] | None = None) -> None:
    import pyarrow as pa
    from pyarrow import parquet as pq

    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata) if metadata else table, place)


def cut(place: Path, share: float = 0.6) -> None:
    data = place.read_bytes()
    place.write_bytes(data[: int(len(data) * share)])


def grid(place: Path, *, units: bool = True, title: bool = True, nan: bool = False) -> None:
    import netCDF4

    with netCDF4.Dataset(str(place), "w") as data:
        data.Conventions = "CF-1.8, ACDD-1.3"
        about = {
            "summary": "Levels of the sea on a small grid.",
            "keywords": "sea level",
            "institution": "Example Institute",
            "source": "a test",
            "history": "2025-01-01 made",
            "references": "none",
            "comment": "none",
            "id": "levels",
            "naming_authority": "org.example",
            "cdm_data_type": "Grid",
            **({"title": "Levels of the sea"} if title else {}),
        }
        data.setncatts(about)
        axes = (
            ("time", 4, "days since 2025-01-01", "T"),
            ("latitude", 3, "degrees_north", "Y"),
            ("longitude", 2, "degrees_east", "X"),
        )
        for name, size, unit, axis in axes:
            short = {"time": "time", "latitude": "lat", "longitude": "lon"}[name]
            data.createDimension(short, size)
            variable = data.createVariable(short, "f8", (short,))
            variable.setncatts(
                {
                    "standard_name": name,
                    "long_name": name,
                    "units": unit,
                    "axis": axis,
                    "coverage_content_type": "coordinate",
                }
            )
            variable[:] = range(size)
        data.variables["time"].calendar = "standard"
        level = data.createVariable("level", "f4", ("time", "lat", "lon"), fill_value=-99.0)
        names = {
            "standard_name": "sea_surface_height_above_geoid",
            "long_name": "level",
            "coverage_content_type": "physicalMeasurement",
        }
        level.setncatts(names | ({"units": "m"} if units else {}))
        values = np.full((4, 3, 2), 1.5, "f4")
        if nan:
            values[1, 1, 1] = np.nan
        level[:] = values


def raster(place: Path, *, placed: bool = True) -> None:
    import tifffile

    keys = (1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326)
    tags = [
        (33550, "d", 3, (0.1, 0.1, 0.0), True),
        (33922, "d", 6, (0, 0, 0, 8.0, 54.0, 0), True),
        (34735, "H", len(keys), keys, True),
    ]
    tifffile.imwrite(place, np.ones((64, 64), "f4"), extratags=tags if placed else [], metadata=None)


def geoparquet(place: Path, *, bow: bool = False) -> None:
    import json

    import shapely

    shape = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]) if bow else shapely.Point(8, 54)
    about = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    parquet(place, {"geometry": [shapely.to_wkb(shape)]}, {"geo": json.dumps(about)})


def _then_cut(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def made(place: Path) -> None:
        make(place)
        cut(place)

    return made


MAKERS: dict[str, Callable[[Path], object]] = {
    "latin-1": lambda p: p.write_bytes("station\nKøbenhavn\n".encode("latin-1")),
    "parquet": lambda p: parquet(p, TABLE),
    "parquet-nan": lambda p: parquet(p, {"level": [1.5, float("nan")]}),
    "truncated-parquet": _then_cut(lambda p: parquet(p, TABLE)),
    "grid": grid,
    "grid-without-units": lambda p: grid(p, units=False),
    "grid-without-title": lambda p: grid(p, title=False),
    "grid-nan": lambda p: grid(p, nan=True),
    "truncated-grid": _then_cut(grid),
    "raster": raster,
    "raster-nowhere": lambda p: raster(p, placed=False),
    "truncated-raster": _then_cut(raster),
    "geoparquet": geoparquet,
    "geoparquet-bow": lambda p: geoparquet(p, bow=True),
}
