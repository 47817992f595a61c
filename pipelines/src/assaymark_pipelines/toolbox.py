"""The container that assaymark runs in: a pinned base, and assaymark by one of four ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagger
from dagger import dag

from assaymark_pipelines.images import mirrored, pinned
from assaymark_pipelines.settings import Settings

PLACE = "/opt/assaymark"
CHECKOUT = "/opt/assaymark-source"
WHEELS = "/opt/wheels"
CACHE = "/var/cache/assaymark"
# Parts of the core that are named like plugins.
EXTRAS = ("github", "png", "rdf", "release", "sign")
SOURCE = "/src"
INPUTS = "/inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where assaymark comes from; the first that is given is taken, else the package index.

    ``installed``: the base image has it. ``wheels``: a folder of wheels, for a site without an index. ``checkout``: the
    repository of assaymark, with its hash-pinned lock.
    """

    installed: bool = False
    wheels: dagger.Directory | None = None
    checkout: dagger.Directory | None = None


def fetched(image: str, settings: Settings, platform: str = "") -> dagger.Container:
    """A container from an image that is pinned by digest, through the mirror."""
    place = mirrored(pinned(image, allowed=settings.unpinned), settings.mirror)
    box = dag.container(platform=dagger.Platform(platform)) if platform else dag.container()
    return box.from_(place)


def toolbox(settings: Settings, origin: Origin) -> dagger.Container:
    """A container in which ``assaymark`` is on the path; lazy, as all that gives an object."""
    box = fetched(settings.base, settings)
    if origin.installed:
        return box
    cache = dag.cache_volume(f"assaymark-pip-{settings.version}")
    box = box.with_mounted_cache(CACHE, cache, sharing=dagger.CacheSharingMode.SHARED)
    box = box.with_env_variable("PIP_CACHE_DIR", f"{CACHE}/pip").with_env_variable("UV_CACHE_DIR", f"{CACHE}/uv")
    if settings.index:
        box = box.with_env_variable("PIP_INDEX_URL", settings.index).with_env_variable(
            "UV_DEFAULT_INDEX", settings.index
        )
    box = box.with_env_variable("PIP_DISABLE_PIP_VERSION_CHECK", "1").with_exec(["python", "-m", "venv", PLACE])
    if origin.wheels is not None:
        box = box.with_mounted_directory(WHEELS, origin.wheels).with_exec(
            [*_pip(), "--no-index", "--find-links", WHEELS, *_names(settings)]
        )
    elif origin.checkout is not None:
        box = _from_checkout(box, origin.checkout, settings)
    else:
        box = box.with_exec([*_pip(), *(f"{name}=={settings.version}" for name in _names(settings))])
    path = f"{PLACE}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return box.with_env_variable("PATH", path)


def _pip() -> list[str]:
    return [f"{PLACE}/bin/python", "-I", "-m", "pip", "install", "--quiet"]


def _names(settings: Settings) -> list[str]:
    extras = [name for name in settings.plugins if name in EXTRAS]
    core = f"assaymark[{','.join(extras)}]" if extras else "assaymark"
    return [core, *(f"assaymark-{name}" for name in settings.plugins if name not in EXTRAS)]


def _from_checkout(box: dagger.Container, checkout: dagger.Directory, settings: Settings) -> dagger.Container:
    """As the actions install it: what the lock has, by hash, and the sources on the path."""
    uv = [*_pip(), "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement"]
    # The lock alone first: a change of the sources then takes nothing from the index.
    box = box.with_file("/opt/uv.txt", checkout.file("requirements/uv.txt")).with_exec([*uv, "/opt/uv.txt"])
    install = [f"{PLACE}/bin/python", "-I", f"{CHECKOUT}/actions/setup/install.py", f"{PLACE}/bin/uv"]
    return box.with_directory(CHECKOUT, checkout).with_exec([*install, ",".join(settings.plugins) or "none", "/"])


def with_source(box: dagger.Container, source: dagger.Directory) -> dagger.Container:
    """The judged folder at `SOURCE`, where the command starts. It is copied: commands may write beside it."""
    return box.with_directory(SOURCE, source).with_workdir(SOURCE)


def with_inputs(box: dagger.Container, inputs: Sequence[tuple[str, dagger.File]]) -> dagger.Container:
    """Further files at ``INPUTS/NAME``."""
    for name, file in inputs:
        box = box.with_file(f"{INPUTS}/{name}", file)
    return box
