"""``assess --runner R``: the same words, said where a plugin runs them; its reports are shown as if made here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from pathlib import Path

import click
from click.core import ParameterSource

from assaymark.cli._common import out, talk
from assaymark.cli._verdict import FILES, read_assessment, rendered
from assaymark.errors import GateNotMet, InputError, Undetermined

# What is said here, not there.
HERE = ("path", "runner", "time", "queue", "memory", "form", "output", "quiet", "color", "version")
# (folder, words, folder for the reports) -> exit status, and what was said.
Assess = Callable[[Path, Sequence[str], Path], tuple[int, str]]
ERRORS = {error.code: error for error in (GateNotMet, InputError, Undetermined)}


def assess(runner: str, folder: str, form: str, output: Path | None) -> None:
    """Judge by the runner of a plugin. Raises as ``assess`` itself does."""
    judge = _judge(runner)
    words = said(click.get_current_context())
    if output is not None:
        _assessed(judge, Path(folder), words, output, form)
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="assaymark-") as scratch:
        _assessed(judge, Path(folder), words, Path(scratch), form)


def is_of_plugin(runner: str) -> bool:
    """Whether a plugin runs assessments by this name. InputError when one that is known does, and is not installed."""
    if runner in _runners():
        return True
    if runner == "dagger":
        raise InputError(f"nothing here runs an assessment by {runner!r}", hint="pip install 'assaymark[pipelines]'")
    return False


def _runners() -> dict[str, str]:
    from assaymark import registry

    return {name: str(place) for plugin in registry.plugins() for name, place in plugin.runners.items()}


def _judge(runner: str) -> Assess:
    module, _, name = _runners()[runner].partition(":")
    judge: Assess = getattr(import_module(module), name)
    return judge


def _assessed(judge: Assess, folder: Path, words: Sequence[str], output: Path, form: str) -> None:
    status, message = judge(folder, words, output)
    report = output / FILES["json"]
    if report.is_file() and (not talk().quiet or form != "text"):
        assessment = read_assessment(str(report))
        assert assessment is not None
        out(rendered(assessment, form))
    if status:
        # What broke there is no bug seen here: there is just no verdict.
        raise ERRORS.get(status, Undetermined)(message)


def said(context: click.Context, here: Collection[str] = HERE) -> list[str]:
    """The options that were given, as words for another command line; not those that are meant ``here``."""
    words: list[str] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if not isinstance(parameter, click.Option) or name in here or source in (None, ParameterSource.DEFAULT):
            continue
        value = context.params.get(name)
        option = parameter.opts[0]
        if parameter.is_flag:
            words += [option] if value else []
        elif value is not None:
            for each in value if parameter.multiple else (value,):
                words += [option, str(each)]
    if talk().config is not None:
        words += ["--config", str(talk().config)]
    return words
