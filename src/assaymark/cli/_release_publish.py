"""``assaymark release publish``: the folder of a build taken to where people find it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split
from assaymark.cli._release import EXISTING, read, web
from assaymark.errors import GateNotMet, InputError

if TYPE_CHECKING:
    from assaymark.provenance.published import Place
    from assaymark.release.folder import Release

PLACES = ("images", "github", "zenodo")
UNDONE = " (dry run: nothing was done)"


@click.command(epilog="\b\nExample:\n  assaymark release publish release --to images,github --dry-run")
@click.argument("folder", type=EXISTING)
@click.option("--repository", metavar="OWNER/NAME", help="On GitHub (default: the repository that was built).")
@click.option("--to", "places", multiple=True, metavar="NAMES", help="images, github, zenodo (default: github).")
@click.option("--image-tag", multiple=True, metavar="TAGS", help="For the images (default: the version, and latest).")
@click.option("--image-to", metavar="NAME", help="Another repository of images for them.")
@click.option("--zenodo", type=click.Choice(["sandbox", "production"]), default="sandbox", show_default=True)
@click.option("--zenodo-address", metavar="URL", help="Another service with the API of Zenodo.")
@click.option("--earlier", type=int, metavar="NUMBER", help="The deposit of which this is the next version.")
@click.option("--final", is_flag=True, help="Make the deposit final: only after a person has looked at the draft.")
@click.option("--dry-run", is_flag=True, help="Look at everything, change nothing, say what would be done.")
def publish(
    folder: Path,
    repository: str | None,
    places: tuple[str, ...],
    image_tag: tuple[str, ...],
    image_to: str | None,
    zenodo: str,
    zenodo_address: str | None,
    earlier: int | None,
    final: bool,
    dry_run: bool,
) -> None:
    """Take the FOLDER of a build to where people find it. Run again it goes on where it was; done, it changes nothing.

    GitHub: GITHUB_TOKEN with contents: write. Zenodo: ZENODO_SANDBOX_TOKEN or ZENODO_TOKEN; without --final there is
    only a draft. Registries: the login of Docker, or REGISTRY_USERNAME and REGISTRY_PASSWORD. Packages go to the index
    from your own workflow, see `assaymark init --release`.
    """
    from assaymark.release import folder as folders
    from assaymark.release.record import publication

    release = folders.read(folder)
    wrong = folders.differing(folder, release.files)
    if wrong:
        raise GateNotMet("; ".join(wrong[:10]), hint="build it anew: what was changed is not what was judged")
    chosen = split(places) or ("github",)
    if unknown := [name for name in chosen if name not in PLACES]:
        raise InputError(f"--to {unknown[0]!r} is not known", hint=f"one of {', '.join(PLACES)}")
    if final and "zenodo" not in chosen:
        raise InputError("--final is about a deposit", hint="add --to zenodo")
    name = repository or release.repository
    publication(folder, release)  # what is wrong with the record is told before anything is published
    if "images" in chosen:
        _images(folder, release, split(image_tag), image_to, dry_run)
    if "github" in chosen:
        _github(folder, release, name, dry_run)
    if "zenodo" in chosen:
        _zenodo(folder, release, name, (zenodo, zenodo_address, earlier, final), dry_run)


def _told(folder: Path, release: Release, *places: Place) -> None:
    """Into the record beside the release; that it cannot be written undoes nothing."""
    from assaymark.release.folder import PUBLISHED
    from assaymark.release.record import add_places

    try:
        if add_places(folder, release, places, os.environ):
            say(f"recorded in {folder / PUBLISHED}")
    except (InputError, OSError) as problem:
        say(f"assaymark: published, but not recorded: {problem}")


def _images(folder: Path, release: Release, tags: tuple[str, ...], to: str | None, dry: bool) -> None:
    from assaymark.release import images, record

    if not release.images:
        raise InputError("the release has no image", hint="name it when building: --image NAME@sha256:...")
    wanted = tags or images.tags_for(release.version, prerelease=release.prerelease)
    named, target = [images.parse(name) for name in release.images], images.parse(to) if to else None
    images.refuse_collisions(named, target)
    with web():
        for image in named:
            put = images.promote(image, wanted, say, to=target, dry=dry)
            if not dry:
                _told(folder, release, *record.at_tags(target or image, image.reference, wanted, put))
    out(f"images: {', '.join(wanted)}{UNDONE if dry else ''}")


def _github(folder: Path, release: Release, name: str, dry: bool) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release import record
    from assaymark.release.forge import publish as published

    client = connect(name, os.environ, timeout=120, deadline=3_600.0, requests=20_000)
    with asking(client.name):
        done = published(client, folder, release, say, dry=dry)
    if not dry:
        _told(folder, release, *record.at_forge(folder, done))
    state = " (nothing to do)" if not done.steps else UNDONE if dry else ""
    out(f"github: {done.address or release.tag}{state}")


def _zenodo(
    folder: Path, release: Release, name: str, how: tuple[str, str | None, int | None, bool], dry: bool
) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release import record, zenodo
    from assaymark.release.doi import propose

    site, address, earlier, final = how
    api = zenodo.connect(site, os.environ, address)
    metadata = _metadata(folder, release)
    with web():
        done = zenodo.deposit(api, folder, release, metadata, say, earlier=earlier, final=final, dry=dry)
    if not dry:
        _told(folder, release, *record.at_archive(folder, done))
    state = f"{'final' if done.final else 'draft, look at it'}: {done.address}" if done.address else "no deposit yet"
    more = " (as it was)" if not done.steps else UNDONE if dry else ""
    out(f"zenodo ({site}): {done.doi or 'no DOI yet'}, {state}{more}")
    if done.final and not dry:
        client = connect(name, os.environ)
        with asking(client.name):
            pull = propose(client, release, done.doi)
        out(
            f"pull request: {pull}" if pull else "CITATION.cff and codemeta.json name the DOI already, or are not there"
        )


def _metadata(folder: Path, release: Release) -> dict[str, Any]:
    """What Zenodo is told: out of the metadata that the build put into the folder."""
    from assaymark.release.folder import METADATA
    from assaymark.release.zenodo_metadata import metadata_of

    path = folder / METADATA
    declared = json.loads(read(path)) if path.is_file() else {}
    notes = f"Judged {release.level} by assaymark at commit {release.commit}." if release.level != "none" else ""
    return metadata_of(declared, release, notes)
