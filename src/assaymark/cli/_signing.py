"""The key that signs: out of a file or the environment, never out of an argument list, and never told to anyone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assaymark.cli._common import say, talk
from assaymark.content import content_of
from assaymark.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from assaymark.badges.award import Status
    from assaymark.badges.keys import Key
    from assaymark.badges.term import Term

F = TypeVar("F", bound=Callable[..., Any])
KEY_VARIABLE = "ASSAYMARK_SIGNING_KEY"
LIMIT = 20_000_000


def key_options(function: F) -> F:
    """The options that name a key and whose it is."""
    function = click.option(
        "--issuer", metavar="DID", help="did:web:… that publishes the key (default: did:key, the key itself)."
    )(function)
    return click.option(
        "--key", type=click.Path(path_type=Path), metavar="FILE", help=f"Private key, PEM or JWK (else {KEY_VARIABLE})."
    )(function)


def signer_of(path: Path | None, issuer: str | None) -> tuple[Key, str]:
    """The private key, and the identity that it signs for."""
    from assaymark.badges import did as dids
    from assaymark.badges.keys import LIMIT as KEY_LIMIT
    from assaymark.badges.keys import signing_key

    if path is not None:
        where, content = str(path), bytes_of(path)
        if path.stat().st_mode & 0o077 and not talk().quiet:
            say(f"{path} can be read by others on this machine: chmod 600 {path}")
    else:
        where, content = KEY_VARIABLE, os.environ.get(KEY_VARIABLE, "").encode("utf-8", "replace")
        if not content:
            raise InputError("there is no key to sign with", hint=f"give --key FILE, or set {KEY_VARIABLE}")
    if len(content) > KEY_LIMIT:
        raise InputError("is too large for a key", where=where)
    key = signing_key(content.decode("utf-8", "replace"), where)
    if issuer is None:
        return key, key.did
    if not dids.is_web(issuer) and issuer != key.did:
        raise InputError(f"--issuer {issuer!r} is not a did:web, and not the did:key of this key")
    return key, issuer


def term_options(function: F) -> F:
    """The options that say until when a signed statement counts."""
    for option in (
        click.option("--status-index", type=click.IntRange(0, 16_000_000), metavar="N", help="The place in that list."),
        click.option("--status-list", metavar="URL", help="The list in which a revocation would be looked up."),
        click.option("--days", type=click.IntRange(1, 36_500), help="How long what is signed is in force (no end)."),
    ):
        function = option(function)
    return function


def term_from(since: datetime, days: int, status: Status | None) -> Term:
    """The term that begins at a moment and lasts so many days."""
    from datetime import timedelta

    from assaymark.badges.term import Term

    return Term(since, since + timedelta(days=days), status)


def status_of(url: str | None, index: int | None) -> Status | None:
    """Where a revocation would be looked up; None when nowhere. Raises InputError."""
    from assaymark.badges.award import Status

    if (url is None) != (index is None):
        raise InputError("--status-list and --status-index belong together")
    return Status(https(url, "--status-list"), index) if url is not None and index is not None else None


def https(url: str, option: str) -> str:
    """The address, if it is a plain one (or empty). Raises InputError."""
    import re

    if url and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~%/-]*)?", url):
        raise InputError(f"{option} {url!r} is not a plain https address")
    return url


def bytes_of(path: Path) -> bytes:
    """The content of a file that the user names. Raises InputError."""
    return content_of(path, LIMIT)


def identity_of(path: Path) -> tuple[str, bytes]:
    """The identity that a did.json is about, and its content. Raises InputError."""
    content = bytes_of(path)
    try:
        return str(json.loads(content)["id"]), content
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise InputError("is not the document of an identity", where=str(path)) from problem
