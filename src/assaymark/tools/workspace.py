"""Files on disk for tools: the checkout itself, or a copy when the subject has none (a bare repository, an archive)."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Iterable
from pathlib import Path

from assaymark.api import Entry, FactUnavailable, Tree

# Nobody writes larger sources by hand, and many tools choke on them.
LARGEST = 10_000_000


class Workspace:
    """The subject as a folder. A copy is made when one is first asked for, shared by all tools, and removed at exit."""

    def __init__(self, tree: Tree, checkout: Path | None) -> None:
        self.tree = tree
        self.checkout = checkout
        self._copy: Path | None = None
        self._lock = threading.Lock()

    def root(self) -> Path:
        """The folder; no link in a copy leads anywhere, since none is made."""
        if self.checkout is not None:
            return self.checkout
        with self._lock:
            if self._copy is None:
                import atexit
                import tempfile

                folder = Path(tempfile.mkdtemp(prefix="assaymark-files-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
                export(self.tree, (e for e in self.tree if not e.is_symlink and not e.is_submodule), folder)
                self._copy = folder
            return self._copy

    def usable(self, entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], tuple[tuple[Entry, str], ...]]:
        """The entries that a tool may be given, and the others with the reason.

        What is on disk may differ from what is tracked: a folder may have become a link that leaves the checkout.
        """
        good: list[Entry] = []
        bad: list[tuple[Entry, str]] = []
        real_folders: dict[str, bool] = {"": True}
        for entry in entries:
            reason = self._unusable(entry, real_folders)
            if reason is None:
                good.append(entry)
            else:
                bad.append((entry, reason))
        return tuple(good), tuple(bad)

    def _unusable(self, entry: Entry, real_folders: dict[str, bool]) -> str | None:
        if entry.size > LARGEST:
            return f"larger than {LARGEST // 1_000_000} MB"
        if self.checkout is None:
            return None
        root = str(self.checkout)
        folder = entry.path.rpartition("/")[0]
        if not _real(root, folder, real_folders):
            return "lies behind a link"
        try:
            mode = os.lstat(f"{root}/{entry.path}").st_mode
        except (OSError, ValueError):
            return "is not on disk"
        return None if stat.S_ISREG(mode) else "is no regular file on disk"


def _real(root: str, folder: str, known: dict[str, bool]) -> bool:
    if folder not in known:
        parent = folder.rpartition("/")[0]
        try:
            is_folder = stat.S_ISDIR(os.lstat(f"{root}/{folder}").st_mode)
        except (OSError, ValueError):
            is_folder = False
        known[folder] = is_folder and _real(root, parent, known)
    return known[folder]


def export(tree: Tree, entries: Iterable[Entry], folder: Path) -> None:
    """Write entries as regular files below a new folder.

    Larger ones than `LARGEST` are left out, and so is what a partial clone does not hold.
    """
    base = os.fsencode(folder)
    for entry in entries:
        parts = entry.path.split("/")
        if entry.size > LARGEST or any(part in ("", ".", "..") or "\0" in part for part in parts):
            continue
        try:
            data = tree.read(entry.path, LARGEST)
        except (FactUnavailable, OSError, KeyError):
            continue
        target = base + b"/" + os.fsencode(entry.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - names may be any bytes
        with open(target, "xb") as file:  # noqa: PTH123 - any bytes here, too
            file.write(data)
