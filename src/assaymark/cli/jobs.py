"""``assaymark jobs``: what was started somewhere else, and is known by the folder it was started from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, say
from assaymark.errors import InputError
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.job import Handle, Status
    from assaymark.runners.shared import SharedFolder

EPILOG = """\b
Examples:
  assaymark jobs list                       all that is known, running or not
  assaymark jobs cancel smoke-0a1b2c-start  end one, wherever it runs
  assaymark jobs cancel --all               end all
  assaymark jobs clean                      forget what is over
\b
Jobs and unpacked images are kept in ASSAYMARK_WORK (default: ~/.local/state/assaymark), or where a site says.
"""


class Known(NamedTuple):
    """A job with its runner and what that says; ``problem`` when nobody can be asked."""

    handle: Handle
    runner: SharedFolder | None
    statuses: tuple[Status, ...]
    problem: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing of it runs any more."""
        return not self.problem and all(s.state.over for s in self.statuses)


@click.group(epilog=EPILOG)
def command() -> None:
    """List, cancel and clean the jobs that runners started."""


@command.command("list", epilog="Example: assaymark jobs list --format json")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def listed(form: str) -> None:
    """Show every job, where it runs and how it stands."""
    found = list(_known())
    if form == "json":
        out(json.dumps({"jobs": [_plain(each) for each in found]}, indent=2))
        return
    for each in found:
        handle = each.handle
        out(f"{handle.id}  {handle.runner}  {handle.reference or '-'}  {_summary(each)}")
    if not found:
        say("no jobs")


@command.command("cancel", epilog="Example: assaymark jobs cancel smoke-0a1b2c-start")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every job that is not over.")
def cancel(ids: tuple[str, ...], everything: bool) -> None:
    """End jobs, with all that they started."""
    if bool(ids) == everything:
        raise InputError("give the ids of jobs, or --all", hint="assaymark jobs list")
    problems = []
    for each in _chosen(ids):
        if each.runner is None or each.problem:
            problems.append(f"{each.handle.id}: {each.problem}")
        elif not each.over:
            each.runner.cancel(each.handle)
            say(f"cancelled {each.handle.id}")
    if problems:
        raise InputError("not cancelled: " + "; ".join(problems), hint="try again where their runner can be reached")


@command.command("clean", epilog="Example: assaymark jobs clean --images")
@click.option("--images", is_flag=True, help="Also remove the unpacked images.")
def clean(images: bool) -> None:
    """Remove the folders of jobs that are over; what runs stays."""
    from assaymark.images.unpack import remove
    from assaymark.runners.choose import places

    left = 0
    for each in _known():
        if each.over and each.runner:
            each.runner.forget(each.handle)
            say(f"removed {each.handle.id}")
        else:
            left += 1
    if images and left:
        raise InputError(f"{left} jobs are not over, and may need the images", hint="assaymark jobs cancel --all")
    if images and places().images.is_dir():
        remove(places().images)
        say("removed the unpacked images")


def _known() -> Iterator[Known]:
    from assaymark.runners import folder as folders
    from assaymark.runners.choose import back_of

    for place in sorted(each for root in _roots() if root.is_dir() for each in root.iterdir()):
        handle = folders.load(place) if place.is_dir() and not place.is_symlink() else None
        if handle is None or handle.folder != str(place):
            continue
        try:
            runner = back_of(handle)
            yield Known(handle, runner, runner.status(handle))
        except InputError as problem:
            yield Known(handle, None, (), " ".join(str(problem).split()))


def _roots() -> set[Path]:
    """Where jobs are kept: in our own folder, and in those of the sites of this cluster."""
    from assaymark.runners.choose import places
    from assaymark.runners.site import default, sites

    found = {places().jobs}
    if default().is_file():
        try:
            found |= {places(site.work).jobs for site in sites(default()).values() if site.work and not site.login}
        except InputError as problem:
            say(f"jobs in the folders of sites are not known: {problem.message}")
    return {root.absolute() for root in found}


def _chosen(ids: Sequence[str]) -> list[Known]:
    found = {each.handle.id: each for each in _known()}
    missing = [id for id in ids if id not in found]
    if missing:
        raise InputError(f"there is no job {missing[0]!r}", hint="assaymark jobs list")
    return [found[id] for id in ids] if ids else list(found.values())


def _summary(each: Known) -> str:
    if each.problem:
        return f"unknown: {each.problem}"
    if len(each.statuses) == 1:
        status = each.statuses[0]
        code = f" {status.code}" if status.code is not None else ""
        return f"{status.state}{code}" + (f" ({status.reason})" if status.reason else "")
    counts: dict[str, int] = {}
    for status in each.statuses:
        counts[status.state] = counts.get(status.state, 0) + 1
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


def _plain(each: Known) -> dict[str, object]:
    copies = [
        {
            "index": s.index,
            "state": s.state.value,
            "code": s.code,
            "reason": s.reason,
            "waited": s.waited,
            "took": s.took,
        }
        for s in each.statuses
    ]
    return each.handle.to_json() | {"copies": copies, "problem": each.problem or None}
