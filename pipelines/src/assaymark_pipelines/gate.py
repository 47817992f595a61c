"""A gate: a command in a container that leaves reports. Its verdict is drawn from data, after they are at hand.

A tool that found something and one that broke are told apart by what it documents: its exit status *and* a report that
must be there. What only ended with 0 is not passed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import dagger
from dagger import dag

from assaymark.api import Outcome
from assaymark_pipelines.settings import Settings

REPORTS = "/reports"
SUMMARY = "pipeline.json"
TAIL = 4000
PAUSE = 1.0
# The exit statuses of assaymark; any other is a crash.
ASSAYMARK: Mapping[int, Outcome] = {0: Outcome.PASSED, 1: Outcome.FAILED, 2: Outcome.ERROR, 3: Outcome.UNKNOWN}
# Of a command of which only success is documented.
PLAIN: Mapping[int, Outcome] = {0: Outcome.PASSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``argv`` runs in ``box`` and writes below `REPORTS`; ``proof`` is the report without which nothing is believed.

    ``meaning`` are the exit statuses that the tool documents.
    """

    name: str
    box: dagger.Container
    argv: tuple[str, ...]
    proof: str = ""
    meaning: Mapping[int, Outcome] = field(default_factory=lambda: ASSAYMARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a gate ended. ``code`` is None when the command never ended; ``reports`` when there is nothing to export."""

    name: str
    outcome: Outcome
    code: int | None = None
    reason: str = ""
    stdout: str = ""
    stderr: str = ""
    reports: dagger.Directory | None = None

    def to_json(self) -> dict[str, Any]:
        """For the summary: no host, no time."""
        told: dict[str, Any] = {"name": self.name, "outcome": self.outcome.value, "code": self.code}
        told |= {"reason": self.reason, "stdout": self.stdout[-TAIL:], "stderr": self.stderr[-TAIL:]}
        return told


def judge(gate_name: str, code: int, meaning: Mapping[int, Outcome], proof: str, names: Sequence[str]) -> Result:
    """The verdict on a command that ended by itself, from its status and the names of its reports."""
    outcome = meaning.get(code, Outcome.ERROR)
    reason = ""
    if code not in meaning:
        reason = f"it broke: exit status {code} is none that it documents"
    elif outcome is Outcome.ERROR:
        reason = "its input or configuration is wrong"
    elif proof and proof not in names:
        outcome, reason = Outcome.ERROR, f"exit status {code}, but it wrote no {proof}"
    return Result(name=gate_name, outcome=outcome, code=code, reason=reason)


async def run(gate: Gate, settings: Settings) -> Result:
    """Run one gate; whatever happens is a result, never an exception."""
    with anyio.move_on_after(settings.seconds):
        for attempt in range(1, settings.attempts + 1):
            try:
                return await _ran(gate)
            except dagger.ExecError as ended:
                return _ended(gate, ended)
            except dagger.DaggerError as problem:
                if attempt == settings.attempts:
                    return Result(name=gate.name, outcome=Outcome.ERROR, reason=f"the engine failed: {problem}")
                await anyio.sleep(PAUSE)
    return Result(name=gate.name, outcome=Outcome.ERROR, reason=f"its time of {settings.seconds:g} s was over")


async def _ran(gate: Gate) -> Result:
    # The folder must be there first: a tool that dies early would leave nothing to export.
    box = gate.box.with_directory(REPORTS, dag.directory())
    box = await box.with_exec(list(gate.argv), expect=dagger.ReturnType.ANY).sync()
    reports = box.directory(REPORTS)
    code, stdout, stderr = await box.exit_code(), await box.stdout(), await box.stderr()
    found = judge(gate.name, code, gate.meaning, gate.proof, await reports.entries())
    return Result(
        name=gate.name,
        outcome=found.outcome,
        code=code,
        reason=found.reason,
        stdout=stdout,
        stderr=stderr,
        reports=reports,
    )


def _ended(gate: Gate, ended: dagger.ExecError) -> Result:
    """A signal ended the command, or a step before it failed."""
    if tuple(ended.command) != gate.argv:
        words = " ".join(ended.command)
        reason = f"a step before it failed with {ended.exit_code}: {words[:200]}"
    else:
        reason = f"a signal ended it: {ended.exit_code - 128}"
    return Result(
        name=gate.name,
        outcome=Outcome.ERROR,
        code=ended.exit_code,
        reason=reason,
        stdout=ended.stdout,
        stderr=ended.stderr,
    )


async def together(gates: Sequence[Gate], settings: Settings) -> tuple[Result, ...]:
    """All gates in the session that is open, in the order given; none ends because another failed."""
    results: dict[int, Result] = {}
    limit = anyio.CapacityLimiter(settings.heavy)

    async def one(place: int, gate: Gate) -> None:
        async with limit:
            results[place] = await run(gate, settings)

    async with anyio.create_task_group() as group:
        for place, gate in enumerate(gates):
            group.start_soon(one, place, gate)
    return tuple(results[place] for place in range(len(gates)))


def status(results: Sequence[Result]) -> int:
    """The exit status for all of them, as assaymark's own: a known failure wins, then a bug of assaymark, then wrong
    input; what else broke (an engine, a crash) leaves the answer undetermined."""
    outcomes = {result.outcome for result in results}
    if Outcome.FAILED in outcomes:
        return 1
    broken = {result.code for result in results if result.outcome is Outcome.ERROR}
    for code in (4, 2):
        if code in broken:
            return code
    return 0 if outcomes == {Outcome.PASSED} else 3


def summary(results: Sequence[Result]) -> str:
    """`SUMMARY`: every gate with its outcome, in order."""
    gates = [result.to_json() for result in results]
    return json.dumps({"schema": 1, "status": status(results), "gates": gates}, indent=1, sort_keys=True) + "\n"


def collected(results: Sequence[Result]) -> dagger.Directory:
    """What there is of reports, each gate's in a folder of its name (one gate alone: at the top), and the summary."""
    folder = dag.directory()
    for result in results:
        if result.reports is not None:
            folder = folder.with_directory("." if len(results) == 1 else result.name, result.reports)
    return folder.with_new_file(SUMMARY, summary(results))
