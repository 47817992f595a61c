"""What a change is measured against: the base of a pull request, and the files that differ from a reference."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.api import Tree
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened

_EVENTS = ("pull_request", "pull_request_target")
_EVENT_LIMIT = 10_000_000


@dataclass(frozen=True, slots=True)
class Base:
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
