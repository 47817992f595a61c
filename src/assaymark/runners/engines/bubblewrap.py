"""Bubblewrap: a command in the unpacked image, or in the programs of the host, with nothing else to see. No daemon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Job
from assaymark.runners.engines import HOME, HOME_FOLDER, Wrapped, with_home
from assaymark.runners.engines.probe import Ask, first_line, ran
from assaymark.runners.engines.unstarted import by_words
from assaymark.runners.folder import INDEX, MARK, NAME, WORK

PROGRAM = "bwrap"
# What makes the programs of the host run: its system folders, never /home, /root, /tmp or what is mounted elsewhere.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
_ALONE = ("--die-with-parent", "--new-session", "--unshare-all", "--clearenv")
_LOOPBACK = "lo"
_OWN = f"^{PROGRAM}: "


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """``folder`` gives the unpacked folder of an image."""

    folder: Callable[[Job], Path]
    name: str = "bubblewrap"
    binds: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """A probe must run, and must see no network but its own loopback: else nothing is started."""
        script = "cat /proc/net/dev"
        done = ran([PROGRAM, *_ALONE, *_host(), "--proc", "/proc", "--dev", "/dev", "/bin/sh", "-c", script])
        if done.returncode != 0:
            return f"bubblewrap does not work here: {first_line(done)}"
        interfaces = {line.split(":")[0].strip() for line in done.stdout.decode("ascii", "replace").splitlines()[2:]}
        return None if interfaces <= {_LOOPBACK} else "bubblewrap does not take the network away here"

    def version(self) -> str | None:
        """What ``bwrap --version`` says."""
        done = ran([PROGRAM, "--version"])
        return first_line(done).removeprefix("bubblewrap ") if done.returncode == 0 else None

    def wrap(self, job: Job) -> Wrapped:
        """A read-only root, folders of its own for what is written, and no network unless asked."""
        if job.image is None:
            root = _host()
        else:
            if job.resources.gpus:
                raise InputError("bubblewrap gives an image no GPU here", hint="use apptainer or docker")
            if not job.confinement.read_only:
                raise InputError("bubblewrap runs an image only with a read-only root")
            root = ["--ro-bind", str(self.folder(job)), "/"]
        argv = [PROGRAM, *_ALONE, *root, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        argv += ["--bind", WORK, "/mnt", "--chdir", "/mnt"]
        # Nothing can be made in the image itself, so what lies above the home is replaced.
        if with_home(job, self.binds):
            argv += ["--tmpfs", str(Path(HOME).parent), "--bind", f"{WORK}/{HOME_FOLDER}", HOME]
        for pair in self.binds:
            argv += ["--bind", *pair.split(":", 1)]
        if job.confinement.network and job.image is not None:
            argv.append("--share-net")
        if job.confinement.user is not None:
            argv += ["--uid", str(job.confinement.user), "--gid", str(job.confinement.user)]
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
            "HOME": HOME if job.home else "/mnt",
        }
        variables |= {"LANG": "C.UTF-8", MARK: NAME, "ASSAYMARK_INDEX": INDEX, **job.environment}
        for name, value in variables.items():
            argv += ["--setenv", name, value]
        return Wrapped((*argv, "--", *job.command), needs=(PROGRAM,), examine=by_words(_OWN, "^bwrap: execvp "))


def _host() -> list[str]:
    words: list[str] = []
    for place in map(Path, _SYSTEM):
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), str(place)]
        elif place.exists():
            words += ["--ro-bind", str(place), str(place)]
    return words


def without_network(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command of the host that keeps everything but the network; for engines that cannot take it away themselves."""
    return (PROGRAM, "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent", "--", *argv)


def can_cut_network(ask: Ask = ran) -> bool:
    """Whether `without_network` works where ``ask`` asks."""
    return ask([*without_network(("cat", "/proc/net/dev"))]).returncode == 0
