"""The facts about the forge: what `assaymark.forge` read there, and only with ``--forge``.

The values (`assaymark.subject.forges.model`) are offered here too, but loaded on use: most runs never ask a forge.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable, Options, fact
from assaymark.model import Subject
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.subject.forges.model import Alerts as Alerts
    from assaymark.subject.forges.model import Change as Change
    from assaymark.subject.forges.model import Community as Community
    from assaymark.subject.forges.model import Default as Default
    from assaymark.subject.forges.model import Forge as Forge
    from assaymark.subject.forges.model import Issue as Issue
    from assaymark.subject.forges.model import Protection as Protection
    from assaymark.subject.forges.model import Pull as Pull
    from assaymark.subject.forges.model import Release as Release
    from assaymark.subject.forges.model import Review as Review
    from assaymark.subject.forges.model import Run as Run

KEEP = 900  # seconds: long enough for several runs on one commit, short enough to see a setting that was mended
NOT_ASKED = "the forge was not asked"
NO_REMOTE = "the subject has no remote, so its forge is not known"
OUTSIDERS = frozenset({"NONE", "CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN"})


def __getattr__(name: str) -> Any:
    """The values by name."""
    if name.startswith("_"):
        raise AttributeError(name)
    from assaymark.subject.forges import model

    return getattr(model, name)


class ForgeSeen(NamedTuple):
    """The forge if it was looked at, else None and the reason: for checks that can do without."""

    forge: Forge | None = None
    reason: str = NOT_ASKED

    @property
    def seen_on(self) -> str:
        """The day on which the forge was looked at; '' when it was not."""
        return self.forge.fetched_at if self.forge else ""


@fact
def forge_seen(options: Options, subject: Subject) -> ForgeSeen:
    """The forge where ``--forge`` allowed it and it could be read; never unavailable."""
    if not options.forge:
        return ForgeSeen()
    try:
        return ForgeSeen(look(subject, os.environ, cached=options.cache), "")
    except FactUnavailable as problem:
        return ForgeSeen(None, problem.reason)


@fact
def forge(forge_seen: ForgeSeen) -> Forge:
    """What the forge showed. Unavailable without ``--forge``, without a known remote, and when it cannot be reached."""
    if forge_seen.forge is not None:
        return forge_seen.forge
    if forge_seen.reason == NOT_ASKED:
        raise FactUnavailable("needs the forge: run with --forge")
    if forge_seen.reason == NO_REMOTE:
        raise FactUnavailable(NO_REMOTE, remedy="tell where it is kept: git remote add origin URL")
    raise FactUnavailable(forge_seen.reason, remedy="run again with --forge where the forge can be reached")


def look(subject: Subject, environment: Mapping[str, str], *, cached: bool = True) -> Forge:
    """Ask the forge, or take what it said in the last quarter of an hour.

    Raises FactUnavailable with the reason when it is not known or does not answer.
    """
    if subject.repository is None:
        raise FactUnavailable(NO_REMOTE)
    from assaymark.forge import read, settled
    from assaymark.subject.forges.model import Forge

    if not cached:
        return Forge.from_json(read(subject.repository, environment))
    import json

    from assaymark import cache

    key = cache.key(*_key(subject.repository, environment))
    kept = cache.get(key)
    if kept is not None:
        return Forge.from_json(json.loads(kept))
    found = read(subject.repository, environment)
    if settled(found):
        cache.put(key, json.dumps(found).encode())
    return Forge.from_json(found)


def _key(repository: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """All that the answer depends on: who asks counts, because permissions differ (the cache keeps only a digest)."""
    names = ("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_TOKEN", "GH_TOKEN")
    return ("forge-2", repository, str(int(time.time() // KEEP)), *(environment.get(name, "") for name in names))
