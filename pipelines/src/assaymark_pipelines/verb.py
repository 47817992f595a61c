"""``assaymark pipeline NAME``: the pipelines from a command line; reads what the library takes as values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark_pipelines.image_verb import image
from assaymark_pipelines.options import origin_of, perform, settings_of, shared, with_source

if TYPE_CHECKING:
    from assaymark_pipelines.gate import Result

EPILOG = """\b
Examples:
  assaymark pipeline assess -- --gate silver         judge this checkout in a container
  assaymark pipeline image build image.toml          build, test, SBOM, candidate
  assaymark pipeline image promote image.toml --candidate out/candidate.json --judged report/assessment.json
\b
What follows -- goes to the command inside. Exit status: 0 all gates met, 1 a gate found something, 2 wrong input,
3 something broke or could not be determined.
"""


@click.group(epilog=EPILOG)
def command() -> None:
    """Run gates in containers, with Dagger: the same ones as locally."""


command.add_command(image)


@command.command(epilog="Example: assaymark pipeline assess --source . -- --gate silver --no-tools")
@click.argument("words", nargs=-1)
@with_source
@shared
def assess(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Judge a repository; WORDS are options of `assaymark assess`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.elsewhere import judged

        return await judged(settings_of(asked), origin_of(asked), source, words, os.environ, exclude=exclude)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline validate -- --only cwl")
@click.argument("words", nargs=-1)
@with_source
@shared
def validate(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Validate the workflow documents of a repository; WORDS are arguments of `assaymark validate`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import repository
        from assaymark_pipelines.validate import validate

        return await validate(settings_of(asked), origin_of(asked), repository(source, exclude), words)

    return perform(run, output)


@command.command(epilog="Example: assaymark pipeline model models/digits.toml models/storms.toml")
@click.argument("manifests", nargs=-1, required=True)
@with_source
@shared
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
@shared
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
@with_source
@shared
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
@with_source
@shared
def release_build(source: Path, exclude: tuple[str, ...], words: tuple[str, ...], output: Path, **asked: Any) -> int:
    """Build the files of a release; WORDS are options of `assaymark release build`."""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.host import repository
        from assaymark_pipelines.release import release_build

        return await release_build(settings_of(asked), origin_of(asked), repository(source, exclude), words)

    return perform(run, output)
