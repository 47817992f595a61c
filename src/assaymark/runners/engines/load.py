"""Putting an image into Docker or Podman, and knowing that it is the one that was meant."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import IO

from assaymark.errors import InputError
from assaymark.images.folder import is_root
from assaymark.images.packed import packed
from assaymark.images.source import Manifest, Source, manifest, opened
from assaymark.job import Job
from assaymark.runners.engines.probe import first_line, ran

SECONDS = 1800.0


def loadable(image: Path) -> bool:
    """Whether Docker or Podman can take it; an unpacked folder, a squashfs or a SIF is run where it lies."""
    return not is_root(image) and (not image.is_file() or packed(image) is None)


def loaded(job: Job, program: str) -> str:
    """The identity (digest of the configuration) under which the engine holds a job's image; it is loaded if need be.

    Raises InputError when the engine refuses it, or makes another image of it.
    """
    import tempfile

    image = job.image or ""
    if not loadable(Path(image)):
        hint = "--engine charliecloud or bubblewrap"
        raise InputError(f"{program} takes no unpacked folder, squashfs or SIF", where=image, hint=hint)
    with opened(Path(image)) as source:
        found = manifest(source, job.architecture)
        identity = config_digest(source, found)
        if ran([program, "image", "inspect", "--format", "{{.Id}}", identity]).returncode == 0:
            return identity
        with tempfile.TemporaryDirectory(prefix="assaymark-image-") as folder:
            archive = Path(folder, "image.tar")
            with archive.open("wb") as file:
                as_docker(source, found, file)
            done = ran([program, "load", "--quiet", "--input", str(archive)], timeout=SECONDS)
    if done.returncode != 0:
        raise InputError(f"{program} does not take the image: {first_line(done)}", where=image)
    seen = ran([program, "image", "inspect", "--format", "{{.Id}}", identity])
    if seen.returncode != 0:
        raise InputError(f"{program} made another image of it than {identity}", where=image)
    return identity


def config_digest(source: Source, found: Manifest) -> str:
    """The digest of the configuration, by which Docker knows an image."""
    if found.format == "docker":
        return found.digest
    name = f"blobs/sha256/{found.digest.removeprefix('sha256:')}"
    return str(source.document(name, found.digest)["config"]["digest"])


def as_docker(source: Source, found: Manifest, into: IO[bytes]) -> None:
    """Write an image as ``docker save`` does, its blobs as they are."""
    identity = config_digest(source, found).removeprefix("sha256:")
    with tarfile.open(fileobj=into, mode="w") as archive:
        if found.format == "docker":
            name = next(str(e["Config"]) for e in source.document("manifest.json"))
        else:
            name = f"blobs/sha256/{identity}"
        _add(archive, source, name, f"{identity}.json")
        layers = []
        for number, blob in enumerate(found.layers):
            layers.append(f"{number}/layer.tar")
            _add(archive, source, blob.name, layers[-1])
        listed = json.dumps([{"Config": f"{identity}.json", "RepoTags": None, "Layers": layers}]).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(listed)
        archive.addfile(info, io.BytesIO(listed))


def _add(archive: tarfile.TarFile, source: Source, name: str, called: str) -> None:
    info = tarfile.TarInfo(called)
    info.size = source.size(name)
    with source.open(name) as stream:
        archive.addfile(info, stream)
