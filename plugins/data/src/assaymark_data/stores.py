"""A Zarr store as the NetCDF file that a checker of conventions reads: attributes, dimensions, coordinates.

Arrays of more than a million values are declared, not copied. A store that leads elsewhere, or whose codecs would
unpickle what it holds, is not opened.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COPIED = 1_000_000
MOST_FILES, LARGEST_METADATA = 100_000, 5_000_000
_ABOUT = (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")
_OWN = ("_ARRAY_DIMENSIONS", "_FillValue", "_NCZARR_ATTR")


class Unseen(Exception):
    """Why a store cannot be looked at, although it may be a good one."""


def opened(place: Path) -> Any:
    """The group of a store. Raises `Unseen`, or whatever the library raises for a damaged one."""
    import zarr

    _refuse_unsafe(place)
    found = zarr.open(str(place), mode="r")
    if isinstance(found, zarr.Array):
        raise Unseen("is an array alone, without a group that says what it is")
    if not any(True for _ in found.array_keys()):
        raise Unseen("has no arrays in its first group, and others are not looked at")
    return found


def write_netcdf(group: Any, out: Path) -> None:
    """The store as a NetCDF file. Raises `Unseen` for what has no counterpart there."""
    import netCDF4

    arrays = dict(sorted(group.arrays()))
    values = {name: array[...] for name, array in arrays.items() if array.size <= COPIED}
    try:
        with netCDF4.Dataset(str(out), "w") as file:
            file.setncatts(_attributes(group.attrs))
            for name, array in arrays.items():
                for dimension, size in zip(dimensions(name, array), array.shape, strict=True):
                    if dimension not in file.dimensions:
                        file.createDimension(dimension, size)
            for name, array in arrays.items():
                _declare(file, name, array, values.get(name))
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
        raise Unseen(f"cannot be written as NetCDF: {' '.join(str(problem).split())[:200]}") from problem


def _declare(file: Any, name: str, array: Any, values: Any) -> None:
    kind = _type(name, array.dtype)
    fill = None if kind is str else fill_of(array)
    packed = {} if kind is str or not array.ndim else {"zlib": True}
    variable = file.createVariable(name, kind, dimensions(name, array), fill_value=fill, **packed)
    variable.set_auto_maskandscale(False)
    variable.setncatts(_attributes(array.attrs))
    if values is not None and values.size:
        variable[...] = values.astype(object if kind is str else kind)


def _type(name: str, dtype: Any) -> Any:
    if dtype.kind in "iu" or (dtype.kind == "f" and dtype.itemsize in (4, 8)):
        return dtype.newbyteorder("=")
    if dtype.kind in "bf" and dtype.itemsize <= 2:
        return "i1" if dtype.kind == "b" else "f4"
    if dtype.kind in "UT":
        return str
    raise Unseen(f"holds {name} as {dtype}, which NetCDF has not")


def dimensions(name: str, array: Any) -> tuple[str, ...]:
    """The names of an array's dimensions. Raises `Unseen` when there are none."""
    found = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    if len(found) != array.ndim or not all(isinstance(d, str) and d for d in found):
        raise Unseen(f"does not name the dimensions of {name}")
    return tuple(found)


def fill_of(array: Any) -> Any:
    """What stands for no value: as xarray writes it, or in version 2 the value of what was never written."""
    given = array.attrs.get("_FillValue")
    if isinstance(given, str) and array.dtype.kind == "f":
        try:
            return struct.unpack("<d", base64.b64decode(given))[0]
        except (ValueError, struct.error):
            return None
    if isinstance(given, int | float):
        return given
    never = array.metadata.fill_value if array.metadata.zarr_format == 2 else None
    return never if never is not None and array.dtype.kind in "fiu" and never != 0 else None


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _attribute(v) for k, v in given.items() if k not in _OWN and v not in (None, "", [])}


def _attribute(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and (
        all(isinstance(v, str) for v in value) or all(type(v) in (int, float) for v in value)
    ):
        return value
    return json.dumps(value)


def not_finite(group: Any, slab: int) -> Iterator[tuple[str, str]]:
    """Arrays with values that are neither missing nor finite, looked at slab by slab."""
    import numpy as np

    for name, array in sorted(group.arrays()):
        if array.dtype.kind != "f" or not array.size:
            continue
        fill = fill_of(array)
        bad = 0
        for part in _slabs(array, slab):
            values = np.asarray(array[part])
            missing = np.isnan(values) if fill is not None and math.isnan(fill) else values == fill
            bad += int((~np.isfinite(values) & ~missing).sum())
        if bad:
            yield "error", f"{name}: {bad} values are NaN or infinite and not marked as missing"


def _slabs(array: Any, slab: int) -> Iterator[Any]:
    """Slices along the first dimension, of whole chunks."""
    if not array.shape:
        yield ...
        return
    chunk = max(1, int(array.chunks[0]))
    rows = max(1, slab // max(1, math.prod(array.shape[1:])))
    step = -(-rows // chunk) * chunk
    for start in range(0, array.shape[0], step):
        yield slice(start, start + step)


def holds_pickles(place: Path) -> bool:
    """Whether what describes the arrays of a store names a codec that unpickles."""
    return any(p.name in _ABOUT and _pickles(p) for p in place.rglob("*") if not p.is_symlink())


def _pickles(about: Path) -> bool:
    try:
        # Written anew, so that no escape hides a word.
        return "pickle" in json.dumps(json.loads(about.read_bytes()[:LARGEST_METADATA])).lower()
    except (ValueError, RecursionError):
        return b"pickle" in about.read_bytes().lower()


def _refuse_unsafe(place: Path) -> None:
    for number, path in enumerate(place.rglob("*")):
        if number > MOST_FILES:
            raise Unseen(f"holds more than {MOST_FILES:,} files")
        if path.is_symlink():
            raise Unseen(f"holds a link ({path.name}) and is not opened")
        if path.name not in _ABOUT:
            continue
        if path.stat().st_size > LARGEST_METADATA:
            raise Unseen(f"describes its arrays in more than {LARGEST_METADATA:,} bytes")
        if _pickles(path):
            raise Unseen("holds pickled objects and is not opened: loading them runs the code that they hold")
