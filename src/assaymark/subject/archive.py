"""The files of a tarball or a zip, in memory and within limits; nothing is written and no link is followed."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from assaymark.api import Entry
from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.subject.files import blob_id

if TYPE_CHECKING:
    import tarfile
    import zipfile

MAX_MEMBERS = 100_000
MAX_EXPANDED = 1_000_000_000
MAX_KEPT = 200_000_000
KEPT = 4_000_000
_CHUNK = 1 << 20


class Contents(NamedTuple):
    """Entries and the first `KEPT` bytes of each."""

    entries: tuple[Entry, ...]
    heads: dict[str, bytes]

    def read(self, entry: Entry, limit: int) -> bytes:
        """At most ``limit`` bytes of a member, and never more than `KEPT`."""
        return self.heads[entry.path][:limit]


class _Member(NamedTuple):
    path: str
    mode: int
    size: int
    stream: IO[bytes] | None
    target: bytes = b""
    same_as: str = ""


def unpack(place: Path) -> Contents:
    """Read a .tar (plain, gz, bz2, xz) or a .zip.

    Raises InputError when it is neither, is damaged, expands beyond the limits, or has a member whose path leaves it.
    A single folder that holds everything, as forges and ``sdist`` make it, is not part of the paths.
    """
    import tarfile
    import zipfile
    import zlib
    from lzma import LZMAError

    where = str(place)
    try:
        if zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                return _Unpacking(where).take(_zip_members(archive))
        with tarfile.open(place) as tar:
            return _Unpacking(where).take(_tar_members(tar))
    except tarfile.ReadError as problem:
        hint = "give the path of a Git checkout, a folder, or a .tar.gz or .zip archive"
        raise InputError("is not an archive that can be read", where=where, hint=hint) from problem
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError) as problem:
        raise InputError(f"the archive is damaged: {problem}", where=where) from problem
    except (EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError) as problem:
        raise InputError(f"the archive cannot be read: {problem}", where=where) from problem


class _Unpacking:
    def __init__(self, where: str) -> None:
        self.where = where
        self.expanded = 0
        self.kept = 0

    def take(self, members: Iterator[_Member]) -> Contents:
        found: dict[str, tuple[Entry, bytes]] = {}
        for count, member in enumerate(members, 1):
            if count > MAX_MEMBERS:
                raise self._refused(f"has more than {MAX_MEMBERS:,} members")
            path = self._safe(member.path)
            if path and stat.S_ISLNK(member.mode):
                entry = Entry(path, 0o120000, blob_id(member.target), len(member.target))
                found[path] = entry, member.target
            elif path and member.stream is not None:
                found[path] = self._file(path, member)
            elif path and (twin := found.get(self._safe(member.same_as))):
                found[path] = Entry(path, twin[0].mode, twin[0].blob, twin[0].size), twin[1]
        shift = _common_folder(found)
        named = {path[shift:]: (entry, head) for path, (entry, head) in found.items()}
        entries = tuple(Entry(p, e.mode, e.blob, e.size) for p, (e, _) in named.items())
        return Contents(entries, {p: head for p, (_, head) in named.items()})

    def _file(self, path: str, member: _Member) -> tuple[Entry, bytes]:
        """Hash all of it, in pieces; what it says about its own size is not believed."""
        assert member.stream is not None
        head, size, sha256 = bytearray(), 0, hashlib.sha256()
        sha1 = hashlib.sha1(b"blob %d\0" % member.size, usedforsecurity=False)
        with member.stream as stream:
            while data := stream.read(_CHUNK):
                size += len(data)
                self.expanded += len(data)
                if self.expanded > MAX_EXPANDED:
                    raise self._refused(f"expands to more than {MAX_EXPANDED // 10**6:,} MB")
                sha1.update(data)
                sha256.update(data)
                head += data[: max(0, KEPT - len(head))]
        self.kept += len(head)
        if self.kept > MAX_KEPT:
            raise self._refused(f"holds more than {MAX_KEPT // 10**6:,} MB of files")
        blob = sha1.hexdigest() if size == member.size else sha256.hexdigest()
        mode = 0o100755 if member.mode & 0o100 else 0o100644
        return Entry(path, mode, blob, size), bytes(head)

    def _safe(self, path: str) -> str:
        parts = [p for p in path.replace("\\", "/").split("/") if p not in ("", ".")]
        if path.startswith(("/", "\\")) or ".." in parts or "\0" in path:
            raise self._refused(f"has a member that leaves it: {path[:200]!r}")
        return "/".join(parts)

    def _refused(self, why: str) -> InputError:
        return InputError(f"the archive {why}", where=self.where, hint="unpack it yourself if you trust it")


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for info in tar:
        tar.members.clear()  # type: ignore[attr-defined]  # else all headers of a bomb stay in memory
        if info.issym():
            yield _Member(info.name, stat.S_IFLNK, 0, None, info.linkname.encode("utf-8", "surrogateescape"))
        elif info.islnk():
            yield _Member(info.name, 0, 0, None, same_as=info.linkname)
        elif info.isreg():
            yield _Member(info.name, info.mode, info.size, tar.extractfile(info))


def _zip_members(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if info.is_dir():
            continue
        if info.flag_bits & 1:
            raise ValueError("it is encrypted")
        if stat.S_ISLNK(mode):
            with archive.open(info) as stream:
                yield _Member(info.filename, stat.S_IFLNK, 0, None, stream.read(1 << 16))
        elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
            yield _Member(info.filename, mode, info.file_size, archive.open(info))


def _common_folder(paths: dict[str, tuple[Entry, bytes]]) -> int:
    """Length of the one folder (with its slash) that holds everything, 0 when there is none."""
    tops = {path.partition("/")[:2] for path in paths}
    if len(tops) != 1:
        return 0
    name, slash = next(iter(tops))
    return len(name) + 1 if slash else 0
