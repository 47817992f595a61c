"""Grids and maps, as processes of their own looked at them."""

from __future__ import annotations

from assaymark.api import Evidence, check
from assaymark_data.checks.quality import Report
from assaymark_data.dataset import Dataset
from assaymark_data.examined import Examined

_NO_GRIDS, _NO_MAPS = (
    "there are no grids (NetCDF, Zarr)",
    "there are no maps (GeoJSON, GeoTIFF, GeoParquet, GeoPackage, Shapefile)",
)


def _readable(rule: str, dataset: Dataset, found: tuple[Examined, ...], nothing: str) -> Evidence:
    report = Report(rule, dataset)
    for item in found:
        if item.broken:
            report.bad(item.file.path, f"cannot be read: {item.broken}")
        elif item.unknown:
            report.open_(item.file.path, item.unknown)
        else:
            report.good(f"{item.file.path} can be read")
    return report.evidence(nothing, "write the file again from its source")


def _keeps(rule: str, dataset: Dataset, found: tuple[Examined, ...], key: str, standard: str, remedy: str) -> Evidence:
    """What a checker calls an error fails; its warnings are findings that decide nothing."""
    report = Report(rule, dataset)
    for item in found:
        path = item.file.path
        if item.broken or item.unknown:
            report.open_(path, item.unknown or f"cannot be read: {item.broken}")
            continue
        problems = item.problems(key)
        errors = [text for severity, text in problems if severity == "error"]
        for text in (text for severity, text in problems if severity != "error"):
            report.note(path, text)
        if errors:
            report.bad(
                path,
                f"{errors[0]}" + (f"; and {len(errors) - 1} more" if errors[1:] else ""),
                [(None, e) for e in errors],
            )
        else:
            report.good(f"{path} keeps to {standard}" if standard else f"{path}: nothing wrong was seen")
    return report.evidence(_NO_MAPS if rule.startswith("maps") else _NO_GRIDS, remedy)


@check("data.grids-readable")
def grids_readable(data_files: Dataset, data_grids: tuple[Examined, ...]) -> Evidence:
    """Every grid can be opened."""
    return _readable("grids-readable", data_files, data_grids, _NO_GRIDS)


@check("data.grids-cf")
def grids_cf(data_files: Dataset, data_grids: tuple[Examined, ...]) -> Evidence:
    """Every grid keeps to the CF conventions in the version that it declares: units, names, coordinates."""
    remedy = "add what is named, units first; the conventions: https://cfconventions.org"
    return _keeps("grids-cf", data_files, data_grids, "cf", "CF", remedy)


@check("data.grids-acdd")
def grids_acdd(data_files: Dataset, data_grids: tuple[Examined, ...]) -> Evidence:
    """Every grid has the attributes for discovery that ACDD highly recommends."""
    remedy = "add title, summary, keywords, Conventions and the attributes that are named"
    return _keeps("grids-acdd", data_files, data_grids, "acdd", "ACDD", remedy)


@check("data.grids-finite")
def grids_finite(data_files: Dataset, data_grids: tuple[Examined, ...]) -> Evidence:
    """No value of a grid is NaN or infinite unless it is marked as missing."""
    remedy = "write missing values as _FillValue, and mend what made the others"
    return _keeps("grids-finite", data_files, data_grids, "finite", "", remedy)


@check("data.maps-readable")
def maps_readable(data_files: Dataset, data_maps: tuple[Examined, ...]) -> Evidence:
    """Every map can be opened and is not cut off."""
    return _readable("maps-readable", data_files, data_maps, _NO_MAPS)


@check("data.maps-valid")
def maps_valid(data_files: Dataset, data_maps: tuple[Examined, ...]) -> Evidence:
    """Geometries are valid and lie on earth; a raster tells where its pixels are."""
    return _keeps(
        "maps-valid", data_files, data_maps, "problems", "", "mend the geometries that are named (make valid)"
    )


@check("data.maps-reference")
def maps_reference(data_files: Dataset, data_maps: tuple[Examined, ...]) -> Evidence:
    """Every map names its coordinate reference system."""
    report = Report("maps-reference", data_files)
    for item in data_maps:
        if item.broken or item.unknown:
            report.open_(item.file.path, item.unknown or f"cannot be read: {item.broken}")
        elif item.said.get("crs"):
            report.good(f"{item.file.path} is in {item.said['crs']}")
        else:
            report.bad(item.file.path, "does not name its coordinate reference system")
    return report.evidence(_NO_MAPS, "write the file with its reference system (an EPSG code)")


CHECKS = (grids_readable, grids_cf, grids_acdd, grids_finite, maps_readable, maps_valid, maps_reference)
