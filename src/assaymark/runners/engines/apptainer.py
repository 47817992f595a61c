"""Apptainer (or Singularity): a command in the unpacked image. Tested by its documented command line only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Job
from assaymark.runners.engines import Wrapped
from assaymark.runners.engines.probe import Ask, first_line, ran
from assaymark.runners.folder import INDEX, MARK, WORK


@dataclass(frozen=True, slots=True)
class Apptainer:
    """``program`` is apptainer or singularity; ``folder`` gives the unpacked folder (a sandbox, in its words)."""

    folder: Callable[[str], Path]
    program: str = "apptainer"
    ask: Ask = ran
    binds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.program

    def problem(self) -> str | None:
        """Whether the program is there."""
        done = self.ask([self.program, "--version"])
        return None if done.returncode == 0 else f"{self.program} does not work here: {first_line(done)}"

    def version(self) -> str | None:
        """What it says of itself."""
        done = self.ask([self.program, "--version"])
        return first_line(done).rpartition(" ")[2] if done.returncode == 0 else None

    def wrap(self, job: Job) -> Wrapped:
        """Everything of the host left out; it always runs as the caller, with a read-only root."""
        if job.image is None:
            return Wrapped(job.command)
        if job.confinement.user is not None:
            raise InputError(f"{self.program} runs as the caller only: it cannot take an arbitrary user")
        if not job.confinement.read_only:
            raise InputError(f"{self.program} runs an unpacked image only with a read-only root")
        # Ranks share the memory of their node, and hear of one another by variables.
        apart = ["--no-home"] if job.launcher else ["--containall", "--no-home", "--cleanenv"]
        argv = [self.program, "exec", *apart, "--bind", f"{WORK}:/mnt"]
        argv += ["--nv"] if job.resources.gpus else []
        argv += ["--pwd", "/mnt"]
        for pair in self.binds:
            argv += ["--bind", pair]
        if not job.confinement.network:
            argv += ["--net", "--network", "none"]
        variables = {"LANG": "C.UTF-8", MARK: job.id, "ASSAYMARK_INDEX": INDEX, **job.environment}
        for name, value in variables.items():
            if "," in value:
                raise InputError(f"{self.program} takes no comma in a variable ({name})")
            argv += ["--env", f"{name}={value}"]
        return Wrapped((*argv, str(self.folder(job.image)), *job.command))
