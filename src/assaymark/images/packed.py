"""An image in one file: a squashfs, alone or in SIF. Neither is mounted or unpacked onto the disk by its own program.

``unsquashfs`` writes what is in a file system as a list and all contents one after the other; that is read here, so
that no name and no link in it can lead anywhere.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from assaymark import proc
from assaymark.errors import InputError
from assaymark.images.convert import PROCESSORS
from assaymark.images.layers import FILES, UNPACKED, normal

SECONDS = 3600.0
_SQUASHFS = b"hsqs"
_MAGIC, _AT = b"SIF_MAGIC\0", 32
# Where the descriptors lie; then one of them: type, used, id, group, link, offset, size.
_TABLE, _DESCRIPTOR, _LONG = struct.Struct("<qqq"), struct.Struct("<i?IIIqq"), 585
_PARTITION = struct.Struct("<ii3s")
_MOST = 1_000
_PART, _SIGNATURE, _INDEX, _SBOM = 0x4004, 0x4005, 0x400A, 0x4009
_PLAIN, _ENCRYPTED, _PRIMARY = 1, 5, 2
# NAME TYPE TIME MODE UID GID …, blanks and backslashes in names escaped.
_LINE = re.compile(rb"((?:\\.|[^\\ ])+) (?:L (.*)|([A-Z]) \d+ ([0-7]+) (\d+) (\d+) ?(.*))", re.DOTALL)
_END = b"# START OF DATA"


@dataclass(frozen=True, slots=True)
class Packed:
    """Where the file system lies in a file, and what its frame tells: processor, and what goes with it."""

    form: str
    offset: int = 0
    architecture: str = ""
    signed: bool = False
    referrers: tuple[str, ...] = field(default=())


def packed(where: Path) -> Packed | None:
    """What a file holds; None when it is no such image. Raises InputError for one that cannot be read."""
    try:
        with where.open("rb") as file:
            head = file.read(128)
            if head.startswith(_SQUASHFS):
                return Packed("squashfs")
            if head[_AT : _AT + len(_MAGIC)] == _MAGIC:
                return _sif(where, file, head)
    except (OSError, struct.error) as problem:
        raise InputError(f"is no image that can be read: {problem}", where=str(where)) from problem
    return None


def _sif(where: Path, file: IO[bytes], head: bytes) -> Packed:
    _free, total, at = _TABLE.unpack_from(head, 80)
    if not 0 < total <= _MOST or at < 0:
        raise InputError("the header of this SIF is damaged", where=str(where))
    file.seek(at)
    table = file.read(total * _LONG)
    found: Packed | None = None
    signed, referrers = False, []
    for start in range(0, len(table) - _LONG + 1, _LONG):
        kind, used, _id, _group, _link, offset, _size = _DESCRIPTOR.unpack_from(table, start)
        if not used:
            continue
        signed = signed or kind == _SIGNATURE
        if kind == _SBOM:
            referrers.append("application/spdx+json in SIF" if b"spdx" in table[start : start + 201] else "SBOM in SIF")
        if kind == _INDEX:
            raise InputError("holds an OCI image in SIF, which is not supported", where=str(where))
        if kind == _PART:
            system, part, processor = _PARTITION.unpack_from(table, start + 201)
            if part == _PRIMARY:
                found = Packed("sif", _supported(where, system, offset), _named(processor))
    if found is None:
        raise InputError("this SIF holds no system to start", where=str(where))
    return Packed("sif", found.offset, found.architecture, signed, tuple(referrers))


def _supported(where: Path, system: int, offset: int) -> int:
    if system == _ENCRYPTED:
        raise InputError("this SIF is encrypted: nothing in it can be judged", where=str(where))
    if system != _PLAIN:
        raise InputError("the system in this SIF is no squashfs", where=str(where), hint="build it again")
    return offset


def _named(number: bytes) -> str:
    text = number.rstrip(b"\0").decode("ascii", "replace")
    return PROCESSORS[int(text) - 1] if text.isdigit() and 0 < int(text) <= len(PROCESSORS) else ""


class Listed:
    """The members of a squashfs, as those of a layer are given."""

    def __init__(self, where: Path, file: IO[bytes], inodes: int) -> None:
        self.where, self.file = where, file
        self.entries: list[tuple[tarfile.TarInfo, int]] = []
        size = 0
        while (line := self._line()) is not None:
            info, offset = self._member(line)
            size += info.size
            self.entries.append((info, offset))
            if len(self.entries) > FILES or size > UNPACKED:
                raise InputError("unpacks to more than any image", where=str(where))
        self.start = file.tell()
        # A line break in a name would make two lines of one file.
        if sum(not info.islnk() for info, _ in self.entries) != inodes:
            raise InputError("a name in this image has a line break in it", where=str(where))
        self.offsets = {info.name: offset for info, offset in self.entries}

    def _line(self) -> bytes | None:
        line = self.file.readline(100_000)
        if line == b"#\n":
            if not self.file.readline(1000).startswith(_END) or self.file.readline(10) != b"#\n":
                raise self._refused()
            return None
        if not line.endswith(b"\n"):
            raise self._refused()
        return line[:-1]

    def _refused(self) -> InputError:
        hint = "squashfs-tools 4.5 or later lists it as it should"
        return InputError("what unsquashfs says of this image is not understood", where=str(self.where), hint=hint)

    def _member(self, line: bytes) -> tuple[tarfile.TarInfo, int]:
        found = _LINE.fullmatch(line)
        if not found:
            raise self._refused()
        info = tarfile.TarInfo(_plain(found[1]))
        if found[2] is not None:
            info.type, info.linkname = tarfile.LNKTYPE, _plain(found[2])
            return info, 0
        info.mode, info.uid, info.gid = int(found[4], 8), int(found[5]), int(found[6])
        if found[3] == b"R":
            size, offset, *_ = [int(n) for n in found[7].split() if n.isdigit()] or [0, 0]
            info.size = size
            return info, offset
        kinds = {b"D": tarfile.DIRTYPE, b"S": tarfile.SYMTYPE}
        info.type = kinds.get(found[3], tarfile.CHRTYPE)
        if info.issym():
            info.linkname = _plain(found[7])
        return info, 0

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        for info, _ in self.entries:
            if normal(info.name) is not None:
                yield info

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The bytes of a file; only one is read at a time."""
        self.file.seek(self.start + self.offsets[member.name])
        return io.BufferedReader(_Part(self.file, member.size))


class _Part(io.RawIOBase):
    """So many bytes of a file from where it stands."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self.file, self.left = file, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than typeshed's
        data = self.file.read(min(len(buffer), self.left))
        buffer[: len(data)] = data
        self.left -= len(data)
        return len(data)


def _plain(name: bytes) -> str:
    return re.sub(rb"\\(.)", rb"\1", name, flags=re.DOTALL).decode("utf-8", "surrogateescape")


@contextmanager
def listed(where: Path, found: Packed) -> Iterator[Listed]:
    """What is in the file system. Raises InputError when it is damaged, or squashfs-tools are missing or too old."""
    import tempfile

    with where.open("rb") as file:
        file.seek(found.offset + 4)
        inodes = int.from_bytes(file.read(4), "little")
    with tempfile.TemporaryDirectory(prefix="assaymark-image-") as folder:
        out = Path(folder, "listed")
        argv = ["unsquashfs", "-quiet", "-no-progress", "-offset", str(found.offset), "-pf", str(out), str(where)]
        done = proc.run(argv, cwd="/", timeout=SECONDS, memory=None, largest=2 * UNPACKED)
        if done.returncode is None:
            hint = "the package squashfs-tools"
            raise InputError("unsquashfs is not installed, which reads this image", where=str(where), hint=hint)
        if not done.finished or done.returncode != 0 or not out.is_file():
            text = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
            told = f"unsquashfs cannot read this image: {text[-1][:200] if text else 'it ended without a reason'}"
            raise InputError(told, where=str(where), hint="squashfs-tools 4.5 or later; is the file whole?")
        with out.open("rb") as file:
            yield Listed(where, file, inodes)


def digest_of(where: Path) -> str:
    """The digest of the file itself, by which registries know it."""
    with where.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
