"""The index of a checkout laid over its work tree: what is checked out, with the ids of what was changed.

Git's own comparison runs the filters that the repository configures, so it is done here: a file whose size and time
are those that the index noted is unchanged (as for git); any other is read and hashed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from assaymark.api import Entry
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.files import HASHED_SIZE, blob_id, hash_file, read_file, read_link, unread_id

SKIP_WORKTREE = 0x4000_0000
SYMLINK, SUBMODULE = 0o120000, 0o160000

# The lines after the name are those of `--debug`; where they are missing every file is hashed.
_RECORD = late(
    rb"(\d{6}) ([0-9a-f]{40,64}) (\d)\t([^\0]+)\0"
    rb"(?:  ctime: [^\n]*\n  mtime: (\d+):(\d+)\n  dev: [^\n]*\n  uid: [^\n]*\n  size: (\d+)\tflags: ([0-9a-f]+)\n)?"
)


class Record(NamedTuple):
    """One entry of the index. ``mtime_ns`` and ``size`` are what git saw when it wrote it, -1 when not known."""

    path: str
    mode: int
    blob: str
    stage: int
    mtime_ns: int
    size: int
    flags: int


class Laid(NamedTuple):
    """Entries as they are on disk; ``absent`` are tracked files that a sparse checkout leaves out."""

    entries: tuple[Entry, ...]
    absent: tuple[Entry, ...]
    dirty: bool


def records(listing: bytes) -> Iterator[Record]:
    """Parse ``git ls-files --stage -z --debug``."""
    for mode, blob, stage, path, seconds, nanos, size, flags in _RECORD.findall(listing):
        yield Record(
            path.decode("utf-8", "surrogateescape"),
            int(mode, 8),
            blob.decode(),
            int(stage),
            int(seconds) * 1_000_000_000 + int(nanos) if seconds else -1,
            int(size) if size else -1,
            int(flags, 16) if flags else 0,
        )


def lay(listing: bytes, root: Path, index_mtime_ns: int) -> Laid:
    """Compare every record with the file on disk. ``index_mtime_ns`` is when the index was written."""
    work = _WorkTree(root, index_mtime_ns)
    entries: dict[str, Entry] = {}
    absent: list[Entry] = []
    dirty = False
    for record in records(listing):
        if record.stage > 1 and record.path in entries:
            continue  # a conflict has up to three records
        if record.flags & SKIP_WORKTREE and not work.status(record.path):
            absent.append(Entry(record.path, record.mode, record.blob, -1))
            continue
        entry = work.entry(record)
        dirty = dirty or entry is None or entry.blob != record.blob or record.stage > 0
        if entry is not None:
            entries[record.path] = entry
    return Laid(tuple(entries.values()), tuple(absent), dirty)


class _WorkTree:
    def __init__(self, root: Path, index_mtime_ns: int) -> None:
        self.root = root
        self.prefix = os.fspath(root) + "/"
        self.index_mtime_ns = index_mtime_ns
        self.real_folders: dict[str, bool] = {"": True}

    def entry(self, record: Record) -> Entry | None:
        """What lies in the place of a record; None when no file or link is there."""
        if record.mode == SUBMODULE:
            return Entry(record.path, record.mode, record.blob, 0)
        found = self.status(record.path)
        if found is None:
            return None
        if self._unchanged(record, found):
            return Entry(record.path, record.mode, record.blob, found.st_size)
        return self._hashed(record, found)

    def status(self, path: str) -> os.stat_result | None:
        """The file's status, unless a folder above it is gone or has become a link."""
        if not self._is_real(path.rpartition("/")[0]):
            return None
        try:
            return os.lstat(self.prefix + path)
        except (OSError, ValueError):
            return None

    def _is_real(self, folder: str) -> bool:
        above = []
        while folder not in self.real_folders:
            above.append(folder)
            folder = folder.rpartition("/")[0]
        real = self.real_folders[folder]
        for below in reversed(above):
            real = real and _is_folder(self.prefix + below)
            self.real_folders[below] = real
        return real

    def _unchanged(self, record: Record, found: os.stat_result) -> bool:
        """Same kind, size and time, and the time is older than the index: a younger file may have changed since."""
        if stat.S_ISLNK(found.st_mode) != (record.mode == SYMLINK) or record.size != found.st_size & 0xFFFF_FFFF:
            return False
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            return False
        time = found.st_mtime_ns
        if record.mtime_ns % 1_000_000_000 == 0:  # a git or a file system that keeps whole seconds
            time -= time % 1_000_000_000
        return record.mtime_ns == time and found.st_mtime_ns < self.index_mtime_ns

    def _hashed(self, record: Record, found: os.stat_result) -> Entry | None:
        algorithm = "sha1" if len(record.blob) == 40 else "sha256"
        if stat.S_ISLNK(found.st_mode):
            target = read_link(self.root, record.path, 1 << 16)
            return Entry(record.path, SYMLINK, blob_id(target, algorithm), len(target))
        if not stat.S_ISREG(found.st_mode):
            return None
        blob = self._blob(record, found, algorithm)
        mode = 0o100644 if record.mode == SYMLINK and blob != record.blob else record.mode
        return Entry(record.path, mode, blob, found.st_size)

    def _blob(self, record: Record, found: os.stat_result, algorithm: str) -> str:
        try:
            if found.st_size <= HASHED_SIZE:
                return _translated(record.blob, read_file(self.root, record.path, HASHED_SIZE), algorithm)
            # A size of 0 in the index means that Git itself was not sure.
            if record.size in (found.st_size & 0xFFFF_FFFF, 0, -1):
                return hash_file(self.root, record.path, found.st_size, algorithm)
        except OSError:
            pass
        return unread_id(found.st_size, found.st_mtime_ns, algorithm)


def _translated(known: str, data: bytes, algorithm: str) -> str:
    """The id of the content; line ends that Git translates on checkout are no change."""
    blob = blob_id(data, algorithm)
    if blob != known and b"\r\n" in data and blob_id(data.replace(b"\r\n", b"\n"), algorithm) == known:
        return known
    return blob


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False
