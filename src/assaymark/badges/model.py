"""What a badge says, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a badge tells about."""

    LEVEL = "level"
    CRITERION = "criterion"
    COVERAGE = "coverage"
    VALIDATOR = "validator"
    MODEL = "model"
    CONTAINER = "container"
    FAIR = "fair"


class State(StrEnum):
    """How far what a badge tells can be relied on."""

    ASSESSED = "assessed"
    PARTIAL = "partial"
    STALE = "stale"
    FAILING = "failing"
    NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """One badge. ``metal`` is the level that it shows, if it shows one; ``title`` says all of it in one sentence.

    ``commit`` is the whole hash, or empty. ``dirty`` when the files differed from that commit.
    """

    kind: Kind
    state: State
    label: str
    message: str
    title: str
    metal: str = ""
    commit: str = ""
    dirty: bool = False

    @property
    def tone(self) -> str:
        """The name of the plate in the palette."""
        if self.state is State.ASSESSED:
            return self.metal or "passed"
        return "unassessed" if self.state is State.NOT_ASSESSED else self.state.value

    @property
    def short(self) -> str:
        """The commit as it is shown: seven digits, and a plus sign when the files differed from it."""
        return self.commit[:7] + ("+" if self.commit and self.dirty else "")


def aged(badge: Badge, reason: str) -> Badge:
    """The same badge grey, with the reason (``it expired on …``) in its title; what never counted stays as it is."""
    if badge.state in (State.NOT_ASSESSED, State.STALE):
        return badge
    return replace(badge, state=State.STALE, message=f"{badge.message}, stale", title=f"{badge.title}; stale: {reason}")
