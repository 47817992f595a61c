"""Whether a grid is packed once at most: packed several times over, the smallest may unpack to anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST, LARGEST = 10_000, 5_000_000
# Filters of HDF5 and codecs of Zarr that change no size, or check it: shuffle, sums, numbers of fewer bits.
_HDF5_PLAIN = (2, 3, 5, 6)
_ZARR_PLAIN = (
    "bytes", "transpose", "crc32c", "shuffle", "delta", "fixedscaleoffset", "bitround", "astype", "quantize",
    "vlen-utf8", "vlen-bytes", "checksum32", "crc32", "adler32", "fletcher32",
)  # fmt: skip # a table of names


def once(place: Path) -> bool:
    """Whether no array of a NetCDF file or Zarr store is packed more than once; False when that cannot be seen."""
    try:
        return _netcdf(place) if place.is_file() else all(n <= 1 for n in _zarr(place))
    except Exception:  # a damaged file raises whatever its reader makes of it
        return False


def _netcdf(place: Path) -> bool:
    import h5py

    if not h5py.is_hdf5(str(place)):
        return True
    with h5py.File(str(place), "r") as file:
        seen = 0

        def several(_: str, held: Any) -> bool | None:
            nonlocal seen
            seen += 1
            if seen > MOST:
                return True
            if not isinstance(held, h5py.Dataset):
                return None
            plan = held.id.get_create_plist()
            filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
            return True if sum(f not in _HDF5_PLAIN for f in filters) > 1 else None

        return file.visititems(several) is None


def _zarr(place: Path) -> Iterator[int]:
    """Of each description of an array, and of what it holds, how many of its codecs pack."""
    for path in place.rglob("*"):
        if path.name not in (".zarray", ".zmetadata", "zarr.json"):
            continue
        if path.stat().st_size > LARGEST:
            raise ValueError("it describes its arrays in too much")
        yield from _packings(json.loads(path.read_bytes()))


def _packings(tree: Any) -> Iterator[int]:
    level = [tree]
    for _ in range(50):
        for node in level:
            if isinstance(node, dict):
                codecs = [*_listed(node.get("codecs")), *_listed(node.get("filters")), *_listed(node.get("compressor"))]
                yield sum(_packs(c) for c in codecs)
        level = [v for n in level for v in (n.values() if isinstance(n, dict) else n if isinstance(n, list) else ())]
    if level:
        raise ValueError("it is nested too deeply")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _packs(codec: Any) -> bool:
    """Whether a codec changes the size. Those within a shard are counted apart: the shard itself only lines them up."""
    name = codec.get("name", codec.get("id")) if isinstance(codec, dict) else codec
    return str(name).removeprefix("numcodecs.") not in _ZARR_PLAIN
