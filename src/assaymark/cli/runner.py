"""``assaymark runner``: where work can run from here, and why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out
from assaymark.errors import GateNotMet, InputError, Undetermined
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.job import Site

EPILOG = """\b
Examples:
  assaymark runner list              runners and container engines
  assaymark runner check             try each of them, and say what is wrong
  assaymark runner check slurm       only this one; exit 3 if it does not work
  assaymark runner check --site vega a site of sites.toml
  assaymark runner check interlink https://host:3000 --image busybox
                                     does this interLink keep its contract? for authors of plugins
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
@click.argument("url", required=False)
@click.option("--site", metavar="NAME", help="A site, as described in a file of sites.")
@click.option("--sites", metavar="FILE", help="The file of sites (default: ASSAYMARK_SITES, ~/.config/assaymark).")
@click.option(
    "--image", default="busybox", show_default=True, help="interlink: an image with a shell that works there."
)
@click.option("--token-file", metavar="FILE", help="interlink: a bearer token.")
@click.option("--ca", metavar="FILE", help="interlink: certificates to trust.")
@click.option("--certificate", metavar="FILE", help="interlink: our certificate.")
@click.option("--key", metavar="FILE", help="interlink: its key.")
@click.option(
    "--pace", type=click.IntRange(0, 600), default=10, show_default=True, help="interlink: between questions."
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def check(
    name: str | None,
    url: str | None,
    site: str | None,
    sites: str | None,
    image: str,
    token_file: str | None,
    ca: str | None,
    certificate: str | None,
    key: str | None,
    pace: int,
    form: str,
) -> None:
    """Probe runners and engines: does a job that does nothing run?

    With a URL: does the interLink that answers there keep its contract?
    """
    from assaymark.runners.choose import ENGINES, RUNNERS

    if url is not None:
        if name != "interlink":
            raise InputError(f"{name!r} has no address", hint="assaymark runner check interlink URL")
        from assaymark.job import Site
        from assaymark.runners.site import address

        where = Site(
            name="",
            runner="interlink",
            url=address(url),
            token_file=token_file,
            ca=ca,
            certificate=certificate,
            key=key,
            pace=pace,
        )
        _conformance(where, image, form)
        return
    if site is not None:
        _site(site, sites, form)
        return
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


def _conformance(where: Site, image: str, form: str) -> None:
    """One line for each case; ends with 1 when one is not kept."""
    from assaymark.runners.conformance import Endpoint, run

    found = []
    for each in run(Endpoint(where, image)):
        found.append(each)
        if form == "text":
            mark = {True: "kept", False: "NOT KEPT", None: "not tried"}[each.kept]
            known = f" (known of: {each.known})" if each.known else ""
            out(f"{mark:<9} {each.id:<15} {each.title}: {one_line(each.told)}{known}")
    if form == "json":
        rows = [{"id": f.id, "title": f.title, "kept": f.kept, "told": f.told, "known": f.known or None} for f in found]
        out(json.dumps({"url": where.url, "cases": rows}, indent=2))
    broken = [f.id for f in found if f.kept is False]
    if "ping" in broken:
        raise Undetermined(f"there is no interLink to be reached: {found[0].told}", where=where.url)
    if broken:
        raise GateNotMet(f"{len(broken)} of {len(found)} cases are not kept: {', '.join(broken)}")


def _site(name: str, sites: str | None, form: str) -> None:
    from pathlib import Path

    from assaymark.runners.choose import runner
    from assaymark.runners.site import site

    found = site(name, Path(sites) if sites else None)
    try:
        problem = runner(found.runner, site=found).problem()
    except InputError as wrong:
        problem = wrong.message
    if form == "json":
        out(json.dumps({name: {"works": problem is None, "problem": problem}}))
    else:
        out(f"{name:<13} {'works' if problem is None else one_line(problem)}")
    if problem:
        raise Undetermined(f"{name} does not work")


def _problem(name: str) -> str | None:
    from assaymark.runners.choose import RUNNERS, engine_named, places, runner

    if name not in RUNNERS:
        return engine_named(name, places()).problem()
    try:
        return runner(name).problem()
    except InputError as problem:
        return problem.message
