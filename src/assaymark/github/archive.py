"""One file out of a zip archive that anybody may have made, in memory and within limits."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from assaymark.errors import InputError
from assaymark.wording import one_line

if TYPE_CHECKING:
    import zipfile

MAX_ENTRIES = 1_000
MAX_ARCHIVE = 50_000_000
_READ = 65_536


def member(data: bytes, name: str, most: int) -> bytes | None:
    """The content of the entry with exactly that name; None when there is none. Nothing is written anywhere.

    Raises InputError for what is no archive, too many entries, the name twice, a link, and more than ``most`` bytes.
    """
    import zipfile
    import zlib

    where = f"artifact: {name}"
    try:
        with _opened(data, where) as archive:
            entries = [e for e in archive.infolist() if e.filename == name]
            if not entries:
                return None
            if len(entries) > 1:
                raise InputError("the archive has this name twice", where=where)
            if stat.S_ISLNK(entries[0].external_attr >> 16):
                raise InputError("it is a symbolic link", where=where)
            return _bounded(archive, entries[0], most, where)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as problem:
        raise InputError(f"the archive cannot be read: {one_line(str(problem), 100)}", where=where) from problem


def _opened(data: bytes, where: str) -> zipfile.ZipFile:
    import io
    import zipfile

    if len(data) > MAX_ARCHIVE:
        raise InputError(f"the archive is larger than {MAX_ARCHIVE // 10**6} MB", where=where)
    # Each entry costs at least 46 bytes of directory: the count is bounded before anything is made of it.
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:
        raise InputError(f"the archive has more than {MAX_ENTRIES} entries", where=where)
    return zipfile.ZipFile(io.BytesIO(data))


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, where: str) -> bytes:
    """What the entry says about its size is not believed."""
    parts: list[bytes] = []
    size = 0
    with archive.open(entry) as file:
        while part := file.read(_READ):
            size += len(part)
            if size > most:
                raise InputError(f"it has more than {most / 1e6:.0f} MB", where=where)
            parts.append(part)
    return b"".join(parts)
