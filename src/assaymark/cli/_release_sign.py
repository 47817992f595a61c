"""``assaymark release sign``: a key of one's own vouches for a release, where no workflow can."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from assaymark.cli._common import out, say, write
from assaymark.cli._release import EXISTING
from assaymark.cli._signing import key_options, signer_of, status_of, term_from, term_options
from assaymark.errors import InputError


@click.command(
    epilog="""\b
Examples:
  assaymark release sign release --key key.pem
  assaymark release sign release --key key.pem --days 730 --status-list https://lab.example/status.jwt --status-index 7
"""
)
@click.argument("folder", type=EXISTING)
@key_options
@term_options
def sign(
    folder: Path,
    key: Path | None,
    issuer: str | None,
    days: int | None,
    status_list: str | None,
    status_index: int | None,
) -> None:
    """Sign every file of the FOLDER of a build with a key of your own: release.dsse.jsonl.

    For sites where no workflow can sign. It says that whoever has the key vouches for the release, no more; 'release
    verify --issuer' shows it as that. With --days it ends so long after the build.
    """
    from assaymark.badges import did, dsse
    from assaymark.release import folder as folders
    from assaymark.release.sealed import signed

    signer, identity = signer_of(key, issuer)
    status = status_of(status_list, status_index)
    if status and days is None:
        raise InputError("what can be revoked needs an end, too", hint="add --days N")
    release = folders.read(folder)
    seal = partial(dsse.sign, key=signer, kid=did.method(identity, signer))
    line = signed(folder, release, seal, partial(term_from, days=days, status=status) if days else None)
    say(f"wrote {write(folder, folders.SEALED, line)}")
    out(f"{release.tag}: {len(release.files)} files, signed by {identity}")
