"""An image that is unpacked already: its files as they lie, and the released image that its place tells of.

Nothing is written there, no link is followed. CernVM-FS publishes images so: ``REGISTRY/NAME:TAG`` is a link to
``.flat/XX/DIGEST``, where the digest is that of the image's configuration, by which Docker knows it too.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from assaymark.errors import InputError
from assaymark.images.layers import FILES, UNPACKED

READY = ".assaymark-ready"
_HEX = re.compile(r"[0-9a-f]{64}")
_ROOT = ("bin", "usr", "etc", "lib", "opt")
_NOT = ("index.json", "oci-layout", "manifest.json")
_CHUNK = 1 << 20


def is_root(where: Path) -> bool:
    """Whether a path is a folder with the files of an unpacked image, not with the parts of one."""
    if not where.is_dir() or any((where / name).is_file() for name in _NOT):
        return False
    return any((where / name).is_dir() for name in _ROOT)


class Tree:
    """The files below a folder, as the members of a layer are given: each once, in a fixed order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: dict[str, Path] = {}

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        pending, count, size = [""], 0, 0
        while pending:
            folder = pending.pop()
            for entry in sorted(self._entries(folder), key=lambda e: e.name, reverse=True):
                path = f"{folder}/{entry.name}".lstrip("/")
                info = _described(path, entry)
                count, size = count + 1, size + info.size
                if count > FILES or size > UNPACKED:
                    raise InputError("the folder is larger than any image", where=str(self.root))
                self.paths[path] = Path(entry.path)
                if info.isdir():
                    pending.append(path)
                yield info

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            return list(os.scandir(self.root / folder))
        except OSError as problem:
            told = f"/{folder} cannot be read: {problem.strerror}"
            hint = "read it as a user who may, or judge the archive that it was unpacked from"
            raise InputError(told, where=str(self.root), hint=hint) from problem

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The bytes of a file, to be closed."""
        try:
            handle = os.open(self.paths[member.name], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as problem:
            told = f"/{member.name} cannot be read: {problem.strerror}"
            raise InputError(told, where=str(self.root), hint="read it as a user who may") from problem
        return os.fdopen(handle, "rb")


def _described(path: str, entry: os.DirEntry[str]) -> tarfile.TarInfo:
    told = entry.stat(follow_symlinks=False)
    info = tarfile.TarInfo(path)
    info.mode, info.uid, info.gid = stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid
    if stat.S_ISREG(told.st_mode):
        info.size = told.st_size
    elif stat.S_ISDIR(told.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(told.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry.path)  # noqa: PTH115 - a string, as it stands
    else:
        info.type = tarfile.CHRTYPE
    return info


def digest_of(where: Path, tree: Tree) -> tuple[str, dict[str, str]]:
    """The digest of the released image if the place tells it, else one of all that lies there; and how it is known."""
    real = where.resolve()
    above = real.parent
    if _HEX.fullmatch(real.name) and above.name == real.name[:2] and above.parent.name == ".flat":
        notes = {"digest": "told by the folder's place below .flat, not computed"}
        top = above.parent.parent
        named = Path(os.path.abspath(where))  # noqa: PTH100 - links are not to be resolved here
        if named.is_relative_to(top) and named != real:
            notes["released"] = str(named.relative_to(top))
        return f"sha256:{real.name}", notes
    told = _ready(above / READY) if real.name == "root" else None
    if told:
        return told, {"digest": "told by the folder's place among unpacked images, not computed"}
    return _hashed(tree), {"digest": "of the names, modes and contents of all files: no released image is known by it"}


def _ready(file: Path) -> str | None:
    try:
        text = file.read_text(encoding="ascii").strip() if file.stat().st_size < 200 else ""
    except (OSError, UnicodeDecodeError):
        return None
    return text if _HEX.fullmatch(text.removeprefix("sha256:")) and text.startswith("sha256:") else None


def _hashed(tree: Tree) -> str:
    whole = hashlib.sha256()
    for info in tree:
        line = f"{info.type!r} {info.mode:o} {info.size} {info.linkname!r} {info.name!r}\n"
        whole.update(line.encode("utf-8", "surrogateescape"))
        if info.isreg():
            inner = hashlib.sha256()
            with tree.content(info) as file:
                while data := file.read(_CHUNK):
                    inner.update(data)
            whole.update(inner.digest())
    return f"sha256:{whole.hexdigest()}"
