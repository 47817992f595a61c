"""What a change is measured against: the base of a pull request, and the files that differ from a reference."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.api import Tree
from assaymark.errors import InputError
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened

_EVENTS = ("pull_request", "pull_request_target")
_EVENT_LIMIT = 10_000_000


class Base(NamedTuple):
    """The tree of a pull request's base commit; None with the problem when it is not in the clone."""

    tree: Tree | None
    problem: str = ""


def base_tree(opened: Opened) -> Base | None:
    """The base of the pull request that GitHub Actions runs for; None outside a pull request."""
    if os.environ.get("GITHUB_EVENT_NAME") not in _EVENTS or opened.git_dir is None:
        return None
    commit = base_commit(os.environ.get("GITHUB_EVENT_PATH", ""))
    if commit is None:
        return Base(None, "the event does not name the base commit")
    from assaymark.subject.checkout import open_subject

    try:
        return Base(open_subject(opened.root or opened.git_dir, commit).tree)
    except InputError:
        return Base(None, f"the base commit {commit[:12]} is not in the clone (use fetch-depth: 0)")


def base_commit(event_path: str) -> str | None:
    """The base commit that an event file names: 40 or 64 hex digits, nothing else is believed."""
    try:
        path = Path(event_path)
        if path.stat().st_size > _EVENT_LIMIT:
            return None
        commit = json.loads(path.read_text(encoding="utf-8"))["pull_request"]["base"]["sha"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    hexadecimal = isinstance(commit, str) and len(commit) in (40, 64) and not set(commit) - set("0123456789abcdef")
    return commit if hexadecimal else None


def named_file(opened: Opened, base: Base | None, name: str, limit: int = 1_000_000) -> str | None:
    """The text of a file that the configuration names, from where the configuration itself came.

    On a pull request that is the base: a change cannot bring its own yardstick. None when no commit has the file (it
    may lie on the disk, put there by the user). Raises InputError when only the change has it.
    """
    tree = opened.tree if base is None else base.tree
    if tree is not None and tree.get(name) is not None:
        return tree.text(name, limit)
    if base is not None and opened.tree.get(name) is not None:
        raise InputError(f"the configuration names {name}, which only this change brings", where=name)
    return None


def changed_since(opened: Opened, ref: str) -> frozenset[str]:
    """Paths that differ between the point where the history left ``ref`` and what is judged; removed ones included.

    Raises InputError when the reference does not exist or there is no Git repository.
    """
    if opened.git_dir is None:
        raise InputError("--changed-since needs a Git repository", where=opened.subject.path)
    from assaymark.subject.checkout import open_subject

    before = open_subject(opened.root or opened.git_dir, _fork_point(opened, ref)).tree
    old = {e.path: (e.blob, e.mode) for e in before}
    new = {e.path: (e.blob, e.mode) for e in opened.tree}
    return frozenset(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def _fork_point(opened: Opened, ref: str) -> str:
    from assaymark.subject.git import GitProblem, Repository

    if ref.startswith("-"):
        raise InputError(f"{ref!r} is no reference")
    head = opened.subject.commit
    if head is None or opened.git_dir is None:
        return ref
    try:
        found = Repository(opened.git_dir).run("merge-base", head, ref).decode("ascii", "replace").split()
    except GitProblem:
        return ref
    return found[0] if found else ref


def refs_digest(opened: Opened) -> str:
    """Digest over all references: tags and branches are evidence, and change without the tree changing."""
    if opened.git_dir is None:
        return ""
    import hashlib

    from assaymark.subject.git import GitProblem, Repository

    try:
        refs = Repository(opened.git_dir).run("for-each-ref", "--format=%(objectname) %(refname)")
    except GitProblem:
        refs = b""
    return hashlib.sha256(refs).hexdigest()
