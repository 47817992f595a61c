"""The one model behind all provenance that we write: who did what to which thing, when, and with what outcome.

It holds no host name, no user, no environment and no path outside the subject. Times are RFC 3339 in UTC, ending in
``Z``; digests are lower-case hexadecimal of SHA-256 without a prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

Value = str | int | float | bool
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Work(StrEnum):
    """What kind of work is told of."""

    ASSESSMENT = "assessment"
    VALIDATION = "validation"
    MODEL = "model-validation"
    SMOKE = "smoke-test"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A thing with a digest: a file, a source tree, an image, a model, a dataset, an upstream provenance document.

    ``sha256`` is None only for what cannot be had as bytes (then ``uri`` or ``commit`` names it).
    """

    name: str
    kind: str
    sha256: str | None = None
    uri: str | None = None
    commit: str | None = None
    media_type: str | None = None
    facts: Mapping[str, Value] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that took part. ``sha256`` is the digest of the program when it is known."""

    name: str
    version: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One unit of work: a check, a tool's run, a scheduler job. ``evidence`` is what it left.

    ``used`` are inputs beside subject and plans. ``seconds`` is how long it took, when that is known.
    """

    id: str
    outcome: str
    message: str
    evidence: Artifact
    tool: Tool | None = None
    used: tuple[Artifact, ...] = ()
    seconds: float | None = None
    link: str | None = None
    facts: Mapping[str, Value] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one criterion, and the ids of the steps that it rests on. ``waiver`` is told, never applied."""

    id: str
    text: str
    requirement: str
    outcome: str
    grade: str
    steps: tuple[str, ...]
    references: tuple[str, ...] = ()
    required_for: str | None = None
    waiver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The run and who stands behind it, from what a CI host says of itself.

    ``id`` is an absolute address that no other run has. ``workflow`` is the file of the workflow with its ref, as
    ``owner/repo/.github/workflows/x.yml@refs/heads/main``.
    """

    id: str
    started: str
    ended: str
    job: str = "local"
    url: str | None = None
    server: str | None = None
    repository: str | None = None
    owner: str | None = None
    workflow: str | None = None
    workflow_commit: str | None = None
    event: str | None = None
    ref: str | None = None
    runner: str | None = None
    facts: Mapping[str, Value] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that is told of one run.

    ``plans`` are what the verdict was reached by (configuration, profile, thresholds); ``inputs`` what else went in
    (reference data, an upstream provenance document); ``outputs`` what came out beside the report. ``previous`` is the
    last account of the same subject: its commit and the digest of its report.
    """

    work: Work
    subject: Artifact
    run: Run
    version: str
    report: Artifact
    plans: tuple[Artifact, ...]
    steps: tuple[Step, ...]
    results: tuple[Result, ...]
    verdict: str
    content: str
    inputs: tuple[Artifact, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    missing: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    previous: Artifact | None = None
    facts: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
