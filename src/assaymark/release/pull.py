"""An image of a registry -> an OCI layout in a folder, by its digest; every blob is checked before it is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.errors import InputError, Undetermined
from assaymark.release.images import parse
from assaymark.release.oci import DIGEST, LISTS, Manifest, Name, Registry
from assaymark.release.web import WebProblem

LAYERS = 500


def pulled(reference: str, cache: Path, environment: Mapping[str, str], architecture: str = "amd64") -> Path:
    """The folder with the image, pulled now or before. ``reference`` is ``host/path@sha256:…`` or ``host/path:tag``.

    Raises InputError when there is no such image, Undetermined when the registry does not answer.
    """
    name = parse(reference)
    try:
        registry = Registry(name, environment)
        found = registry.manifest(name.reference or "latest")
        if found.kind in LISTS:
            found = registry.manifest(_for(found, architecture, reference))
        place = cache / f"pulled-{found.digest.removeprefix('sha256:')}"
        if not (place / "index.json").is_file():
            _fetch(registry, found, place)
    except WebProblem as problem:
        if problem.status == 404:
            raise InputError("there is no such image", where=str(name)) from problem
        raise Undetermined(problem.text, where=str(name)) from problem
    except OSError as problem:
        raise InputError(f"the image cannot be kept: {problem.strerror or problem}", where=str(cache)) from problem
    return place


def _for(index: Manifest, architecture: str, reference: str) -> str:
    for entry in _document(index, reference).get("manifests") or []:
        if isinstance(entry, dict) and (entry.get("platform") or {}).get("architecture") == architecture:
            digest = str(entry.get("digest"))
            if DIGEST.fullmatch(digest):
                return digest
    raise InputError(f"it holds no image for {architecture}", where=reference)


def _document(found: Manifest, reference: str) -> dict[str, Any]:
    try:
        told = json.loads(found.content)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"the manifest is not JSON: {problem}", where=reference) from problem
    if not isinstance(told, dict):
        raise InputError("the manifest is malformed", where=reference)
    return told


def _fetch(registry: Registry, found: Manifest, place: Path) -> None:
    """Into a folder beside it first: what is there is whole."""
    reference = str(Name(registry.name.host, registry.name.path, found.digest))
    told = _document(found, reference)
    layers = told.get("layers")
    blobs = [told.get("config"), *(layers if isinstance(layers, list) else [])]
    digests = [str(blob.get("digest")) if isinstance(blob, dict) else "" for blob in blobs]
    if not all(map(DIGEST.fullmatch, digests)) or len(digests) > LAYERS:
        raise InputError("the manifest is malformed", where=reference)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        (fresh / "blobs/sha256").mkdir(parents=True)
        for digest in dict.fromkeys(digests):
            seen = hashlib.sha256()
            with (fresh / "blobs/sha256" / digest.removeprefix("sha256:")).open("wb") as file:
                for part in registry.blob(digest):
                    seen.update(part)
                    file.write(part)
            if f"sha256:{seen.hexdigest()}" != digest:
                raise WebProblem(f"the registry gives something else than {digest}")
        (fresh / "blobs/sha256" / found.digest.removeprefix("sha256:")).write_bytes(found.content)
        (fresh / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="ascii")
        entry = {"mediaType": found.kind, "digest": found.digest, "size": len(found.content)}
        (fresh / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}), encoding="ascii")
        try:
            fresh.rename(place)
        except OSError:
            # Another controller was quicker: what it brought has the same digest.
            if not (place / "index.json").is_file():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
