"""Where the tests of offloading run jobs, what each place needs, and how they ask."""

from __future__ import annotations

import contextlib
import time as clock
from collections.abc import Callable
from pathlib import Path
from random import randrange

import pytest

from assaymark.job import Handle, Job, Resources, Status
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

Place = Callable[[str], SharedFolder]
NEEDS = {
    "local": (),
    "sandbox": ("bwrap",),
    "bubblewrap": ("bwrap", "busybox"),
    "charliecloud": ("ch-run", "bwrap", "busybox"),
    "docker": ("root", "dockerd", "docker", "busybox"),
    "podman": ("root", "podman", "runc", "busybox"),
    "slurm": ("root", "slurmctld", "slurmd", "munged"),
    "slurm+charliecloud": ("root", "slurmctld", "slurmd", "munged", "ch-run", "bwrap", "busybox"),
    "interlink": ("bwrap", "busybox"),
    "kubernetes": ("bwrap", "busybox"),
    "login+charliecloud": ("root", "slurmctld", "slurmd", "munged", "sshd", "ssh", "ch-run", "bwrap", "busybox"),
}
WITH_IMAGE = (
    "bubblewrap",
    "charliecloud",
    "docker",
    "podman",
    "slurm+charliecloud",
    "login+charliecloud",
    "interlink",
    "kubernetes",
)

PODS = ("interlink", "kubernetes")


def places(*names: str) -> list[object]:
    """Parameters for these places, each marked with the programs that it needs."""
    return [pytest.param(n, marks=pytest.mark.service(*NEEDS[n])) for n in names or NEEDS]


def given(name: str, image: Path) -> dict[str, str]:
    """What a job needs at a place that runs images."""
    return {"image": str(image)} if name in WITH_IMAGE else {}


def sleeping() -> str:
    """A command that lasts for hours, of a length of its own: tests side by side each look for theirs."""
    return f"sleep {randrange(10**5, 10**9)}"


def waiting(file: Path) -> str:
    """A command of the host that ends when a file is there: no load of the machine makes it too short."""
    return f"while [ ! -e '{file}' ]; do sleep 0.2; done"


def processes() -> dict[int, str]:
    """The command lines of this machine by process; what has ended has none. A bare machine has no ``ps``."""
    found = {}
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found[int(place.parent.name)] = place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return found


def running(mark: str) -> list[str]:
    """Processes of this machine whose command line holds a word."""
    return [line for line in processes().values() if mark in line]


def left(mark: str) -> list[str]:
    """The same, of what is not gone within some seconds: one that was killed a moment ago may still be dying."""
    end = clock.monotonic() + 10
    while (found := running(mark)) and clock.monotonic() < end:
        clock.sleep(0.05)
    return found


def sh(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


def done(at: SharedFolder, job: Job) -> tuple[Status, ...]:
    """Submit and wait."""
    handle = at.submit(job)
    return wait(at, [handle])[job.id]


def job(id: str, script: str, time: float = 300, **more: object) -> Job:
    return Job(id=id, command=sh(script), resources=Resources(time=time), **more)  # type: ignore[arg-type]


def until(at: SharedFolder, handle: Handle, wanted: Callable[[Status], bool], seconds: float = 300) -> Status:
    """Ask until the first copy is as wanted. A container may take a minute to start on a busy machine."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        status = at.status(handle)[0]
        if wanted(status):
            return status
        clock.sleep(0.05)
    raise AssertionError(f"still {at.status(handle)[0]}")
