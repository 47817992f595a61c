"""A checkout is taken to a node, and something is done in it: `errand.sh` there, a job of any runner with folders.

The name of a job covers all that it was given, so the same command line takes up the job that an earlier one left.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Handle, Job, Log, Resources, State, Status, finished, told_of_run
from assaymark.records import NamedTuple
from assaymark.runners.kit import Kit
from assaymark.runners.parcel import Parcel
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import Heard, wait

ANSWER = "out/assessment.json"
# The exit status of `errand.sh` for what could not even begin.
UNABLE = 125
# Options whose value may be a file of this machine.
FILES = ("--config", "--executed", "--profile")
_EVENT = "event.json"
_ODD = re.compile(r"[^\w.+-]")
_TAIL = 16_384
_TAKEN = {"errand.sh", "errand.py", "parcel.tar.gz", "lines", "source", "out", "given", "environment", _EVENT}


class Done(NamedTuple):
    """How it ended, the end of what it said, and what it brought."""

    status: Status
    log: Log
    outputs: Mapping[str, bytes]
    handle: Handle

    @property
    def said(self) -> str:
        """The last lines for a person."""
        text = (self.log.stderr.strip() or self.log.stdout.strip()).decode("utf-8", "replace")
        lines = ["".join(c for c in line if c.isprintable()) for line in text.splitlines()]
        return "\n".join(line.removeprefix("assaymark: ") for line in lines[-20:])

    @property
    def unable(self) -> str | None:
        """Why there is no verdict of what was to be done; None when there is one."""
        if self.status.state is not State.EXITED:
            return f"{self.status.state}: {self.status.reason}" if self.status.reason else str(self.status.state)
        return (self.said.splitlines() or ["it could not begin"])[-1] if self.status.code == UNABLE else None


def assessing(
    parcel: Parcel, kit: Kit, words: Sequence[str], environment: Mapping[str, str], asked: Resources, python: str = ""
) -> Job:
    """The job that says ``assaymark assess PATH WORD…``; its output is `ANSWER`."""
    inside, inputs = placed(words)
    told, event = surroundings(environment)
    start = ["assess", str(kit.file), python, kit.machine, kit.python]
    said = ["assess", f"source/{parcel.path}", *inside, "--output", ANSWER.partition("/")[0]]
    inputs |= event | {"errand.py": _script("errand.py")}
    return _job("assess", parcel, (*start, *said), inputs, told, asked, (ANSWER,))


def stepping(parcel: Parcel, lines: Sequence[str], asked: Resources, image: str | None = None) -> Job:
    """The job that runs lines of shell in the checkout, until one fails; in an image if one is given."""
    script = "set -e\n" + "".join(f"{line}\n" for line in lines)
    inputs = {"lines": script.encode("utf-8", "surrogateescape")}
    return _job("step", parcel, ("lines", parcel.path), inputs, {}, asked, (), image)


def _job(
    kind: str,
    parcel: Parcel,
    words: Sequence[str],
    inputs: Mapping[str, bytes],
    environment: Mapping[str, str],
    asked: Resources,
    outputs: tuple[str, ...],
    image: str | None = None,
) -> Job:
    inputs = {**inputs, "errand.sh": _script("errand.sh"), "parcel.tar.gz": parcel.data}
    told = hashlib.sha256(repr((words, sorted(environment.items()), asked, image)).encode())
    for name, content in sorted(inputs.items()):
        told.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode("utf-8", "surrogateescape"))
    return Job(
        id=f"{kind}-{told.hexdigest()[:16]}",
        command=("/bin/sh", "errand.sh", *words),
        image=image,
        inputs=inputs,
        outputs=outputs,
        environment=environment,
        resources=asked,
    )


def _script(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


def placed(words: Sequence[str]) -> tuple[list[str], dict[str, bytes]]:
    """The words as they are said there, and the files of this machine that they name.

    A file keeps its name where it can: findings tell where the policy came from. Raises InputError.
    """
    inside: list[str] = list(words)
    inputs: dict[str, bytes] = {}
    for place, (option, value) in enumerate(itertools.pairwise(words)):
        if option in FILES and Path(value).is_file():
            path = Path(value)
            own = not path.is_absolute() and ".." not in path.parts and path.parts[0] not in _TAKEN
            name = path.as_posix() if own else f"given/{len(inputs)}-{_ODD.sub('_', path.name)}"
            try:
                inputs[name] = path.read_bytes()
            except OSError as problem:
                raise InputError(f"it cannot be read: {problem.strerror}", where=value) from problem
            inside[place + 1] = name
    return inside, inputs


def surroundings(environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, bytes]]:
    """The variables of a CI run for the job, and the file with its event."""
    told = told_of_run(environment)
    try:
        event = Path(environment.get("GITHUB_EVENT_PATH") or "/nonexistent").read_bytes()
    except OSError:
        return told, {}
    return told | {"GITHUB_EVENT_PATH": _EVENT}, {_EVENT: event}


def carried_out(at: SharedFolder, job: Job, heard: Heard | None = None) -> Done:
    """Submit, wait and bring back; nothing is left there. When it is interrupted the job is ended.

    Raises InputError when it is refused.
    """
    handle = at.submit(job)
    try:
        status = wait(at, [handle], heard)[job.id][0]
        found = Done(status, at.logs(handle, 0, _TAIL), at.collect(handle), handle)
    except BaseException:
        with contextlib.suppress(InputError):  # what could not be ended stays known
            at.cancel(handle)
            _forget(at, handle)
        raise
    _forget(at, handle)
    return found


def _forget(at: SharedFolder, handle: Handle) -> None:
    # What cannot be asked after, or still runs, stays known to `assaymark jobs`.
    with contextlib.suppress(InputError):
        if finished(at.status(handle)):
            at.forget(handle)
