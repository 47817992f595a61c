"""NetCDF and Zarr: variables over their dimensions as rows, and units that have to be stated and to agree."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import zarr

from assaymark.api import FactUnavailable
from assaymark.model import Outcome
from assaymark_models import grids, packing
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


def deflated_zeros(megabytes: int) -> bytes:
    """A stream of zlib that unpacks to so many megabytes of zeros; one block, repeated."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * megabytes


def hdf5_bomb(place: Path) -> None:
    import h5py

    with h5py.File(place, "w") as file:
        axis = file.create_dataset("x", data=np.arange(100.0))
        axis.make_scale("x")
        values = file.create_dataset("t", shape=(100,), chunks=(100,), dtype="f8", compression="gzip")
        values.dims[0].attach_scale(axis)
        values.id.write_direct_chunk((0,), deflated_zeros(1024))


def twice(place: Path) -> None:
    """A small store whose only chunk is packed twice over, to a gigabyte of zeros."""
    codecs = [zarr.codecs.GzipCodec(), zarr.codecs.GzipCodec()]
    group = zarr.open_group(str(place), mode="w")
    group.create_array("t", data=np.arange(100.0), chunks=(100,), compressors=codecs, dimension_names=("x",))
    chunk = next(p for p in (place / "t").rglob("*") if p.is_file() and p.name != "zarr.json")
    chunk.write_bytes(gzip.compress(gzip.compress(bytes(1 << 20)) * 1024))
    assert chunk.stat().st_size < grids.SMALL


def zarr_bomb(place: Path) -> None:
    codec = zarr.codecs.GzipCodec()
    group = zarr.open_group(str(place), mode="w")
    group.create_array("t", data=np.arange(100.0), chunks=(100,), compressors=codec, dimension_names=("x",))
    chunk = next(p for p in (place / "t").rglob("*") if p.is_file() and p.name != "zarr.json")
    chunk.write_bytes(gzip.compress(bytes(1 << 20)) * 1024)


@pytest.mark.parametrize(("name", "make"), [("t.nc", hdf5_bomb), ("t.zarr", zarr_bomb), ("t.zarr", twice)])
def test_what_unpacks_to_too_much_ends_within_its_limits(
    name: str, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "MEMORY", 2**30)
    make(tmp_path / name)
    with pytest.raises(FactUnavailable, match=r"allocat|limits of memory|Can't synchronously read|HDF error"):
        read(tmp_path / name, name, Wanted(frozenset({"t"})))


@pytest.mark.parametrize("name", ["x.nc", "x3.zarr"])
def test_a_large_grid_is_read_by_a_process_of_its_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WRITERS[name](tmp_path / name, TRUTH, UNITS)
    wanted = Wanted(frozenset({"t", "lat"}), frozenset({"time"}), "t", "degC")
    here = read(tmp_path / name, name, wanted)
    monkeypatch.setattr(grids, "SMALL", 0)
    monkeypatch.setattr(grids, "MEMORY", 2**30)  # which does, for what unpacks to little
    there = read(tmp_path / name, name, wanted)
    assert there.equals(here, check_metadata=True)
    with pytest.raises(FactUnavailable, match="no column wind"):
        read(tmp_path / name, name, Wanted(frozenset({"wind"})))


def test_what_is_packed_once_is_told_from_what_is_packed_twice(tmp_path: Path) -> None:
    import h5py

    for name, write in WRITERS.items():
        write(tmp_path / name, TRUTH, UNITS)
        assert packing.once(tmp_path / name), name
    twice(tmp_path / "twice.zarr")
    with h5py.File(tmp_path / "twice.nc", "w") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((10,))
        plan.set_deflate(5)
        plan.set_shuffle()
        plan.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
        h5py.h5d.create(file.id, b"t", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((10,)), plan)
    (tmp_path / "broken.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for name in ("twice.zarr", "twice.nc", "broken.nc"):
        assert not packing.once(tmp_path / name), name


def test_parts_that_are_too_large_are_refused_unseen(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "t.nc", "w") as file:
        file.createDimension("x", None)
        file.createVariable("t", "f8", ("x",), chunksizes=(400_000_000,), zlib=True)
    group = zarr.open_group(str(tmp_path / "t.zarr"), mode="w")
    group.create_array("t", shape=(10,), chunks=(10**12,), dtype="f8", dimension_names=("x",))
    for name in ("t.nc", "t.zarr"):
        with pytest.raises(FactUnavailable, match="in parts of more than"):
            read(tmp_path / name, name, Wanted(frozenset({"t"})))


def test_values_kept_in_another_file_are_not_read(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "t.nc", "w") as file:
        file.create_dataset("t", shape=(8,), dtype="f8", external=[("/etc/passwd", 0, 64)])
    with pytest.raises(FactUnavailable, match="kept in another file"):
        read(tmp_path / "t.nc", "t.nc", Wanted(frozenset({"t"})))
