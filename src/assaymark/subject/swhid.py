"""Software Heritage identifiers (ISO/IEC 18670): the ids of Git, said so that they mean the same everywhere."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from assaymark.api import Entry


def revision(commit: str) -> str | None:
    """The identifier of a commit; None in a SHA-256 repository, for which none is defined."""
    return f"swh:1:rev:{commit}" if len(commit) == 40 else None


def directory(entries: Iterable[Entry]) -> str | None:
    """The identifier of a folder with these files: the id of the Git tree that they make."""
    root = _Folder()
    for entry in entries:
        if len(entry.blob) != 40:
            return None
        root.add(entry)
    return f"swh:1:dir:{root.id().hex()}"


@dataclass(slots=True)
class _Folder:
    files: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, _Folder] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        *parts, name = entry.path.split("/")
        at = self
        for part in parts:
            at = at.folders.setdefault(part, _Folder())
        at.files[name] = entry

    def id(self) -> bytes:
        """Post-order without recursion: a hostile tree is as deep as its paths are long."""
        ids: dict[int, bytes] = {}
        stack = [(self, False)]
        while stack:
            folder, ready = stack.pop()
            if ready:
                ids[id(folder)] = folder._hash(ids)
            else:
                stack.append((folder, True))
                stack.extend((inner, False) for inner in folder.folders.values())
        return ids[id(self)]

    def _hash(self, ids: dict[int, bytes]) -> bytes:
        lines = [(os.fsencode(n), f"{e.mode:o}", bytes.fromhex(e.blob), b"") for n, e in self.files.items()]
        lines += [(os.fsencode(n), "40000", ids[id(f)], b"/") for n, f in self.folders.items()]
        lines.sort(key=lambda line: line[0] + line[3])  # Git sorts a folder as if its name ended in a slash
        body = b"".join(mode.encode() + b" " + name + b"\0" + blob for name, mode, blob, _ in lines)
        return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).digest()
