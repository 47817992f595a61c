"""Runs and registered models of MLflow: from its folder of files, its SQLite database, or its server.

The layout of the folder (``<experiment>/<run>/meta.yaml``, ``metrics/``, ``params/``, ``tags/``, ``artifacts/`` and
``models/<name>/version-<n>/meta.yaml``) is the one that MLflow documents. Nothing of it is imported, and no artefact is
unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_models.manifest import Manifest

LARGEST, MOST = 2_000_000, 5_000
RUN = re.compile(r"runs:/([0-9a-f]{32})(?:/(.*))?")
VERSION = re.compile(r"models:/([^/@]+)(?:/([0-9]+)|@([^/@]+))")
DATABASE = "mlflow.db"
_SERVER = ("http://", "https://")
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What MLflow keeps of a training run. Values of a metric are in the order of their steps.

    ``model`` is the path of the model within ``artifacts``, which are a folder here, or on ``server``.
    """

    id: str
    status: str
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    model: str = "model"
    artifacts: Path | None = None
    server: str = ""


def run_of(manifest: Manifest, fetch: Fetch | None = None) -> Run:
    """The run that a manifest names. Raises FactUnavailable when it cannot be read."""
    name = str(manifest.get("model", "mlflow"))
    if server := server_of(manifest):
        from assaymark_models import mlflow_server

        return mlflow_server.run_of(server, name, fetch)
    place = _store(manifest)
    if place.is_dir():
        return _from_folder(place, name)
    from assaymark_models import mlflow_database

    return mlflow_database.run_of(place, name, manifest.root)


def server_of(manifest: Manifest) -> str:
    """The address of the server that a manifest names, '' when it names a folder or a database."""
    store = str(manifest.get("model", "store", ""))
    return store.rstrip("/") if store.startswith(_SERVER) else ""


def onnx_of(manifest: Manifest) -> Path:
    """The ONNX file of the model of a run. Raises FactUnavailable when it has none, or lies on a server."""
    run = run_of(manifest)
    if run.artifacts is None:
        raise FactUnavailable("models of a server are not fetched", remedy="add predictions: file in [predictions]")
    folder = _model_of(run, run.artifacts)
    described = _yaml(folder / "MLmodel")
    flavour = described.get("flavors", {}).get("onnx") if isinstance(described.get("flavors"), dict) else None
    if not isinstance(flavour, dict) or not isinstance(flavour.get("data"), str):
        kinds = ", ".join(sorted(map(str, described.get("flavors", {}))))[:200]
        raise FactUnavailable(
            f"the model of run {run.id} is of {kinds or 'no kind'} and is not loaded: only ONNX is run here",
            remedy="log it with mlflow.onnx, or add predictions: file in [predictions]",
        )
    place = _inside(folder, flavour["data"])
    if not place.is_file():
        raise FactUnavailable(f"the run {run.id} has no file {flavour['data']}")
    return place


def place_here(manifest: Manifest) -> tuple[Run, Path] | None:
    """The run that a manifest names and the place of its model; None where it names none, or one on a server.

    Raises FactUnavailable when the run is not there.
    """
    if not manifest.get("model", "mlflow") or server_of(manifest):
        return None
    run = run_of(manifest)
    return (run, _model_of(run, run.artifacts)) if run.artifacts else None


def _model_of(run: Run, artifacts: Path) -> Path:
    return _inside(artifacts, run.model)


def _store(manifest: Manifest) -> Path:
    """The folder or database; without a name the folder ``mlruns``, else the database that MLflow makes."""
    home = manifest.path.parent
    default = "mlruns" if (home / "mlruns").is_dir() or not (home / DATABASE).is_file() else DATABASE
    store = str(manifest.get("model", "store", default)).removeprefix("sqlite:///")
    place = (home / store).resolve()
    if Path(store).is_absolute() or not place.is_relative_to(manifest.root):
        raise FactUnavailable(f"the store {store} lies outside the repository", remedy="--root DIR names what holds it")
    if not place.is_dir() and not place.is_file():
        raise FactUnavailable(
            f"there is no MLflow store {store}", remedy="name its folder or database: store in [model]"
        )
    return place


def _inside(folder: Path, name: str) -> Path:
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise FactUnavailable(f"{name!r} leaves the folder of its run and is not read")
    return place


def _from_folder(store: Path, name: str) -> Run:
    found = RUN.fullmatch(name)
    if found is None:
        version = _registered(store, name)
        source = str(version.get("source", ""))
        id = str(version.get("run_id") or "")
        path = source.rpartition(f"/{id}/artifacts/")[2] if id and f"/{id}/artifacts/" in source else "model"
    else:
        id, path = found[1], found[2] or "model"
    if not re.fullmatch("[0-9a-f]{32}", id):
        raise FactUnavailable(f"{name} belongs to no run", remedy="register the model from a run")
    places = [p for p in store.glob(f"*/{id}") if p.is_dir() and not p.is_symlink()]
    if not places:
        raise FactUnavailable(
            f"the run {id} is not in {store.name}", remedy="keep the folder of the run, or its server"
        )
    place = places[0]
    meta = _yaml(place / "meta.yaml")
    return Run(
        id=id,
        status={1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}.get(
            meta.get("status", 0), str(meta.get("status"))
        ),
        metrics={n: _history(t) for n, t in _files(place / "metrics").items()},
        params={n: t.strip()[:1000] for n, t in _files(place / "params").items()},
        tags={n: t.strip()[:1000] for n, t in _files(place / "tags").items()},
        model=path,
        artifacts=place / "artifacts",
    )


def _registered(store: Path, name: str) -> Mapping[str, Any]:
    found = VERSION.fullmatch(name)
    if found is None:
        raise FactUnavailable(f"{name!r} names no run and no registered model")
    home = _inside(store / "models", found[1])
    number = found[2]
    if number is None:
        aliases = _yaml(home / "meta.yaml").get("aliases")
        if not isinstance(aliases, dict) or found[3] not in aliases:
            raise FactUnavailable(f"{found[1]} has no alias {found[3]}", remedy="name a version: models:/NAME/VERSION")
        number = str(aliases[found[3]])
    return _yaml(_inside(home, f"version-{number}") / "meta.yaml")


def _files(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    places = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    if len(places) > MOST:
        raise FactUnavailable(f"{folder.name} of the run holds more than {MOST:,} files")
    return {p.relative_to(folder).as_posix(): _text(p) for p in places}


def _text(place: Path) -> str:
    try:
        with place.open("rb") as stream:
            return stream.read(LARGEST).decode("utf-8", "replace")
    except OSError as problem:
        raise FactUnavailable(f"{place.name} of the run cannot be read: {problem.strerror}") from problem


def _yaml(place: Path) -> Mapping[str, Any]:
    """The plain file of keys that MLflow writes."""
    import yaml

    if place.is_symlink() or not place.is_file():
        raise FactUnavailable(f"MLflow's {place.name} is not there", remedy="keep the whole folder of the run")
    try:
        found = yaml.safe_load(_text(place)[:200_000])
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise FactUnavailable(f"MLflow's {place.name} cannot be read") from problem
    if not isinstance(found, dict):
        raise FactUnavailable(f"MLflow's {place.name} holds no keys")
    return found


def _history(text: str) -> tuple[float, ...]:
    """Lines of time, value and step."""
    found = []
    for line in text.splitlines():
        parts = line.split()
        try:
            found.append((int(parts[2]) if len(parts) > 2 else 0, int(parts[0]), float(parts[1])))
        except (ValueError, IndexError):
            continue
    return tuple(value for _, _, value in sorted(found))
