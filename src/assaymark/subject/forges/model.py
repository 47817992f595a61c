"""What was seen on a forge, as plain values.

A part that could not be read is None and its reason stands in `Forge.missing`: a check that needs it answers
``unknown`` with that reason. Numbers of requests and issues are samples of the latest ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
GREEN = frozenset({"success", "neutral", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One submitted review. ``state`` is APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    author: str = ""
    state: str = "COMMENTED"
    association: str = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One check on a commit; ``conclusion`` as GitHub names it, ``pending`` while it runs."""

    name: str = ""
    conclusion: str = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One merged pull request. ``fork`` is None when the head's repository is gone; ``bot`` is about its author."""

    number: int = 0
    title: str = ""
    body: str = ""
    author: str = ""
    association: str = "NONE"
    bot: bool = False
    head: str = ""
    base: str = ""
    fork: bool | None = None
    merge_commit: str = ""
    merged: str = ""
    reviews: tuple[Review, ...] | None = None
    checks: tuple[Run, ...] | None = None

    @property
    def approvals(self) -> int | None:
        """Approvals by others than the author; None when the reviews were not seen."""
        if self.reviews is None:
            return None
        return len({r.author for r in self.reviews if r.state == "APPROVED" and r.author != self.author})

    @property
    def reviewed(self) -> bool | None:
        """Whether someone else submitted a review of any kind; None when the reviews were not seen."""
        return None if self.reviews is None else any(r.author != self.author for r in self.reviews)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue; ``length`` counts the characters of its text, dates are ISO."""

    number: int = 0
    title: str = ""
    length: int = 0
    association: str = "NONE"
    bot: bool = False
    labels: tuple[str, ...] = ()
    state: str = "open"
    created: str = ""
    closed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Rules of the default branch; None is what the token may not see."""

    force_push_blocked: bool | None = None
    required_checks: tuple[str, ...] | None = None
    required_reviews: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One published release."""

    tag: str = ""
    name: str = ""
    length: int = 0
    published: str = ""
    prerelease: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit of the default branch: the pull requests that it belongs to (None: not asked), and its checks."""

    commit: str = ""
    pulls: tuple[int, ...] | None = None
    checks: tuple[Run, ...] | None = None

    @property
    def green(self) -> bool | None:
        """Whether all finished checks succeeded; None when there is none or one still runs."""
        if not self.checks:
            return None
        ended = [run.conclusion for run in self.checks if run.conclusion != "pending"]
        if any(conclusion not in GREEN for conclusion in ended):
            return False
        return True if len(ended) == len(self.checks) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """Which community files the forge shows for the repository, those inherited from its organisation included."""

    readme: bool = False
    contributing: bool = False
    code_of_conduct: bool = False
    issue_template: bool = False
    pull_request_template: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A community file of the owner's ``.github`` repository, which holds where a repository has none of its own.

    ``path`` is shown as ``owner/.github/path``; ``text`` may be cut.
    """

    path: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Open code-scanning alerts: how many (at most 100 are counted), and the day of the oldest."""

    open: int = 0
    oldest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """The repository as the forge showed it on ``fetched_at`` (ISO date).

    ``has_pulls`` is whether pull requests are switched on, ``pulls_open`` whether others than collaborators may open
    them. ``documentation`` are issues with that label.
    """

    host: str = "github.com"
    repository: str = ""
    fetched_at: str = ""
    visibility: str | None = None
    owner_type: str | None = None
    default_branch: str | None = None
    has_issues: bool | None = None
    has_pulls: bool | None = None
    pulls_open: bool | None = None
    allows_forking: bool | None = None
    archived: bool = False
    homepage: str = ""
    pages: str | None = None
    topics: tuple[str, ...] = ()
    licence: str | None = None
    branches: tuple[str, ...] | None = None
    protection: Protection | None = None
    pulls: tuple[Pull, ...] | None = None
    line_comments: int | None = None
    issues: tuple[Issue, ...] | None = None
    documentation: tuple[Issue, ...] | None = None
    releases: tuple[Release, ...] | None = None
    changes: tuple[Change, ...] | None = None
    alerts: Alerts | None = None
    community: Community | None = None
    defaults: tuple[Default, ...] | None = None
    missing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def why(self, part: str) -> str:
        """Why a part is not there."""
        return self.missing.get(part, f"the forge did not show {part.replace('_', ' ')}")

    @property
    def seen_on(self) -> str:
        """The day on which all this was seen; evidence that rests on it carries it."""
        return self.fetched_at

    @property
    def people_pulls(self) -> tuple[Pull, ...]:
        """The sample of merged pull requests without those of bots."""
        return tuple(pull for pull in self.pulls or () if not pull.bot)

    def to_json(self) -> dict[str, Any]:
        """As JSON data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Forge:
        """Read JSON data; keys that are missing take their defaults. Raises ValueError naming what is wrong."""
        return _decode(cls, data, "forge")


def _decode(kind: type[T], data: object, where: str) -> T:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} must be an object")
    types = get_type_hints(kind)
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"{where} has no {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return kind(**{key: _value(types[key], value, f"{where}.{key}") for key, value in data.items()})


def _value(kind: Any, value: object, where: str) -> Any:
    if get_origin(kind) is UnionType:
        if value is None:
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where} must be a list")
        return tuple(_value(get_args(kind)[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if kind in (str, int, bool):
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"{where} must be of type {kind.__name__}")
        return value
    if get_origin(kind) is not None:  # the mapping of reasons
        if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
            raise ValueError(f"{where} must map names to text")
        return MappingProxyType(dict(value))
    return _decode(kind, value, where)
