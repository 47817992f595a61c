"""Verdicts along the history of a repository, and what moved between two of them.

A milestone is what one report says of one commit: ours (``assessment.json``), SQAaaS's (``assessment_output.json``),
or a line of the history that is kept beside a badge. Reports are read for a few facts, within limits; whatever else
they hold is not looked at.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from assaymark.errors import InputError

LEVELS = ("none", "bronze", "silver", "gold")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_NAME = re.compile(r"[A-Za-z]{1,10}\.[A-Za-z0-9.]{1,20}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d))?")
_GOOD = ("passed", "not-applicable")
_MOST_ITEMS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One report on one commit. ``moment`` is when it was made, ``committed`` the day of the commit if Git told it.

    ``outcomes`` map ids to outcomes; SQAaaS knows only passed and failed. ``sha256`` is that of the report's bytes,
    None for a line of a kept history that does not name it.
    """

    commit: str
    moment: str
    level: str
    source: str
    sha256: str | None = None
    repository: str | None = None
    assessor: str | None = None
    committed: str | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """The day to show: of the commit if it is known, else of the report."""
        return (self.committed or self.moment)[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A file that commits changed: lines added and removed, None for a file that is not text."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From one milestone to the next: what got better, what worse, and the commits and files in between."""

    before: Milestone
    after: Milestone
    better: tuple[str, ...]
    worse: tuple[str, ...]
    commits: tuple[tuple[str, str], ...] = ()
    files: tuple[Touched, ...] = ()

    @property
    def rise(self) -> int:
        """Levels gained; negative when lost."""
        return LEVELS.index(self.after.level) - LEVELS.index(self.before.level)


def read(data: bytes, where: str) -> Iterator[Milestone]:
    """The milestones in a report or in a kept history. Raises InputError with the place."""
    if where.endswith(".jsonl"):
        for number, line in enumerate(data.splitlines(), 1):
            if line.strip():
                yield _kept(_object(line, f"{where}:{number}"), f"{where}:{number}")
        return
    value = _object(data, where)
    digest = hashlib.sha256(data).hexdigest()
    if isinstance(value.get("subject"), dict):
        yield _ours(value, digest, where)
    elif isinstance(value.get("report"), dict):
        yield _sqaaas(value, digest, where)
    else:
        raise InputError("neither an assessment of ours nor one of SQAaaS", where=where)


def instant(moment: str) -> datetime:
    """A date or time as a moment in UTC; one without a zone counts as UTC. ValueError for what is none."""
    found = datetime.fromisoformat(moment)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def moves(milestones: Sequence[Milestone]) -> tuple[Move, ...]:
    """What moved from each milestone to the next, in the order given."""
    return tuple(_move(a, b) for a, b in pairwise(milestones))


def ordered(milestones: Iterable[Milestone], commits: Sequence[str] = ()) -> tuple[Milestone, ...]:
    """Oldest first: by place in the history (``commits``, oldest first) where it is known, else by time.

    Of several reports on one commit the last one counts.
    """
    place = {commit: number for number, commit in enumerate(commits)}
    latest: dict[str, Milestone] = {}
    for milestone in sorted(milestones, key=lambda m: (instant(m.moment), m.sha256 or "")):
        latest[milestone.commit] = milestone
    found = latest.values()
    if place and all(m.commit in place for m in found):
        return tuple(sorted(found, key=lambda m: place[m.commit]))
    return tuple(sorted(found, key=lambda m: (instant(m.moment), m.commit)))


def _move(before: Milestone, after: Milestone) -> Move:
    shared = sorted(set(before.outcomes) & set(after.outcomes))
    was = {id: before.outcomes[id] in _GOOD for id in shared}
    now = {id: after.outcomes[id] in _GOOD for id in shared}
    return Move(
        before=before,
        after=after,
        better=tuple(id for id in shared if now[id] and not was[id]),
        worse=tuple(id for id in shared if was[id] and not now[id]),
    )


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not a JSON document: {problem}", where=where) from problem
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where=where)
    return value


def _ours(value: Mapping[str, Any], digest: str, where: str) -> Milestone:
    subject, run = _inside(value, "subject"), _inside(value, "run")
    items = value.get("subcriteria")
    outcomes = {
        str(i["id"]): str(i["outcome"])
        for i in (items[:_MOST_ITEMS] if isinstance(items, list) else ())
        if isinstance(i, dict) and _matches(_NAME, i.get("id")) and isinstance(i.get("outcome"), str)
    }
    return Milestone(
        commit=_commit(subject.get("commit"), where),
        moment=_moment(run.get("started"), where),
        level=_level(value.get("level"), where),
        source="assaymark",
        sha256=digest,
        repository=_text(subject.get("repository")),
        assessor=_text(run.get("assaymark")),
        outcomes=outcomes,
        extra={"ref": _text(subject.get("ref")), "profile": _text(value.get("profile"))},
    )


def _sqaaas(value: Mapping[str, Any], digest: str, where: str) -> Milestone:
    """The shape that SQAaaS publishes; what it leaves null or empty is absent."""
    repositories = value.get("repository")
    repository = repositories[0] if isinstance(repositories, list) and repositories else {}
    repository = repository if isinstance(repository, dict) else {}
    outcomes: dict[str, str] = {}
    for criterion in value["report"].values():
        parts = criterion.get("subcriteria") if isinstance(criterion, dict) else None
        for id, part in list(parts.items())[:_MOST_ITEMS] if isinstance(parts, dict) else ():
            if isinstance(part, dict) and isinstance(part.get("valid"), bool) and _matches(_NAME, id):
                outcomes[id] = "passed" if part["valid"] else "failed"
    badge = _inside(value, "badge", "software")
    data = _inside(badge, "data")
    url = _text(repository.get("url")) or ""
    return Milestone(
        commit=_commit(repository.get("commit_id"), where),
        moment=_moment(data.get("issuedOn") or _inside(value, "meta").get("date") or "1970-01-01", where),
        level=_sqaaas_level(repository, badge),
        source="SQAaaS",
        sha256=digest,
        repository=re.sub(r"^https?://(?:[^/@]*@)?|\.git$", "", url) or None,
        assessor=_text(_inside(value, "meta").get("version")),
        outcomes=outcomes,
        extra={
            "ref": _text(repository.get("tag")),
            "report": value["report"],
            "badge": badge,
            "repository": repository,
            "address": _text(_inside(value, "meta").get("report_json_url")),
        },
    )


def _sqaaas_level(repository: Mapping[str, Any], badge: Mapping[str, Any]) -> str:
    """The badge that was won: as told, else the highest of which nothing is missing."""
    told = str(repository.get("badge_status") or "").lower()
    if told in LEVELS:
        return told
    criteria = badge.get("criteria")
    reached = "none"
    for level in LEVELS[1:]:
        entry = criteria.get(level) if isinstance(criteria, dict) else None
        if not isinstance(entry, dict) or entry.get("missing") or not entry.get("fulfilled"):
            break
        reached = level
    return reached


def _kept(value: Mapping[str, Any], where: str) -> Milestone:
    digest = _text(value.get("report") or value.get("sha256"))
    return Milestone(
        commit=_commit(value.get("commit"), where),
        moment=_moment(value.get("date") or value.get("moment"), where),
        level=_level(value.get("level"), where),
        source="assaymark",
        sha256=digest.removeprefix("sha256:") if digest else None,
        repository=_text(value.get("repository")),
        assessor=_text(value.get("assaymark")),
    )


def _inside(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        inner = value.get(key)
        value = inner if isinstance(inner, dict) else {}
    return dict(value)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _text(value: object, longest: int = 300) -> str | None:
    return value[:longest] if isinstance(value, str) and value else None


def _commit(value: object, where: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        raise InputError("the report does not name a commit", where=where)
    return value


def _moment(value: object, where: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise InputError(f"not a date: {value!r}", where=where)
    try:
        instant(value)
    except (ValueError, OverflowError) as problem:
        raise InputError(f"not a date: {value!r}", where=where) from problem
    return value


def _level(value: object, where: str) -> str:
    if value not in LEVELS:
        raise InputError(f"not a level: {value!r}", where=where)
    return str(value)
