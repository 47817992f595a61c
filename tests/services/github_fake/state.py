"""What the fake knows: one repository with its pull requests, comments, checks, Git objects, runs and releases."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ALL = frozenset({"contents", "pull-requests", "checks", "statuses", "security-events", "actions"})


@dataclass
class Account:
    """Who a token speaks for and what it may write; ``installation`` tokens may not ask who they are."""

    login: str
    may: frozenset[str] = ALL
    installation: bool = True


@dataclass
class Fault:
    """What happens to a request instead of (or, with ``after``, after) its being done."""

    verb: str
    pattern: str
    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    sleep: float = 0.0
    times: int = 1
    after: bool = False
    action: Callable[[], None] | None = None


@dataclass
class Run:
    """A workflow run; each time it is asked about, it takes the next of its ``states``."""

    id: int
    ref: str
    sha: str
    inputs: dict[str, Any]
    states: list[tuple[str, str | None]]
    artifacts: dict[str, bytes] = field(default_factory=dict)
    event: str = "workflow_dispatch"
    expired: bool = False


@dataclass
class Git:
    """Objects and references; trees are flat: path -> blob."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, dict[str, Any]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def tag(self, name: str, commit: str, *, annotated: bool = True) -> None:
        """A tag on a commit, which this GitHub need not have."""
        sha = hashlib.sha1(f"tag {name} {commit}".encode(), usedforsecurity=False).hexdigest()
        if annotated:
            self.tags[sha] = commit
        self.refs[f"refs/tags/{name}"] = sha if annotated else commit

    def blob(self, content: bytes) -> str:
        sha = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        self.blobs[sha] = content
        return sha

    def tree(self, entries: dict[str, str]) -> str:
        sha = hashlib.sha1(json.dumps(entries, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        self.trees[sha] = dict(entries)
        return sha

    def commit(self, tree: str, parents: list[str], message: str) -> str:
        known = {"tree": tree, "parents": parents, "message": message, "n": len(self.commits)}
        sha = hashlib.sha1(json.dumps(known).encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = known
        return sha

    def files(self, branch: str) -> dict[str, bytes]:
        """The files of a branch."""
        tree = self.trees[self.commits[self.refs[f"refs/heads/{branch}"]]["tree"]]
        return {path: self.blobs[sha] for path, sha in tree.items()}

    def history(self, branch: str) -> list[str]:
        """The commits of a branch, newest first, along first parents."""
        found, sha = [], self.refs.get(f"refs/heads/{branch}")
        while sha:
            found.append(sha)
            parents = self.commits[sha]["parents"]
            sha = parents[0] if parents else None
        return found

    def add(self, branch: str, files: dict[str, bytes], message: str = "By hand") -> str:
        """A commit on top of a branch, as somebody else would make it."""
        old = self.refs.get(f"refs/heads/{branch}")
        entries = dict(self.trees[self.commits[old]["tree"]]) if old else {}
        entries |= {path: self.blob(content) for path, content in files.items()}
        sha = self.commit(self.tree(entries), [old] if old else [], message)
        self.refs[f"refs/heads/{branch}"] = sha
        return sha


class State:
    """Everything that requests read and change."""

    def __init__(self) -> None:
        self.ids = itertools.count(101)
        self.accounts = {"t0ken": Account("github-actions[bot]")}
        self.git = Git()
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.sarifs: dict[str, dict[str, Any]] = {}
        self.runs: list[Run] = []
        self.next_runs: list[Run] = []
        self.releases: list[dict[str, Any]] = []
        self.digests = True  # whether it tells the digest of what was uploaded
        self.details = True  # whether a dispatch tells which run it started
        main = self.git.commit(self.git.tree({"README.md": self.git.blob(b"# Tide\n")}), [], "Begin")
        self.git.refs["refs/heads/main"] = main

    def pull(self, number: int, sha: str, *, head: str = "ana/tide", branch: str = "fix", **more: Any) -> None:
        """Open a pull request."""
        self.pulls.append({"number": number, "sha": sha, "head": head, "branch": branch, "state": "open", **more})

    def comment(self, number: int, body: str, login: str = "github-actions[bot]") -> int:
        """Write a comment; gives its id."""
        id = next(self.ids)
        self.comments.append({"id": id, "number": number, "body": body, "login": login, "edits": 0})
        return id

    def bodies(self, number: int) -> list[str]:
        """The comments of a pull request."""
        return [c["body"] for c in self.comments if c["number"] == number]


def zipped(files: dict[str, bytes]) -> bytes:
    """An artifact as the storage hands it out."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
