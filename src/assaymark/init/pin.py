"""Which commit of our Actions a workflow is to use: that of a release, never a name that can be moved."""

from __future__ import annotations

import json
import re
from pathlib import Path

from assaymark import __version__
from assaymark.errors import InputError
from assaymark.records import NamedTuple

ACTION = "actions/assess/action.yml"
# Written beside this package when a release is built; a wheel knows its own commit by it.
RELEASE = Path(__file__).parents[1] / "release.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HINT = "name a commit of assaymark that has been published: --ref COMMIT (40 hexadecimal digits)"


class Pin(NamedTuple):
    """A commit, and what is written beside it for people and for robots that update it."""

    commit: str
    label: str


def pinned(ref: str | None, release: Path = RELEASE) -> Pin:
    """The commit to use: given, else that of the release that is installed or checked out.

    Raises InputError when there is none: a commit that nobody can fetch is worse than a question.
    """
    if ref is not None:
        if not _COMMIT.fullmatch(ref):
            raise InputError(
                f"--ref {ref!r} is not a commit", hint="give all 40 hexadecimal digits: names can be moved"
            )
        return Pin(ref, "unreleased")
    return _of_wheel(release) or _of_checkout(release.parents[2])


def _of_wheel(release: Path) -> Pin | None:
    if not release.is_file():
        return None
    known = json.loads(release.read_text(encoding="utf-8"))
    return Pin(known["commit"], known["version"]) if _COMMIT.fullmatch(known["commit"]) else None


def _of_checkout(root: Path) -> Pin:
    """The tag of this version, when the clone has it and it holds the Actions."""
    from assaymark.subject.git import GitProblem, Repository

    tag = f"v{__version__}"
    if not (root / ".git").exists():
        raise InputError("this assaymark does not know from which commit it was built", hint=_HINT)
    git = Repository(root / ".git")
    try:
        commit = git.run("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}").decode("ascii").strip()
    except GitProblem as problem:
        raise InputError(f"this checkout of assaymark has no release {tag}", where=str(root), hint=_HINT) from problem
    try:
        git.run("cat-file", "-e", f"{commit}:{ACTION}")
    except GitProblem as problem:
        raise InputError(f"the release {tag} has no Actions yet", where=str(root), hint=_HINT) from problem
    return Pin(commit, tag)
