"""GeoPackage and Shapefile: what a good one is, and each way to spoil it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import shapefile
import shapely
from test_examples import judged

from assaymark.model import Outcome
from assaymark_data import maps
from assaymark_data.dataset import kind_of

SQUARE = shapely.Polygon([(8, 54), (8, 55), (9, 55), (9, 54)])
BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
FAR = shapely.Point(540, 800)
WGS84 = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]]]'
UTM = 'PROJCS["ETRS89 / UTM zone 32N",GEOGCS["ETRS89"]]'
TABLES = """
CREATE TABLE gpkg_spatial_ref_sys
  (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
CREATE TABLE areas (fid INTEGER PRIMARY KEY, geom BLOB);
"""


def value(shape: Any, envelope: bytes = b"") -> bytes:
    """A geometry as GeoPackage keeps it: a head, perhaps an envelope, WKB."""
    flags = (1 if envelope else 0) << 1 | 1
    return b"GP\x00" + bytes([flags]) + (4326).to_bytes(4, "little") + envelope + shapely.to_wkb(shape)


def geopackage(place: Path, shapes: Sequence[Any], system: str | None = WGS84, more: str = "") -> None:
    code = 4326 if system == WGS84 else 25832 if system else -1
    with sqlite3.connect(place) as database:
        database.executescript(TABLES)
        organisation = "EPSG" if system else "NONE"
        told = (code, organisation, code, system or "undefined")
        database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?)", told)
        database.execute("INSERT INTO gpkg_geometry_columns VALUES ('areas', 'geom', ?)", (code,))
        for i, shape in enumerate(shapes):
            blob = shape if isinstance(shape, bytes | None) else value(shape, bytes(32) if i % 2 else b"")
            database.execute("INSERT INTO areas (geom) VALUES (?)", (blob,))
        database.executescript(more)
    database.close()


def shapes_of(place: Path, shapes: Sequence[Any], system: str | None = WGS84) -> None:
    point = isinstance(shapes[0], shapely.Point)
    with shapefile.Writer(str(place), shapeType=shapefile.POINT if point else shapefile.POLYGON) as writer:
        writer.field("n", "N")
        for n, shape in enumerate(shapes):
            writer.record(n)
            if shape is None:
                writer.null()
            elif point:
                writer.point(shape.x, shape.y)
            else:
                writer.poly([[list(c) for c in shape.exterior.coords]])
    if system:
        place.with_suffix(".prj").write_text(system)


WRITERS: dict[str, Callable[..., None]] = {"areas.gpkg": geopackage, "areas.shp": shapes_of}


@pytest.fixture(params=list(WRITERS))
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    def written(*shapes: Any, **how: Any) -> Path:
        WRITERS[request.param](tmp_path / request.param, shapes, **how)
        return tmp_path

    return written


def seen(folder: Path) -> dict[str, Any]:
    """What the process that looks at a map says of it, without a process."""
    return maps.examined(next(p for p in folder.iterdir() if p.suffix in (".gpkg", ".shp")))


def test_a_good_map_is_one(write: Callable[..., Path]) -> None:
    folder = write(SQUARE, SQUARE, None)
    assert [judged(folder, f"DQ.Geo0{i}").outcome for i in (1, 2, 3)] == [Outcome.PASSED] * 3
    assert seen(folder)["features"] == 3
    assert seen(folder)["crs"] in ("EPSG:4326", "WGS 84")


@pytest.mark.parametrize(("shape", "said"), [(BOW, "Self-intersection"), (FAR, "outside longitude")])
def test_geometries_that_are_wrong_are_named(shape: Any, said: str, write: Callable[..., Path]) -> None:
    ((severity, text),) = seen(write(shape))["problems"]
    assert severity == "error"
    assert said in text


def test_coordinates_of_a_projection_are_no_degrees(write: Callable[..., Path]) -> None:
    found = seen(write(FAR, system=UTM))
    assert found["problems"] == []
    assert found["crs"] in ("EPSG:25832", "ETRS89 / UTM zone 32N")


def test_a_map_without_a_reference_system_does_not_name_one(write: Callable[..., Path]) -> None:
    folder = write(SQUARE, system=None)
    assert seen(folder)["crs"] == ""
    assert judged(folder, "DQ.Geo03").outcome is Outcome.FAILED


def test_a_map_that_is_cut_off_cannot_be_read(write: Callable[..., Path]) -> None:
    folder = write(*[SQUARE] * 500)
    place = next(p for p in folder.iterdir() if p.suffix in (".gpkg", ".shp"))
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    assert "truncated" in seen(folder)["broken"]
    assert judged(folder, "DQ.Geo01").outcome is Outcome.FAILED


GARBAGE = [b"", b"x" * 50, b"SQLite format 3\x00" + bytes(200), (9994).to_bytes(4, "big") + bytes(96)]


@pytest.mark.parametrize("name", list(WRITERS))
@pytest.mark.parametrize("data", GARBAGE, ids=["empty", "words", "zeros", "head"])
def test_what_is_no_map_is_broken_or_unknown(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    try:
        found = seen(tmp_path)
    except sqlite3.DatabaseError:
        return  # which the process around it calls broken
    assert found.get("broken") or found.get("unknown")


def test_values_that_are_no_geometries_are_named(tmp_path: Path) -> None:
    geopackage(tmp_path / "areas.gpkg", [SQUARE, b"GP", b"POINT (1 2)", value(SQUARE)[:30], b"GP\x00\x0f" + bytes(60)])
    assert [severity for severity, _ in seen(tmp_path)["problems"]] == ["error"] * 4


FOREVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x AS fid, x AS geom FROM n"


@pytest.mark.parametrize(
    "more", ["DROP TABLE gpkg_geometry_columns;", f"DROP TABLE areas; CREATE VIEW areas AS {FOREVER};"]
)
def test_no_layer_in_a_table_is_unknown(more: str, tmp_path: Path) -> None:
    geopackage(tmp_path / "areas.gpkg", [SQUARE], more=more)
    assert "no layer of features" in seen(tmp_path)["unknown"]


def test_a_shapefile_is_more_than_one_file_and_none_of_them_a_link(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    shapes_of(inner / "areas.shp", [SQUARE])
    (inner / "areas.dbf").rename(tmp_path / "areas.dbf")
    (inner / "areas.prj").rename(tmp_path / "areas.prj")
    for name in ("areas.dbf", "areas.prj"):
        (inner / name).symlink_to(tmp_path / name)
    found = seen(inner)
    assert (found["crs"], "areas.dbf" in found["problems"][0][1]) == ("", True)


def test_maps_are_known_by_their_names() -> None:
    assert {kind_of(n) for n in ("a.gpkg", "a.SHP", "a.geojson")} == {"map"}
