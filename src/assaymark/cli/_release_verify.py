"""``assaymark release verify``: a released file, image or tag held against what was judged."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, split
from assaymark.cli._release import EXISTING, FORMATS, MARKS, mark, web
from assaymark.cli._signing import bytes_of, identity_of
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.badges.verify import Known as OwnKeys
    from assaymark.verify import Link


@click.command(epilog="\b\nExample:\n  assaymark release verify tide-1.2.0.tar.gz --tag v1.2.0 --github lab/tide")
@click.argument("what")
@click.option("--tag", default="", metavar="TAG", help="The release that it should be of.")
@click.option("--github", metavar="OWNER/NAME", help="Fetch the release from there.")
@click.option("--release", "place", type=EXISTING, metavar="DIR", help="The files of the release (default: beside it).")
@click.option("--repository", type=EXISTING, metavar="PATH", help="Your clone, to compare commit and tag with.")
@click.option("--workflow", default="", metavar="URL", help="Who signs (default: ours, or its release.yml).")
@click.option("--signer-commit", multiple=True, metavar="SHA", help="A commit of that workflow that you believe.")
@click.option("--trusted-root", type=EXISTING, metavar="FILE", help="Default: that of the public Sigstore.")
@click.option("--issuer", multiple=True, metavar="DID", help="Whom you trust to sign with a key of their own.")
@click.option("--identity", multiple=True, type=EXISTING, metavar="FILE", help="The did.json of a did:web issuer.")
@click.option("--status-list", type=EXISTING, metavar="FILE", help="The issuer's list of revocations.")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
def verify(
    what: str,
    tag: str,
    github: str | None,
    place: Path | None,
    repository: Path | None,
    workflow: str,
    signer_commit: tuple[str, ...],
    trusted_root: Path | None,
    issuer: tuple[str, ...],
    identity: tuple[Path, ...],
    status_list: Path | None,
    form: str,
) -> None:
    """Hold a released file, image or tag against checksums, provenance, signature, assessment and commit.

    WHAT is a file, the folder of a release, an image (registry/name:tag or @sha256:...), or a tag with --github.
    Exit status: 0 every link holds, 1 one is broken, 2 wrong input, 3 not everything could be found out.
    """
    from tempfile import TemporaryDirectory

    from assaymark.release import verify as verifying

    with TemporaryDirectory(prefix="assaymark-verify-") as scratch:
        here, name, image, meant = _meant(what, tag, github, place, Path(scratch))
        known = verifying.Known(
            tag=meant,
            clone=repository,
            workflow=workflow,
            commits=split(signer_commit),
            root=trusted_root,
            own=_own_keys(split(issuer), identity, status_list),
        )
        links = verifying.chain(here, name, known, image=image)
    out(json.dumps(_document(links), indent=2) if form == "json" else _links(links))
    broken = [link.name for link in links if link.says == "no"]
    if broken:
        raise GateNotMet(f"the chain is broken: {', '.join(broken)}")
    if unknown := [link.name for link in links if link.says == "unknown"]:
        raise Undetermined(f"nothing is wrong, but not everything could be found out: {', '.join(unknown)}")


def _own_keys(issuers: tuple[str, ...], identities: tuple[Path, ...], listed: Path | None) -> OwnKeys:
    from datetime import UTC, datetime

    from assaymark.badges.verify import Known

    return Known(
        now=datetime.now(UTC),
        issuers=issuers,
        identities=dict(map(identity_of, identities)),
        status_list=bytes_of(listed) if listed else None,
    )


def _meant(what: str, tag: str, github: str | None, place: Path | None, scratch: Path) -> tuple[Path, str, str, str]:
    """Folder of the release, the file or the image that is asked about ('' for none), and the tag that is meant."""
    path = Path(what)
    if path.is_dir():
        return path, "", "", tag
    if not path.exists() and "/" not in what and not tag:
        tag = what
    here = place or (path.parent if path.exists() else scratch)
    if github:
        if not tag:
            raise InputError("which release is meant?", hint="--tag TAG")
        _fetch(github, tag, scratch)
        here = scratch
    if path.exists():
        return _beside(path, here, scratch), path.name, "", tag
    if what == tag:
        if not github and place is None:
            raise InputError(f"where is the release {tag}?", hint="--github OWNER/NAME or --release DIR")
        return here, "", "", tag
    if here == scratch and not github:
        raise InputError(f"{what} is no file here, and no release is named", hint="--github OWNER/NAME --tag TAG")
    return here, "", _by_digest(what), tag


def _fetch(github: str, tag: str, scratch: Path) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release.verify import fetched

    client = connect(github, os.environ, timeout=120, deadline=3_600.0)
    with asking(client.name):
        fetched(client, tag, scratch)


def _beside(path: Path, here: Path, scratch: Path) -> Path:
    """The folder of the release with the file that is asked about in it, which may not be the one of the release."""
    if path.resolve().parent == here.resolve():
        return here
    import shutil

    if here != scratch:
        shutil.copytree(here, scratch, dirs_exist_ok=True)
    shutil.copyfile(path, scratch / path.name)
    return scratch


def _by_digest(what: str) -> str:
    """An image by its digest; for a tag the registry is asked which that is now."""
    from assaymark.release.images import named_by_digest

    with web():
        return named_by_digest(what)


def _links(links: Sequence[Link]) -> str:
    lines = []
    for link in links:
        lines.append(f"{mark(link.says)} {link.name}")
        lines += [f"    {MARKS[a.says]} {a.about:<12} {a.text}" for a in link.answers]
    return "\n".join(lines)


def _document(links: Sequence[Link]) -> dict[str, object]:
    return {
        "links": [
            {"name": link.name, "says": link.says, "answers": [a._asdict() for a in link.answers]} for link in links
        ]
    }
