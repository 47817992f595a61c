"""What changed since the release before the newest one: one comparison of two trees, however long the history is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.api import FactUnavailable, fact
from assaymark.records import NamedTuple
from assaymark.subject.git import GitProblem

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened
    from assaymark.subject.history import History
    from assaymark.subject.releases import Release, Releases


class ReleaseChanges(NamedTuple):
    """The two newest final releases before the judged commit, and the paths that differ between the older one and it.

    With one release ``previous`` is None, without any ``latest`` is None as well; then nothing was compared. ``blind``
    says why fewer than two were found where there may be more: the clone is shallow, or its tags are not read as
    versions.
    """

    latest: Release | None
    previous: Release | None
    paths: frozenset[str]
    blind: str = ""


@fact
def release_changes(releases: Releases, history: History, opened: Opened) -> ReleaseChanges:
    """The newest two releases and the files changed since the older one."""
    finals = final_releases(releases, history)
    if len(finals) < 2 or opened.repository is None:
        latest = finals[0] if finals else None
        return ReleaseChanges(latest=latest, previous=None, paths=frozenset(), blind=_blind(releases, opened))
    latest, previous = finals[:2]
    within = ("--", opened.prefix) if opened.prefix else ()
    try:
        output = opened.repository.run(
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            "--end-of-options",
            previous.commit,
            history.head,
            *within,
        )
    except GitProblem as problem:
        raise FactUnavailable(
            f"Git cannot compare {previous.tag} with what is judged: {problem}", remedy="Fetch the whole history."
        ) from problem
    paths = (p.decode("utf-8", "surrogateescape") for p in output.split(b"\0") if p)
    return ReleaseChanges(
        latest=latest, previous=previous, paths=frozenset(p.removeprefix(opened.prefix) for p in paths)
    )


def _blind(releases: Releases, opened: Opened) -> str:
    """Why there may be more releases than were found; '' when there are none."""
    if opened.repository is None:
        return "there is no repository that could be asked"
    if releases.shallow:
        return "the clone is shallow"
    if releases.others and not releases.all:
        return f"none of its tags ({', '.join(releases.others[:3])}) is read as a version"
    return ""


def final_releases(releases: Releases, history: History) -> list[Release]:
    """Final releases of this history, else (where releases have branches of their own) those made before its end."""
    here = [r for r in releases.here if r.version.final]
    if len(here) > 1 or not history.commits:
        return here
    now = history.commits[0].time
    # A tag with a message is younger than its commit: one that can be reached counts whenever it was made.
    return [r for r in releases.own if r.version.final and (r.reachable or r.time <= now)]
