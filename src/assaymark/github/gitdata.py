"""Files on a branch through GitHub's Git data API: a commit on top of what is there, never by force."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assaymark.forge.client import Client, ForgeProblem, Trouble

Json = dict[str, Any]
_FILE = "100644"
_RACES = ("fast forward", "reference already exists", "reference does not exist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a branch stands: its newest commit, that commit's tree, and the blobs of the tree with their sizes.

    ``whole`` is false where the tree is so large that GitHub left some of it out.
    """

    commit: str
    tree: str
    blobs: Mapping[str, tuple[str, int]]
    whole: bool = True


def head_of(client: Client, branch: str) -> Head | None:
    """The branch as it is now; None when there is no such branch. Raises ForgeProblem."""
    try:
        commit = _sha(client.table(f"/git/ref/heads/{branch}").get("object"))
    except ForgeProblem as problem:
        if problem.trouble is Trouble.ABSENT:
            return None
        raise
    tree = _sha(client.table(f"/git/commits/{commit}").get("tree"))
    listed = client.table(f"/git/trees/{tree}", recursive=1)
    rows = listed.get("tree")
    blobs = {
        row["path"]: (row["sha"], row["size"])
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("type") == "blob" and _is_file(row)
    }
    return Head(commit=commit, tree=tree, blobs=blobs, whole=listed.get("truncated") is not True)


def read(client: Client, head: Head, path: str, most: int) -> bytes | None:
    """A file of the branch; None when it has none of that name. Raises ForgeProblem, also for more than ``most``."""
    known = head.blobs.get(path)
    if known is None:
        if not head.whole:
            raise ForgeProblem(Trouble.UNREACHABLE, "the branch has too many files to be listed")
        return None
    sha, size = known
    if size > most:
        raise ForgeProblem(Trouble.INVALID, f"{path} on the branch is larger than {most / 1e6:.0f} MB")
    answer = client.table(f"/git/blobs/{sha}")
    try:
        data = base64.b64decode(str(answer["content"]))
    except (KeyError, binascii.Error) as problem:
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form") from problem
    if digest(data) != sha:
        raise ForgeProblem(Trouble.UNREACHABLE, f"{path} did not arrive as it is on the branch")
    return data


def commit(client: Client, branch: str, head: Head | None, files: Mapping[str, bytes], message: str) -> str | None:
    """Put files on top of ``head``; gives the new commit, or None when the branch has them all as they are.

    Everything else on the branch stays. Without ``head`` the branch is made, with no commit in common with any other.
    Raises ForgeProblem; `lost` tells whether somebody else was faster.
    """
    news = {p: c for p, c in files.items() if head is None or head.blobs.get(p, ("", 0))[0] != digest(c)}
    if not news:
        return None
    tree: Json = {"tree": [_entry(client, path, content) for path, content in sorted(news.items())]}
    made = client.post("/git/trees", tree | ({"base_tree": head.tree} if head else {}), repeatable=True)
    parents = [head.commit] if head else []
    body = {"message": message, "tree": made.get("sha"), "parents": parents}
    new = _sha(client.post("/git/commits", body, repeatable=True))
    if head is None:
        _begin(client, branch, new)
    else:
        client.patch(f"/git/refs/heads/{branch}", {"sha": new, "force": False})
    return new


def lost(problem: ForgeProblem) -> bool:
    """Whether the branch was moved or made by somebody else in between."""
    words = problem.text.lower()
    return problem.trouble is Trouble.CONFLICT or any(w in words for w in _RACES)


def digest(content: bytes) -> str:
    """What Git calls a file's content (repositories with SHA-256 are not on GitHub)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _begin(client: Client, branch: str, new: str) -> None:
    try:
        client.post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": new})
    except ForgeProblem as problem:
        if not problem.uncertain:
            raise
        there = head_of(client, branch)
        if there is None:
            client.post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": new})
        elif there.commit != new:
            raise ForgeProblem(Trouble.CONFLICT, "the branch was made by somebody else") from problem


def _entry(client: Client, path: str, content: bytes) -> Json:
    body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
    made = client.post("/git/blobs", body, repeatable=True)
    return {"path": path, "mode": _FILE, "type": "blob", "sha": _sha(made)}


def _is_file(row: Json) -> bool:
    return all(isinstance(row.get(key), kind) for key, kind in (("path", str), ("sha", str), ("size", int)))


def _sha(answer: object) -> str:
    sha = answer.get("sha") if isinstance(answer, dict) else None
    if not isinstance(sha, str):
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
    return sha
