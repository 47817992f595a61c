"""The files of an image while they pass by once, layer after layer: what a container would see in the end."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

from assaymark.errors import InputError
from assaymark.image import Layer, Member, MemberKind
from assaymark.images.content import Contents, Look
from assaymark.images.layers import FILES, HIDDEN, OPAQUE, UNPACKED, layer, normal
from assaymark.images.source import Blob, Source


class Files(Protocol):
    """The members of a layer or a folder, each once; the content of one while it is the last."""

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        """Their names, modes and kinds."""

    def content(self, member: tarfile.TarInfo) -> IO[bytes] | None:
        """The bytes of one."""


class Scan:
    """Takes up one layer after the other; ``refused`` makes the error of an image that is too large."""

    def __init__(self, refused: Callable[[str], InputError], look: Look | None) -> None:
        self.refused = refused
        self.members: dict[str, Member] = {}
        self.below: dict[str, set[str]] = {}
        self.contents = Contents(look)
        self.layers: list[Layer] = []
        self.wasted = 0
        self.left = UNPACKED

    def add(self, source: Source, number: int, blob: Blob) -> None:
        """A layer as it is stored."""
        with layer(source, blob, self.left) as members:
            unpacked, count = self.files(number, members)
        self.left -= unpacked
        digest = blob.digest or blob.diff_id or ""
        self.layers.append(Layer(digest=digest, stored=source.size(blob.name), unpacked=unpacked, files=count))

    def files(self, number: int, members: Files, *, whole: bool = False) -> tuple[int, int]:
        """Bytes and number of files. ``whole``: nothing lies below, and no name hides anything."""
        unpacked = count = 0
        before = set(self.members) if number else set()
        for info in members:
            path = normal(info.name)
            if path is None:
                continue
            folder, _, name = path.rpartition("/")
            if name.startswith(HIDDEN) and not whole:
                target = folder if name == OPAQUE else f"{folder}/{name.removeprefix(HIDDEN)}".lstrip("/")
                self._remove(target, before, itself=name != OPAQUE)
                continue
            count += 1
            unpacked += info.size if info.isreg() else 0
            self._put(path, _member(path, info, number, self.members))
            self._look(number, path, info, members)
            before.discard(path)
        return unpacked, count

    def _look(self, number: int, path: str, info: tarfile.TarInfo, members: Files) -> None:
        if info.islnk():
            self.contents.same(path, normal(info.linkname) or "")
        elif info.isreg() and self.contents.wants(path, info.size):
            content = members.content(info)
            if content is not None:
                with content:
                    self.contents.add(number, path, info.size, content)

    def _put(self, path: str, member: Member) -> None:
        self.contents.forget(path)
        old = self.members.get(path)
        if old is not None and old.kind is MemberKind.FILE:
            self.wasted += old.size
        if old is not None and old.kind is MemberKind.FOLDER and member.kind is not MemberKind.FOLDER:
            self._remove(path, None, itself=False)
        self.members[path] = member
        if len(self.members) > FILES:
            raise self.refused(f"the image has more than {FILES:,} files")
        self.below.setdefault(path.rpartition("/")[0], set()).add(path)

    def _remove(self, path: str, only: set[str] | None, *, itself: bool) -> None:
        """Take away what lies below a path, and the path; ``only`` what earlier layers brought."""
        pending = [path] if itself else list(self.below.get(path, ()))
        while pending:
            each = pending.pop()
            pending += self.below.get(each, ())
            if only is not None and each not in only:
                continue
            gone = self.members.pop(each, None)
            self.contents.forget(each)
            self.below.get(each.rpartition("/")[0], set()).discard(each)
            if gone is not None and gone.kind is MemberKind.FILE:
                self.wasted += gone.size


def _member(path: str, info: tarfile.TarInfo, number: int, known: Mapping[str, Member]) -> Member:
    kind, size, target = MemberKind.DEVICE, 0, ""
    if info.isreg():
        kind, size = MemberKind.FILE, info.size
    elif info.isdir():
        kind = MemberKind.FOLDER
    elif info.issym():
        kind, target = MemberKind.LINK, info.linkname
    elif info.islnk():
        twin = known.get(normal(info.linkname) or "")
        if twin is not None:
            return twin._replace(path=path, size=0, layer=number)
        kind = MemberKind.FILE
    return Member(path, kind, info.mode & 0o7777, info.uid, info.gid, size, number, target)
