"""What runs a command inside an image: one module per engine, which turns a job into an argument list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from assaymark.errors import InputError
from assaymark.job import Job

# Where a home is mounted, and what the folder in the working folder is called.
HOME, HOME_FOLDER = "/home/assaymark", "home"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An argument list (`WORK`, `INDEX`, `NAME` of `assaymark.runners.folder` in it), and what cleans up after it.

    ``limits_memory``: the engine does, so the reporter must not. ``needs`` are the programs without which nothing is
    said of the image; ``examine`` is asked after a failure: it prints ``out-of-memory`` for a command that memory
    ended, and ``refused`` where the engine never ran it (`assaymark.runners.engines.unstarted`).
    """

    argv: tuple[str, ...]
    cleanup: tuple[str, ...] = ()
    limits_memory: bool = False
    needs: tuple[str, ...] = ()
    examine: tuple[str, ...] = ()


def with_home(job: Job, binds: Sequence[str]) -> bool:
    """Whether a home is to be mounted. InputError where the site mounts something of its own there or above it."""
    inside = {bind.partition(":")[2] or bind for bind in binds}
    if job.home and inside & {str(place) for place in (PurePosixPath(HOME), *PurePosixPath(HOME).parents)}:
        raise InputError("the site mounts its own folder where a home of ours would be mounted", where=job.id)
    return job.home


class Engine(Protocol):
    """A container engine."""

    @property
    def name(self) -> str:
        """As on the command line."""

    def problem(self) -> str | None:
        """Why it cannot run anything here; None when a probe ran."""

    def version(self) -> str | None:
        """What it says of itself."""

    def wrap(self, job: Job) -> Wrapped:
        """The command inside the job's image, confined as asked; outside when the job has none.

        Raises InputError when the image cannot be had, or something that was asked cannot be taken away.
        """
