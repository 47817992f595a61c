"""Results by the digest of all that they depend on, in the user's cache folder.

``$ASSAYMARK_CACHE`` names the folder, else ``$XDG_CACHE_HOME/assaymark``, else ``~/.cache/assaymark``. A folder that
cannot be used, or that anyone may write to, means no cache and never a failure. Entries carry a checksum: what is
damaged is absent. Two runs at once are safe, since an entry appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import stat
import time
from pathlib import Path

from assaymark.values import dataclass

MAX_TOTAL = 256 * 2**20
MAX_ENTRY = 64 * 2**20
PRUNE_EVERY = 600.0
_REFRESH = 86_400.0
_FORMAT = "1"
_STAMP = "pruned"
_numbers = itertools.count()


def key(*parts: str | bytes) -> str:
    """A key out of everything that a result depends on; the order and the borders of the parts count."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        total.update(b"%d:" % len(data))
        total.update(data)
    return total.hexdigest()


def get(key: str) -> bytes | None:
    """What was put under the key; None when there is nothing, or nothing intact."""
    store = _store()
    return store.get(key) if store else None


def put(key: str, data: bytes) -> None:
    """Keep a result; without effect where there is no usable folder."""
    if store := _store():
        store.put(key, data)


def folder() -> Path | None:
    """Where the cache lies; None when the environment gives no absolute folder."""
    if own := os.environ.get("ASSAYMARK_CACHE"):
        return Path(own).absolute()
    # Path would raise where there is no home.
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118
    return Path(base, "assaymark") if os.path.isabs(base) else None  # noqa: PTH117


def _store() -> Store | None:
    place = folder()
    return Store(place / _FORMAT) if place else None


@dataclass(frozen=True, slots=True)
class Store:
    """One cache folder."""

    root: Path

    def get(self, key: str) -> bytes | None:
        """The intact entry, or None."""
        path = self._path(key)
        try:
            if not self._trusted():
                return None
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_ENTRY + 64:
                    return None
                checksum, data = file.read(32), file.read()
            if time.time() - status.st_mtime > _REFRESH:
                os.utime(path)
        except OSError:
            return None
        return data if checksum == hashlib.sha256(data).digest() else None

    def put(self, key: str, data: bytes) -> None:
        """Write an entry, and now and then remove the oldest."""
        path = self._path(key)
        if len(data) > MAX_ENTRY:
            return
        new = path.with_name(f".{path.name}.{os.getpid()}.{next(_numbers)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._trusted():
                self._write(new, path, hashlib.sha256(data).digest() + data)
                self._prune_sometimes()
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                new.unlink()

    def _write(self, new: Path, path: Path, content: bytes) -> None:
        at = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(at, "wb") as file:
            file.write(content)
        new.replace(path)

    def _path(self, key: str) -> Path:
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise ValueError(f"{key!r} is no cache key")
        return self.root / key[:2] / key[2:]

    def _trusted(self) -> bool:
        """Whoever can write here can forge verdicts."""
        return not self.root.stat().st_mode & stat.S_IWOTH

    def _prune_sometimes(self) -> None:
        stamp = self.root / _STAMP
        with contextlib.suppress(FileNotFoundError):
            if time.time() - stamp.stat().st_mtime < PRUNE_EVERY:
                return
        stamp.touch()
        self.prune()

    def prune(self, limit: int = MAX_TOTAL) -> None:
        """Remove the least recently used entries until the rest fits; temporary files of dead runs go, too."""
        found = sorted(self._entries(), reverse=True)
        total = 0
        for used, size, path in found:
            total += size
            abandoned = os.path.basename(path).startswith(".") and time.time() - used > PRUNE_EVERY  # noqa: PTH119 - thousands of them
            if total > limit or abandoned:
                with contextlib.suppress(OSError):
                    os.unlink(path)  # noqa: PTH108 - thousands of them

    def _entries(self) -> list[tuple[float, int, str]]:
        found = []
        with os.scandir(self.root) as folders:
            for folder in folders:
                if folder.is_dir(follow_symlinks=False):
                    found += _sizes(folder.path)
        return found


def _sizes(folder: str) -> list[tuple[float, int, str]]:
    found = []
    with os.scandir(folder) as files:
        for file in files:
            # Another run may prune at the same time.
            with contextlib.suppress(OSError):
                status = file.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, file.path))
    return found
