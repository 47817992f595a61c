"""The folder of a job: what the reporter reads, what it wrote, and the handle. Believes nothing but whole files.

::

    FOLDER/job.json  limits  command  examine  cleanup  report.sh  in/…  handle.json  cancelled
    FOLDER/runs/INDEX/claimed/ started host why out err work/… result.json
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Handle, Job, Log
from assaymark.records import NamedTuple
from assaymark.runners.engines import Wrapped

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
LIMIT = 65_536
OUTPUT_LIMIT = 50_000_000
REPORTER = "report.sh"
# What an engine adds for the time after the command; fields of `Wrapped`.
SCRIPTS = ("examine", "cleanup")
STATES = ("exited", "timed-out", "terminated", "out-of-memory", "refused")
# The variable that names the job to all that it starts: processes are found by it.
MARK = "ASSAYMARK_JOB"


class Verdict(NamedTuple):
    """What the job wrote about itself. ``state`` is one of `STATES`; ``began`` is a Unix time."""

    state: str
    code: int
    began: float
    took: float | None
    host: Mapping[str, str]


@cache
def reporter() -> bytes:
    """The self-reporting job."""
    return Path(__file__).with_name(REPORTER).read_bytes()


def prepare(folder: Path, job: Job, wrapped: Wrapped, *, memory: bool = True) -> None:
    """Write what the reporter needs. ``memory``: whether the reporter limits it, or somebody else does.

    Raises InputError when the folder cannot be written, or an input leaves it.
    """
    if not ID.fullmatch(job.id):
        raise InputError(f"{job.id!r} is no id of a job", hint="lower-case letters, digits and '-', at most 100")
    if not 1 <= job.array <= 100_000:
        raise InputError(f"an array of {job.array} jobs", where=job.id, hint="1 to 100,000")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        kib = (job.resources.memory or 0) * 1024 if memory else 0
        write(folder / "limits", _assignments(job, kib, wrapped.needs))
        ours = name_of(folder)
        write(folder / "command", _script(job, ours, _named(wrapped.argv, ours)))
        for name in SCRIPTS:
            if words := getattr(wrapped, name):
                write(folder / name, f"index=$1 work=${{0%/*}}/runs/$1/work\nexec {_joined(_named(words, ours))}\n")
        for name, content in job.inputs.items():
            _put(folder / "in", name, content)
        write(folder / REPORTER, reporter())
        write(folder / "job.json", json.dumps(_described(job), indent=1, sort_keys=True) + "\n")
    except OSError as problem:
        raise InputError(f"the job cannot be written: {problem.strerror or problem}", where=str(folder)) from problem


def name_of(folder: str | Path) -> str:
    """What a job is called among others: an operator reads its id, and one of that id in another folder differs."""
    place = Path(folder)
    return f"{place.name}-{hashlib.sha256(str(place).encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def write(path: Path, content: str | bytes) -> None:
    """A file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
    temporary.replace(path)


def _assignments(job: Job, kib: int, needs: Sequence[str]) -> str:
    told: dict[str, str | int] = {"limit_seconds": max(1, math.ceil(job.resources.time)), "limit_memory": kib}
    told |= {"job_id": shlex.quote(job.id), "needs": shlex.quote(" ".join(needs))}
    return "".join(f"{name}={value}\n" for name, value in told.items())


def _script(job: Job, ours: str, argv: Sequence[str]) -> str:
    """Nothing of the host's environment reaches the command but where programs are and what the launcher needs.

    And nothing of an image's reaches the engine on the host: it could name another daemon or library to it.
    """
    own = dict(job.environment) if job.image is None else {}
    fixed = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", MARK: ours}
    pairs = " ".join(shlex.quote(f"{k}={v}") for k, v in (fixed | own).items())
    if job.launcher:
        return _ranks(job.launcher, pairs, argv)
    return (
        "work=$PWD index=$ASSAYMARK_INDEX user=${USER:-$(id -un)}\n"
        f'exec env -i "PATH=$PATH" "HOME=$work" "USER=$user" "ASSAYMARK_INDEX=$index" {pairs} {_joined(argv)}\n'
    )


# A rank hears of the others by variables of its launcher; nothing else of the host's reaches it.
_KEPT = "PATH|PMI*|SLURM*|OMPI*|PRTE*|MPI*|UCX*|FI_*"


def _ranks(launcher: Sequence[str], pairs: str, argv: Sequence[str]) -> str:
    script = (
        "work=$1 index=$2\n"
        "for name in $(env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p'); do\n"
        f'  case $name in {_KEPT}) ;; *) unset "$name" ;; esac\ndone\n'
        f'exec env "HOME=$work" "USER=$3" "ASSAYMARK_INDEX=$index" {pairs} {_joined(argv)}'
    )
    return (
        "work=$PWD index=$ASSAYMARK_INDEX\n"
        f'exec {shlex.join(launcher)} /bin/sh -c {shlex.quote(script)} rank "$work" "$index" "${{USER:-$(id -un)}}"\n'
    )


WORK, INDEX, NAME = "\0work", "\0index", "\0name"


def _named(argv: Sequence[str], ours: str) -> list[str]:
    return [word.replace(NAME, ours) for word in argv]


def _joined(argv: Sequence[str]) -> str:
    """The words quoted, but for `WORK` and `INDEX`, which the script knows."""

    def word(text: str) -> str:
        quoted = shlex.quote(text)
        if WORK in text or INDEX in text:
            parts = re.split(f"({WORK}|{INDEX})", text)
            known = {WORK: '"$work"', INDEX: '"$index"'}
            return "".join(known[p] if p in known else shlex.quote(p) if p else "" for p in parts)
        return quoted

    return " ".join(map(word, argv))


def _put(inputs: Path, name: str, content: bytes) -> None:
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts:
        raise InputError(f"the input {name!r} would lie outside the job")
    inputs.joinpath(*parts[:-1]).mkdir(parents=True, exist_ok=True)
    write(inputs.joinpath(*parts), content)


def _described(job: Job) -> dict[str, Any]:
    return {**asdict_plain(job), "inputs": sorted(job.inputs)}


def asdict_plain(job: Job) -> dict[str, Any]:
    """A job as JSON takes it, without the content of its inputs."""
    plain = {
        name: getattr(job, name) for name in ("id", "command", "image", "architecture", "outputs", "array", "home")
    }
    return plain | {
        "environment": sorted(job.environment),
        "labels": dict(job.labels),
        "resources": asdict(job.resources),
        "confinement": asdict(job.confinement),
    }


def save(handle: Handle) -> Handle:
    """Keep the handle where the next controller looks for it."""
    write(Path(handle.folder, "handle.json"), json.dumps(handle.to_json(), indent=1, sort_keys=True) + "\n")
    return handle


def load(folder: Path) -> Handle | None:
    """The handle in a folder; None when there is none. InputError when it is damaged."""
    data = read(folder / "handle.json")
    if data is None:
        return None
    try:
        return Handle.from_json(json.loads(data))
    except ValueError as problem:
        raise InputError(f"the handle is damaged: {problem}", where=str(folder)) from problem


def read(path: Path, limit: int = LIMIT) -> bytes | None:
    """A small regular file that is no link; None when there is none, or it is larger than the limit."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def copy(folder: str | Path, index: int) -> Path:
    """The folder of one copy of a job."""
    return Path(folder, "runs", str(index))


def started(folder: str | Path, index: int) -> float | None:
    """When a copy began (Unix time), as it wrote itself."""
    data = read(copy(folder, index) / "started")
    try:
        return float(data.split()[0]) if data else None
    except (ValueError, IndexError):
        return None


def reporter_pid(folder: str | Path, index: int) -> int | None:
    """The number of the reporter's process on the host where it runs."""
    data = read(copy(folder, index) / "started")
    try:
        return int(data.split()[1]) if data else None
    except (ValueError, IndexError):
        return None


def verdict(handle: Handle, index: int) -> Verdict | None:
    """The verdict of one copy; None when there is none that can be believed: no file, a damaged one, another job's."""
    data = read(copy(handle.folder, index) / "result.json")
    if data is None:
        return None
    try:
        told = json.loads(data)
        if (told["schema"], told["job"], told["index"]) != (1, handle.id, index):
            return None
        if told["state"] not in STATES:
            return None
        took = told["took"]
        return Verdict(
            state=told["state"],
            code=int(told["code"]),
            began=float(told["began"]),
            took=None if took is None else float(took),
            host={str(k)[:50]: str(v)[:200] for k, v in dict(told["host"]).items()},
        )
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def why(folder: str | Path, index: int) -> str:
    """Why a copy could not even begin, as its reporter says; empty when it began, or said nothing."""
    data = read(copy(folder, index) / "why", 1000) or b""
    return "".join(c if c.isprintable() else " " for c in data.decode("utf-8", "replace")).strip()


def mark_cancelled(handle: Handle) -> None:
    """Remember that we ended it: one that had hardly begun can no longer say so itself."""
    with contextlib.suppress(OSError):
        write(Path(handle.folder, "cancelled"), "")


def is_cancelled(handle: Handle) -> bool:
    """Whether we ended it."""
    return Path(handle.folder, "cancelled").is_file()


def host(handle: Handle, index: int) -> Mapping[str, str]:
    """What a copy said about its place when it began; empty when it said nothing."""
    try:
        told = json.loads(read(copy(handle.folder, index) / "host") or b"{}")
        return {str(k)[:50]: str(v)[:200] for k, v in dict(told).items()}
    except (ValueError, TypeError, RecursionError):
        return {}


def logs(folder: str | Path, index: int, limit: int) -> Log:
    """The ends of both streams."""
    return Log(stdout=_tail(copy(folder, index) / "out", limit), stderr=_tail(copy(folder, index) / "err", limit))


def _tail(path: Path, limit: int) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - limit))
        return file.read(limit)


def outputs(folder: str | Path, index: int, names: Sequence[str]) -> dict[str, bytes]:
    """The files of these names below the work folder. A link anywhere on the way is not followed: it is no output."""
    found = {}
    work = copy(folder, index) / "work"
    for name in names:
        path = Path(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            continue
        steps = [work.joinpath(*path.parts[:n]) for n in range(1, len(path.parts))]
        if any(step.is_symlink() for step in steps):
            continue
        data = read(work / path, OUTPUT_LIMIT)
        if data is not None:
            found[name] = data
    return found


def asked_outputs(folder: str | Path) -> tuple[str, ...]:
    """The outputs that the job in this folder was asked for."""
    data = read(Path(folder, "job.json"), 10_000_000)
    try:
        return tuple(map(str, json.loads(data)["outputs"])) if data else ()
    except (ValueError, KeyError, TypeError):
        return ()
