"""The badge branch: what a README shows, and what later runs compare with.

The branch shares no commit with any other. Each publication is one commit on top of the last, made without force, so
whoever loses a race reads anew and tries again; files of others on the branch stay as they are.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble, connect
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.model import Assessment

BRANCH = "badges"
HISTORY = "history.jsonl"
ASSESSMENT = "assessment.json"
KEEP = 1_000  # lines of history
MAX_FILE = 20_000_000
MAX_ALL = 50_000_000
MAX_FILES = 100
_ATTEMPTS = 5
_PAUSE = 0.5
_PART = re.compile(r"[A-Za-z0-9_+=@][A-Za-z0-9._+=@ -]{0,99}")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was done: the commit that holds it, None when all of it was there already; where the files can be read."""

    commit: str | None
    branch: str
    addresses: Mapping[str, str]


def publish(
    files: Mapping[str, bytes],
    *,
    repository: str,
    branch: str = BRANCH,
    message: str = "Publish the assessment",
    history: Mapping[str, bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    client: Client | None = None,
) -> Published:
    """Put files (path -> content) on the branch, and lines at the end of files of lines (``history``: path -> line).

    A line is left out where it stands already last; the oldest beyond `KEEP` go. The token comes from GITHUB_TOKEN or
    GH_TOKEN of ``environment`` (default: the process's) and needs ``contents: write``.
    Raises InputError for what may not be published, ForgeProblem when GitHub does not take it.
    """
    from assaymark.github import gitdata

    lines = history or {}
    _check(files, lines, branch)
    client = client or connect(repository, os.environ if environment is None else environment)
    if client.table("").get("default_branch") == branch:
        raise InputError(f"{branch!r} is the default branch of {client.name}", hint="publish to a branch of its own")
    for attempt in range(_ATTEMPTS):
        try:
            head = gitdata.head_of(client, branch)
            wanted = dict(files)
            for path, line in lines.items():
                earlier = (gitdata.read(client, head, path, MAX_FILE) if head else None) or b""
                wanted[path] = appended(earlier, line)
            commit = gitdata.commit(client, branch, head, wanted, message)
        except ForgeProblem as problem:
            if not gitdata.lost(problem) or attempt == _ATTEMPTS - 1 or _empty(problem):
                raise
            client.pause(_PAUSE * 2**attempt)
        else:
            return Published(commit=commit, branch=branch, addresses=_addresses(client, branch, wanted))
    raise AssertionError("a loop that always returns or raises")


def fetch_baseline(
    repository: str,
    *,
    branch: str = BRANCH,
    path: str = ASSESSMENT,
    environment: Mapping[str, str] | None = None,
    client: Client | None = None,
) -> bytes | None:
    """The assessment that was last published, as it lies on the branch; None when nothing was published yet.

    The bytes are to be read with `assaymark.reports.json.from_json`: whoever may write to the branch wrote them.
    Raises InputError for a bad name, ForgeProblem when it cannot be read (which is not the same as not being there).
    """
    from assaymark.github import gitdata

    _check({path: b""}, {}, branch)
    client = client or connect(repository, os.environ if environment is None else environment)
    try:
        head = gitdata.head_of(client, branch)
    except ForgeProblem as problem:
        if _empty(problem):
            return None
        raise
    if head is None:
        # A token that may not see the repository is told the same: only who can see it knows that there is none.
        client.table("")
        return None
    return gitdata.read(client, head, path, MAX_FILE)


def history_line(assessment: Assessment, *, run: str = "") -> bytes:
    """One line of the history: what was judged, when, and what came out."""
    from assaymark.findings import Findings, outcomes

    a = assessment
    known = {
        "commit": a.subject.commit,
        "date": a.as_of.isoformat(),
        "level": a.level.value,
        "profile": a.profile,
        "profile_digest": a.profile_digest,
        "assaymark": a.run.assaymark,
        "outcomes": {outcome.value: number for outcome, number in outcomes(a.results).items()},
        "findings": len(Findings(a)),
    }
    return json.dumps(known | ({"run": run} if run else {})).encode()


def appended(earlier: bytes, line: bytes, keep: int = KEEP) -> bytes:
    """Lines with one more at the end, the oldest left out beyond ``keep``."""
    if b"\n" in line.strip():
        raise InputError("a line of the history has a line break in it")
    lines = [old for old in earlier.splitlines() if old.strip()]
    if not lines or lines[-1] != line.strip():
        lines.append(line.strip())
    return b"\n".join(lines[-keep:]) + b"\n"


def _check(files: Mapping[str, bytes], lines: Mapping[str, bytes], branch: str) -> None:
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".lock", ".")):
        raise InputError(f"{one_line(branch, 80)!r} is no name for the badge branch", hint="use a name such as badges")
    for path in (*files, *lines):
        parts = path.split("/")
        if len(parts) > 8 or not all(_PART.fullmatch(p) and p.lower() != ".git" for p in parts):
            raise InputError(
                f"{one_line(path, 80)!r} is no name for a published file", hint="use a name such as a/b.svg"
            )
    sizes = [len(content) for content in files.values()]
    if len(sizes) > MAX_FILES or sum(sizes) > MAX_ALL or max(sizes, default=0) > MAX_FILE:
        raise InputError(
            f"too much to publish: {len(sizes)} files with {sum(sizes) / 1e6:.0f} MB",
            hint=f"at most {MAX_FILES} files, {MAX_FILE // 10**6} MB each, {MAX_ALL // 10**6} MB together",
        )


def _empty(problem: ForgeProblem) -> bool:
    """A repository without any commit; the Git data API does nothing there."""
    return problem.trouble is Trouble.CONFLICT and "is empty" in problem.text


def _addresses(client: Client, branch: str, files: Mapping[str, bytes]) -> dict[str, str]:
    from urllib.parse import quote

    if client.address != "https://api.github.com":
        return {}  # another server has other addresses for raw files
    base = f"https://raw.githubusercontent.com/{client.name}/{quote(branch)}"
    return {path: f"{base}/{quote(path)}" for path in files}
