"""What a CI definition says, whatever system it is written for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from assaymark.records import NamedTuple
from assaymark.values import dataclass

ON_CHANGE = frozenset({"push", "pull_request", "pull_request_target", "merge_group"})
REQUESTS = frozenset({"pull_request", "pull_request_target", "merge_group"})
MAX_STEPS = 5_000
NOTHING: Mapping[str, str] = MappingProxyType({})


class CiStep(NamedTuple):
    """One command or one reused action. ``path`` differs from the CI file's when it stands in an action or template."""

    path: str
    line: int
    name: str = ""
    run: str = ""
    uses: str = ""
    condition: str = ""
    inputs: Mapping[str, str] = NOTHING
    env: Mapping[str, str] = NOTHING
    may_fail: bool = False


class CiJob(NamedTuple):
    """Steps that run together. ``uses`` is the reusable workflow that the job calls in place of steps of its own.

    ``on_change`` is False when the job's own conditions keep it to tags, releases, schedules or a person's click.
    ``env`` are the variables that the definition gives all its steps.
    """

    name: str
    line: int
    steps: tuple[CiStep, ...] = ()
    uses: str = ""
    image: str = ""
    condition: str = ""
    on_change: bool = True
    may_fail: bool = False
    env: Mapping[str, str] = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class CiFile:
    """One definition. ``problem`` says why it (or a part of it) could not be read.

    ``triggers`` are GitHub's words for every system: push, pull_request, tag (pushes of tags only), schedule,
    workflow_dispatch, release, workflow_call … ``includes`` are templates, orbs and files it takes in;
    ``called_by`` the files of this repository that call it.
    """

    path: str
    system: str
    name: str = ""
    triggers: frozenset[str] = frozenset()
    jobs: tuple[CiJob, ...] = ()
    includes: tuple[str, ...] = ()
    called_by: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def on_change(self) -> bool:
        """Whether a push to a branch or a pull request starts it by itself."""
        return bool(self.triggers & ON_CHANGE)

    @property
    def on_request(self) -> bool:
        """Whether a pull (merge) request starts it by itself."""
        return bool(self.triggers & REQUESTS)

    def steps(self) -> Iterator[tuple[CiJob, CiStep]]:
        """All steps with their job."""
        return ((job, step) for job in self.jobs for step in job.steps)


class Workflows(NamedTuple):
    """All CI definitions of the subject, in the order of their paths."""

    files: tuple[CiFile, ...] = ()

    def on_change(self) -> tuple[CiFile, ...]:
        """Those that a push or a pull request starts, and the local workflows which those call."""
        return self._started(ON_CHANGE)

    def on_request(self) -> tuple[CiFile, ...]:
        """Those that a pull (merge) request starts, and the local workflows which those call."""
        return self._started(REQUESTS)

    def commands(self, *, on_change: bool = False) -> Iterator[tuple[CiFile, CiJob, CiStep]]:
        """Every (file, job, step); with ``on_change`` only what a push or a pull request starts."""
        for file in self.on_change() if on_change else self.files:
            for job, step in file.steps():
                if job.on_change or not on_change:
                    yield file, job, step

    @property
    def problems(self) -> tuple[CiFile, ...]:
        """Files that could not be read, or not wholly."""
        return tuple(f for f in self.files if f.problem)

    def _started(self, triggers: frozenset[str]) -> tuple[CiFile, ...]:
        started = {f.path for f in self.files if f.triggers & triggers}
        for _ in range(len(self.files)):  # calls may be nested
            more = {f.path for f in self.files if f.path not in started and started & set(f.called_by)}
            if not more:
                break
            started |= more
        return tuple(f for f in self.files if f.path in started)


def link_calls(files: tuple[CiFile, ...]) -> tuple[CiFile, ...]:
    """Fill ``called_by``: who uses a local reusable workflow (``./.github/workflows/x.yml``) or takes in a template."""
    callers: dict[str, set[str]] = {}
    for file in files:
        for called in {job.uses for job in file.jobs} | set(file.includes):
            for path in (called.removeprefix("./").lstrip("/"), beside(file.path, called)):
                callers.setdefault(path, set()).add(file.path)
    return tuple(replace(f, called_by=tuple(sorted(callers.get(f.path, set()) - {f.path}))) for f in files)


def beside(path: str, called: str) -> str:
    """``called`` as a path from the root when it is written relative to the folder of ``path``."""
    from posixpath import dirname, join, normpath

    return normpath(join(dirname(path), called))
