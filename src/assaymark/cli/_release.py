"""What the verbs of ``assaymark release`` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from assaymark.cli._common import wants_colour
from assaymark.content import content_of
from assaymark.errors import InputError, Undetermined

LIMIT = 200_000_000
COLOURS = {"yes": "green", "no": "red", "unknown": "yellow"}
MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
FORMATS = click.Choice(["text", "json"])
EXISTING = click.Path(path_type=Path)


@contextmanager
def web() -> Iterator[None]:
    """Turns a WebProblem into an error: wrong input where it is refused, undetermined where nobody answers."""
    from assaymark.release.web import WebProblem

    try:
        yield
    except WebProblem as problem:
        hint = "run it again: it goes on where it was" if problem.uncertain else None
        raise (Undetermined if problem.uncertain else InputError)(problem.text, hint=hint) from problem


def read(path: Path) -> bytes:
    """The bytes of a file that is not larger than any report. Raises InputError."""
    return content_of(path, LIMIT)


def mark(says: str) -> str:
    """The sign for an answer, coloured where colours are wanted."""
    return click.style(MARKS[says], fg=COLOURS[says], bold=True) if wants_colour() else MARKS[says]
