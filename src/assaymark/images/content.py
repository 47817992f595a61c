"""What single files of an image say, looked at once while they pass by: secrets, small texts, compiled programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO

from assaymark.image import Binary

HEAD = 4_096
HEADS = 2_000
TEXT = 262_144
BINARIES = 20_000
LARGEST = 4 * 2**30
# Kept in memory up to this size, else in a temporary file.
_SPOOLED = 32 * 2**20
_CHUNK = 1 << 20
# Names of files that keys and passwords are kept in; what they hold decides.
SECRET = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.pgpass|\.htpasswd|\.env"
    r"|\.env\.[\w.-]+|\.docker/config\.json|\.dockercfg|\.aws/credentials|\.kube/config|credentials(?:\.json)?"
    r"|[^/]+\.(?:pem|key|p12|pfx|kdbx|keytab))$",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"etc/passwd|\.singularity\.d/(?:labels\.json|Singularity|env/[^/]+\.sh)")
_ELF, _LEAST = b"\x7fELF", 64
# The kind of an ELF file: a program, and a shared library or a program that may lie anywhere.
_EXECUTABLE, _SHARED = 2, 3

Look = Callable[[IO[bytes]], Binary]
"""Reads a compiled file that can be read anywhere. Raises ValueError when it is damaged."""


class Contents:
    """What was found, by the paths of the files."""

    def __init__(self, look: Look | None = None) -> None:
        self.look = look
        self.heads: dict[str, bytes] = {}
        self.texts: dict[str, bytes] = {}
        self.binaries: dict[str, Binary] = {}
        self.unread: dict[str, None] = {}

    def wants(self, path: str, size: int) -> bool:
        """Whether a file is to be given to `add`."""
        named = SECRET.search(path) or _TEXTS.fullmatch(path)
        return bool(named) or (self.look is not None and size >= _LEAST and not path.startswith("usr/lib/debug/"))

    def add(self, layer: int, path: str, size: int, stream: IO[bytes]) -> None:
        """Look at a file; what it was in an earlier layer is forgotten, but for secrets."""
        head = stream.read(HEAD)
        if SECRET.search(path) and len(self.heads) < HEADS:
            self.heads[f"{layer}:{path}"] = head
        if _TEXTS.fullmatch(path):
            self.texts[path] = head + stream.read(TEXT - len(head))
        elif self.look is not None and _compiled(head):
            self._binary(path, size, head, stream)

    def forget(self, path: str) -> None:
        """A later layer replaced or removed it."""
        for kept in (self.texts, self.binaries, self.unread):
            kept.pop(path, None)

    def same(self, path: str, twin: str) -> None:
        """Another name of the same file."""
        if twin in self.binaries:
            self.binaries[path] = self.binaries[twin]

    def _binary(self, path: str, size: int, head: bytes, stream: IO[bytes]) -> None:
        from tempfile import SpooledTemporaryFile

        if self.look is None or size > LARGEST or len(self.binaries) >= BINARIES:
            self.unread[path] = None
            return
        with SpooledTemporaryFile(max_size=_SPOOLED) as file:
            file.write(head)
            while data := stream.read(_CHUNK):
                file.write(data)
            file.seek(0)
            try:
                self.binaries[path] = self.look(file)
            except ValueError:
                self.unread[path] = None


def _compiled(head: bytes) -> bool:
    if not head.startswith(_ELF) or len(head) < _LEAST:
        return False
    kind = int.from_bytes(head[16:18], "big" if head[5] == 2 else "little")
    return kind in (_EXECUTABLE, _SHARED)
