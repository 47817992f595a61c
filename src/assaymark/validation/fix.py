"""Edits that mend documents: only those that do not meddle with one another, whole files or nothing, checked after."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from assaymark.api import Edit, Problem
from assaymark.errors import InputError
from assaymark.subject.files import folder_of
from assaymark.validation.model import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A file before and after, and how many findings the edits were for."""

    path: str
    before: str
    after: str
    findings: int


def mended(validation: Validation, sources: Mapping[str, str]) -> list[Mended]:
    """What the edits of a validation would make of each file; files without a safe edit are left out."""
    by_path: dict[str, list[Problem]] = {}
    for problem in validation.problems:
        where = problem.finding.location
        if problem.edits and where is not None:
            by_path.setdefault(where.path, []).append(problem)
    made = []
    for path, problems in sorted(by_path.items()):
        text = sources.get(path)
        if text is None:
            continue
        after, used = apply(text, (p.edits for p in problems))
        if after != text:
            made.append(Mended(path=path, before=text, after=after, findings=used))
    return made


def apply(text: str, groups: Iterable[tuple[Edit, ...]]) -> tuple[str, int]:
    """The text with each group of edits applied whole or not at all; the first of two that overlap wins."""
    starts = _line_starts(text)
    taken: list[tuple[int, int, str]] = []
    used = 0
    for group in groups:
        spans = [_span(edit, text, starts) for edit in group]
        if any(span is None for span in spans):
            continue
        new = sorted({s for s in spans if s is not None})
        if all(span in taken for span in new):
            used += 1  # the same edit mends several findings
            continue
        if _overlap([*taken, *(s for s in new if s not in taken)]):
            continue
        taken += [s for s in new if s not in taken]
        used += 1
    for start, end, put in sorted(taken, reverse=True):
        text = text[:start] + put + text[end:]
    return text, used


def _line_starts(text: str) -> list[int]:
    starts = [0]
    while (found := text.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    return starts


def _span(edit: Edit, text: str, starts: list[int]) -> tuple[int, int, str] | None:
    start, end = _offset(edit.line, edit.column, text, starts), _offset(edit.end_line, edit.end_column, text, starts)
    return None if start is None or end is None or end < start else (start, end, edit.text)


def _offset(line: int, column: int, text: str, starts: list[int]) -> int | None:
    if not 1 <= line <= len(starts) or column < 1:
        return None
    at = starts[line - 1] + column - 1
    limit = starts[line] if line < len(starts) else len(text)
    return at if at <= limit else None


def _overlap(spans: list[tuple[int, int, str]]) -> bool:
    ordered = sorted(spans)
    # Two insertions at one place have no order of their own.
    return any(b[0] < a[1] or b[0] == a[0] for a, b in pairwise(ordered))


def diff(files: Iterable[Mended]) -> str:
    """What would change, as a unified diff."""
    from difflib import unified_diff

    out: list[str] = []
    for file in files:
        lines = unified_diff(
            file.before.splitlines(keepends=True),
            file.after.splitlines(keepends=True),
            f"a/{file.path}",
            f"b/{file.path}",
        )
        for line in lines:
            out.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(out)


def write(root: Path, path: str, text: str) -> None:
    """Put a text in the place of a file, whole or not at all, keeping its mode; never through a link.

    Raises InputError when that is not possible.
    """
    name = ""
    try:
        with folder_of(root, path) as (folder, last):
            status = os.lstat(last, dir_fd=folder)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(f"{path} is not a regular file")
            name = f".{last}.{os.getpid()}"
            at = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            try:
                with os.fdopen(at, "wb") as file:
                    file.write(text.encode("utf-8"))
                os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=folder)
                os.rename(name, last, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(name, dir_fd=folder)
                raise
    except (OSError, UnicodeEncodeError) as problem:
        raise InputError(f"cannot be mended: {getattr(problem, 'strerror', None) or problem}", where=path) from problem
