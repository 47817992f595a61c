"""What a file holds that the user names: bounded, and told as the user's error where it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def content_of(path: Path, most: int) -> bytes:
    """At most ``most`` bytes. Raises InputError for a file that is larger or cannot be read."""
    try:
        if path.stat().st_size > most:
            raise InputError(f"is larger than {most // 1_000_000} MB", where=str(path))
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from problem


def text_of(path: Path, most: int) -> str:
    """The same as text. Raises InputError for what is not UTF-8, too."""
    try:
        return content_of(path, most).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError("is not text in UTF-8", where=str(path)) from problem
