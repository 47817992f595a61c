"""``local``: a process of this machine that goes on when the controller ends."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assaymark import proc
from assaymark.errors import InputError
from assaymark.job import Handle, Job, State
from assaymark.runners import folder as folders
from assaymark.runners.shared import OneFolder, Seen

# Copies run one after the other: a laptop is no cluster.
_EACH = 'i=0; while [ "$i" -lt "$2" ]; do /bin/sh "$0" "$1" "$i"; i=$((i + 1)); done'
# A reporter gives its command five seconds, and cleans up: an engine on a busy machine may take a minute for that.
GRACE = 90.0


@dataclass(frozen=True, slots=True)
class Processes(OneFolder):
    """The back end; a job's name is the number and the birth of the process that runs its copies."""

    name: str = "local"

    def problem(self) -> str | None:
        """Only Linux tells when a process was born, which is how a job is known again."""
        return None if proc.born(os.getpid()) else "this system has no /proc, by which a job is found again"

    def launch(self, handle: Handle, job: Job) -> str:
        """Start the reporter in a session of its own."""
        folder = Path(handle.folder)
        argv = ["/bin/sh", "-c", _EACH, str(folder / folders.REPORTER), str(folder), str(job.array)]
        try:
            pid = proc.detach(argv, cwd=folder, env={folders.MARK: folders.name_of(folder)})
        except OSError as problem:
            raise InputError(f"/bin/sh could not be started: {problem.strerror}", where=str(folder)) from problem
        return f"{pid}:{proc.born(pid) or 'over'}"

    def find(self, handle: Handle) -> str | None:
        """The session leader among the processes that carry the job's mark."""
        for pid in _marked(handle):
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(pid) == pid and (born := proc.born(pid)):
                    return f"{pid}:{born}"
        return None

    def seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        """Running as long as the process is there."""
        if _alive(handle):
            return {i: Seen(State.RUNNING) for i in wanted}
        return {i: Seen(State.NO_VERDICT, "its process ended and wrote no verdict") for i in wanted}

    def stop(self, handle: Handle) -> None:
        """Ask the reporters to end their commands and say so; then kill whatever carries the mark."""
        marked = set(_marked(handle))
        if pid := _alive(handle):
            # First the loop, so that no further copy starts.
            _signal(pid, signal.SIGKILL)
        reporters = marked & {folders.reporter_pid(handle.folder, i) for i in _open(handle)}
        for each in reporters:
            _signal(each, signal.SIGTERM)
        end = time.monotonic() + GRACE
        while any(map(proc.born, reporters)) and time.monotonic() < end:
            time.sleep(0.02)
        # Until none is left: one that was just starting may be overlooked, and one that is killed takes a moment.
        end = time.monotonic() + GRACE
        while left := [pid for pid in (*_marked(handle), _alive(handle)) if pid]:
            for each in left:
                _signal(each, signal.SIGKILL)
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        self._clean(handle)

    def _clean(self, handle: Handle) -> None:
        """What a reporter that was killed could not clean up."""
        if Path(handle.folder, "cleanup").is_file():
            for index in _open(handle):
                words = ["/bin/sh", f"{handle.folder}/cleanup", str(index)]
                proc.run(words, cwd=handle.folder, timeout=60, memory=None)


def _marked(handle: Handle) -> tuple[int, ...]:
    return proc.marked(folders.MARK, folders.name_of(handle.folder))


def _open(handle: Handle) -> list[int]:
    """Copies that began and have no verdict."""
    every = range(handle.array)
    return [i for i in every if folders.started(handle.folder, i) and folders.verdict(handle, i) is None]


def _alive(handle: Handle) -> int | None:
    number, _, born = (handle.reference or "").partition(":")
    return int(number) if number.isdecimal() and proc.born(int(number)) == born else None


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
