"""``assaymark validate``: every workflow document of a repository, every error at its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split, talk, wants_colour, width
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.validation.model import Validation

FORMATS = ("text", "json")
EPILOG = """\b
Examples:
  assaymark validate                              every workflow document of this repository
  assaymark validate workflows/main.cwl           one document (references are still followed)
  assaymark validate --only cwl --only openeo     only these formats
\b
Exit status: 0 no errors, 1 errors found, 2 wrong input, 3 a document could not be examined.
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path())
@click.option("--only", multiple=True, metavar="FORMAT", help="Only documents of this format (cwl, openeo ...).")
@click.option("--allow-host", multiple=True, metavar="HOST", help="Fetch references to this host, bounded.")
@click.option("--root", type=click.Path(path_type=Path), metavar="DIR", help="Folder that references must not leave.")
@click.option("--profile", metavar="NAME", help="Profile of a format, such as an openEO back-end.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of a submission ($1 in Ophidia).")
@click.option("--no-cache", is_flag=True, envvar="ASSAYMARK_NO_CACHE", help="Neither read nor write cached results.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(
    paths: tuple[str, ...],
    only: tuple[str, ...],
    allow_host: tuple[str, ...],
    root: Path | None,
    profile: str | None,
    param: tuple[str, ...],
    no_cache: bool,
    form: str,
) -> None:
    """Validate scientific workflow documents, offline and without running anything.

    PATH is a file or folder (default: this folder); documents are recognised by their content.
    """
    from assaymark.validity import Request, judge

    settings: dict[str, Any] = {"param": dict(_pair(p) for p in param)} if param else {}
    if profile:
        settings["profile"] = profile
    request = Request(
        paths=paths,
        only=split(only),
        allow_hosts=_hosts(split(allow_host)),
        settings=settings,
        config=talk().config,
        root=root,
        cache=not no_cache,
    )
    validation = judge(request)
    for note in validation.notes:
        say(note)
    if form != "text" or not talk().quiet:
        out(_render(validation, form))
    _keep_gate(validation)


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9*]([A-Za-z0-9.*-]{0,252}[A-Za-z0-9])?", name):
            raise InputError(f"--allow-host {name!r} is not the name of a host", hint="write it as data.example.org")
    return names


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--param {text!r} is not NAME=VALUE", hint="write it as --param 1=temperature")
    return name, value


def _render(validation: Validation, form: str) -> str:
    if form == "text":
        from assaymark.reports.validation.text import render

        return render(validation, colour=wants_colour(), width=width(), verbose=talk().verbose)
    return _renderer(form)(validation)


def _renderer(form: str) -> Callable[[Validation], str]:
    from importlib import import_module

    name = form.replace("-", "_")
    render: Callable[[Validation], str] = import_module(f"assaymark.reports.validation.{name}").render
    return render


def _keep_gate(validation: Validation) -> None:
    """Errors turn the run red; a document that nobody could examine is never taken for a valid one."""
    from assaymark.validation.model import State

    states = [j.state for j in validation.judgements]
    invalid, unsure = states.count(State.INVALID), states.count(State.UNDETERMINED)
    if invalid:
        raise GateNotMet(f"{invalid:,} of {len(states):,} documents {'is' if invalid == 1 else 'are'} not valid")
    if unsure:
        raise Undetermined(f"{unsure:,} of {len(states):,} documents could not be examined")
