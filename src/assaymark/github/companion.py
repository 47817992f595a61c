"""What runs after a pull request's own run, with a token that may write: for forks, whose runs have none.

Everything that the first run left is the work of whoever opened the pull request. Which commit it is about, and which
pull request, therefore come from GitHub's event and from the API, never from the artifact; of the artifact only the
assessment is read, by a strict schema, and shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.model import Assessment

EVENT = "workflow_run"
MOST = 5  # pull requests with the same head
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FROM = "the event of this run"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The run that came before, in GitHub's own words. ``head_repository`` is None when the fork is gone."""

    run: int
    head: str
    conclusion: str
    repository: str
    head_repository: str | None
    branch: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request: its number, its newest commit, and whether that comes from another repository."""

    number: int
    head: str
    fork: bool


def origin_of(payload: Json, repository: str) -> Origin:
    """The run that the event tells of. Raises InputError when it is not the run of a pull request in ``repository``."""
    before = _table(payload.get("workflow_run"))
    if before.get("event") not in ("pull_request", "pull_request_target"):
        raise InputError("the run before was not for a pull request", where=_FROM)
    here = _table(payload.get("repository")).get("full_name")
    if not _same(here, repository):
        raise InputError("it is about another repository", where=_FROM)
    head, run = before.get("head_sha"), before.get("id")
    if not isinstance(head, str) or not _COMMIT.fullmatch(head):
        raise InputError("it names no commit", where=_FROM)
    if not isinstance(run, int) or isinstance(run, bool) or run <= 0:
        raise InputError("it names no run", where=_FROM)
    origin = _table(before.get("head_repository")).get("full_name")
    return Origin(
        run=run,
        head=head,
        conclusion=_text(before.get("conclusion")),
        repository=repository,
        head_repository=origin if isinstance(origin, str) else None,
        branch=_text(before.get("head_branch")),
        url=_text(before.get("html_url")),
    )


def pulls_of(client: Client, origin: Origin) -> list[Pull]:
    """The open pull requests whose head *is now* the commit that was judged; none after a newer push.

    Raises ForgeProblem.
    """
    found: dict[int, Pull] = {}
    for row in _candidates(client, origin):
        number = row.get("number")
        if isinstance(number, int) and _fits(row, origin):
            found[number] = shown(row)
    return [found[n] for n in sorted(found)[:MOST]]


def shown(pull: Json) -> Pull:
    """What the API says of a pull request; one whose origin is not known counts as a fork. Raises ForgeProblem."""
    head, base = _table(pull.get("head")), _table(pull.get("base"))
    number, commit = pull.get("number"), head.get("sha")
    if not isinstance(number, int) or not isinstance(commit, str):
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
    there, here = _table(head.get("repo")).get("full_name"), _table(base.get("repo")).get("full_name")
    return Pull(number=number, head=commit, fork=not _same(there, here))


def _candidates(client: Client, origin: Origin) -> Iterator[Json]:
    try:
        yield from client.pages(f"/commits/{origin.head}/pulls", most=100)
    except ForgeProblem as problem:
        if problem.trouble not in (Trouble.ABSENT, Trouble.INVALID, Trouble.CONFLICT):
            raise  # else the commit is not known in this repository: it lies in the fork
    owner = (origin.head_repository or "").partition("/")[0]
    if owner and origin.branch:
        yield from client.pages("/pulls", most=100, state="open", head=f"{owner}:{origin.branch}")


def _fits(pull: Json, origin: Origin) -> bool:
    head, base = _table(pull.get("head")), _table(pull.get("base"))
    there = _table(head.get("repo")).get("full_name")
    return (
        pull.get("state") == "open"
        and head.get("sha") == origin.head
        and _same(_table(base.get("repo")).get("full_name"), origin.repository)
        and (_same(there, origin.head_repository) if origin.head_repository else there is None)
    )


def restated(assessment: Assessment, host: str, origin: Origin) -> Assessment:
    """The assessment as one of the commit and the repository that GitHub names, whatever it says of itself."""
    subject = replace(
        assessment.subject, repository=f"{host}/{origin.repository}", commit=origin.head, ref=None, dirty=False
    )
    return replace(assessment, subject=subject)


def _same(one: object, other: object) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()


def _table(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""
