"""NetCDF and Zarr as tables: one row for each cell, the coordinates as columns beside the variables.

The variables asked for are spread over all their dimensions by name. A measured variable has to state its units. What
is larger than `SMALL` is read by a process of its own, whose memory is limited: packed values may unpack to anything.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, leads_elsewhere, run_program
from assaymark_models import packing
from assaymark_models.places import MOST_FILES
from assaymark_models.tables import MOST_ROWS, Unreadable, Wanted, chosen

LARGEST_METADATA, MOST_ALONG_AN_AXIS = 5_000_000, 100_000
LARGEST_PART = 1_000_000_000  # bytes of what is unpacked at once
SMALL = 32_768  # bytes; no codec makes more than `LARGEST_PART` of so few, unless they are packed twice
SECONDS, MEMORY = 600.0, 8 * 2**30  # of the process that reads what is larger
CELLS = b"assaymark-cells"


@dataclass(frozen=True, slots=True)
class Variable:
    """Values with the names of their dimensions, and the units that the file states."""

    values: Any
    dimensions: Sequence[str]
    units: str | None


def table_of(place: Path, name: str, wanted: Wanted) -> Any:
    """A table of a NetCDF file or of a Zarr store. Raises FactUnavailable."""
    files = [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]
    if sum(p.stat().st_size for p in files) <= SMALL and packing.once(place):
        return read_here(place, name, wanted)
    return _read_beside(place, name, wanted)


def read_here(place: Path, name: str, wanted: Wanted) -> Any:
    """The same within this process."""
    try:
        return (_netcdf if place.suffix.lower() == ".nc" else _zarr)(place, name, wanted)
    except FactUnavailable:
        raise
    except ImportError as problem:
        raise FactUnavailable(
            f"what reads {name} is not installed", remedy="pip install 'assaymark-models[grids]'"
        ) from problem
    except Exception as problem:  # the libraries raise whatever a damaged file makes of them
        raise Unreadable(name, f"cannot be read: {' '.join(str(problem).split())[:200]}") from problem


def _read_beside(place: Path, name: str, wanted: Wanted) -> Any:
    import tempfile

    import pyarrow as pa

    with tempfile.TemporaryDirectory(prefix="assaymark-model-") as folder:
        out = Path(folder, "table.arrow")
        asked = {
            "place": str(place),
            "name": name,
            "out": str(out),
            "memory": MEMORY,
            "wanted": [sorted(wanted.needed), sorted(wanted.welcome), wanted.measured, wanted.units],
        }
        argv = [sys.executable, "-I", "-m", "assaymark_models.grid_child"]
        ran = run_program(argv, folder=Path(folder), time=SECONDS, input=json.dumps(asked).encode())
        said = json.loads(ran.stdout) if ran.code == 0 else {}
        if "reason" in said:
            raise FactUnavailable(said["reason"], remedy=said["remedy"])
        if not said:
            raise Unreadable(name, f"was not read within limits of memory and time ({ran.problem or 'it broke'})")
        with pa.OSFile(str(out)) as source:
            return pa.ipc.open_file(source).read_all()


def _netcdf(place: Path, name: str, wanted: Wanted) -> Any:
    import netCDF4
    import numpy as np

    if where := leads_elsewhere(place):
        raise Unreadable(name, f"{where} and is not opened")

    with netCDF4.Dataset(place) as file:
        file.set_auto_mask(True)
        there = {n: v for n, v in file.variables.items() if isinstance(v, netCDF4.Variable)}
        picked = chosen(name, list(there), wanted)
        _refuse_large(name, {n: (there[n].dimensions, there[n].shape) for n in picked})
        for n in {*picked, *(d for p in picked for d in there[p].dimensions if d in there)}:
            _refuse_part(name, there[n].chunking(), there[n].dtype)
        found = {}
        for n in picked:
            values = there[n][...]
            if np.ma.isMaskedArray(values):
                values = np.ma.filled(values.astype(np.float64), np.nan) if np.ma.is_masked(values) else values.data
            found[n] = Variable(np.asarray(values), there[n].dimensions, _attribute(there[n], "units"))
        axes = {
            d: Variable(np.ma.filled(there[d][...].astype(np.float64), np.nan), (d,), _attribute(there[d], "units"))
            for d in _dimensions_of(found)
            if d in there and there[d].shape == (there[d].size,) and getattr(there[d].dtype, "kind", "O") in "fiu"
        }
    return _table(name, found, wanted, axes)


def _attribute(variable: Any, name: str) -> str | None:
    value = getattr(variable, name, None)
    return value.strip() if isinstance(value, str) else None


def _zarr(place: Path, name: str, wanted: Wanted) -> Any:
    """A Zarr store is a folder. One with a link or with pickled objects is not opened."""
    import numpy as np
    import zarr

    _refuse_unsafe(place, name)
    group = zarr.open_group(str(place), mode="r")
    there = dict(sorted(group.arrays()))  # a folder lists them in any order
    picked = chosen(name, list(there), wanted)
    dimensions = {n: _dimensions(there[n], name, alone=len(picked) == 1) for n in picked}
    _refuse_large(name, {n: (dimensions[n], there[n].shape) for n in picked})
    for n in {*picked, *(d for p in picked for d in dimensions[p] if d in there)}:
        _refuse_part(name, there[n].chunks, there[n].dtype)
    found = {}
    for n in picked:
        values = np.asarray(there[n][...])
        fill = there[n].attrs.get("_FillValue")
        if isinstance(fill, int | float) and values.dtype.kind in "fiu":
            values = np.where(values == fill, np.nan, values)
        units = there[n].attrs.get("units")
        found[n] = Variable(values, dimensions[n], units.strip() if isinstance(units, str) else None)
    axes = {
        d: Variable(np.asarray(there[d][...], dtype=np.float64), (d,), str(there[d].attrs.get("units")))
        for d in _dimensions_of(found)
        if d in there and there[d].ndim == 1 and there[d].dtype.kind in "fiu"
    }
    return _table(name, found, wanted, axes)


def _dimensions_of(found: Mapping[str, Variable]) -> list[str]:
    return sorted({d for v in found.values() for d in v.dimensions})


def _refuse_unsafe(place: Path, name: str) -> None:
    """Raise FactUnavailable for a store that leads elsewhere, or whose codecs would unpickle what it holds."""
    for number, path in enumerate(place.rglob("*")):
        if number > MOST_FILES:
            raise Unreadable(name, f"holds more than {MOST_FILES:,} files")
        if path.is_symlink():
            raise Unreadable(name, f"holds a link, {path.name}")
        if path.name not in (".zarray", ".zgroup", ".zmetadata", "zarr.json"):
            continue
        if path.stat().st_size > LARGEST_METADATA:
            raise Unreadable(name, f"describes its arrays in more than {LARGEST_METADATA:,} bytes")
        # Written anew, so that no escape hides a word.
        if "pickle" in json.dumps(json.loads(path.read_bytes())).lower():
            raise FactUnavailable(
                f"{name} holds pickled objects and is not opened: loading them runs the code that they hold",
                remedy=f"write {name} with numbers or fixed-length text only",
            )


def _dimensions(array: Any, name: str, *, alone: bool) -> Sequence[str]:
    """Names of the dimensions; a column that is read alone needs none."""
    found = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if not found and alone and array.ndim == 1:
        return ("row",)
    if array.ndim and (not found or len(found) != array.ndim or not all(isinstance(d, str) for d in found)):
        raise Unreadable(name, "does not name the dimensions of its arrays")
    return tuple(found or ())


def _refuse_part(name: str, chunks: object, kind: Any) -> None:
    """Raise FactUnavailable for values that are unpacked in parts of too many bytes, however few are stored."""
    width = getattr(kind, "itemsize", 1)
    if isinstance(chunks, list | tuple) and math.prod(chunks) * width > LARGEST_PART:
        raise Unreadable(name, f"keeps its values in parts of more than {LARGEST_PART:,} bytes")


def _refuse_large(name: str, shapes: Mapping[str, tuple[Sequence[str], Sequence[int]]]) -> None:
    sizes: dict[str, int] = {}
    for dimensions, shape in shapes.values():
        for dimension, size in zip(dimensions, shape, strict=True):
            if sizes.setdefault(dimension, size) != size:
                raise Unreadable(name, f"its variables differ in the length of {dimension}")
    if math.prod(sizes.values()) > MOST_ROWS:
        raise Unreadable(name, f"has more than {MOST_ROWS:,} cells")


def _table(name: str, found: Mapping[str, Variable], wanted: Wanted, axes: Mapping[str, Variable]) -> Any:
    import numpy as np
    import pyarrow as pa

    if wanted.measured is not None and wanted.measured in found:
        _refuse_units(name, found[wanted.measured], wanted)
    sizes: dict[str, int] = {}
    for variable in sorted(found.values(), key=lambda v: -len(v.dimensions)):
        sizes |= {d: s for d, s in zip(variable.dimensions, variable.values.shape, strict=True) if d not in sizes}
    order = list(sizes)
    columns = {}
    for n, variable in found.items():
        inside = [d for d in order if d in variable.dimensions]
        values = variable.values.transpose([variable.dimensions.index(d) for d in inside])
        wide = values.reshape([sizes[d] if d in inside else 1 for d in order])
        columns[n] = pa.array(np.ascontiguousarray(np.broadcast_to(wide, list(sizes.values()))).ravel())
    return pa.table(columns).replace_schema_metadata({CELLS: _cells(order, axes)})


def _cells(order: Sequence[str], axes: Mapping[str, Variable]) -> bytes:
    """In which order cells became rows, and where they are."""
    told = {
        d: {"units": str(v.units), "values": v.values.tolist()}
        for d, v in axes.items()
        if v.values.size <= MOST_ALONG_AN_AXIS
    }
    return json.dumps({"order": list(order), "axes": told}).encode()


def refuse_other_cells(one: Mapping[bytes, bytes] | None, other: Mapping[bytes, bytes] | None, what: str) -> None:
    """Raise FactUnavailable when rows of two grids, by the metadata of their tables, are not of the same cells.

    Axes of other names, or whose values are in other units, are not compared.
    """
    import numpy as np

    if not one or not other or CELLS not in one or CELLS not in other:
        return
    here, there = json.loads(one[CELLS]), json.loads(other[CELLS])
    if here["order"] != there["order"] and sorted(here["order"]) == sorted(there["order"]):
        order = ", ".join(here["order"])
        raise FactUnavailable(f"the dimensions of {what} are in another order", remedy=f"transpose them to {order}")
    for name in sorted(set(here["axes"]) & set(there["axes"])):
        mine, others = here["axes"][name], there["axes"][name]
        if mine["units"] != others["units"]:
            continue
        left, right = np.array(mine["values"]), np.array(others["values"])
        near = 1e-6 * float(np.ptp(left)) if left.size else 0.0
        if left.shape != right.shape or not np.allclose(left, right, rtol=1e-6, atol=near, equal_nan=True):
            raise FactUnavailable(
                f"{name} of {what} has other values than {name} of the reference",
                remedy="bring both onto the same grid, in the same order",
            )


def _refuse_units(name: str, variable: Variable, wanted: Wanted) -> None:
    if variable.units is None:
        if variable.values.dtype.kind in "iub" and wanted.units is None:
            return  # classes
        raise FactUnavailable(
            f"{wanted.measured} of {name} has no units", remedy='give it the attribute units ("1" if it has none)'
        )
    if wanted.units is not None and variable.units != wanted.units:
        raise FactUnavailable(
            f"{wanted.measured} of {name} is in {variable.units!r}, not in {wanted.units!r}",
            remedy="convert it, or write both units in the same words",
        )
