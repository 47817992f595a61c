"""What the pipelines take from this machine and leave on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dagger
from dagger import dag

from assaymark.api import InputError
from assaymark_pipelines.gate import SUMMARY, Result, collected, summary

LIMIT = 50_000_000


def folder(path: Path, exclude: Sequence[str] = ()) -> dagger.Directory:
    """A folder. Raises InputError when there is none."""
    place = path.absolute()
    if not place.is_dir():
        raise InputError("there is no such folder", where=str(path))
    return dag.host().directory(str(place), exclude=list(exclude))


def repository(path: Path, exclude: Sequence[str] = ()) -> dagger.Directory:
    """A checkout with its history, without environments and caches that say themselves that they are to be ignored.

    Raises InputError for a linked worktree: its history lies elsewhere, and would be missing.
    """
    if (path / ".git").is_file():
        raise InputError(
            "this is a linked worktree or a submodule: its history lies outside",
            where=str(path),
            hint="clone it, and give the clone",
        )
    return folder(path, (*exclude, *left_out(path)))


def left_out(root: Path) -> tuple[str, ...]:
    """Folders at the top that hold a ``.gitignore`` of one line, ``*`` (.venv, .mypy_cache ...), and nothing tracked.

    A general rule (`gitignore`) would leave out files that are tracked all the same, and the tree would look changed.
    """
    found = []
    index = root / ".git" / "index"
    tracked = index.read_bytes() if index.is_file() else b""
    for place in sorted(root.iterdir() if root.is_dir() else ()):
        mark = place / ".gitignore"
        if place.is_symlink() or not mark.is_file() or mark.stat().st_size > 1000:
            continue
        lines = [line for line in mark.read_text("utf-8", "replace").splitlines() if line and line[0] != "#"]
        if lines == ["*"] and f"{place.name}/".encode() not in tracked:
            found.append(place.name)
    return tuple(found)


def file(path: Path) -> dagger.File:
    """A file. Raises InputError when there is none."""
    if not path.is_file():
        raise InputError("there is no such file", where=str(path))
    return dag.host().file(str(path.absolute()))


def text(path: Path) -> str:
    """The text of a small file. Raises InputError."""
    try:
        if path.stat().st_size > LIMIT:
            raise InputError(f"it is larger than {LIMIT} bytes", where=str(path))
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"it cannot be read: {problem}", where=str(path)) from problem


def write(path: Path, content: str) -> None:
    """Write a file, with its folder. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as problem:
        raise InputError(f"it cannot be written: {problem.strerror}", where=str(path)) from problem


async def exported(results: Sequence[Result], output: Path) -> None:
    """All reports into a folder; when the engine is gone, at least the summary."""
    try:
        await collected(results).export(str(output.absolute()))
    except dagger.DaggerError:
        write(output / SUMMARY, summary(results))
