"""``[[tool.assaymark.step]]``: how a project adds evidence of its own to any sub-criterion.

Each of ``pre``, ``command`` and ``post`` is a list of lines that are run as one script by ``sh -e`` at the checkout's
root: steps are shell, the user consented to exactly that with ``--run-steps``, and no text of ours becomes part of
them. A ``pre`` that fails is an ``error``; ``post`` runs always, whatever happened. With ``report`` and ``format`` the
report decides, else the exit code of ``command``. With ``container`` the three run in that image.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assaymark import proc
from assaymark.api import Check, Evidence, Grade, Options, Outcome, ToolRef, unknown
from assaymark.subject.files import read_file
from assaymark.subject.parsing import REPORT_LIMIT
from assaymark.tools.found import report_of
from assaymark.tools.ingest import evidence_of
from assaymark.tools.text import last_lines

TIMEOUT = 1800
_ENGINES = ("docker", "podman")
_INSIDE = "/work"
# A command that is not there, or is no program, has judged nothing; nor has a container that was never made.
_NOT_STARTED = (126, 127)
_ENGINE_BROKE = (125, *_NOT_STARTED)


def step_checks(steps: Iterable[Mapping[str, Any]], options: Options) -> tuple[Check, ...]:
    """One check per step, attached to the sub-criterion that it names. Steps of equal name are told apart."""
    found: list[Check] = []
    for number, step in enumerate(steps):
        id = f"step.{step['name']}"
        if any(check.id == id for check in found):
            id = f"{id}.{number + 1}"
        found.append(_check(id, step, options))
    return tuple(found)


def _check(id: str, step: Mapping[str, Any], options: Options) -> Check:
    def function() -> Evidence:
        """A step that the project defines itself; it runs only with --run-steps."""
        if not options.run_steps:
            return unknown(f"step {step['name']!r} was not run: needs --run-steps", remedy="run with --run-steps")
        if options.root is None:
            return unknown(f"step {step['name']!r} needs the files on disk", remedy="assess a checkout")
        return run_step(step, options.root)

    return Check(id=id, function=function, needs=(), subcriteria=(step["criterion"],), external=options.run_steps)


def run_step(step: Mapping[str, Any], root: Path) -> Evidence:
    """Run one step in the checkout and judge it."""
    timeout = step.get("timeout") or TIMEOUT
    engine = None
    if step.get("container"):
        engine = next((e for e in map(shutil.which, _ENGINES) if e), None)
        if engine is None:
            return _evidence(step, Outcome.UNKNOWN, "it needs docker or podman, and neither is installed")

    def script(lines: Sequence[str]) -> proc.Completed:
        return proc.run(
            _argv(lines, step.get("container"), engine, root), cwd=root, env=_environment(engine), timeout=timeout
        )

    unstarted = _ENGINE_BROKE if engine else _NOT_STARTED

    try:
        if step.get("pre") and (wrong := _wrong(script(step["pre"]), timeout)):
            return _evidence(step, Outcome.ERROR, f"'pre' failed: {wrong}")
        _forget(step, root)
        done = script(step["command"])
        if done.returncode in unstarted:
            return _evidence(step, Outcome.ERROR, f"it could not be run: {_wrong(done, timeout)}")
        return _judge(step, done, root, timeout)
    finally:
        if step.get("post"):
            script(step["post"])


def _argv(lines: Sequence[str], image: str | None, engine: str | None, root: Path) -> list[str]:
    shell = ["sh", "-e", "-c", "\n".join(lines)]
    if not image or not engine:
        return shell
    user = f"{os.getuid()}:{os.getgid()}"
    # The client of Podman finds none on many machines.
    init = ["--init"] if Path(engine).name == "docker" else []
    return [
        *(engine, "run", "--rm", *init, "--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--user", user),
        *("--volume", f"{root}:{_INSIDE}", "--workdir", _INSIDE, "--entrypoint", shell[0], image, *shell[1:]),
    ]


def _environment(engine: str | None) -> dict[str, str]:
    """A step sees the user's PATH and active environment; a container engine also where it is reached."""
    wanted = ("VIRTUAL_ENV", "CONDA_PREFIX", *(("DOCKER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR") if engine else ()))
    found = {name: os.environ[name] for name in wanted if name in os.environ}
    return found | {"PYTHONSAFEPATH": ""}


def _forget(step: Mapping[str, Any], root: Path) -> None:
    """A report of an earlier run must not speak for this one."""
    if step.get("report"):
        place = root / step["report"]
        if _inside(place, root) and place.is_file() and not place.is_symlink():
            place.unlink()


def _inside(place: Path, root: Path) -> bool:
    return place.resolve().is_relative_to(root.resolve())


def _judge(step: Mapping[str, Any], done: proc.Completed, root: Path, timeout: float) -> Evidence:
    if not done.finished:
        return _evidence(step, Outcome.UNKNOWN, _wrong(done, timeout))
    if step.get("report"):
        return _by_report(step, done, root)
    if done.returncode:
        return _evidence(step, Outcome.FAILED, _wrong(done, timeout))
    return _evidence(step, Outcome.PASSED, "it ended with exit code 0")


def _by_report(step: Mapping[str, Any], done: proc.Completed, root: Path) -> Evidence:
    path = step["report"]
    try:
        data = read_file(root, path, REPORT_LIMIT + 1)
    except OSError:
        return _evidence(step, Outcome.ERROR, f"it wrote no report {path} (exit code {done.returncode})")
    report = report_of(data, path, root)
    if step.get("format") and report.format != step["format"]:
        return _evidence(step, Outcome.ERROR, f"{path} is not in the format {step['format']}")
    if report.problem:
        return _evidence(step, Outcome.ERROR, f"{path} cannot be used: {report.problem}")
    found = evidence_of(report)
    if found.outcome is Outcome.PASSED and done.returncode:
        return _evidence(step, Outcome.FAILED, f"exit code {done.returncode}, although the report holds no problem")
    return replace(found, message=f"step {step['name']!r}: {found.message}")


def _wrong(done: proc.Completed, timeout: float) -> str:
    """What went wrong, or an empty text."""
    if done.problem:
        return done.problem
    if done.timed_out:
        return f"it did not end within {timeout:g} s; it was stopped"
    if done.truncated:
        return "it wrote more than can be read; it was stopped"
    said = last_lines(done.stderr) or last_lines(done.stdout) or "it said nothing"
    if done.killed:
        return f"it was killed: {said}"
    return f"exit code {done.returncode}: {said}" if done.returncode else ""


def _evidence(step: Mapping[str, Any], outcome: Outcome, text: str) -> Evidence:
    return Evidence(
        outcome=outcome,
        message=f"step {step['name']!r}: {text}",
        remedy=None if outcome is Outcome.PASSED else "see the step's own output",
        grade=Grade.SELF_REPORTED,
        tool=ToolRef(name=f"step {step['name']}"),
    )
