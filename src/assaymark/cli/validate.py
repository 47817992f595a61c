"""``assaymark validate``: every workflow document of a repository, every error at its place."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split, talk, wants_colour, width, write
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.validation.model import Validation
    from assaymark.validity import Request

FORMATS = ("text", "json", "sarif", "junit", "markdown", "github", "ophidia-sqaaas")
FILES = {"json": "validation.json", "sarif": "report.sarif", "junit": "junit.xml", "markdown": "summary.md"}
_MAX_STDIN = 20_000_001
EPILOG = """\b
Examples:
  assaymark validate                              every workflow document of this repository
  assaymark validate workflows/main.cwl           one document (references are still followed)
  assaymark validate --only cwl --only openeo     only these formats
  assaymark validate --changed-since main         what changed, and what refers to it
  assaymark validate --fix --diff                 what the safe fixes would change
  assaymark validate --format sarif > out.sarif   for code scanning
\b
Exit status: 0 no errors, 1 errors found, 2 wrong input, 3 a document could not be examined.
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path())
@click.option("--only", multiple=True, metavar="FORMAT", help="Only documents of this format (cwl, openeo ...).")
@click.option("--changed-since", metavar="REF", help="Only what changed since REF, and what refers to it.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, then validate again.")
@click.option("--diff", is_flag=True, help="With --fix: show the changes instead of making them.")
@click.option("--stdin-filename", metavar="PATH", help="Read the document from standard input; PATH is where it lies.")
@click.option("--allow-host", multiple=True, metavar="HOST", help="Fetch references to this host, bounded.")
@click.option("--root", type=click.Path(path_type=Path), metavar="DIR", help="Folder that references must not leave.")
@click.option("--profile", metavar="NAME", help="Profile of a format, such as an openEO back-end.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of a submission ($1 in Ophidia).")
@click.option("--no-cache", is_flag=True, envvar="ASSAYMARK_NO_CACHE", help="Neither read nor write cached results.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Write all reports into this folder.")
def command(
    paths: tuple[str, ...],
    only: tuple[str, ...],
    changed_since: str | None,
    fix: bool,
    diff: bool,
    stdin_filename: str | None,
    allow_host: tuple[str, ...],
    root: Path | None,
    profile: str | None,
    param: tuple[str, ...],
    no_cache: bool,
    form: str,
    output: Path | None,
) -> None:
    """Validate scientific workflow documents, offline and without running anything.

    PATH is a file or folder (default: this folder); documents are recognised by their content.
    """
    from assaymark.validity import Request

    if diff and not fix:
        raise InputError("--diff shows what --fix would change", hint="assaymark validate --fix --diff")
    if stdin_filename and (paths or fix):
        raise InputError("--stdin-filename takes the one document from standard input, without PATH and --fix")
    settings: dict[str, Any] = {"param": dict(_pair(p) for p in param)} if param else {}
    if profile:
        settings["profile"] = profile
    request = Request(
        paths=paths,
        only=split(only),
        changed_since=changed_since,
        allow_hosts=_hosts(split(allow_host)),
        settings=settings,
        config=talk().config,
        root=root,
        stdin=(stdin_filename, sys.stdin.buffer.read(_MAX_STDIN)) if stdin_filename else None,
        cache=not no_cache,
    )
    started = datetime.now(UTC)
    validation, difference = _judged(request, fix=fix, diff=diff)
    for note in validation.notes:
        say(note)
    if output:
        for name, file in FILES.items():
            write(output, file, _renderer(name)(validation))
        _write_provenance(validation, output, started)
    if difference is not None:
        out(difference)
    elif form != "text" or not talk().quiet:
        out(_render(validation, form))
    _keep_gate(validation)


def _write_provenance(validation: Validation, folder: Path, started: datetime) -> None:
    from assaymark.cli._provenance import write_provenance
    from assaymark.provenance.validated import account_of

    report = (folder / FILES["json"]).read_bytes()
    write_provenance(account_of(validation, report, os.environ, started=started, ended=datetime.now(UTC)), folder)


def _judged(request: Request, *, fix: bool, diff: bool) -> tuple[Validation, str | None]:
    """The validation (after mending), and the difference when that is to be shown instead."""
    from assaymark.validity import judge, mend

    if not fix:
        return judge(request), None
    validation, difference = mend(request, keep=not diff)
    if not difference:
        say("nothing can be mended safely")
    return validation, difference if diff else None


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

    module = "github.validation" if form == "github" else f"reports.validation.{form.replace('-', '_')}"
    render: Callable[[Validation], str] = import_module(f"assaymark.{module}").render
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
