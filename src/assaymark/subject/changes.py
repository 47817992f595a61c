"""How the latest changes came to the branch that is judged, as far as the history alone tells.

Git keeps a merge and forgets a fast-forward: a commit without any trace of a request may have been pushed directly,
or it may have been rebased by a merge button. GitHub's button always rewrites what it rebases, so there a commit that
is still as its author made it came directly; otherwise it is *untraced*, and only the forge can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from assaymark.api import fact
from assaymark.model import Subject
from assaymark.patterns import late
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.subject.history import Commit, History

RECENT = 50
MAX_TEXT = 5_000


class Way(StrEnum):
    """How a change arrived."""

    REQUEST = "request"  # through a pull (merge) request or a review tool
    BRANCH = "branch"  # merged from a branch, with no word of a request
    DIRECT = "direct"  # put on the branch by its author, without a merge or the mark of a request
    UNTRACED = "untraced"


class Arrival(NamedTuple):
    """One step of the branch's first-parent line. ``head`` is the merged branch where the message names it."""

    commit: Commit
    way: Way
    head: str = ""
    base: str = ""
    number: int | None = None

    @property
    def text(self) -> str:
        """Subject and body, of bounded length."""
        return f"{self.commit.subject}\n{self.commit.body}"[:MAX_TEXT]


class Changes(NamedTuple):
    """The latest arrivals, newest first, at most `RECENT`; the first commit of all and those of bots are left out.

    ``merges`` are all named merges in the history, wherever they went; ``branch`` is the branch that is judged.
    """

    recent: tuple[Arrival, ...]
    merges: tuple[Arrival, ...] = ()
    branch: str | None = None
    shallow: bool = False

    def of(self, *ways: Way) -> tuple[Arrival, ...]:
        """The recent ones that came in one of these ways."""
        return tuple(a for a in self.recent if a.way in ways)


@fact
def changes(history: History, subject: Subject) -> Changes:
    """The latest changes of the branch that is judged and how each arrived."""
    line = list(first_parents(history))
    main = history.branch or ""
    rewrites = (subject.repository or "").startswith("github.com/")
    recent = [arrival(c, main, rewrites=rewrites) for c in line if c.parents and not is_bot(c.author)]
    merges = [arrival(c, main) for c in history.commits if c.is_merge]
    named = tuple(m for m in merges if m.head)
    return Changes(tuple(recent[:RECENT]), named, history.branch, history.shallow)


def first_parents(history: History) -> Iterator[Commit]:
    """The commits of the branch itself: from HEAD along the first parents, as far as they are known."""
    commits = {c.id: c for c in history.commits}
    at = commits.get(history.head)
    for _ in range(RECENT * 4):  # room for those of bots
        if at is None:
            return
        yield at
        at = commits.get(at.parents[0]) if at.parents else None


def is_bot(author: str) -> bool:
    """Whether an author's name is that of a program."""
    return author.endswith("[bot]") or author.lower() in ("github-actions", "dependabot", "renovate", "pre-commit-ci")


_PULL = late(r"Merge pull request #(\d{1,9}) from ([^\s/]{1,100})/(\S{1,250})")
_BITBUCKET = late(r"Merged in (\S{1,250}) \(pull request #(\d{1,9})\)")
_AZURE = late(r"Merged PR (\d{1,9}): ")
_BORS = late(r"(?:Auto merge of|Merge|Merge:|Rollup merge of) #(\d{1,9})\b")
_BRANCH = late(
    r"Merge(?:d)? (?:remote-tracking )?(?:branch(?:es)?|tag|commit) '([^'\n]{1,250})'"
    r"(?: of (\S{1,300}))?(?: into (\S{1,250}))?"
)
_SQUASHED = late(r"\((?:#|GH-|!|PR ?#?)(\d{1,9})\)\.?[ \t]{0,9}$")
_TRAILER = late(
    r"^(?:See merge request \S{0,300}?!(\d{1,9})|(?:Reviewed-on|PR-URL|Pull-Request|Pull Request|Merge-Request"
    r"|Differential Revision|Part-of|Link): ?<?https?://\S{1,300})",
    re.MULTILINE,
)
_LONG_LIVED = {"main", "master", "trunk", "HEAD"}


def arrival(commit: Commit, main: str, *, rewrites: bool = False) -> Arrival:
    """How one commit of the first-parent line came to the branch ``main`` ('' when its name is not known).

    ``rewrites`` says that the forge's merge button never leaves a rebased commit as it was.
    """
    subject, body = commit.subject[:MAX_TEXT], commit.body[:MAX_TEXT]
    if found := _PULL.match(subject):
        return Arrival(commit=commit, way=Way.REQUEST, head=found[3], number=int(found[1]))
    if found := _BITBUCKET.match(subject):
        return Arrival(commit=commit, way=Way.REQUEST, head=found[1], number=int(found[2]))
    trailer = _TRAILER.search(body)
    if commit.is_merge:
        return _merge(commit, subject, main, trailer)
    if found := _SQUASHED.search(subject) or _AZURE.match(subject):
        return Arrival(commit=commit, way=Way.REQUEST, number=int(found[1]))
    if trailer:
        return Arrival(commit=commit, way=Way.REQUEST, number=int(trailer[1]) if trailer[1] else None)
    return Arrival(commit=commit, way=Way.DIRECT if rewrites and _untouched(commit) else Way.UNTRACED)


def _untouched(commit: Commit) -> bool:
    """Whether nobody rewrote the commit after its author made it."""
    return bool(commit.written) and commit.written == commit.time and commit.committer == commit.email


def _merge(commit: Commit, subject: str, main: str, trailer: re.Match[str] | None) -> Arrival:
    named = _BRANCH.match(subject)
    head = (named[1] if named else "").removeprefix("origin/").removeprefix("upstream/")
    base = named[3] or "" if named else ""
    number = int(trailer[1]) if trailer and trailer[1] else None
    if trailer or _BORS.match(subject) or (named and _SQUASHED.search(subject)):
        return Arrival(commit=commit, way=Way.REQUEST, head=head, base=base, number=number)
    if head and is_pull(head, base, main):
        # What `git pull` leaves: the branch was taken into a local copy of itself that had commits of its own.
        return Arrival(commit=commit, way=Way.DIRECT)
    return Arrival(commit=commit, way=Way.BRANCH, head=head, base=base)


def is_pull(head: str, base: str, main: str) -> bool:
    """Whether a merge on the branch ``main`` took that same branch in, rather than a topic."""
    return head == (main or base or "main") or (not base and not main and head in _LONG_LIVED) or head == base
