"""What verbs share: the options that every verb has, and where text goes.

Every verb, of this package or of a plugin, has ``--quiet/--verbose``, ``--color``, ``--config FILE`` and ``--version``,
before its name (``assaymark --quiet assess``) and after it (``assaymark assess --quiet``; the later word wins).
`assaymark.cli.Verbs` adds them, so a verb declares none of them and has nothing to do for them:

- ``talk()`` tells what the user asked for: ``talk().quiet``, ``.verbose``, ``.color``, ``.config`` (a path or None);
- ``say()`` writes talk to standard error, and nothing when the user wants quiet;
- ``out()`` writes a result to standard output, always: a verb whose result is only for the eye asks ``talk().quiet``;
- ``wants_colour()`` answers whether to colour what goes to standard output.

A plugin cannot import this module; its verb finds the same values in ``click.get_current_context().meta[TALK]``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assaymark import __version__
from assaymark.errors import InputError
from assaymark.records import NamedTuple

F = TypeVar("F", bound=Callable[..., Any])
TALK = "assaymark.talk"


class Talk(NamedTuple):
    """How a run talks, as the common options say."""

    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    config: str | None = None


def talk() -> Talk:
    """What the user asked for by the common options."""
    context = click.get_current_context(silent=True)
    found = context.meta.get(TALK) if context else None
    return found if isinstance(found, Talk) else Talk()


def with_common_options(command: click.Command, *, root: bool = False) -> click.Command:
    """The command, and each one below it, with the options that all verbs have; adding them twice changes nothing."""
    taken = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
    command.params += [o for o in _options(root) if not taken & {*o.opts, *o.secondary_opts}]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_common_options(below)
    return command


def _options(root: bool) -> list[click.Option]:
    # The environment is asked once, at the root: else it would overrule what stands before the verb.
    def env(name: str) -> str | None:
        return name if root else None

    def option(*words: str, **how: Any) -> click.Option:
        return click.Option(words, expose_value=False, **how)

    return [
        option(
            "--config",
            type=click.Path(),
            metavar="FILE",
            envvar=env("ASSAYMARK_CONFIG"),
            callback=_heard,
            help="Configuration instead of the repository's own.",
        ),
        option("--quiet/--verbose", "quiet", default=None, callback=_heard, help="Say less or more."),
        option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            envvar=env("ASSAYMARK_COLOR"),
            callback=_heard,
            help="Colour the text output (default: auto).",
        ),
        option("--version", is_flag=True, is_eager=True, callback=_version, help="Show the version and exit."),
    ]


def _heard(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    said = {"quiet": value, "verbose": not value} if parameter.name == "quiet" else {str(parameter.name): value}
    context.meta[TALK] = context.meta.get(TALK, Talk())._replace(**said)


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        out(f"assaymark {__version__}")
        context.exit()


def wants_colour() -> bool:
    """Whether to colour standard output (``NO_COLOR`` and ``FORCE_COLOR`` are honoured)."""
    choice = talk().color
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def profile_option(command: F) -> F:
    """``--profile`` of a verb that reads the catalogue; `profile_of` turns what it gives into a name."""
    text = "assaymark (the default), sqaaas-v3, sqaaas-v2, or a TOML file."
    return click.option("--profile", envvar="ASSAYMARK_PROFILE", help=text)(command)


def profile_of(named: str | None) -> str:
    """The profile named on the command line, else in the file of ``--config``, else the default. Raises InputError."""
    from assaymark import config

    path = talk().config
    return named or (config.from_file(Path(path)).profile if path else None) or config.DEFAULT_PROFILE


def width() -> int:
    """Columns of the terminal, at most 120."""
    # `shutil` would bring half the compression libraries along.
    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return min(columns or 100, 120)


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
    """Write talk to standard error, unless the user wants quiet."""
    if not talk().quiet:
        click.echo(text, err=True)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write one file of a result folder whole or not at all.

    Raises InputError when the folder cannot be written.
    """
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise InputError(f"cannot write {name}: {problem.strerror or problem}", where=str(folder)) from problem
    return folder / name
