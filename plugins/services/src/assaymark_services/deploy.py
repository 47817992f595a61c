"""Deploying as the manifest says: a command, on this machine or where a runner runs it, and its exit status.

Nothing of it happens unless the command line asked (``--deploy``).
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from typing import Any

from assaymark.api import FactUnavailable, InputError, Job, Resources, run_program, runner_of, wait_for
from assaymark_services.manifest import Manifest

HERE = "here"
TIME = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How a command ended: its exit status (None: ``problem`` says why there is none) and what it printed."""

    code: int | None
    printed: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The first attempt and, when that went well, a second one."""

    where: str
    first: Attempt
    again: Attempt | None = None


def deployed(manifest: Manifest, where: str, engine: str | None = None) -> Deployed:
    """Run the command twice: the second run shows whether it is idempotent. Raises InputError."""
    if "deployment" not in manifest.data:
        raise InputError("--deploy needs [deployment] with a command", where=manifest.name)
    first = _attempt(manifest, where, engine)
    return Deployed(where=where, first=first, again=_attempt(manifest, where, engine) if first.code == 0 else None)


def _attempt(manifest: Manifest, where: str, engine: str | None) -> Attempt:
    table = manifest.table("deployment")
    return _here(manifest, table) if where == HERE else _job(manifest, table, where, engine)


def _environment(table: Any) -> dict[str, str]:
    """Variables that the manifest names, as they are here."""
    lacking = [name for name in table.get("environment", ()) if name not in os.environ]
    if lacking:
        raise InputError(f"the deployment needs {', '.join(lacking)} in the environment")
    return {name: os.environ[name] for name in table.get("environment", ())}


def _here(manifest: Manifest, table: Any) -> Attempt:
    if manifest.path is None:
        raise InputError("--deploy needs a manifest in a file")
    ran = run_program(
        table["command"], folder=manifest.path.parent, time=table.get("time", TIME), environment=_environment(table)
    )
    return Attempt(code=ran.code, printed=ran.stdout + ran.stderr, problem=ran.problem)


def _job(manifest: Manifest, table: Any, where: str, engine: str | None) -> Attempt:
    if table.get("environment"):
        # A job is written into a folder, and what is secret must not be.
        raise InputError("variables of [deployment] are not given to a runner", hint="--deploy here, or leave them out")
    runner = runner_of(where, engine)
    if problem := runner.problem():
        return Attempt(code=None, problem=problem)
    try:
        inputs = {name: manifest.read(name) for name in table.get("files", ())}
    except FactUnavailable as lacking:
        return Attempt(code=None, problem=lacking.reason)
    job = Job(
        id=f"deploy-{secrets.token_hex(6)}",
        command=tuple(table["command"]),
        image=str(manifest.file(table["image"])) if "image" in table else None,
        inputs=inputs,
        resources=Resources(time=table.get("time", TIME)),
    )
    handle = runner.submit(job)
    try:
        status = wait_for(runner, [handle])[job.id][0]
        log = runner.logs(handle)
    finally:
        runner.cancel(handle)
        shutil.rmtree(handle.folder, ignore_errors=True)
    return Attempt(
        code=status.code, printed=log.stdout + log.stderr, problem="" if status.code is not None else str(status.state)
    )
