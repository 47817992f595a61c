"""What a workflow runs for, from its environment and the payload of the event, which others may have shaped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.records import NamedTuple

LIMIT = 26_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}")


class Event(NamedTuple):
    """One event. ``base`` is the commit that a change is measured against, ``head`` the newest of the change.

    What the payload does not say in the expected form is None: nothing is guessed. ``fork`` is true only when the
    payload says that the head lies in another repository, or cannot say where it lies.
    """

    name: str = ""
    repository: str | None = None
    base: str | None = None
    head: str | None = None
    number: int | None = None
    fork: bool = False


def read(environment: Mapping[str, str]) -> Event:
    """The event of this run; an empty one outside GitHub Actions or when the payload cannot be read."""
    name = environment.get("GITHUB_EVENT_NAME", "")
    repository = _matching(_REPOSITORY, environment.get("GITHUB_REPOSITORY"))
    data = payload(environment.get("GITHUB_EVENT_PATH", ""))
    pull = data.get("pull_request")
    if isinstance(pull, dict):
        return _of_pull_request(name, repository, pull)
    head = _matching(_COMMIT, environment.get("GITHUB_SHA"))
    before = _matching(_COMMIT, data.get("before"))
    # A branch that is new has no earlier commit.
    base = before if before and set(before) != {"0"} else None
    return Event(name, repository, base, head)


def _of_pull_request(name: str, repository: str | None, pull: Mapping[str, Any]) -> Event:
    head, base = _table(pull.get("head")), _table(pull.get("base"))
    origin = _table(head.get("repo")).get("full_name")
    target = _table(base.get("repo")).get("full_name") or repository
    number = pull.get("number")
    return Event(
        name=name,
        repository=repository,
        base=_matching(_COMMIT, base.get("sha")),
        head=_matching(_COMMIT, head.get("sha")),
        number=number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None,
        fork=origin is None or origin != target,
    )


def payload(path: str) -> Mapping[str, Any]:
    """The whole payload, as GitHub wrote it; empty when it cannot be read."""
    try:
        file = Path(path)
        if not file.is_file() or file.stat().st_size > LIMIT:
            return {}
        return _table(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
