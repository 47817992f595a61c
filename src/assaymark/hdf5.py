"""HDF5 files, NetCDF-4 among them, that lead elsewhere: links into other files, values kept in or mapped from them.

The libraries that read such a file follow it wherever it leads, `/etc/passwd` included, so it is looked at before it is
opened by them. h5py, which looks, opens no other file for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST = 100_000


def leads_elsewhere(place: Path) -> str:
    """Which part of a file leads out of it and how, '' when none does or the file is no HDF5.

    Raises OSError or RuntimeError for a damaged file, and ImportError without h5py.
    """
    import h5py

    if not h5py.is_hdf5(str(place)):
        return ""
    with h5py.File(str(place), "r") as file:
        return next(_found(h5py, file), "")


def _found(h5py: Any, file: Any) -> Iterator[str]:
    """Each object is looked at once, by its address: links within a file may go in circles."""
    groups, seen, count = [file["/"]], {h5py.h5o.get_info(file.id).addr}, 0
    while groups:
        group = groups.pop()
        for name in group:
            count += 1
            if count > MOST:
                yield f"it has more than {MOST:,} parts"
                return
            written = name.encode("utf-8", "surrogateescape")
            kind = group.id.links.get_info(written).type
            if kind == h5py.h5l.TYPE_SOFT:
                continue  # to another name of the same file, which is looked at by that name
            if kind != h5py.h5l.TYPE_HARD:
                yield f"{name[:80]} is a link into another file"
                continue
            held = h5py.h5o.open(group.id, written)
            address = h5py.h5o.get_info(held).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(held, h5py.h5g.GroupID):
                groups.append(h5py.Group(held))
            elif isinstance(held, h5py.h5d.DatasetID):
                yield from _of_values(h5py, held, name)


def _of_values(h5py: Any, held: Any, name: str) -> Iterator[str]:
    plan = held.get_create_plist()
    if plan.get_layout() == h5py.h5d.VIRTUAL:
        yield f"the values of {name[:80]} are mapped from other files"
    elif plan.get_external_count():
        yield f"the values of {name[:80]} are kept in another file"
