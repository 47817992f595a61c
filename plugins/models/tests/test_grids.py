"""NetCDF and Zarr: variables over their dimensions as rows, and units that have to be stated and to agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import zarr

from assaymark.api import FactUnavailable
from assaymark.model import Outcome
from assaymark_models.tables import Wanted, read

TIME, LAT = np.arange(40.0), np.array([10.0, 20.0, 30.0])
TRUTH = TIME[:, None] / 10 + LAT[None, :]
UNITS = {"t": "degC", "time": "days since 2000-01-01", "lat": "degrees_north"}


def netcdf(place: Path, values: Any, units: dict[str, str], name: str = "t") -> None:
    with netCDF4.Dataset(place, "w") as file:
        file.createDimension("time", 40)
        file.createDimension("lat", 3)
        for n, v, d in (("time", TIME, ("time",)), ("lat", LAT, ("lat",)), (name, values, ("time", "lat"))):
            variable = file.createVariable(n, "f8", d, fill_value=-999.0)
            variable[...] = v
            if n in units:
                variable.units = units[n]


def store(place: Path, values: Any, units: dict[str, str], form: int = 3) -> None:
    group = zarr.open_group(str(place), mode="w", zarr_format=form)
    for n, v, d in (("time", TIME, ("time",)), ("lat", LAT, ("lat",)), ("t", values, ("time", "lat"))):
        named = {"dimension_names": d} if form == 3 else {}
        array = group.create_array(n, data=np.asarray(v), **named)
        if form == 2:
            array.attrs["_ARRAY_DIMENSIONS"] = list(d)
        if n in units:
            array.attrs["units"] = units[n]


WRITERS = {
    "x.nc": netcdf,
    "x3.zarr": store,
    "x2.zarr": lambda place, values, units: store(place, values, units, 2),
}


@pytest.mark.parametrize("name", WRITERS)
def test_each_cell_is_a_row_with_its_coordinates(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, TRUTH, UNITS)
    table = read(tmp_path / name, name, Wanted(frozenset({"t", "lat"}), frozenset({"time"}), "t", "degC"))
    assert table.num_rows == 120
    t, lat, time = (np.asarray(table[n]) for n in ("t", "lat", "time"))
    np.testing.assert_allclose(t, time / 10 + lat)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("units", "asked", "said"), [({}, None, "no units"), ({"t": "K"}, "degC", "'K', not in 'degC'")]
)
def test_units_are_stated_and_agree(
    name: str, units: dict[str, str], asked: str | None, said: str, tmp_path: Path
) -> None:
    WRITERS[name](tmp_path / name, TRUTH, units)
    with pytest.raises(FactUnavailable, match=said):
        read(tmp_path / name, name, Wanted(frozenset({"t"}), frozenset(), "t", asked))


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_missing_is_not_a_number(name: str, tmp_path: Path) -> None:
    values = TRUTH.copy()
    values[3, 1] = np.nan if name.endswith("zarr") else -999.0
    WRITERS[name](tmp_path / name, values, UNITS)
    table = read(tmp_path / name, name, Wanted(frozenset({"t"})))
    assert int(np.isnan(np.asarray(table["t"])).sum()) == 1


@pytest.fixture
def gridded(surrogate: Any) -> Any:
    """The reference in NetCDF, the predictions in Zarr."""
    rng = np.random.default_rng(0)
    surrogate.write()
    netcdf(surrogate.folder / "truth.nc", TRUTH, UNITS)
    store(surrogate.folder / "guess.zarr", TRUTH + rng.normal(0, 0.3, TRUTH.shape), UNITS)
    manifest = surrogate.manifest
    manifest["reference"] = {"file": "truth.nc", "target": "t"}
    manifest["predictions"] = {"file": "guess.zarr", "column": "t"}
    manifest["slice"] = [{"by": "lat", "metric": "rmse", "at-most": 0.5}]
    manifest["constraint"] = [{"name": "warmer in the north", "rule": "prediction > lat - 2"}]
    del manifest["no-regression"], manifest["robustness"], manifest["reproducible"]
    return surrogate


def test_a_grid_is_judged_by_region(gridded: Any) -> None:
    results = gridded.results("ML.Per", "ML.Sli", "ML.Con", "ML.Pro02")
    said = {i: r.evidence[0].message for i, r in results.items() if r.outcome is not Outcome.PASSED}
    assert said == {}
    assert str(results["ML.Pro02"].evidence[0].metrics["predictions"]).startswith("sha256:")


def test_another_chunk_is_another_subject(gridded: Any) -> None:
    before = gridded.assessment(select=("ML.Doc",)).subject.digest
    place = next(p for p in (gridded.folder / "guess.zarr" / "t").rglob("*") if p.is_file() and p.name != "zarr.json")
    place.write_bytes(place.read_bytes() + b"x")
    assert gridded.assessment(select=("ML.Doc",)).subject.digest != before


def truncated(folder: Path) -> None:
    place = folder / "truth.nc"
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])


def other_shape(folder: Path) -> None:
    store(folder / "guess.zarr", TRUTH[:20], UNITS)


def without_units(folder: Path) -> None:
    netcdf(folder / "truth.nc", TRUTH, {})


def broken_store(folder: Path) -> None:
    (folder / "guess.zarr" / "t" / "zarr.json").write_text("{")


def a_link(folder: Path) -> None:
    (folder / "guess.zarr" / "link").symlink_to("/etc")


def pickled(folder: Path) -> None:
    """A codec that would unpickle the chunks, its name in disguise."""
    place = folder / "guess.zarr"
    store(place, TRUTH, UNITS, 2)
    described = (place / "t" / ".zarray").read_text()
    spoilt = re.sub(r'"filters": *null', '"filters": [{"id": "\\\\u0070ickle"}]', described)
    assert spoilt != described
    (place / "t" / ".zarray").write_text(spoilt)


def garbage(folder: Path) -> None:
    (folder / "truth.nc").write_bytes(b"CDF\x01" + bytes(100))


def transposed(folder: Path) -> None:
    """As many cells, in another order, which nothing but the names of the dimensions tells."""
    group = zarr.open_group(str(folder / "guess.zarr"), mode="w")
    array = group.create_array("t", data=np.ascontiguousarray(TRUTH.T), dimension_names=("lat", "time"))
    array.attrs["units"] = "degC"


def upside_down(folder: Path) -> None:
    group = zarr.open_group(str(folder / "guess.zarr"), mode="r+")
    group["lat"][...] = LAT[::-1]


def other_days(folder: Path) -> None:
    group = zarr.open_group(str(folder / "guess.zarr"), mode="r+")
    group["time"][...] = TIME + 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (transposed, "in another order"),
        (upside_down, "lat of the predictions has other values"),
        (other_days, "time of the predictions has other values"),
    ],
)
def test_cells_of_two_grids_are_the_same(spoil: Any, said: str, gridded: Any) -> None:
    spoil(gridded.folder)
    result = gridded.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert said in result.evidence[0].message


def test_cells_of_a_second_run_are_the_same_too(gridded: Any) -> None:
    store(gridded.folder / "again.zarr", TRUTH, UNITS)
    gridded.manifest["predictions"]["again"] = "again.zarr"
    gridded.manifest["reproducible"] = {"tolerance": 2}
    assert gridded.results("ML.Rep")["ML.Rep01"].outcome is Outcome.PASSED
    zarr.open_group(str(gridded.folder / "again.zarr"), mode="r+")["lat"][...] = LAT[::-1]
    result = gridded.results("ML.Rep")["ML.Rep01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "other values" in result.evidence[0].message


@pytest.mark.parametrize("spoil", [truncated, other_shape, without_units, broken_store, a_link, pickled, garbage])
def test_no_grid_that_is_wrong_passes(spoil: Any, gridded: Any) -> None:
    spoil(gridded.folder)
    result = gridded.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN, result.evidence[0].message
    assert ("pickled objects" in result.evidence[0].message) == (spoil is pickled)


def test_a_grid_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netcdf(tmp_path / "x.nc", TRUTH, UNITS)
    monkeypatch.setattr("assaymark_models.grids.MOST_ROWS", 100)
    with pytest.raises(FactUnavailable, match="more than 100 cells"):
        read(tmp_path / "x.nc", "x.nc", Wanted(frozenset({"t"})))
