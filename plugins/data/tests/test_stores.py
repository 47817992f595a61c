"""Zarr: the same verdicts as of the NetCDF file with the same content, and what is not opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import zarr
from test_examples import judged

from assaymark.api import Outcome
from assaymark_data import grids, stores
from assaymark_data.local import source

TITLES = {"Conventions": "CF-1.8, ACDD-1.3", "title": "Levels", "summary": "Levels of the sea", "keywords": "level"}
TIME = {"units": "days since 2025-01-01", "standard_name": "time", "calendar": "standard", "axis": "T"}
LEVEL = {"units": "m", "standard_name": "sea_surface_height_above_geoid", "valid_range": [-5.0, 5.0], "flag": True}


def store(place: Path, version: int = 2, level: Any = None, units: str = "m", **attributes: Any) -> Path:
    group = zarr.open_group(str(place), mode="w", zarr_format=version)
    group.attrs.update({**TITLES, **attributes})
    values = np.arange(4.0) if level is None else level
    for name, data, about in (("time", np.arange(4.0), TIME), ("level", values, {**LEVEL, "units": units})):
        named = {"dimension_names": ["time"]} if version == 3 else {}
        array = group.create_array(name, shape=data.shape, dtype=data.dtype, chunks=(2,), **named)
        array[...] = data
        array.attrs.update(about if version == 3 else {**about, "_ARRAY_DIMENSIONS": ["time"]})
    return place


@pytest.mark.parametrize("version", [2, 3])
def test_a_store_is_judged_as_the_file_with_the_same_content(tmp_path: Path, version: int) -> None:
    with netCDF4.Dataset(str(tmp_path / "levels.nc"), "w") as file:
        file.setncatts(TITLES)
        file.createDimension("time", 4)
        for name, about in (("level", {**LEVEL, "flag": 1}), ("time", TIME)):
            variable = file.createVariable(name, "f8", ("time",))
            variable.setncatts(about)
            variable[...] = np.arange(4.0)
    expected = grids.examined(tmp_path / "levels.nc")
    assert "unknown" not in expected
    assert grids.examined(store(tmp_path / "levels.zarr", version)) == expected


def test_units_that_are_none_fail_and_other_data_are_another_subject(tmp_path: Path) -> None:
    place = store(tmp_path / "levels.zarr", 3, units="furlongs per blink")
    result = judged(tmp_path, "DQ.Grd02")
    assert result.outcome is Outcome.FAILED
    assert "units" in result.evidence[0].message
    before = source(tmp_path).digest
    zarr.open_group(str(place))["level"][0] = 3.0
    assert source(tmp_path).digest != before


@pytest.mark.parametrize("fill", [None, "AAAAAAAA+H8=", -9.0])
def test_what_is_not_finite_is_found_unless_it_is_marked_as_missing(tmp_path: Path, fill: Any) -> None:
    group = zarr.open_group(str(store(tmp_path / "l.zarr", 3, np.array([1.0, np.nan, -9.0, 2.0]))))
    if fill is not None:
        group["level"].attrs["_FillValue"] = fill
    found = list(stores.not_finite(group, 2))
    assert bool(found) is (fill != "AAAAAAAA+H8=")


def test_large_arrays_are_declared_and_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "COPIED", 3)
    stores.write_netcdf(stores.opened(store(tmp_path / "l.zarr")), tmp_path / "l.nc")
    with netCDF4.Dataset(str(tmp_path / "l.nc")) as file:
        assert (file["level"].shape, file["level"].units, file["level"][...].count()) == ((4,), "m", 0)


def spoil_pickle(place: Path) -> None:
    about = json.loads((place / "level" / ".zarray").read_text(encoding="utf-8"))
    (place / "level" / ".zarray").write_text(json.dumps(about | {"filters": [{"id": "pickle"}]}), encoding="utf-8")


def spoil_link(place: Path) -> None:
    (place / "level" / "9").symlink_to("/etc/passwd")


def spoil_names(place: Path) -> None:
    (place / "level" / ".zattrs").write_text("{}", encoding="utf-8")


def spoil_array(place: Path) -> None:
    import shutil

    shutil.move(place / "level", place.with_name("kept"))
    shutil.rmtree(place)
    shutil.move(place.with_name("kept"), place)


def spoil_groups(place: Path) -> None:
    import shutil

    for name in ("level", "time"):
        shutil.rmtree(place / name)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_pickle, "pickled objects"),
        (spoil_link, "holds a link"),
        (spoil_names, "does not name the dimensions"),
        (spoil_array, "array alone"),
        (spoil_groups, "no arrays"),
    ],
)
def test_what_is_not_looked_at_is_said_and_unknown(tmp_path: Path, spoil: Any, said: str) -> None:
    spoil(store(tmp_path / "levels.zarr"))
    assert said in grids.examined(tmp_path / "levels.zarr")["unknown"]


def test_a_store_that_is_cut_off_fails(tmp_path: Path) -> None:
    chunk = store(tmp_path / "levels.zarr") / "level" / "0"
    chunk.write_bytes(chunk.read_bytes()[:5])
    result = judged(tmp_path, "DQ.Grd01")
    assert result.outcome is Outcome.FAILED
    assert "cannot be read" in result.evidence[0].message


@pytest.mark.parametrize(("spoil", "outcome"), [(None, Outcome.PASSED), (spoil_pickle, Outcome.FAILED)])
def test_a_store_that_would_be_unpickled_is_no_harmless_file(tmp_path: Path, spoil: Any, outcome: Outcome) -> None:
    place = store(tmp_path / "levels.zarr")
    if spoil:
        spoil(place)
    assert judged(tmp_path, "DQ.Fil03").outcome is outcome


def test_a_store_has_the_checksums_of_all_its_files(tmp_path: Path) -> None:
    import hashlib

    place = store(tmp_path / "levels.zarr")
    inner = sorted(p for p in place.rglob("*") if p.is_file())
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(tmp_path).as_posix()}\n" for p in inner]
    manifest = 'title = "Levels"\nchecksums = ["SHA256SUMS"]\n[[file]]\npath = "levels.zarr"\n'
    (tmp_path / "data.toml").write_text(manifest, encoding="utf-8")
    (tmp_path / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    assert judged(tmp_path, "DQ.Fil02").outcome is Outcome.PASSED
    (tmp_path / "SHA256SUMS").write_text("".join(lines[1:]), encoding="utf-8")
    assert judged(tmp_path, "DQ.Fil02").outcome is Outcome.FAILED
    (tmp_path / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    (place / "level" / "0").write_bytes(b"another")
    assert judged(tmp_path, "DQ.Fil02").outcome is Outcome.FAILED
