"""The files that are judged, as a read-only index over any source of bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import cached_property, lru_cache

from assaymark.api import Entry
from assaymark.patterns import late, ready
from assaymark.subject.globs import compile_globs, expanded, fixed_end

__all__ = ["IndexedTree", "compile_globs"]

# Most files are small and read by several checks; large ones are read again rather than held.
KEPT_FILE = 128_000
KEPT_TOTAL = 16_000_000
_WILD = late(r"[*?\[]")


class IndexedTree:
    """Entries sorted by path, and a reader that gives at most so many bytes of an entry.

    Implements `assaymark.api.Tree`; where the bytes come from (working tree, object store, folder, tarball, memory)
    is the reader's business.
    """

    def __init__(self, entries: Iterable[Entry], reader: Callable[[Entry, int], bytes]) -> None:
        self._entries = tuple(sorted(entries, key=lambda e: e.path))
        self._by_path = {e.path: e for e in self._entries}
        self._reader = reader
        self._cache: dict[str, bytes] = {}
        self._room = KEPT_TOTAL
        self._globbed: dict[tuple[str, ...], tuple[Entry, ...]] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over path, mode and blob id of every entry."""
        total = hashlib.sha256()
        for e in self._entries:
            total.update(f"{e.mode:o} {e.blob} {e.path}\0".encode("utf-8", "surrogateescape"))
        return f"sha256:{total.hexdigest()}"

    @cached_property
    def files(self) -> tuple[Entry, ...]:
        """Regular files only."""
        return tuple(e for e in self._entries if not e.is_symlink and not e.is_submodule)

    @cached_property
    def _by_folder(self) -> dict[str, list[Entry]]:
        folders: dict[str, list[Entry]] = {}
        for e in self.files:
            folders.setdefault(e.path.rpartition("/")[0].lower(), []).append(e)
        return folders

    def get(self, path: str) -> Entry | None:
        """The entry with exactly this path."""
        return self._by_path.get(path)

    def find(self, *names: str, under: Iterable[str] = ("",)) -> tuple[Entry, ...]:
        """Regular files directly in one of the folders whose name matches a glob, whatever its case."""
        plain = {n.lower() for n in names if not _WILD.search(n)}
        globs = tuple(n.lower() for n in names if _WILD.search(n))
        return tuple(
            e
            for folder in under
            for e in self._by_folder.get(folder.lower(), ())
            if (name := e.name.lower()) in plain or (globs and _names(globs).fullmatch(name))
        )

    def glob(self, *patterns: str) -> tuple[Entry, ...]:
        """Regular files whose path matches one of the patterns."""
        found = self._globbed.get(patterns)
        if found is None:
            matching = self._matching(patterns)
            found = self._globbed[patterns] = tuple(matching[path] for path in sorted(matching))
        return found

    def _matching(self, patterns: tuple[str, ...]) -> dict[str, Entry]:
        """By path. Most patterns are decided by looking up candidates: an expression is compiled for the others."""
        sure: dict[str, Entry] = {}
        possible: dict[str, Entry] = {}
        undecided: list[str] = []
        for pattern in expanded(patterns):
            end = fixed_end(pattern)
            candidates = self.files if end is None else self._by_end.get(end, ())
            if end is not None and pattern in (f"**/{end[1]}", f"**/*{end[1]}"):
                sure |= {e.path: e for e in candidates}
            elif candidates:
                possible |= {e.path: e for e in candidates}
                undecided.append(pattern)
        if undecided:
            expression = compile_globs(undecided)
            sure |= {path: e for path, e in possible.items() if expression.fullmatch(path)}
        return sure

    @cached_property
    def _by_end(self) -> dict[tuple[str, str], list[Entry]]:
        ends: dict[tuple[str, str], list[Entry]] = {}
        for e in self.files:
            name = e.name
            ends.setdefault(("name", name), []).append(e)
            if "." in name:
                ends.setdefault(("suffix", name[name.rindex(".") :]), []).append(e)
        return ends

    def read(self, path: str, limit: int = 1_000_000) -> bytes:
        """At most ``limit`` bytes of a file; KeyError when there is none."""
        known = self._cache.get(path)
        if known is None:
            entry = self._by_path[path]
            if entry.size > KEPT_FILE or entry.size > limit or self._room < entry.size:
                return self._reader(entry, limit)
            known = self._cache[path] = self._reader(entry, max(limit, KEPT_FILE))
            self._room -= len(known)
        return known[:limit]

    def text(self, path: str, limit: int = 1_000_000) -> str:
        """The same decoded as UTF-8, with U+FFFD for what is not."""
        return self.read(path, limit).decode("utf-8-sig", "replace")


@lru_cache(maxsize=512)
def _names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return ready("|".join(translate(p) for p in patterns) or r"(?!)", re.DOTALL)
