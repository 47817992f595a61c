"""What several verbs share: options that mean the same everywhere, and where text goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assaymark.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])


def talk_options(function: F) -> F:
    """``--quiet/--verbose`` and ``--color``."""
    function = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        envvar="ASSAYMARK_COLOR",
        help="Colour the text output.",
    )(function)
    return click.option("--quiet/--verbose", "quiet", default=None, help="Say less or more.")(function)


def wants_colour(choice: str) -> bool:
    """Whether to colour standard output (``NO_COLOR`` and ``FORCE_COLOR`` are honoured)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def width() -> int:
    """Columns of the terminal, at most 120."""
    import shutil

    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """``("a,b", "c")`` as ``("a", "b", "c")``."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def out(text: str) -> None:
    """Write a result to standard output, whatever its encoding."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    if not text.endswith("\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Write talk to standard error."""
    click.echo(text, err=True)


def write(folder: Path, name: str, text: str) -> Path:
    """Write one file of a result folder whole or not at all.

    Raises InputError when the folder cannot be written.
    """
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
            Path(temporary).chmod(0o644)
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise InputError(f"cannot write {name}: {problem.strerror or problem}", where=str(folder)) from problem
    return folder / name
