"""What is read for ``assaymark provenance``: files within bounds, and the records of a release."""

from __future__ import annotations

from pathlib import Path

from assaymark.content import content_of
from assaymark.errors import InputError

BUILD = "release-provenance.json"
MOST = 256_000_000


def records(place: str) -> dict[str, bytes] | None:
    """The records of a release and what they name, by file; None when ``place`` is not its folder or its record."""
    from assaymark.provenance.chain import FILES

    path = Path(place)
    if path.is_dir() and (path / BUILD).is_file():
        folder = path
    elif path.name == BUILD:
        folder = path.parent
    else:
        return None
    there = {name: folder / name for name in FILES if (folder / name).is_file()}
    if BUILD not in there:
        raise InputError("there is nothing at this path", where=place)
    return {name: content_of(file, MOST) for name, file in there.items()}
