"""Several things brought to GitHub one after the other: what the token may not do is said and does no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assaymark.forge.client import ForgeProblem, Trouble
from assaymark.wording import one_line

# The permission that a workflow has to give, by what is posted.
PERMISSIONS = {
    "comment": "pull-requests: write",
    "check run": "checks: write",
    "status": "statuses: write",
    "code scanning": "security-events: write",
}


@dataclass
class Posted:
    """What was done, what the token may not do, and what GitHub did not do although it may."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def attempt(self, what: str, act: Callable[[], str]) -> bool:
        """Do one thing; ``act`` tells in a few words what it did."""
        try:
            self.done.append(f"{what}: {act()}")
        except ForgeProblem as problem:
            text = f"{what}: {one_line(problem.text, 200)}"
            if problem.trouble in (Trouble.REFUSED, Trouble.ABSENT):
                needed = PERMISSIONS.get(what)
                self.refused.append(text + (f" (it needs the permission {needed!r})" if needed else ""))
            else:
                self.broken.append(text)
            return False
        return True
