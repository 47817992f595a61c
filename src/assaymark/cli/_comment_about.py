"""What ``assaymark comment`` is about: to whom it is brought, and the assessments, which others may have made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.cli._common import say
from assaymark.cli._forge import asking, decoded
from assaymark.errors import InputError
from assaymark.wording import log_safe, one_line

if TYPE_CHECKING:
    from assaymark.forge.client import Client
    from assaymark.github.companion import Origin
    from assaymark.model import Assessment

# Of an assessment that others made: enough for forty thousand findings, little enough to be checked in ten seconds.
MAX_FOREIGN = 8_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes: the pull requests, the commit, and what is known about who made the assessment."""

    pulls: tuple[int, ...]
    head: str
    fork: bool = False
    origin: Origin | None = None


def assessments(client: Client, folder: Path | None, artifact: str, target: Target) -> list[Assessment]:
    """What is to be told: one assessment, or those of several parts that the run before left."""
    from assaymark.github import companion
    from assaymark.github.parts import part_of
    from assaymark.reports.json import from_json

    if target.origin is None:
        return [_own(folder, target)]
    origin = target.origin
    left = {str(folder): _content(folder)} if folder else _left_by(client, origin.run, artifact)
    parts: dict[str, Assessment] = {}
    for where, data in left.items():
        try:
            found = companion.restated(from_json(decoded(data, where), where=where), _host(), origin)
        except InputError as problem:
            if len(left) == 1:
                raise
            say(f"left out: {problem}")
            continue
        if parts.setdefault(part_of(found.subject), found) is not found:
            say(f"left out: {where}: there is another one about the same part")
    if not parts:
        raise InputError("none of the artifacts holds an assessment", where=f"run {origin.run}")
    return list(parts.values())


def _left_by(client: Client, run: int, artifact: str) -> dict[str, bytes]:
    """The assessments in the artifacts of the run before."""
    from assaymark.github import remote

    with asking(client.name):
        found, left = remote.fetch_parts(client, run, name=artifact, most=MAX_FOREIGN)
    for text in left:
        say(f"left out: {log_safe(text)}")
    return {f"artifact {log_safe(one_line(name, 80))}": data for name, data in found.items()}


def _own(folder: Path | None, target: Target) -> Assessment:
    """The assessment that this very run made."""
    from assaymark.github.remote import FILE
    from assaymark.reports.json import from_json

    if folder is None:
        raise InputError("where is the assessment?", hint="assaymark comment DIR")
    where = str(folder / FILE)
    found = from_json(decoded(_content(folder), where), where=where)
    known = {target.head}
    if os.environ.get("GITHUB_EVENT_NAME") == "pull_request":
        known |= {os.environ.get("GITHUB_SHA") or target.head}  # the merge is judged, the head is written to
    if found.subject.commit not in known:
        about = log_safe(one_line(str(found.subject.commit), 40))
        raise InputError(f"the assessment is about {about}, not about {target.head[:10]}", where=str(folder))
    return found


def _content(folder: Path) -> bytes:
    """The assessment in a folder that may hold anything: no link is followed, no pipe waited for."""
    from assaymark.github.remote import FILE

    where = str(folder / FILE)
    try:
        handle = os.open(folder / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            data = file.read(MAX_FOREIGN + 1)
    except OSError as problem:
        raise InputError(f"the assessment cannot be read: {problem.strerror}", where=where) from problem
    if len(data) > MAX_FOREIGN:
        raise InputError(f"the assessment is larger than {MAX_FOREIGN // 10**6} MB", where=where)
    return data


def server() -> str:
    """The address of the site."""
    return os.environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")


def _host() -> str:
    from urllib.parse import urlsplit

    return urlsplit(server()).hostname or "github.com"
