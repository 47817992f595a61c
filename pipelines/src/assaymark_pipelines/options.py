"""What the verbs of ``assaymark pipeline`` share: their options, and how one is performed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from assaymark_pipelines.gate import Result
    from assaymark_pipelines.settings import Settings
    from assaymark_pipelines.toolbox import Origin

Run = Callable[[], Coroutine[Any, Any, "Sequence[Result]"]]


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every pipeline."""
    folder = click.Path(path_type=Path)
    for option in (
        click.option("--output", type=folder, default=Path("out"), show_default=True, help="Folder for all reports."),
        click.option("--base", envvar="ASSAYMARK_BASE", metavar="IMAGE", help="Image to run in, pinned by a digest."),
        click.option(
            "--mirror", envvar="ASSAYMARK_MIRROR", metavar="HOST", help="Fetch images from here (HOST/PREFIX)."
        ),
        click.option("--index", envvar="ASSAYMARK_INDEX", metavar="URL", help="Fetch packages from here."),
        click.option("--plugins", metavar="NAMES", help="Plugins to install, by commas (those of the pipeline)."),
        click.option("--wheels", type=folder, metavar="DIR", help="Install from these wheels, without an index."),
        click.option("--checkout", type=folder, metavar="DIR", help="Install this checkout of assaymark, by its lock."),
        click.option("--installed", is_flag=True, help="The image has assaymark."),
        click.option("--unpinned", is_flag=True, help="Allow images without a digest."),
        click.option("--seconds", type=click.FloatRange(1), default=3600, show_default=True, help="Time of one gate."),
    ):
        function = option(function)
    return function


def with_source(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of those that take a repository."""
    function = click.option("--exclude", multiple=True, metavar="GLOB", help="Leave this out of the source.")(function)
    return click.option(
        "--source", type=click.Path(path_type=Path), default=Path(), show_default=True, help="The repository."
    )(function)


def settings_of(asked: dict[str, Any]) -> Settings:
    """The settings that the shared options say."""
    from dataclasses import replace

    from assaymark_pipelines.settings import Settings

    found = Settings(
        mirror=asked.get("mirror") or "",
        index=asked.get("index") or "",
        seconds=asked["seconds"],
        unpinned=asked["unpinned"],
    )
    if asked.get("base"):
        found = replace(found, base=asked["base"])
    if asked.get("plugins"):
        found = replace(found, plugins=tuple(filter(None, asked["plugins"].split(","))))
    return found


def origin_of(asked: dict[str, Any]) -> Origin:
    """Where assaymark comes from, as the shared options say."""
    from assaymark_pipelines.host import folder
    from assaymark_pipelines.toolbox import Origin

    return Origin(
        installed=asked["installed"],
        wheels=folder(asked["wheels"]) if asked["wheels"] else None,
        checkout=folder(asked["checkout"]) if asked["checkout"] else None,
    )


def perform(run: Run, output: Path) -> int:
    """In one session: run, export whatever there is, say how each gate ended; gives the exit status."""
    import anyio

    from assaymark_pipelines.gate import status
    from assaymark_pipelines.host import exported
    from assaymark_pipelines.session import session

    async def whole() -> Sequence[Result]:
        async with session(sys.stderr):
            results = await run()
            await exported(results, output)
            return results

    results = anyio.run(whole)
    for result in results:
        reason = f": {result.reason}" if result.reason else ""
        click.echo(f"{result.outcome.value:8} {result.name}{reason}")
    click.echo(f"reports: {output}", err=True)
    return status(results)
