"""Which lines a change added or altered, so that what is said about them is said first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_LIMIT = 20_000_000
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
# Lines of a file that was only renamed are not new; looking for where files came from is bounded.
_DIFF = (
    *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "-l500"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)

Lines = Mapping[str, tuple[range, ...]]


def distance(lines: Lines | None, path: str, first: int | None, last: int | None = None) -> int:
    """How far a place is from a change: 0 on a changed line, 1 in a changed file, 2 elsewhere or when not known."""
    ranges = (lines or {}).get(path)
    if ranges is None:
        return 2
    return 0 if first and any(r.start <= (last or first) and first < r.stop for r in ranges) else 1


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


def of_files(files: Iterable[Mapping[str, Any]]) -> Lines:
    """The same from GitHub's list of a pull request's files; one whose patch is too large to be shown has no lines."""
    found: dict[str, tuple[range, ...]] = {}
    for file in files:
        name, patch = file.get("filename"), file.get("patch")
        if isinstance(name, str) and file.get("status") != "removed":
            found[name] = tuple(_added(patch)) if isinstance(patch, str) else ()
    return found


def _added(patch: str) -> Iterator[range]:
    """The lines that a patch with context adds."""
    number = 0
    for line in patch.split("\n"):
        if hunk := _HUNK.match(line.encode("utf-8", "replace")):
            number = int(hunk[1]) - 1
        elif line[:1] in ("+", " "):
            number += 1
            if line[0] == "+":
                yield range(number, number + 1)


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
        elif line.startswith(b"rename to ") and (renamed := _name(line[10:])):
            found.setdefault(renamed, [])
        elif path is not None and (hunk := _HUNK.match(line)):
            start, length = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, []).append(range(start, start + length))
            left = length + _removed(line)
    return {name: tuple(ranges) for name, ranges in found.items()}


def _removed(hunk: bytes) -> int:
    old = hunk.split(b" ", 2)[1].partition(b",")[2]
    return int(old) if old else 1


def _path(text: bytes) -> str | None:
    """A path as git prints it after ``+++``; None for no file."""
    name = _name(text.rstrip(b"\t"))
    return name[2:] if name.startswith("b/") else None


def _name(text: bytes) -> str:
    """A name as git prints it: quoted like a C string when it holds anything special."""
    name = _unquoted(text[1:-1]) if text[:1] == b'"' and text[-1:] == b'"' else text
    return name.decode("utf-8", "surrogateescape")


_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _unquoted(text: bytes) -> bytes:
    def char(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", char, text)
