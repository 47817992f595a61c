"""Charliecloud (``ch-run``): a command in the unpacked image, as an ordinary user; made for clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Job
from assaymark.runners.engines import HOME, HOME_FOLDER, Wrapped, with_home
from assaymark.runners.engines.bubblewrap import PROGRAM as BUBBLEWRAP
from assaymark.runners.engines.bubblewrap import can_cut_network, without_network
from assaymark.runners.engines.probe import Ask, first_line, ran
from assaymark.runners.engines.unstarted import by_words
from assaymark.runners.folder import INDEX, MARK, NAME, WORK

PROGRAM = "ch-run"
_UNSTARTED = by_words(r"^(bwrap|ch-run\[[0-9]+\]): ", r"can't execve\(2\): ")


@dataclass(frozen=True, slots=True)
class Charliecloud:
    """``folder`` gives the unpacked folder of an image, on a file system that the node sees too."""

    folder: Callable[[Job], Path]
    name: str = "charliecloud"
    ask: Ask = ran
    binds: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """Whether the program is there; a folder to try it on is not."""
        done = self.ask([PROGRAM, "--version"])
        return None if done.returncode == 0 else f"charliecloud does not work here: {first_line(done)}"

    def version(self) -> str | None:
        """What ``ch-run --version`` says."""
        done = self.ask([PROGRAM, "--version"])
        return first_line(done) if done.returncode == 0 else None

    def wrap(self, job: Job) -> Wrapped:
        """Its own /tmp, none of the host's variables, a read-only root; the network by way of bubblewrap."""
        if job.image is None:
            return Wrapped(job.command)
        if not job.confinement.read_only:
            raise InputError("charliecloud runs an image only with a read-only root here")
        variables = {"HOME": HOME if job.home else "/mnt", "LANG": "C.UTF-8", MARK: NAME, "ASSAYMARK_INDEX": INDEX}
        variables |= job.environment
        if job.resources.gpus:
            raise InputError("charliecloud gives an image no GPU here", hint="use apptainer or docker")
        # Ranks on one node share their memory, and hear of one another by variables. Its own tag is the number of the
        # step: that would make one group of the ranks of two jobs.
        apart = ["--join", f"--join-tag={NAME}-{INDEX}"] if job.launcher else ["--private-tmp", "--unset-env=*"]
        # Its own way of a home: that of who calls, under his name.
        whose = ["env", f"HOME={WORK}/{HOME_FOLDER}", f"USER={Path(HOME).name}"] if job.home else []
        apart += ["--home"] if with_home(job, self.binds) else []
        argv = [*whose, PROGRAM, *apart, f"--bind={WORK}:/mnt", "--cd=/mnt"]
        argv += [f"--bind={pair}" for pair in self.binds]
        argv += [f"--set-env={name}={value}" for name, value in variables.items()]
        if job.confinement.user is not None:
            argv += [f"--uid={job.confinement.user}", f"--gid={job.confinement.user}"]
        argv += [str(self.folder(job)), "--", *job.command]
        if job.confinement.network:
            return Wrapped(tuple(argv), needs=(PROGRAM,), examine=_UNSTARTED)
        if not can_cut_network(self.ask):
            raise InputError(
                "charliecloud cannot take the network away by itself, and bubblewrap does not work here",
                hint="install bubblewrap",
            )
        return Wrapped(without_network(tuple(argv)), needs=(PROGRAM, BUBBLEWRAP), examine=_UNSTARTED)
