"""The only way from a reference in a document to bytes: below the root, through no link that leaves it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from assaymark.api import Entry, FactUnavailable, Tree, Unreachable
from assaymark.subject.files import blob_id, read_file
from assaymark.validation.model import MAX_SIZE

_MAX_LINKS = 40
_MAX_PATH = 4_000


class Jail:
    """Files of one repository by their path from its root.

    ``root`` is the folder on disk (None for an archive or a commit): a file that Git does not track yet is found there.
    ``laid`` are contents that stand in for files, such as an editor's buffer.
    """

    def __init__(self, tree: Tree, root: Path | None, laid: Mapping[str, bytes] | None = None) -> None:
        self.tree = tree
        self.root = os.path.realpath(root) if root is not None else None
        self.laid = dict(laid or {})
        self._resolved: dict[str, str | None] = {}
        self._folders: set[str] | None = None

    def read(self, path: str) -> bytes:
        """The whole file. Raises `Unreachable`."""
        real = self.resolve(path)
        if real is None:
            raise Unreachable(f"{path} does not exist")
        data = self._bytes(real)
        if len(data) > MAX_SIZE:
            raise Unreachable(f"{path} is larger than {MAX_SIZE:,} bytes")
        return data

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder; False outside the root."""
        try:
            return self.resolve(path) is not None
        except Unreachable:
            return False

    def digest(self, path: str) -> str | None:
        """What identifies the content of a file; None when there is none."""
        try:
            real = self.resolve(path)
        except Unreachable:
            return None
        if real is None:
            return None
        if real in self.laid:
            return blob_id(self.laid[real])
        entry = self.tree.get(real)
        if entry is not None:
            return entry.blob
        try:
            return blob_id(self._bytes(real))
        except Unreachable:
            return "folder"

    def resolve(self, path: str) -> str | None:
        """The path with every link resolved, None when nothing is there. Raises `Unreachable` outside the root."""
        if path not in self._resolved:
            self._resolved[path] = self._resolve(inside(path))
        return self._resolved[path]

    def _resolve(self, path: str) -> str | None:
        if path in self.laid:
            return path
        entry = self.tree.get(path)
        if entry is not None and not entry.is_symlink:
            return path
        return self._through_tree(path) if self.root is None else self._on_disk(path)

    def _on_disk(self, path: str) -> str | None:
        assert self.root is not None
        try:
            real = os.path.realpath(os.path.join(self.root, path))  # noqa: PTH118 - hot path
        except (OSError, ValueError):
            return None
        if real != self.root and not real.startswith(self.root.rstrip("/") + "/"):
            raise Unreachable(f"{path} is a link that leads out of the repository", outside=True)
        relative = real[len(self.root.rstrip("/")) + 1 :]
        if ".git" in relative.split("/"):
            raise Unreachable(f"{path} leads into .git", outside=True)
        return relative if os.path.exists(real) else None  # noqa: PTH110 - hot path

    def _through_tree(self, path: str) -> str | None:
        for _ in range(_MAX_LINKS):
            link = self._first_link(path)
            if link is None:
                return path if self.tree.get(path) is not None or self._is_folder(path) else None
            target = self.tree.read(link.path, 10_000).decode("utf-8", "surrogateescape")
            if target.startswith("/"):
                raise Unreachable(f"{link.path} is a link that leads out of the repository", outside=True)
            path = inside(posixpath.join(posixpath.dirname(link.path), target) + path[len(link.path) :])
        return None

    def _first_link(self, path: str) -> Entry | None:
        parts = path.split("/")
        for n in range(1, len(parts) + 1):
            entry = self.tree.get("/".join(parts[:n]))
            if entry is not None and entry.is_symlink:
                return entry
        return None

    def _is_folder(self, path: str) -> bool:
        if self._folders is None:
            parts = [e.path.split("/") for e in self.tree]
            self._folders = {"/".join(p[:n]) for p in parts for n in range(1, len(p))} | {"."}
        return path in self._folders

    def _bytes(self, real: str) -> bytes:
        if real in self.laid:
            return self.laid[real]
        try:
            if self.tree.get(real) is not None:
                return self.tree.read(real, MAX_SIZE + 1)
            if self.root is not None:
                return read_file(Path(self.root), real, MAX_SIZE + 1)
        except (OSError, FactUnavailable) as problem:
            raise Unreachable(f"{real} cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem
        raise Unreachable(f"{real} is a folder")


def inside(path: str) -> str:
    """A path from the root in its shortest form. Raises `Unreachable` for one that leaves the root."""
    if "\0" in path or len(path) > _MAX_PATH:
        raise Unreachable("the reference is no path of a file")
    if path.startswith(("/", "\\", "~")) or path[:5].lower() == "file:" or path[1:3] in (":\\", ":/"):
        raise Unreachable(f"{path} is an absolute path", outside=True)
    short = posixpath.normpath(path)
    if short == ".." or short.startswith("../"):
        raise Unreachable(f"{path} leaves the repository", outside=True)
    if ".git" in short.split("/"):
        raise Unreachable(f"{path} lies in .git", outside=True)
    return short
