"""A folder that is no Git repository: every regular file and link below it, except what tools leave behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from assaymark.api import Entry
from assaymark.errors import InputError
from assaymark.subject.files import HASHED_SIZE, blob_id, read_file, read_link, unread_id

MAX_FILES = 500_000
_VERSION_CONTROL = {".git", ".hg", ".svn"}
_MADE_BY_TOOLS = {".venv", "node_modules", "__pycache__", ".tox", ".nox"}
_CACHES = {".mypy_cache", ".pytest_cache", ".ruff_cache", ".DS_Store"}
LEFT_OUT = _VERSION_CONTROL | _MADE_BY_TOOLS | _CACHES


def walk(root: Path) -> Iterator[Entry]:
    """All entries, in no particular order. InputError when the folder cannot be read or holds too many files."""
    waiting, count = [""], 0
    while waiting:
        folder = waiting.pop()
        for item in _listed(root, folder):
            if item.name in LEFT_OUT:
                continue
            path = f"{folder}{item.name}"
            if item.is_dir(follow_symlinks=False):
                waiting.append(f"{path}/")
            elif entry := _entry(root, path, item):
                count += 1
                if count > MAX_FILES:
                    raise InputError(f"the folder holds more than {MAX_FILES:,} files", where=str(root))
                yield entry


def _listed(root: Path, folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(os.path.join(root, folder)) as items:  # noqa: PTH118 - names are not valid paths everywhere
            return list(items)
    except OSError as problem:
        if folder:
            return []
        raise InputError(f"the folder cannot be read: {problem.strerror}", where=str(root)) from problem


def _entry(root: Path, path: str, item: os.DirEntry[str]) -> Entry | None:
    """None for what is neither a file nor a link: pipes, sockets, devices."""
    try:
        status = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            target = read_link(root, path, 1 << 16)
            return Entry(path, 0o120000, blob_id(target), len(target))
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    mode = 0o100755 if status.st_mode & 0o100 else 0o100644
    return Entry(path, mode, _blob(root, path, status), status.st_size)


def _blob(root: Path, path: str, status: os.stat_result) -> str:
    if status.st_size <= HASHED_SIZE:
        try:
            return blob_id(read_file(root, path, HASHED_SIZE))
        except OSError:
            pass
    return unread_id(status.st_size, status.st_mtime_ns)
