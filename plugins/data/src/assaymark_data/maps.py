"""Maps: geometries by shapely (GeoJSON, GeoParquet, GeoPackage, Shapefile), GeoTIFF by tifffile; reference system."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MOST, MOST_FEATURES = 200, 100_000
GEOJSON_LIMIT = 500_000_000
_TILE_OFFSETS, _STRIP_OFFSETS = 324, 273


def examined(place: Path) -> dict[str, Any]:
    """What was found; raises whatever a reader raises for a damaged file."""
    name = place.name.lower()
    if name.endswith((".tif", ".tiff")):
        return _geotiff(place)
    if name.endswith(".geojson"):
        return _geojson(place)
    if name.endswith(".gpkg"):
        return _geopackage(place)
    return _shapefile(place) if name.endswith(".shp") else _geoparquet(place)


def _geojson(place: Path) -> dict[str, Any]:
    if place.stat().st_size > GEOJSON_LIMIT:
        return {"unknown": f"larger than {GEOJSON_LIMIT:,} bytes: one document has to fit into memory"}
    tree = json.loads(place.read_bytes().decode("utf-8-sig"))
    features = tree.get("features") if tree.get("type") == "FeatureCollection" else [tree]
    if not isinstance(features, list) or not features:
        return {"broken": "it holds no features"}
    geometries = ((n, f.get("geometry", f) if f.get("type") == "Feature" else f) for n, f in enumerate(features, 1))
    problems = list(_judged(_read_json(geometries), degrees=True))
    crs = tree.get("crs")
    named = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if crs is not None and "CRS84" not in named and "4326" not in named:
        problems.append(("error", f"crs is {named or 'given'}: GeoJSON is in WGS 84 (RFC 7946)"))
    return {"problems": problems[:MOST], "features": len(features), "crs": "WGS 84"}


def _read_json(geometries: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    import shapely

    for n, geometry in geometries:
        if geometry is None:
            yield n, None
            continue
        try:
            yield n, shapely.from_geojson(json.dumps(geometry, allow_nan=True))
        except (shapely.errors.ShapelyError, TypeError, ValueError) as problem:
            yield n, str(problem)


def _judged(geometries: Iterable[tuple[int, Any]], *, degrees: bool) -> Iterator[tuple[str, str]]:
    """Geometries that are invalid, empty, or outside what longitude and latitude can be."""
    import shapely

    for n, geometry in geometries:
        if geometry is None:
            yield "note", f"feature {n} has no geometry"
        elif isinstance(geometry, str):
            yield "error", f"feature {n} is no geometry: {' '.join(geometry.split())[:150]}"
        elif geometry.is_empty:
            yield "warning", f"feature {n} is empty"
        elif not shapely.is_valid(geometry):
            yield "error", f"feature {n}: {shapely.is_valid_reason(geometry)}"
        elif degrees:
            west, south, east, north = geometry.bounds
            if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                yield "error", f"feature {n} lies outside longitude ±180 and latitude ±90"


def _geoparquet(place: Path) -> dict[str, Any]:
    import duckdb
    import shapely

    with duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": 1}) as connection:
        # Geometries stay the bytes that they are: shapely reads them, and says what is wrong with them.
        connection.execute("SET enable_geoparquet_conversion = false")
        name = str(place).replace("'", "''")
        rows = connection.execute(f"SELECT value FROM parquet_kv_metadata('{name}') WHERE key = 'geo'").fetchall()
        if not rows:
            return {"broken": "it has no metadata 'geo': it is Parquet, and no GeoParquet"}
        about = json.loads(bytes(rows[0][0]).decode("utf-8"))
        column = about["primary_column"]
        told = about["columns"][column]
        problems: list[tuple[str, str]] = []
        if told.get("encoding") != "WKB":
            return {
                "unknown": f"its geometries are encoded as {str(told.get('encoding'))[:50]}, which is not read here"
            }
        quoted = '"' + str(column).replace('"', '""') + '"'
        columns = dict(r[:2] for r in connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{name}')").fetchall())
        if not str(columns.get(column)).startswith("BLOB"):
            return {"unknown": f"its column {str(column)[:50]} is {columns.get(column)}, which is not read here"}
        found = connection.execute(f"SELECT {quoted} FROM read_parquet('{name}') LIMIT {MOST_FEATURES}").fetchall()
        shapes = (
            (n, shapely.from_wkb(r[0], on_invalid="ignore") if r[0] is not None else None)
            for n, r in enumerate(found, 1)
        )
        geographic = "crs" not in told or "OGC:CRS84" in json.dumps(told.get("crs"))
        problems += list(_judged(shapes, degrees=geographic))
    crs = "OGC:CRS84" if "crs" not in told else _crs_name(told["crs"])
    return {"problems": problems[:MOST], "features": len(found), "crs": crs}


def _geopackage(place: Path) -> dict[str, Any]:
    """All layers; the reference system is told when each of them has one."""
    from assaymark_data import geopackage

    if why := geopackage.truncated(place):
        return {"broken": why}
    waiting = place.with_name(place.name + "-wal")
    if waiting.exists() and waiting.stat().st_size:
        return {"unknown": f"changes in {waiting.name} are not written to it yet"}
    database = geopackage.opened(place)
    try:
        layers = geopackage.layers(database)
        if not layers:
            return {"unknown": "it holds no layer of features: tiles and plain tables are not looked at"}
        problems: list[tuple[str, str]] = []
        count = 0
        for layer in layers:
            shapes = list(geopackage.geometries(database, layer, MOST_FEATURES - count))
            count += len(shapes)
            judged = _judged(shapes, degrees=layer.degrees)
            problems += [(severity, f"{layer.table[:80]}: {text}") for severity, text in judged]
    finally:
        database.close()
    if not count:
        return {"broken": "it holds no features"}
    systems = dict.fromkeys(layer.crs for layer in layers)
    crs = "" if "" in systems else ", ".join(systems)[:200]
    return {"problems": problems[:MOST], "features": count, "crs": crs}


def _shapefile(place: Path) -> dict[str, Any]:
    from assaymark_data import shapefile

    if why := shapefile.truncated(place):
        return {"broken": why}
    crs, degrees = shapefile.system(place)
    shapes = list(shapefile.geometries(place, MOST_FEATURES))
    if not shapes:
        return {"broken": "it holds no features"}
    problems = [("error", f"{name} does not lie beside it, or is a link") for name in shapefile.lacking(place)]
    problems += _judged(shapes, degrees=degrees)
    return {"problems": problems[:MOST], "features": len(shapes), "crs": crs}


def _crs_name(crs: Any) -> str:
    return str(crs.get("name", "given"))[:100] if isinstance(crs, dict) else ""


def _geotiff(place: Path) -> dict[str, Any]:
    import tifffile

    problems: list[tuple[str, str]] = []
    size = place.stat().st_size
    with tifffile.TiffFile(place) as tiff:
        page = tiff.pages.first
        ends = [o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if ends and max(ends) > size:
            return {"broken": f"it is {size:,} bytes long and should have at least {max(ends):,}: truncated"}
        tags = page.geotiff_tags or {}
        crs = next(
            (str(tags[k]) for k in ("ProjectedCSTypeGeoKey", "GeographicTypeGeoKey", "GTCitationGeoKey") if k in tags),
            "",
        )
        placed = "ModelPixelScale" in tags or "ModelTransformation" in tags or "ModelTiepoint" in tags
        if not placed:
            problems.append(
                ("error", "nothing tells where on earth the pixels lie (no ModelPixelScale, no ModelTransformation)")
            )
        if "GDAL_NODATA" not in page.tags:
            problems.append(("note", "nothing tells which value means no data (GDAL_NODATA)"))
    return {"problems": problems, "features": 1, "crs": crs}
