"""Bytes of files below a root folder, without ever leaving it, following a link or waiting for anything."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Larger files are hashed only to tell that they did not change: nothing judges a file by more than its first bytes.
HASHED_SIZE = 16_000_000


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that holds ``path``, and the name in it. OSError when a part is no real folder."""
    *folders, name = path.split("/")
    if any(part in ("", ".", "..") for part in (*folders, name)):
        raise OSError(f"{path!r} is no path below the root")
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        yield at, name
    finally:
        os.close(at)


def read_file(root: Path, path: str, limit: int) -> bytes:
    """At most ``limit`` bytes of a regular file. OSError when it is not one, or cannot be opened."""
    return b"".join(chunks(root, path, limit))


def chunks(root: Path, path: str, limit: int) -> Iterator[bytes]:
    """The same, piece by piece."""
    with folder_of(root, path) as (folder, name):
        # Without O_NONBLOCK a named pipe in the place of a file would wait for a writer for ever.
        at = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(at).st_mode):
            raise OSError(f"{path!r} is not a regular file")
        while limit > 0 and (data := os.read(at, min(limit, 1 << 20))):
            yield data
            limit -= len(data)
    finally:
        os.close(at)


def hash_file(root: Path, path: str, size: int, algorithm: str = "sha1") -> str:
    """The `blob_id` of a file of this size, however large. OSError as for `read_file`."""
    total = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False)
    for data in chunks(root, path, size):
        total.update(data)
    return total.hexdigest()


def read_link(root: Path, path: str, limit: int) -> bytes:
    """Where a symbolic link points, as bytes. OSError when it is not one."""
    with folder_of(root, path) as (folder, name):
        return os.fsencode(os.readlink(name, dir_fd=folder))[:limit]


def blob_id(data: bytes, algorithm: str = "sha1") -> str:
    """The id that git gives to a file with this content."""
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def unread_id(size: int, mtime_ns: int, algorithm: str = "sha1") -> str:
    """Stands for the content of a file that was not read; never equal to the id of any content."""
    return hashlib.new(algorithm, b"unread %d %d" % (size, mtime_ns), usedforsecurity=False).hexdigest()
