"""A runner and a container engine by their names."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.errors import InputError
from assaymark.runners.shared import SETTLE, SharedFolder

if TYPE_CHECKING:
    from assaymark.runners.engines import Engine

RUNNERS = {
    "local": "a process of this machine, without an image",
    "sandbox": "bubblewrap on this machine: no network, a read-only root",
    "container": "a container engine on this machine",
    "slurm": "a batch job of Slurm",
}
# The first that works is taken. Bubblewrap comes last: it knows least of images.
ENGINES = ("docker", "podman", "apptainer", "singularity", "charliecloud", "bubblewrap")
# Tested by their documented command line only.
UNVERIFIED = ("podman", "apptainer", "singularity")
ON_NODES = ("apptainer", "singularity", "charliecloud", "bubblewrap")


@dataclass(frozen=True, slots=True)
class Places:
    """Where jobs and unpacked images are kept; on a cluster both must be seen by the nodes."""

    jobs: Path
    images: Path


def places() -> Places:
    """``ASSAYMARK_WORK``, else the folder for the state of programs in the user's home."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    work = Path(os.environ.get("ASSAYMARK_WORK") or Path(state, "assaymark"))
    return Places(jobs=work / "jobs", images=work / "images")


def runner(name: str, engine: str | None = None, at: Places | None = None, settle: float = SETTLE) -> SharedFolder:
    """A runner by name. InputError when there is none, or no engine that it needs works here."""
    at = at or places()
    if name not in RUNNERS:
        from difflib import get_close_matches

        close = get_close_matches(name, RUNNERS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(RUNNERS)}"
        raise InputError(f"there is no runner {name!r}", hint=hint)
    if engine is not None and name in ("local", "sandbox"):
        raise InputError(f"the runner {name!r} takes no engine", hint="--runner container")
    if name == "slurm":
        from assaymark.runners.slurm import Slurm

        return SharedFolder(Slurm(), at.jobs, _engine(engine, ON_NODES, at) if engine else _any(ON_NODES, at), settle)
    from assaymark.runners.local import Processes

    back = Processes(name)
    if name == "local":
        return SharedFolder(back, at.jobs, None, settle)
    if name == "sandbox":
        return SharedFolder(back, at.jobs, engine_named("bubblewrap", at), settle)
    return SharedFolder(back, at.jobs, _engine(engine, ENGINES, at) if engine else _first(ENGINES, at), settle)


def back_of(name: str, at: Places | None = None) -> SharedFolder:
    """A runner that asks after jobs and ends them, and needs no engine for that. InputError when there is none."""
    from assaymark.runners.local import Processes
    from assaymark.runners.slurm import Slurm

    if name not in RUNNERS:
        raise InputError(f"there is no runner {name!r}", hint=f"one of: {', '.join(RUNNERS)}")
    return SharedFolder(Slurm() if name == "slurm" else Processes(name), (at or places()).jobs)


def _engine(name: str, known: tuple[str, ...], at: Places) -> Engine:
    if name not in known:
        raise InputError(f"{name!r} is no engine here", hint=f"one of: {', '.join(known)}")
    return engine_named(name, at)


def _first(names: tuple[str, ...], at: Places) -> Engine:
    found = _any(names, at)
    if found is None:
        raise InputError("no container engine works here", hint="assaymark runner check says why for each")
    return found


def _any(names: tuple[str, ...], at: Places) -> Engine | None:
    return next((e for e in (engine_named(name, at) for name in names) if e.problem() is None), None)


def engine_named(name: str, at: Places) -> Engine:
    """An engine, whether it works here or not."""
    folder = _folder(at.images)
    if name in ("docker", "podman"):
        from assaymark.runners.engines.docker import Docker
        from assaymark.runners.engines.load import loaded

        return Docker(loaded, name)
    if name in ("apptainer", "singularity"):
        from assaymark.runners.engines.apptainer import Apptainer

        return Apptainer(folder, name)
    if name == "charliecloud":
        from assaymark.runners.engines.charliecloud import Charliecloud

        return Charliecloud(folder)
    from assaymark.runners.engines.bubblewrap import Bubblewrap

    return Bubblewrap(folder)


def _folder(cache: Path) -> Callable[[str], Path]:
    def folder(image: str) -> Path:
        from assaymark.images.unpack import unpacked

        place = Path(image)
        if place.is_dir() and not (place / "index.json").is_file():
            return _in_place(place)
        return unpacked(place, cache)[0]

    return folder


def _in_place(root: Path) -> Path:
    """An unpacked folder that somebody else keeps (CVMFS, say): nothing is added to it."""
    lacking = [name for name in ("dev", "proc", "tmp", "mnt") if not (root / name).is_dir()]
    if lacking:
        raise InputError(f"this folder lacks {', '.join(lacking)}, where an engine mounts", where=str(root))
    return root.absolute()
