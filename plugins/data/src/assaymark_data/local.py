"""A record, folder, manifest or data file on disk, as a `Source`."""

from __future__ import annotations

from pathlib import Path

from assaymark_data.source import RECORDS, Source, read


def source(place: Path) -> Source:
    """What is judged at a path."""
    place = place.resolve()
    if place.is_dir():
        return _folder(place)
    return Source(name=place.name, where=place.name, document=read(place), root=place.parent)


def _folder(folder: Path) -> Source:
    for name in RECORDS:
        if (folder / name).is_file():
            return Source(name=name, where=name, document=read(folder / name), root=folder)
    return Source(
        name=folder.name,
        root=folder,
        problem="the folder has no metadata record under a usual name",
        remedy=f"add one, such as {', '.join(RECORDS[:4])}",
    )
