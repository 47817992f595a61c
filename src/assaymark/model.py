"""The values every other module speaks in: frozen, and free of any input or output.

The words are those of the design and, for findings, of SARIF 2.1.0. Paths are repository-relative with
``/`` between the parts; lines and columns count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from assaymark.values import dataclass

EMPTY: Mapping[str, str | int | float | bool] = MappingProxyType({})


class Outcome(StrEnum):
    """What is known about one check or one sub-criterion."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"
    ERROR = "error"


class Grade(StrEnum):
    """How an outcome is known, from the strongest to the weakest."""

    MEASURED = "measured"
    SELF_REPORTED = "self-reported"
    ATTESTED = "attested"


class Requirement(StrEnum):
    """How strongly a standard asks for something (RFC 2119; RECOMMENDED is SHOULD)."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"
    NONE = "NONE"

    @property
    def binding(self) -> bool:
        """Whether the standard leaves no choice."""
        return self in (Requirement.MUST, Requirement.MUST_NOT)


class Severity(StrEnum):
    """How bad a finding is, in the words of SARIF ``level``."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Level(StrEnum):
    """What is struck on the subject."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"

    @property
    def rank(self) -> int:
        """0 for none, 3 for gold."""
        return list(Level).index(self)


class DecidedBy(StrEnum):
    """Where the evidence for a sub-criterion comes from."""

    FILES = "files"
    GIT = "git"
    FORGE = "forge"
    PROBE = "probe"
    TOOLS = "tools"
    TRIAL = "trial"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in the subject. ``line`` is None when the whole file is meant."""

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, where it is, and how to mend it."""

    rule: str
    message: str
    severity: Severity = Severity.WARNING
    location: Location | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRef:
    """The external program that produced a piece of evidence."""

    name: str
    version: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one check (or tool, step, attestation) says about a sub-criterion.

    ``message`` is one sentence; ``remedy`` says what to do next when the outcome is not ``passed``.
    ``digest`` names what was looked at. ``duration`` (seconds) is a run fact and never part of the stable content.
    """

    outcome: Outcome
    message: str
    check: str = ""
    grade: Grade = Grade.MEASURED
    findings: tuple[Finding, ...] = ()
    metrics: Mapping[str, str | int | float | bool] = field(default_factory=lambda: EMPTY)
    tool: ToolRef | None = None
    digest: str | None = None
    remedy: str | None = None
    link: str | None = None
    duration: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcriterion:
    """One sub-criterion of a standard (TOML: ``criteria/<kind>/<CRITERION>.toml``).

    ``tools`` restricts which tools may attach themselves, by name; None means all that do. ``tools_of`` takes the tools
    that attach themselves to another sub-criterion.
    """

    id: str
    criterion: str
    requirement: Requirement
    text: str
    why: str
    remedy: str
    decided_by: tuple[DecidedBy, ...]
    checks: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tools: tuple[str, ...] | None = None
    tools_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A family of sub-criteria that a level asks for as a whole, such as ``QC.Doc``."""

    id: str
    title: str
    kind: str
    standard: str
    subcriteria: tuple[Subcriterion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """What one level asks for. Levels are cumulative: gold includes silver includes bronze.

    ``require`` are sub-criterion ids. A criterion of which every required sub-criterion is not-applicable is
    left out and counted; at most ``max_not_applicable`` may be. At most ``max_attested`` required sub-criteria
    may rest on a person's word.
    """

    level: Level
    why: str
    require: tuple[str, ...]
    max_not_applicable: int
    max_attested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named policy: which sub-criteria make bronze, silver and gold.

    ``kind`` names the folder of the catalogue it judges by, ``adds`` further ones that are shown and can be gated;
    ``scope`` (criterion or sub-criterion ids) restricts it, empty means all of it. ``subcriteria`` holds definitions
    that replace or add to those of the catalogue.
    """

    id: str
    title: str
    version: str
    levels: tuple[LevelRule, ...]
    kind: str = "software"
    adds: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    subcriteria: tuple[Subcriterion, ...] = ()
    digest: str = ""

    def rule(self, level: Level) -> LevelRule:
        """The rule of one level; KeyError when the profile does not define it."""
        for rule in self.levels:
            if rule.level is level:
                return rule
        raise KeyError(level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A recorded exception: it quiets the gate until ``until`` and never raises the level.

    ``line`` is where the configuration has it, None when that is not known.
    """

    id: str
    reason: str
    until: date
    owner: str = ""
    path: str | None = None
    rule: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person's dated word for something no machine can decide; ``line`` is where the configuration has it."""

    id: str
    by: str
    on: date
    until: date
    statement: str
    link: str
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubcriterionResult:
    """The verdict on one sub-criterion with everything it rests on.

    ``required_for`` is the lowest level that asks for it, None when no level does.
    """

    definition: Subcriterion
    outcome: Outcome
    grade: Grade
    evidence: tuple[Evidence, ...]
    waiver: Waiver | None = None
    required_for: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """The verdict on one criterion under a profile."""

    id: str
    title: str
    outcome: Outcome
    required_for: Level | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged. ``repository`` is ``host/owner/name`` when a remote is known."""

    kind: str
    path: str
    repository: str | None = None
    commit: str | None = None
    ref: str | None = None
    swhid: str | None = None
    digest: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What differs between two runs on the same subject: never part of the stable content.

    ``facts`` tell of the place where the subject was tried: site, node, number of a batch job.
    """

    started: str
    duration: float
    host: str
    assaymark: str
    python: str
    cached: bool = False
    durations: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Subject + profile + all results + level: every report is drawn from this and nothing else.

    ``withheld`` says, per level, why it is not given although nothing is missing (limits of the profile). ``changed``
    are the paths of the change that alone was judged; empty when everything was.
    """

    subject: Subject
    profile: str
    profile_version: str
    profile_digest: str
    config_digest: str
    as_of: date
    level: Level
    missing: Mapping[Level, tuple[str, ...]]
    criteria: tuple[CriterionResult, ...]
    results: tuple[SubcriterionResult, ...]
    notices: tuple[Finding, ...]
    attested: int
    partial: tuple[str, ...]
    run: RunFacts
    withheld: Mapping[Level, tuple[str, ...]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


class Progress(Protocol):
    """How the engine tells a person what it is doing."""

    def start(self, name: str) -> None:
        """A unit of work begins."""

    def done(self, name: str, outcome: str) -> None:
        """It ended."""
