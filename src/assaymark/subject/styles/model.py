"""What a reader of a style configuration yields: tools, and their departures from a community style."""

from __future__ import annotations

from assaymark.records import NamedTuple
from assaymark.values import dataclass

IGNORE, SETTING = "ignore", "setting"


class Override(NamedTuple):
    """One departure: a rule that is off, or a setting of the project's own. ``reason`` is whether a comment
    explains it."""

    kind: str
    rule: str
    path: str
    line: int
    reason: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleTool:
    """One configured tool. ``base`` is the community style it starts from; '' when it starts from none."""

    name: str
    path: str
    line: int
    base: str
    overrides: tuple[Override, ...] = ()

    @property
    def ignores(self) -> tuple[Override, ...]:
        """Rules that are off."""
        return tuple(o for o in self.overrides if o.kind == IGNORE)

    @property
    def settings(self) -> tuple[Override, ...]:
        """Rules and formats of the project's own."""
        return tuple(o for o in self.overrides if o.kind == SETTING)
