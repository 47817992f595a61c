"""``assaymark pipeline NAME``: the pipelines from a command line; reads what the library takes as values."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import InputError

if TYPE_CHECKING:
    from assaymark_pipelines.gate import Result
    from assaymark_pipelines.image import Candidate
    from assaymark_pipelines.manifest import Manifest
    from assaymark_pipelines.settings import Settings
    from assaymark_pipelines.tags import About
    from assaymark_pipelines.toolbox import Origin

EPILOG = """\b
Examples:
  assaymark pipeline assess -- --gate silver         judge this checkout in a container
  assaymark pipeline image build image.toml          build, test, SBOM, candidate
  assaymark pipeline image promote image.toml --candidate out/candidate.json --judged report/assessment.json
\b
What follows -- goes to the command inside. Exit status: 0 all gates met, 1 a gate found something, 2 wrong input,
3 something broke or could not be determined.
"""
Run = Callable[[], Coroutine[Any, Any, "Sequence[Result]"]]


@click.group(epilog=EPILOG)
def command() -> None:
    """Run gates in containers, with Dagger: the same ones as locally."""


def _shared(function: Callable[..., Any]) -> Callable[..., Any]:
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


def _source(function: Callable[..., Any]) -> Callable[..., Any]:
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


@command.command(epilog="Example: assaymark pipeline assess --source . -- --gate silver --no-tools")
@click.argument("words", nargs=-1)
@_source
@_shared
def assess(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Judge a repository; WORDS are options of `assaymark assess`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.elsewhere import judged

        return await judged(settings_of(asked), origin_of(asked), source, words, os.environ, exclude=exclude)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline validate -- --only cwl")
@click.argument("words", nargs=-1)
@_source
@_shared
def validate(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Validate the workflow documents of a repository; WORDS are arguments of `assaymark validate`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import repository
        from assaymark_pipelines.validate import validate

        return await validate(settings_of(asked), origin_of(asked), repository(source, exclude), words)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline model models/digits.toml models/storms.toml")
@click.argument("manifests", nargs=-1, required=True)
@_source
@_shared
def model(source: Path, exclude: tuple[str, ...], manifests: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Judge models by their MANIFESTS (paths within the source), in parallel."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import repository
        from assaymark_pipelines.model import model

        return await model(settings_of(asked), origin_of(asked), repository(source, exclude), manifests)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline smoke image.tar -- --gate silver")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("words", nargs=-1)
@_shared
def smoke(image: Path, words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Judge an IMAGE (OCI archive, or what `docker save` wrote) at rest."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import file
        from assaymark_pipelines.smoke import smoke

        return await smoke(settings_of(asked), origin_of(asked), file(image), words)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline docs --requirements docs/requirements.txt")
@click.argument("words", nargs=-1)
@click.option("--requirements", default="", metavar="FILE", help="What the documentation needs; hashes are checked.")
@_source
@_shared
def docs(
    source: Path, exclude: tuple[str, ...], requirements: str, words: tuple[str, ...], output: Path, **asked: Any
) -> int:
    """Build the documentation; WORDS are the command, if it is not `mkdocs build --strict`. Runs code of the source."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.docs import MKDOCS, docs
        from assaymark_pipelines.host import repository

        return await docs(settings_of(asked), repository(source, exclude), requirements, words or MKDOCS)

    return perform(run, output)


@command.command("release-build", epilog="Example: assaymark pipeline release-build --output dist")
@click.argument("words", nargs=-1)
@_source
@_shared
def release_build(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Build the files of a release; WORDS are options of `assaymark release build`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import repository
        from assaymark_pipelines.release import release_build

        return await release_build(settings_of(asked), origin_of(asked), repository(source, exclude), words)

    return perform(run, output)


@command.group(epilog="Example: assaymark pipeline image build image.toml")
def image() -> None:
    """Build an image once, try it, publish a candidate, promote that very digest."""


def _about(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--commit", required=True, metavar="SHA", help="The commit that is built."),
        click.option("--date", required=True, metavar="DATE", help="Of the commit (2026-11-30): not of the build."),
        click.option(
            "--version-tag", "release", default="", metavar="VERSION", help="The version, if it is a release."
        ),
        click.option("--branch", default="", help="The branch, if it is one."),
        click.option("--source-url", "url", default="", metavar="URL", help="Where the source is published."),
    ):
        function = option(function)
    return function


def manifest_at(path: Path) -> Manifest:
    """The manifest in a file. Raises InputError."""
    from assaymark_pipelines.manifest import read

    try:
        return read(path.read_bytes(), str(path))
    except OSError as problem:
        raise InputError(f"the manifest cannot be read: {problem.strerror}", where=str(path)) from problem


def user_of(manifest: Manifest) -> str:
    """Who logs in; the password stays with the engine. Raises InputError when a variable is not set."""
    for name in filter(None, (manifest.user, manifest.password)):
        if not os.environ.get(name):
            raise InputError(f"the environment variable {name}, which the manifest names for the registry, is not set")
    return os.environ[manifest.user] if manifest.user else ""


def _described(commit: str, date: str, version: str, branch: str, url: str) -> About:
    from assaymark_pipelines.tags import About

    return About(commit=commit, date=date, version=version, branch=branch, source=url)


@image.command("build", epilog="Example: assaymark pipeline image build image.toml --commit 1f2e3d --date 2026-11-30")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--candidate/--no-candidate", "wanted", default=True, help="Publish it to be judged.", show_default=True)
@_about
@_source
@_shared
def image_build(
    manifest: Path, wanted: bool, source: Path, exclude: tuple[str, ...], output: Path, **asked: Any
) -> int:
    """Build for every platform, test, describe; publish a candidate if all that holds."""
    read = manifest_at(manifest)
    about = _described(*(asked.pop(name) for name in ("commit", "date", "release", "branch", "url")))
    user = user_of(read) if wanted else ""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.flow import built
        from assaymark_pipelines.host import repository

        return await built(
            read, repository(source, exclude), about, settings_of(asked), user if wanted else None, output
        )

    return perform(run, output)


@image.command(
    "promote",
    epilog="""\b
Example:
  assaymark pipeline image promote image.toml --candidate out/candidate.json --judged report/assessment.json \\
    --commit 1f2e3d --date 2026-11-30
""",
)
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--candidate", type=click.Path(path_type=Path), required=True, help="candidate.json of the build.")
@click.option(
    "--judged",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="assessment.json about this candidate: nothing is promoted that was not judged.",
)
@_about
@_shared
def image_promote(manifest: Path, candidate: Path, judged: tuple[Path, ...], output: Path, **asked: Any) -> int:
    """Give a candidate its final tags, by digest: nothing is built, and what was judged is what is published."""
    read = manifest_at(manifest)
    about = _described(*(asked.pop(name) for name in ("commit", "date", "release", "branch", "url")))
    user = user_of(read)

    async def run() -> Sequence[Result]:
        import secrets

        from assaymark_pipelines.image import promote

        return await promote(read, _judged(candidate, judged), about, settings_of(asked), user, secrets.token_hex(8))

    return perform(run, output)


def _judged(candidate: Path, reports: Sequence[Path]) -> Candidate:
    from assaymark_pipelines.host import text
    from assaymark_pipelines.image import candidate_of, judged

    found = candidate_of(text(candidate), str(candidate))
    for report in reports:
        judged(text(report), found, str(report))
    return found
