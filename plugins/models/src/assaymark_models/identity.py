"""What a verdict is about: digests of model, data, thresholds and environment."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_models.manifest import Manifest
from assaymark_models.mlflow import Run
from assaymark_models.places import digest_of, place_of

PACKAGES = ("assaymark", "assaymark-models", "numpy", "onnxruntime", "pyarrow", "scipy")


def files_of(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Role and path of every file that the manifest names and that bears on the verdict."""
    for role, table, key in (
        ("model", "model", "file"),
        ("card", "model", "card"),
        ("training provenance", "model", "provenance"),
        ("reference", "reference", "file"),
        ("training", "reference", "training"),
        ("predictions", "predictions", "file"),
        ("predictions again", "predictions", "again"),
        ("predictions before", "predictions", "previous"),
        ("resources", "resources", "file"),
    ):
        if name := manifest.get(table, key):
            yield role, str(name)
    if entry := manifest.get("model", "entry"):
        yield "entry point", str(entry).rpartition(":")[0]
    if image := manifest.get("model", "image"):
        yield "image", str(image)
    for name in manifest.get("model", "files", ()):
        yield f"model {name}", str(name)
    for item in manifest.data.get("robustness", ()):
        if "predictions" in item:
            yield f"predictions {item['name']}", str(item["predictions"])
    for i, item in enumerate(manifest.data.get("reported", ()), 1):
        if "file" in item:
            yield f"reported {i}", str(item["file"])
            yield from _values_of(manifest, f"values of reported {i}", item)


def _values_of(manifest: Manifest, role: str, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The file beside a document of yProv4ML that holds the values of a metric."""
    from assaymark_models.yprov import values_file

    if not str(item["file"]).endswith(".json") or "metric" not in item:
        return
    try:
        found = values_file(place_of(manifest, str(item["file"])), str(item["metric"]), manifest.root)
    except FactUnavailable:
        return
    if found is not None:
        yield role, os.path.relpath(found, manifest.path.parent)


MODELS = ("model", "entry point", "image", "MLflow run")  # roles that name the model itself


def data_digest(manifest: Manifest) -> str:
    """Digest of the reference data and of what it is compared with: new observations change it."""
    return _combined([(r, n) for r, n in files_of(manifest) if r in ("reference", "predictions", "training")], manifest)


def _combined(files: list[tuple[str, str]], manifest: Manifest) -> str:
    parts = []
    for role, name in files:
        try:
            parts.append(f"{role} {digest_of(place_of(manifest, name))}")
        except (FactUnavailable, OSError):
            parts.append(f"{role} absent")
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def run_of_mlflow(manifest: Manifest) -> dict[str, str]:
    """Run and model, by digest, that a manifest names in a folder or database of MLflow; an alias may name others
    tomorrow. Nothing where they cannot be had, or lie on a server.
    """
    from assaymark_models.mlflow import place_here

    try:
        found = place_here(manifest)
    except (FactUnavailable, OSError):
        return {}
    if found is None:
        return {}
    run, place = found
    told = {"MLflow run": run.id, "MLflow record": record_of(run)}
    return told | ({"MLflow model": digest_of(place)} if place.exists() else {})


def record_of(run: Run) -> str:
    """Digest of what MLflow keeps of a run: numbers, parameters and tags, on which reported metrics rest."""
    parts = [run.status, *(repr(sorted(t.items())) for t in (run.metrics, run.params, run.tags))]
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def environment() -> str:
    """Digest of the versions by which numbers are computed: Python, platform, libraries. No host, no user."""
    found = [f"python {platform.python_version()}", f"{platform.system()} {platform.machine()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "sha256:" + hashlib.sha256("\n".join(found).encode()).hexdigest()


def digest_of_all(manifest: Manifest) -> str:
    """Digest of the manifest and of every file that it names; a file that cannot be read counts as absent."""
    parts = "\n".join(
        [manifest.digest, _combined(list(files_of(manifest)), manifest), *run_of_mlflow(manifest).values()]
    )
    return "sha256:" + hashlib.sha256(parts.encode()).hexdigest()
