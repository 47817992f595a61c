"""``assaymark pipeline image``: build once, try, publish a candidate, promote that very digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import InputError
from assaymark_pipelines.options import perform, settings_of, shared, with_source

if TYPE_CHECKING:
    from assaymark_pipelines.gate import Result
    from assaymark_pipelines.image import Candidate
    from assaymark_pipelines.manifest import Manifest
    from assaymark_pipelines.tags import About


@click.group(epilog="Example: assaymark pipeline image build image.toml")
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
@with_source
@shared
def image_build(
    manifest: Path, wanted: bool, source: Path, exclude: tuple[str, ...], output: Path, **asked: Any
) -> int:
    """Build for every platform, test, describe; publish a candidate if all that holds."""
    read = manifest_at(manifest)
    about = _described(*(asked.pop(name) for name in ("commit", "date", "release", "branch", "url")))
    user = user_of(read) if wanted else ""

    async def run() -> Sequence[Result]:
        from assaymark_pipelines.flow import CANDIDATE, built
        from assaymark_pipelines.host import repository, write
        from assaymark_pipelines.registry import login_of

        def keep(candidate: Candidate) -> None:
            write(output / CANDIDATE, candidate.to_json())

        settings, given = settings_of(asked), repository(source, exclude)
        return await built(read, given, about, settings, login_of(read, user), keep if wanted else None)

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
@shared
def image_promote(manifest: Path, candidate: Path, judged: tuple[Path, ...], output: Path, **asked: Any) -> int:
    """Give a candidate its final tags, by digest: nothing is built, and what was judged is what is published."""
    read = manifest_at(manifest)
    about = _described(*(asked.pop(name) for name in ("commit", "date", "release", "branch", "url")))
    user = user_of(read)

    async def run() -> Sequence[Result]:
        import secrets

        from assaymark_pipelines.image import promote
        from assaymark_pipelines.registry import login_of

        found, login = _judged(candidate, judged), login_of(read, user)
        return await promote(read, found, about, settings_of(asked), login, secrets.token_hex(8))

    return perform(run, output)


def _judged(candidate: Path, reports: Sequence[Path]) -> Candidate:
    from assaymark_pipelines.host import text
    from assaymark_pipelines.image import all_judged, candidate_of

    found = candidate_of(text(candidate), str(candidate))
    all_judged({str(report): text(report) for report in reports}, found)
    return found
