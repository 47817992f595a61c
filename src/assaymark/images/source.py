"""The blobs of an image and its manifest, from an OCI layout (folder or tar) or an archive of ``docker save``.

Every blob is checked against the digest that names it; a truncated or changed image is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from assaymark.errors import InputError

if TYPE_CHECKING:
    import tarfile

DOCUMENT = 8_000_000
MEMBERS = 200_000
DEPTH = 4
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INDEX = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_SBOM = ("spdx", "cyclonedx", "syft", "in-toto")


@dataclass(frozen=True, slots=True)
class Blob:
    """One layer as stored: its name in the archive, and the digest it must have (None: only its content's is known)."""

    name: str
    digest: str | None
    diff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an image consists of. ``referrers`` are the types of documents that go with it, such as an SBOM."""

    digest: str
    format: str
    config: Mapping[str, Any]
    layers: tuple[Blob, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    referrers: tuple[str, ...] = ()


class Source:
    """An opened image: files by name."""

    def __init__(self, where: Path, archive: tarfile.TarFile | None) -> None:
        self.where = where
        self.archive = archive
        self.names = _names(archive, where) if archive else {}

    def refused(self, why: str, hint: str | None = None) -> InputError:
        """An error about this image."""
        return InputError(why, where=str(self.where), hint=hint)

    def has(self, name: str) -> bool:
        """Whether there is such a regular file."""
        if self.archive:
            return name in self.names
        return _inside(self.where, name) is not None

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file's bytes. InputError when there is none."""
        if self.archive:
            member = self.names.get(name)
            stream = self.archive.extractfile(member) if member else None
        else:
            path = _inside(self.where, name)
            stream = path.open("rb") if path else None
        if stream is None:
            raise self.refused(f"the image lacks {name}", "it may be truncated: make or copy it again")
        with stream:
            yield stream

    def size(self, name: str) -> int:
        """How large a file is."""
        if self.archive:
            return self.names[name].size
        path = _inside(self.where, name)
        return path.stat().st_size if path else 0

    def document(self, name: str, digest: str | None = None) -> Any:
        """A JSON file, checked against its digest."""
        with self.open(name) as stream:
            data = stream.read(DOCUMENT + 1)
        if len(data) > DOCUMENT:
            raise self.refused(f"{name} is larger than {DOCUMENT // 10**6} MB, which no manifest is")
        if digest and f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise self.refused(f"{name} is not what its digest says", "the image was changed or truncated")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as problem:
            raise self.refused(f"{name} is not JSON: {problem}") from problem


def _names(archive: tarfile.TarFile, where: Path) -> dict[str, tarfile.TarInfo]:
    import tarfile

    found: dict[str, tarfile.TarInfo] = {}
    linked: list[tarfile.TarInfo] = []
    try:
        for count, member in enumerate(archive, 1):
            if count > MEMBERS:
                raise InputError(f"has more than {MEMBERS:,} members", where=str(where))
            name = str(PurePosixPath(member.name))
            if member.isreg():
                found[name] = member
            elif member.issym():
                linked.append(member)
    except (tarfile.TarError, EOFError, OSError, ValueError) as problem:
        raise InputError(f"the archive is damaged: {problem}", where=str(where), hint="make it again") from problem
    for member in linked:  # `docker save` writes a layer once and links to it
        target = os.path.normpath(PurePosixPath(member.name).parent / member.linkname)
        if target in found:
            found[str(PurePosixPath(member.name))] = found[target]
    return found


def _inside(root: Path, name: str) -> Path | None:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        return None
    steps = [root.joinpath(*parts[:n]) for n in range(1, len(parts) + 1)]
    try:
        if any(stat.S_ISLNK(step.lstat().st_mode) for step in steps):
            return None
        return steps[-1] if stat.S_ISREG(steps[-1].lstat().st_mode) else None
    except OSError:
        return None


@contextmanager
def opened(where: Path) -> Iterator[Source]:
    """Open an image. InputError when it is neither of the known forms."""
    import tarfile

    if where.is_dir():
        yield Source(where, None)
        return
    try:
        archive = tarfile.open(where, "r:*")  # noqa: SIM115 - closed below
    except (OSError, tarfile.TarError, EOFError, ValueError) as problem:
        hint = "give an OCI layout (a folder or a .tar), or what `docker save` wrote"
        raise InputError(f"is no image that can be read: {problem}", where=str(where), hint=hint) from problem
    with archive:
        yield Source(where, archive)


def manifest(source: Source, architecture: str | None = None) -> Manifest:
    """The image in a source; ``architecture`` chooses among several. InputError when it is none, or damaged."""
    try:
        if source.has("index.json"):
            return _oci(source, architecture)
        if source.has("manifest.json"):
            return _docker(source)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        raise source.refused(f"the manifest is malformed: {type(problem).__name__}: {problem}") from problem
    raise source.refused("there is neither index.json (OCI) nor manifest.json (docker save)", "is it an image?")


def architecture(path: str | Path, wanted: str | None = None) -> str:
    """The processor that the image at a path says it was made for; empty when it does not say. Raises InputError."""
    with opened(Path(path)) as source:
        told = manifest(source, wanted).config.get("architecture")
    return told if isinstance(told, str) else ""


def _oci(source: Source, architecture: str | None) -> Manifest:
    index = source.document("index.json")
    entry = _chosen(source, index, architecture, DEPTH)
    digest = _checked(source, entry["digest"])
    found = source.document(blob_name(digest), digest)
    config = _checked(source, found["config"]["digest"])
    return Manifest(
        digest=digest,
        format="oci",
        config=dict(source.document(blob_name(config), config)),
        layers=tuple(
            Blob(blob_name(_checked(source, layer["digest"])), layer["digest"]) for layer in list(found["layers"])
        ),
        annotations={str(k): str(v) for k, v in dict(found.get("annotations") or {}).items()},
        referrers=tuple(_referrers(source, index, digest)),
    )


def _chosen(source: Source, index: Any, architecture: str | None, depth: int) -> Any:
    entries = [e for e in list(index["manifests"]) if not _attached(e)]
    if architecture and len(entries) > 1:
        entries = [e for e in entries if (e.get("platform") or {}).get("architecture") in (None, architecture)]
    if not entries:
        raise source.refused(f"it holds no image for {architecture or 'any architecture'}")
    if entries[0].get("mediaType") in _INDEX:
        if depth == 0:
            raise source.refused("its indexes refer to one another without end")
        digest = _checked(source, entries[0]["digest"])
        return _chosen(source, source.document(blob_name(digest), digest), architecture, depth - 1)
    if len(entries) > 1:
        raise source.refused(f"it holds {len(entries)} images", "save the one that is meant")
    return entries[0]


def _attached(entry: Any) -> bool:
    notes = entry.get("annotations") or {}
    return "artifactType" in entry or notes.get("vnd.docker.reference.type") == "attestation-manifest"


def _referrers(source: Source, index: Any, digest: str) -> Iterator[str]:
    """Types of the documents beside the image (artifacts with a subject, attestations of a build)."""
    for entry in list(index["manifests"])[:1000]:
        if not _attached(entry):
            continue
        yield str(entry.get("artifactType") or "attestation")
        name = blob_name(_checked(source, entry["digest"]))
        if source.has(name):
            for layer in list(source.document(name, entry["digest"]).get("layers") or [])[:1000]:
                notes = layer.get("annotations") or {}
                yield str(notes.get("in-toto.io/predicate-type") or layer.get("mediaType"))


def is_sbom(kind: str) -> bool:
    """Whether a type names a bill of materials."""
    return any(word in kind.lower() for word in _SBOM[:3])


def _docker(source: Source) -> Manifest:
    entries = source.document("manifest.json")
    if len(entries) != 1:
        raise source.refused(f"it holds {len(entries)} images", "save the one that is meant")
    name = str(entries[0]["Config"])
    with source.open(name) as stream:
        digest = f"sha256:{hashlib.sha256(stream.read(DOCUMENT)).hexdigest()}"
    if PurePosixPath(name).stem != digest.removeprefix("sha256:") and not name.endswith(digest.removeprefix("sha256:")):
        raise source.refused(f"{name} is not what its name says", "the image was changed or truncated")
    config = source.document(name, digest)
    layers = [str(layer) for layer in entries[0]["Layers"]]
    ids = [str(each) for each in config["rootfs"]["diff_ids"]]
    if len(ids) != len(layers):
        raise source.refused(f"it has {len(layers)} layers, its configuration {len(ids)}")
    return Manifest(
        digest=digest,
        format="docker",
        config=dict(config),
        layers=tuple(Blob(name, None, _checked(source, id)) for name, id in zip(layers, ids, strict=True)),
    )


def blob_name(digest: str) -> str:
    """Where an OCI layout keeps a blob."""
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _checked(source: Source, digest: Any) -> str:
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise source.refused(f"{str(digest)[:100]!r} is no SHA-256 digest")
    return digest
