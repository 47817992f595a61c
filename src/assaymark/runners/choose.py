"""A runner and a container engine by their names, or by the site that a person described."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.errors import InputError
from assaymark.runners.shared import SETTLE, Back, SharedFolder

if TYPE_CHECKING:
    from assaymark.job import Handle, Job, Site
    from assaymark.runners.engines import Engine
    from assaymark.runners.far import Far

RUNNERS = {
    "local": "a process of this machine, without an image",
    "sandbox": "bubblewrap on this machine: no network, a read-only root",
    "container": "a container engine on this machine",
    "slurm": "a batch job of Slurm, here or through a login node",
    "interlink": "a pod handed to interLink (needs --site)",
    "kubernetes": "a pod or a Job of Kubernetes, also on a virtual node of interLink (needs --site)",
}
# The first that works is taken. Bubblewrap comes late: it knows least of images; and udocker needs it.
ENGINES = ("docker", "podman", "apptainer", "singularity", "charliecloud", "bubblewrap", "udocker")
# Tested by their documented command line only.
UNVERIFIED = ("apptainer", "singularity", "udocker")
ON_NODES = ("apptainer", "singularity", "charliecloud", "bubblewrap", "udocker")
PODS = ("interlink", "kubernetes")
# What mounts nothing of this machine's into a job elsewhere.
BEHIND_LOGIN = ("apptainer", "singularity", "charliecloud", "udocker")


@dataclass(frozen=True, slots=True)
class Places:
    """Where jobs and unpacked images are kept; on a cluster both must be seen by the nodes."""

    jobs: Path
    images: Path


def places(work: str | None = None) -> Places:
    """``ASSAYMARK_WORK``, else what a site says, else the folder for the state of programs in the user's home."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    found = Path(os.environ.get("ASSAYMARK_WORK") or work or Path(state, "assaymark"))
    return Places(jobs=found / "jobs", images=found / "images")


def runner(
    name: str,
    engine: str | None = None,
    at: Places | None = None,
    settle: float = SETTLE,
    site: Site | None = None,
    image: Path | None = None,
) -> SharedFolder:
    """A runner by name, at a site; where any engine will do, the first that works and takes this ``image``.

    InputError when there is none, or no engine that it needs works here.
    """
    if name not in RUNNERS:
        from difflib import get_close_matches

        close = get_close_matches(name, RUNNERS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(RUNNERS)}"
        raise InputError(f"there is no runner {name!r}", hint=hint)
    if site is not None and site.runner != name:
        raise InputError(f"the site {site.name!r} is reached by the runner {site.runner!r}, not {name!r}")
    engine = engine or (site.engine if site else None)
    if engine is not None and name in ("local", "sandbox", *PODS):
        raise InputError(f"the runner {name!r} takes no engine", hint="--runner container")
    at = at or places(site.work if site and not site.login else None)
    back = _back(name, site)
    return SharedFolder(back, at.jobs, _engine_for(name, engine, at, site, image), settle, site.name if site else "")


def _back(name: str, site: Site | None) -> Back:
    if name == "slurm":
        from assaymark.runners.slurm import Slurm

        return Slurm(_far(site) if site and site.login else None, site.modules if site else ())
    if name in PODS:
        if site is None:
            raise InputError(f"the runner {name!r} must be told where: --site", hint=f'[site.NAME] runner = "{name}"')
        if name == "interlink":
            from assaymark.runners.interlink import InterLink

            return InterLink(site, float(site.pace))
        from assaymark.runners.kubernetes import Kubernetes

        return Kubernetes(site, float(site.pace))
    from assaymark.runners.local import Processes

    return Processes(name)


def _far(site: Site) -> Far:
    from assaymark.runners.far import Far
    from assaymark.runners.login import Login

    return Far(Login(site.login or "", site.port, site.ssh_config), site.work or "")


def _engine_for(name: str, engine: str | None, at: Places, site: Site | None, image: Path | None) -> Engine | None:
    if name == "local" or name in PODS:
        return None
    if name == "sandbox":
        return engine_named("bubblewrap", at, site)
    if site and site.login:
        return _engine(engine or "", BEHIND_LOGIN, at, site)
    known = ON_NODES if name == "slurm" else ENGINES
    if engine:
        return _engine(engine, known, at, site)
    if name == "slurm":
        return _any(known, at, site)
    return _first(ENGINES if image is None or _loadable(image) else ON_NODES, at, site)


def _loadable(image: Path) -> bool:
    from assaymark.runners.engines.load import loadable

    return loadable(image)


def back_of(handle: Handle, at: Places | None = None) -> SharedFolder:
    """A runner that asks after a job and ends it, and needs no engine for that. InputError when there is none."""
    from assaymark.job import Site

    if handle.runner not in RUNNERS:
        raise InputError(f"there is no runner {handle.runner!r}", hint=f"one of: {', '.join(RUNNERS)}")
    site = None
    if handle.runner in PODS:
        known = ("url", "token_file", "ca", "certificate", "key", "context", "namespace", "node")
        told: dict[str, str] = {name: handle.place[name] for name in known if name in handle.place}
        site = Site(name="", runner=handle.runner, pace=_pace(handle), **told)  # type: ignore[arg-type]  # from the handle, by names
    elif login := handle.place.get("login"):
        site = Site(
            name="",
            runner=handle.runner,
            login=login,
            work=handle.place.get("work"),
            port=int(port) if (port := handle.place.get("port", "")).isdecimal() else None,
            ssh_config=handle.place.get("config"),
        )
    return SharedFolder(_back(handle.runner, site), (at or places()).jobs)


def _pace(handle: Handle) -> int:
    text = handle.place.get("pace", "").partition(".")[0]
    return int(text) if text.isdecimal() else 10


def _engine(name: str, known: tuple[str, ...], at: Places, site: Site | None) -> Engine:
    if name not in known:
        raise InputError(f"{name!r} is no engine here", hint=f"one of: {', '.join(known)}")
    return engine_named(name, at, site)


def _first(names: tuple[str, ...], at: Places, site: Site | None) -> Engine:
    found = _any(names, at, site)
    if found is None:
        raise InputError("no container engine works here", hint="assaymark runner check says why for each")
    return found


def _any(names: tuple[str, ...], at: Places, site: Site | None) -> Engine | None:
    return next((e for e in (engine_named(name, at, site) for name in names) if e.problem() is None), None)


def engine_named(name: str, at: Places, site: Site | None = None) -> Engine:
    """An engine, whether it works here or not."""
    from assaymark.runners.engines.probe import ran

    binds = site.binds if site else ()
    form = site.format if site else "folder"
    ask, folder = ran, _folder(at.images, form)
    if site and site.login:
        far = _far(site)
        ask, folder = far.login.asked, _staged(far, at.images, form)
    if name in ("docker", "podman"):
        from assaymark.runners.engines.docker import Docker
        from assaymark.runners.engines.load import loaded

        return Docker(loaded, name, binds)
    if name in ("apptainer", "singularity"):
        from assaymark.runners.engines.apptainer import Apptainer

        return Apptainer(folder, name, ask, binds)
    if name == "charliecloud":
        from assaymark.runners.engines.charliecloud import Charliecloud

        return Charliecloud(folder, ask=ask, binds=binds)
    if name == "udocker":
        from assaymark.runners.engines.udocker import Udocker

        return Udocker(folder, ask=ask, binds=binds)
    from assaymark.runners.engines.bubblewrap import Bubblewrap

    return Bubblewrap(folder, binds=binds)


def _folder(cache: Path, form: str) -> Callable[[Job], Path]:
    def folder(job: Job) -> Path:
        place = Path(job.image or "")
        if place.is_dir() and not (place / "index.json").is_file():
            return _in_place(place, home=job.home)
        root, digest = _unpacked(job, cache)
        return root if form == "folder" else _one_file(job, root, form, cache, digest)

    return folder


def _unpacked(job: Job, cache: Path) -> tuple[Path, str]:
    from assaymark.images.unpack import unpacked

    return unpacked(job.image or "", cache, job.architecture)


def _one_file(job: Job, root: Path, form: str, cache: Path, digest: str) -> Path:
    from assaymark.images.convert import converted
    from assaymark.images.source import architecture

    made_for = architecture(job.image or "", job.architecture)
    return converted(root, form, cache, digest.replace(":", "-"), made_for)


def _staged(far: Far, cache: Path, form: str) -> Callable[[Job], Path]:
    """Unpacked here, copied there: the nodes need neither us nor a network."""

    def folder(job: Job) -> Path:
        root, digest = _unpacked(job, cache)
        if form == "folder":
            return far.staged(digest.replace(":", "-"), root, cache)
        return far.staged_file(_one_file(job, root, form, cache, digest))

    return folder


def _in_place(root: Path, *, home: bool) -> Path:
    """An unpacked folder that somebody else keeps (CVMFS, say): nothing is added to it."""
    needed = ("dev", "proc", "tmp", "mnt", *(["home"] if home else []))
    lacking = [name for name in needed if not (root / name).is_dir()]
    if lacking:
        raise InputError(f"this folder lacks {', '.join(lacking)}, where an engine mounts", where=str(root))
    return root.absolute()
