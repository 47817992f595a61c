"""The command line: one module per verb, loaded on use.

A verb is a module of this package with a click command called ``command``: to add one, add the module. Verbs of
plugins come from `Plugin.commands`. The options that all verbs have come by themselves: see `_common`. Results go to
standard output, talk to standard error.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from assaymark.cli._common import with_common_options
from assaymark.errors import OK, InputError

EPILOG = """\b
Examples:
  assaymark assess .                      judge this checkout
  assaymark assess . --gate silver        and fail below silver
  assaymark explain QC.Doc06.1            what a sub-criterion asks and how to meet it
"""

# Verbs that plugins of our own bring, with the extra that installs the plugin: an absent plugin cannot say so itself.
PLUGIN_VERBS = {"data": "data", "model": "models", "pipeline": "pipelines", "service": "services", "smoke": "hpc"}


class Verbs(click.Group):
    """Finds the module of a verb only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs of this package and of every plugin."""
        from assaymark import registry

        plugged = [verb for plugin in registry.load().plugins for verb in plugin.commands]
        return sorted({*_own(), *plugged})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, with the options that all verbs have; None when there is no such verb."""
        if cmd_name in _own():
            command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        else:
            command = _plugged(cmd_name)
        return with_common_options(command) if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; says how to come by the verb of a plugin that is not installed, or what may be meant."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise _missing(name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _own() -> set[str]:
    names = (info.name for info in pkgutil.iter_modules(__path__))
    return {name.replace("_", "-") for name in names if not name.startswith("_")}


def _plugged(verb: str) -> object:
    from assaymark import registry

    for plugin in registry.load().plugins:
        if verb in plugin.commands:
            module, _, name = plugin.commands[verb].partition(":")
            return getattr(import_module(module), name)
    return None


def plugged(verb: str) -> click.Command:
    """The command of a verb that a plugin brings. Raises InputError, with how to come by it, when none does."""
    command = _plugged(verb)
    if not isinstance(command, click.Command):
        raise _missing(verb, [])
    return command


def _missing(verb: str, known: list[str]) -> InputError:
    extra = PLUGIN_VERBS.get(verb)
    if extra in _extras():
        comes = f"the command {verb!r} comes with the plugin assaymark-{extra}, which is not installed"
        return InputError(comes, hint=f"pip install 'assaymark[{extra}]'")
    from difflib import get_close_matches

    close = get_close_matches(verb, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else "see: assaymark --help"
    return InputError(f"there is no command {verb!r}", hint=hint)


def _extras() -> list[str]:
    """The extras of the installed version: only those can be installed, whatever is planned."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return metadata("assaymark").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return []


@click.group(
    cls=Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def main() -> None:
    """Judge research software against published quality criteria, and leave evidence anyone can check."""


with_common_options(main, root=True)


def run(words: list[str]) -> int:
    """Run a command line; returns 0, or raises an `AssaymarkError` that knows its exit status.

    Raises InputError for a wrong option or argument.
    """
    try:
        answer = main.main(args=words, prog_name="assaymark", standalone_mode=False)
    except click.UsageError as problem:
        if problem.ctx and problem.format_message() == problem.ctx.get_help():  # a command with no word more
            click.echo(problem.ctx.get_help(), err=True)
            return InputError.code
        usage = f"{problem.ctx.command_path} --help" if problem.ctx else "assaymark --help"
        raise InputError(problem.format_message(), hint=f"see: {usage}") from problem
    except click.ClickException as problem:
        raise InputError(problem.format_message()) from problem
    except click.Abort as problem:
        raise KeyboardInterrupt from problem
    return answer if isinstance(answer, int) else OK
