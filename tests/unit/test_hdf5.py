"""HDF5 files that lead elsewhere are told before a library follows them, and those that do not are let through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

from assaymark.api import leads_elsewhere

SECRET = np.arange(8.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where another file lies that nobody named: as raw numbers, and as HDF5."""
    (tmp_path / "secret.bin").write_bytes(SECRET.tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["level"] = SECRET
    return tmp_path


def external(file: Any, folder: Path) -> None:
    file.create_dataset("level", shape=(8,), dtype="f8", external=[(str(folder / "secret.bin"), 0, 64)])


def linked(file: Any, _: Path) -> None:
    file["level"] = h5py.ExternalLink("other.h5", "/level")


def mapped(file: Any, folder: Path) -> None:
    layout = h5py.VirtualLayout(shape=(8,), dtype="f8")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "level", shape=(8,))
    file.create_virtual_dataset("level", layout)


ELSEWHERE: dict[str, tuple[Callable[[Any, Path], None], str]] = {
    "external": (external, "kept in another file"),
    "linked": (linked, "a link into another file"),
    "mapped": (mapped, "mapped from other files"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("group", ["", "deep/deeper"])
def test_what_leads_elsewhere_is_told_though_the_library_would_follow(name: str, group: str, folder: Path) -> None:
    write, said = ELSEWHERE[name]
    place = folder / "levels.nc"
    with h5py.File(place, "w") as file:
        write(file.require_group(group) if group else file, folder)
    with netCDF4.Dataset(place) as read:
        inner = read[group] if group else read
        assert np.array_equal(
            inner.variables["level"][...], SECRET
        )  # what it is about: the library reads the other file
    assert said in leads_elsewhere(place)


def test_files_that_keep_to_themselves_are_let_through(folder: Path) -> None:
    for name, form in (("four.nc", "NETCDF4"), ("three.nc", "NETCDF3_CLASSIC")):
        with netCDF4.Dataset(folder / name, "w", format=form) as file:
            file.createDimension("x", 8)
            file.createVariable("level", "f8", ("x",))[:] = SECRET
        assert leads_elsewhere(folder / name) == ""
    (folder / "no.nc").write_bytes(b"no such file")
    assert leads_elsewhere(folder / "no.nc") == ""


def test_links_within_a_file_may_go_in_circles(folder: Path) -> None:
    with h5py.File(folder / "circle.nc", "w") as file:
        group = file.create_group("a/b")
        group["back"] = file["a"]
        group["root"] = file["/"]
        file["soft"] = h5py.SoftLink("/nowhere")
        file["level"] = SECRET
    assert leads_elsewhere(folder / "circle.nc") == ""


def test_a_damaged_file_is_an_error_of_its_reader(folder: Path) -> None:
    data = (folder / "other.h5").read_bytes()
    (folder / "cut.nc").write_bytes(data[: len(data) // 2])
    with pytest.raises((OSError, RuntimeError)):
        leads_elsewhere(folder / "cut.nc")
