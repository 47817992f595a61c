"""Apptainer (or Singularity): a command in the unpacked image. Tested by its documented command line only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Job
from assaymark.runners.engines import HOME, HOME_FOLDER, Wrapped, with_home
from assaymark.runners.engines.caller import as_caller
from assaymark.runners.engines.probe import Ask, first_line, ran
from assaymark.runners.engines.unstarted import by_words
from assaymark.runners.folder import INDEX, MARK, NAME, WORK

_UNSTARTED = by_words(
    "^(FATAL|ERROR|WARNING|INFO) *: ",
    '^FATAL: +(stat |exec |fork/exec |permission denied|"[^"]*": executable file not found)',
)


@dataclass(frozen=True, slots=True)
class Apptainer:
    """``program`` is apptainer or singularity; ``folder`` gives the unpacked folder (a sandbox, in its words)."""

    folder: Callable[[Job], Path]
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
        as_caller(self.program, self.ask, job)
        if not job.confinement.read_only:
            raise InputError(f"{self.program} runs an unpacked image only with a read-only root")
        # Ranks share the memory of their node, and hear of one another by variables.
        home = ["--home", f"{WORK}/{HOME_FOLDER}:{HOME}"] if with_home(job, self.binds) else ["--no-home"]
        apart = home if job.launcher else ["--containall", *home, "--cleanenv"]
        argv = [self.program, "exec", *apart, "--no-eval", "--bind", f"{WORK}:/mnt"]
        argv += ["--nv"] if job.resources.gpus else []
        argv += ["--pwd", "/mnt"]
        for pair in self.binds:
            argv += ["--bind", pair]
        if not job.confinement.network:
            argv += ["--net", "--network", "none"]
        variables = {"LANG": "C.UTF-8", MARK: NAME, "ASSAYMARK_INDEX": INDEX, **job.environment}
        # Not by --env, which divides values at commas: images for GPUs have variables with commas.
        prefix = f"{self.program.upper()}ENV_"
        told = [f"{prefix}{name}={value}" for name, value in variables.items()]
        words = ("env", *told, *argv, str(self.folder(job)), *job.command)
        return Wrapped(words, needs=(self.program,), examine=_UNSTARTED)
