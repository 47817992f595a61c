"""Runs and registered models of MLflow, from its folder of files or from its server when that host is allowed.

The layout of the folder (``<experiment>/<run>/meta.yaml``, ``metrics/``, ``params/``, ``tags/``, ``artifacts/`` and
``models/<name>/version-<n>/meta.yaml``) and the REST interface 2.0 are those that MLflow documents. Nothing of it is
imported, and no artefact is unpickled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assaymark.api import FactUnavailable, Unreachable
from assaymark_models.manifest import Manifest
from assaymark_models.reported import is_number

LARGEST, MOST = 2_000_000, 5_000
_RUN = re.compile(r"runs:/([0-9a-f]{32})(?:/(.*))?")
_VERSION = re.compile(r"models:/([^/@]+)(?:/([0-9]+)|@([^/@]+))")
_SERVER = ("http://", "https://")
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What MLflow keeps of a training run. Values of a metric are in the order of their steps."""

    id: str
    status: str
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None  # path of the model within the artefacts
    artifacts: Path | None = None


def run_of(manifest: Manifest, fetch: Fetch | None = None) -> Run:
    """The run that a manifest names. Raises FactUnavailable when it cannot be read."""
    name = str(manifest.get("model", "mlflow"))
    store = str(manifest.get("model", "store", "mlruns"))
    if store.startswith(_SERVER):
        return _from_server(store.rstrip("/"), name, fetch)
    return _from_folder(_folder(manifest, store), name)


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


def place_in_folder(manifest: Manifest) -> tuple[str, Path] | None:
    """The id of the run that a manifest names and the place of its model; None where no folder of MLflow is named.

    Raises FactUnavailable when the run is not there.
    """
    store = str(manifest.get("model", "store", "mlruns"))
    if not manifest.get("model", "mlflow") or store.startswith(_SERVER):
        return None
    run = run_of(manifest)
    return (run.id, _model_of(run, run.artifacts)) if run.artifacts else None


def _model_of(run: Run, artifacts: Path) -> Path:
    return _inside(artifacts, run.model or "model")


def _folder(manifest: Manifest, store: str) -> Path:
    place = (manifest.path.parent / store).resolve()
    if Path(store).is_absolute() or not place.is_relative_to(manifest.root):
        raise FactUnavailable(f"the store {store} lies outside the repository", remedy="--root DIR names what holds it")
    if not place.is_dir():
        raise FactUnavailable(f"there is no MLflow store {store}", remedy="name its folder: store in [model]")
    return place


def _inside(folder: Path, name: str) -> Path:
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise FactUnavailable(f"{name!r} leaves the folder of its run and is not read")
    return place


def _from_folder(store: Path, name: str) -> Run:
    found = _RUN.fullmatch(name)
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
    found = _VERSION.fullmatch(name)
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


def _from_server(server: str, name: str, fetch: Fetch | None) -> Run:
    if fetch is None:
        raise FactUnavailable(f"{server} was not asked", remedy="allow its host: --allow-host NAME")
    found = _RUN.fullmatch(name)
    if found:
        id = found[1]
    else:
        version = _VERSION.fullmatch(name)
        if version is None:
            raise FactUnavailable(f"{name!r} names no run and no registered model")
        query = f"version={version[2]}" if version[2] else f"alias={quote(version[3])}"
        place = "model-versions/get" if version[2] else "registered-models/alias"
        said = _asked(fetch, f"{server}/api/2.0/mlflow/{place}?name={quote(version[1])}&{query}")
        found_version = said.get("model_version")
        id = str(found_version.get("run_id", "")) if isinstance(found_version, dict) else ""
    if not re.fullmatch("[0-9a-f]{32}", id):
        raise FactUnavailable(f"{name} belongs to no run")
    run = _asked(fetch, f"{server}/api/2.0/mlflow/runs/get?run_id={id}")
    try:
        return _told(id, run["run"]["info"], run["run"]["data"])
    except (AttributeError, KeyError, TypeError) as problem:
        raise FactUnavailable(f"{server} did not answer with a run") from problem


def _told(id: str, info: Mapping[str, Any], data: Mapping[str, Any]) -> Run:
    return Run(
        id=id,
        status=str(info.get("status", "")),
        metrics={str(m.get("key")): (float(m["value"]),) for m in data.get("metrics", ()) if is_number(m.get("value"))},
        params={str(p.get("key")): str(p.get("value"))[:1000] for p in data.get("params", ())},
        tags={str(t.get("key")): str(t.get("value"))[:1000] for t in data.get("tags", ())},
    )


def _asked(fetch: Fetch, address: str) -> Mapping[str, Any]:
    try:
        found = json.loads(fetch(address))
    except Unreachable as problem:
        raise FactUnavailable(problem.reason, remedy="allow its host: --allow-host NAME") from problem
    except (ValueError, RecursionError) as problem:
        raise FactUnavailable(f"{address} did not answer with JSON") from problem
    if not isinstance(found, dict):
        raise FactUnavailable(f"{address} did not answer with an object")
    return found
