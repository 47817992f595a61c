"""What commits say of the next version, by Conventional Commits 1.0.0."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.release.changelog import MAJOR, MINOR, PATCH, largest
from assaymark.subject.history import Commit

_SUBJECT = late(r"(?P<type>[A-Za-z]{2,20})(?:\((?P<scope>[^()\r\n]{1,100})\))?(?P<bang>!)?: (?P<text>\S.*)")
_FOOTER = late(r"^BREAKING[ -]CHANGE: \S")
_TYPES = {"feat": MINOR, "fix": PATCH, "perf": PATCH, "revert": PATCH}
_SILENT = frozenset({"build", "chore", "ci", "docs", "refactor", "style", "test"})


class Said(NamedTuple):
    """How many commits there are, how many of them keep to the convention, and what those ask for."""

    commits: int
    conventional: int
    step: str | None


def said(commits: Iterable[Commit]) -> Said:
    """What the commits since the last release ask for; merges say nothing of their own."""
    own = [c for c in commits if not c.is_merge]
    kept, steps = 0, []
    for commit in own:
        match = _SUBJECT.fullmatch(commit.subject[:1_000])
        breaking = any(_FOOTER.match(line) for line in commit.body.splitlines())
        kind = match["type"].lower() if match else ""
        # A word and a colon are the convention only where the word is one of its types, or the mark is there.
        if match and (kind in _TYPES or kind in _SILENT or match["bang"]):
            kept += 1
            step = MAJOR if match["bang"] or breaking else _TYPES.get(kind)
            steps += [step] if step else []
    return Said(len(own), kept, largest(steps))
