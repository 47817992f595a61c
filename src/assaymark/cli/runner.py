"""``assaymark runner``: where work can run from here, and why not."""

from __future__ import annotations

import json

import click

from assaymark.cli._common import out
from assaymark.errors import InputError, Undetermined

EPILOG = """\b
Examples:
  assaymark runner list              runners and container engines
  assaymark runner check             try each of them, and say what is wrong
  assaymark runner check slurm       only this one; exit 3 if it does not work
"""


@click.group(epilog=EPILOG)
def command() -> None:
    """List and check the places where work can run."""


@command.command("list", epilog="Example: assaymark runner list")
def listed() -> None:
    """Show the names of runners and engines."""
    from assaymark.runners.choose import ENGINES, RUNNERS, UNVERIFIED

    for name, what in RUNNERS.items():
        out(f"{name:<10} {what}")
    verified = [name for name in ENGINES if name not in UNVERIFIED]
    out(f"\nengines    {', '.join(verified)}")
    out(f"           {', '.join(UNVERIFIED)} (unverified: tested by their documented command line only)")


@command.command("check", epilog="Example: assaymark runner check slurm")
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def check(name: str | None, form: str) -> None:
    """Probe runners and engines: does a job that does nothing run?"""
    from assaymark.runners.choose import ENGINES, RUNNERS

    known = (*RUNNERS, *ENGINES)
    if name is not None and name not in known:
        raise InputError(f"there is no runner or engine {name!r}", hint=f"one of: {', '.join(known)}")
    found = {each: _problem(each) for each in ((name,) if name else known)}
    if form == "json":
        out(json.dumps({each: {"works": problem is None, "problem": problem} for each, problem in found.items()}))
    else:
        for each, problem in found.items():
            out(f"{each:<13} {'works' if problem is None else problem}")
    if name and found[name]:
        raise Undetermined(f"{name} does not work here")


def _problem(name: str) -> str | None:
    from assaymark.runners.choose import RUNNERS, engine_named, places, runner

    if name not in RUNNERS:
        return engine_named(name, places()).problem()
    try:
        return runner(name).problem()
    except InputError as problem:
        return problem.message
