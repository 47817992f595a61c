"""The layers of an image: their members one after the other, checked and bounded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from assaymark.images.source import Blob, Source

if TYPE_CHECKING:
    import tarfile

UNPACKED = 64 * 2**30
FILES = 2_000_000
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
HIDDEN, OPAQUE = ".wh.", ".wh..wh..opq"


class _Counted:
    """A stream that is hashed and bounded while it is read."""

    def __init__(self, stream: IO[bytes], source: Source, limit: int) -> None:
        self.stream, self.source, self.limit = stream, source, limit
        self.hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(_CHUNK if size < 0 else min(size, _CHUNK))
        self.size += len(data)
        if self.size > self.limit:
            raise self.source.refused(f"a layer unpacks to more than {self.limit // 2**30} GiB")
        self.hash.update(data)
        return data

    def rest(self) -> None:
        while self.read():
            pass


@contextmanager
def layer(source: Source, blob: Blob, left: int = UNPACKED) -> Iterator[Members]:
    """The tar of a layer, to be read once in order. At its end the digest is checked: InputError when it is wrong."""
    import tarfile
    import zlib
    from gzip import BadGzipFile

    try:
        with source.open(blob.name) as raw:
            head = raw.read(4)
            raw.seek(0)
            if head.startswith(_ZSTD):
                raise source.refused("a layer is compressed with zstd, which is not supported", "save it with gzip")
            stored = _Counted(raw, source, left)
            reader = cast("IO[bytes]", stored)
            plain = _Counted(_gunzip(reader) if head.startswith(_GZIP) else reader, source, left)
            with tarfile.open(fileobj=plain, mode="r|") as tar:  # type: ignore[call-overload]
                yield Members(tar, source)
            plain.rest()
            stored.rest()
            for wanted, seen in ((blob.digest, stored), (blob.diff_id, plain)):
                if wanted and wanted != f"sha256:{seen.hash.hexdigest()}":
                    raise source.refused(f"{blob.name} is not what its digest says", "it was changed or truncated")
    except (tarfile.TarError, BadGzipFile, zlib.error, EOFError, ValueError, OverflowError) as problem:
        raise source.refused(f"{blob.name} is damaged: {problem}", "make or copy the image again") from problem


def _gunzip(stream: IO[bytes]) -> IO[bytes]:
    from gzip import GzipFile

    return cast("IO[bytes]", GzipFile(fileobj=stream, mode="rb"))


class Members:
    """The members of one layer in their order, once."""

    def __init__(self, tar: tarfile.TarFile, source: Source) -> None:
        self.tar, self.source, self.count = tar, source, 0

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        for member in self.tar:
            self.tar.members.clear()  # type: ignore[attr-defined]  # else the headers of a bomb stay in memory
            self.count += 1
            if self.count > FILES:
                raise self.source.refused(f"a layer has more than {FILES:,} files")
            yield member

    def content(self, member: tarfile.TarInfo) -> IO[bytes] | None:
        """The bytes of a member while it is the last one read."""
        return self.tar.extractfile(member)


def normal(name: str) -> str | None:
    """A member's path without a leading slash; None for the root, and for what would leave it."""
    path = os.path.normpath("/" + name.replace("\0", "")).lstrip("/")
    return path or None
