"""Which lines a change added or altered, so that what is said about them is said first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_LIMIT = 20_000_000
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/")

Lines = Mapping[str, tuple[range, ...]]


def changed_lines(place: Path, base: str | None) -> Lines | None:
    """Per path within the repository, the lines that HEAD has and ``base`` (a commit) has not.

    None when that cannot be told: no repository, no base, or a clone that does not hold it.
    """
    from assaymark.errors import InputError
    from assaymark.subject.checkout import locate
    from assaymark.subject.git import GitProblem

    if base is None:
        return None
    try:
        found = locate(place.resolve())
        if found is None:
            return None
        return parse(found[0].run("-c", "core.quotePath=true", *_DIFF, "--unified=0", base, "HEAD", "--", limit=_LIMIT))
    except (InputError, GitProblem, OSError, RuntimeError):
        return None


def prefix(place: Path) -> str:
    """The path of a folder within its repository: empty, or ending in ``/``."""
    from assaymark.errors import InputError
    from assaymark.subject.checkout import locate

    try:
        found = locate(place.resolve())
    except (InputError, OSError, RuntimeError):
        return ""
    return found[1] if found else ""


def parse(diff: bytes) -> Lines:
    """The lines of a unified diff without context."""
    found: dict[str, list[range]] = {}
    path = None
    left = 0
    for line in diff.split(b"\n"):
        if left and line[:1] in (b"+", b"-", b"\\"):
            left -= line[:1] != b"\\"
        elif line.startswith(b"+++ "):
            path = _path(line[4:])
        elif path is not None and (hunk := _HUNK.match(line)):
            start, length = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, []).append(range(start, start + length))
            left = length + _removed(line)
    return {name: tuple(ranges) for name, ranges in found.items()}


def _removed(hunk: bytes) -> int:
    old = hunk.split(b" ", 2)[1].partition(b",")[2]
    return int(old) if old else 1


def _path(text: bytes) -> str | None:
    """A path as git prints it after ``+++``: quoted like a C string when it holds anything special."""
    name = text.rstrip(b"\t")
    if name[:1] == b'"' and name[-1:] == b'"':
        name = _unquoted(name[1:-1])
    return name[2:].decode("utf-8", "surrogateescape") if name.startswith(b"b/") else None


_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _unquoted(text: bytes) -> bytes:
    def char(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", char, text)
