"""udocker: a command in the unpacked image, without any right or daemon, by PRoot. Tested by its command line only.

PRoot takes nothing away: what may be written and reached is limited by bubblewrap around it, or the job is refused. Its
other modes are not used: fakechroot changes the programs of the image, and runc's statuses are lost without a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Job
from assaymark.proc import Completed
from assaymark.runners.engines import HOME, HOME_FOLDER, Wrapped, with_home
from assaymark.runners.engines.bubblewrap import PROGRAM as BUBBLEWRAP
from assaymark.runners.engines.bubblewrap import can_cut_network
from assaymark.runners.engines.caller import as_caller
from assaymark.runners.engines.probe import Ask, first_line, ran
from assaymark.runners.engines.unstarted import by_words
from assaymark.runners.folder import INDEX, MARK, NAME, WORK

PROGRAM = "udocker"
_UNSTARTED = by_words("^(bwrap: |Error: |Warning: |Info: |proot (error|warning|info): )", "^Error: command not found ")
_MODE = "UDOCKER_DEFAULT_EXECUTION_MODE"


@dataclass(frozen=True, slots=True)
class Udocker:
    """``folder`` gives the unpacked folder of an image (a location, in its words)."""

    folder: Callable[[Job], Path]
    name: str = "udocker"
    ask: Ask = ran
    binds: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """Its tools may have to be fetched, and may not fit the kernel: a program of the host must run by it."""
        done = self._version()
        if done.returncode == 0:
            uid = self.ask(["id", "-u"]).stdout.decode("ascii", "replace").strip()
            done = self.ask([*self._told(), *_run(uid, Path("/")), "--workdir=/", "--nobanner", "ours", "true"])
        return None if done.returncode == 0 else f"udocker does not work here: {first_line(done)}"

    def version(self) -> str | None:
        """What ``udocker version`` says."""
        done = self._version()
        return first_line(done).removeprefix("version: ") if done.returncode == 0 else None

    def wrap(self, job: Job) -> Wrapped:
        """As the caller; bubblewrap around it makes the image's files read-only and takes the network away."""
        if job.image is None:
            return Wrapped(job.command)
        if job.resources.gpus:
            raise InputError("udocker gives an image no GPU here", hint="use apptainer or docker")
        if not job.confinement.read_only:
            raise InputError("udocker runs an unpacked image only with a read-only root here")
        if "" in job.command:
            raise InputError("udocker drops words that are empty", where=job.id)
        uid = as_caller(PROGRAM, self.ask, job)
        if not can_cut_network(self.ask):
            raise InputError(
                "udocker takes nothing away from an image, and bubblewrap, which would, does not work here",
                hint="install bubblewrap, or use another engine",
            )
        root = self.folder(job)
        around = [BUBBLEWRAP, "--dev-bind", "/", "/", "--ro-bind", str(root), str(root), "--die-with-parent"]
        around += ["--tmpfs", f"{root}/tmp"]
        around += [] if job.confinement.network else ["--unshare-net"]
        argv = [*around, "--", *self._told(), *_run(uid, root), f"--volume={WORK}:/mnt", "--workdir=/mnt"]
        argv += [f"--volume={WORK}/{HOME_FOLDER}:{HOME}"] if with_home(job, self.binds) else []
        argv += [f"--volume={pair}" for pair in self.binds]
        variables = {"HOME": HOME if job.home else "/mnt", "LANG": "C.UTF-8", MARK: NAME, "ASSAYMARK_INDEX": INDEX}
        argv += [f"--env={name}={value}" for name, value in (variables | dict(job.environment)).items()]
        # Ranks hear of one another by variables. The last option must not end with '=': a value would be waited for.
        argv += ["--hostenv"] if job.launcher else []
        argv += ["--nobanner", "ours", *job.command]
        return Wrapped(tuple(argv), needs=(PROGRAM, BUBBLEWRAP), examine=_UNSTARTED)

    def _told(self) -> list[str]:
        """Where its tools lie: our reporter gives it another home."""
        lines = self.ask(["env"]).stdout.decode("utf-8", "replace").splitlines()
        known = {name: value for name, _, value in (line.partition("=") for line in lines)}
        told = {name: value for name, value in known.items() if name.startswith("UDOCKER_")}
        told.setdefault("UDOCKER_DIR", f"{known.get('HOME', '')}/.udocker")
        if not told.get(_MODE, "").startswith("P"):
            told[_MODE] = "P1"
        return ["env", *(f"{name}={value}" for name, value in told.items())]

    def _version(self) -> Completed:
        return self.ask([PROGRAM, "--allow-root", "version"])


def _run(uid: str, root: Path) -> list[str]:
    """Unless it is told who, it pretends to be root; and root himself must say that he means it."""
    return [PROGRAM, *(["--allow-root"] if uid == "0" else []), "-q", "run", f"--location={root}", f"--user={uid}"]
