"""Runs and models on a server of MLflow, by the REST interface 2.0 that it documents; only when its host is allowed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from assaymark.api import FactUnavailable, Silent, Unreachable, ask_web, is_allowed, only_to
from assaymark_models.mlflow import RUN, VERSION, Fetch, Run
from assaymark_models.places import digest_of_parts
from assaymark_models.reported import is_number

LARGEST, MOST, DEEPEST = 1_000_000_000, 500, 20  # bytes and files of a model, and folders within folders
SECONDS = 300.0
_ALLOW = "allow its host: --allow-host NAME"


def run_of(server: str, name: str, fetch: Fetch | None) -> Run:
    """The run of a name on a server. Raises FactUnavailable."""
    if fetch is None:
        raise FactUnavailable(f"{server} was not asked", remedy=_ALLOW)
    id, path = _run_and_path(server, name, fetch)
    if not re.fullmatch("[0-9a-f]{32}", id):
        raise FactUnavailable(f"{name} belongs to no run")
    run = _asked(fetch, f"{server}/api/2.0/mlflow/runs/get?run_id={id}")
    try:
        return _told(id, run["run"]["info"], run["run"]["data"], path, server)
    except (AttributeError, KeyError, TypeError) as problem:
        raise FactUnavailable(f"{server} did not answer with a run") from problem


def _run_and_path(server: str, name: str, fetch: Fetch) -> tuple[str, str]:
    """The id of a run, and the path of the model within its artefacts."""
    if found := RUN.fullmatch(name):
        return found[1], found[2] or "model"
    version = VERSION.fullmatch(name)
    if version is None:
        raise FactUnavailable(f"{name!r} names no run and no registered model")
    query = f"version={version[2]}" if version[2] else f"alias={quote(version[3])}"
    place = "model-versions/get" if version[2] else "registered-models/alias"
    said = _asked(fetch, f"{server}/api/2.0/mlflow/{place}?name={quote(version[1])}&{query}").get("model_version")
    known: Mapping[str, Any] = said if isinstance(said, dict) else {}
    return str(known.get("run_id", "")), str(known.get("source", "")).partition("/artifacts/")[2] or "model"


def _told(id: str, info: Mapping[str, Any], data: Mapping[str, Any], path: str, server: str) -> Run:
    return Run(
        id=id,
        status=str(info.get("status", "")),
        metrics={str(m.get("key")): (float(m["value"]),) for m in data.get("metrics", ()) if is_number(m.get("value"))},
        params={str(p.get("key")): str(p.get("value"))[:1000] for p in data.get("params", ())},
        tags={str(t.get("key")): str(t.get("value"))[:1000] for t in data.get("tags", ())},
        model=path,
        server=server,
    )


def _asked(fetch: Fetch, address: str) -> Mapping[str, Any]:
    try:
        found = json.loads(fetch(address))
    except Unreachable as problem:
        raise FactUnavailable(problem.reason, remedy=_ALLOW) from problem
    except (ValueError, RecursionError) as problem:
        raise FactUnavailable(f"{address} did not answer with JSON") from problem
    if not isinstance(found, dict):
        raise FactUnavailable(f"{address} did not answer with an object")
    return found


def digest_of_model(run: Run, fetch: Fetch, hosts: tuple[str, ...]) -> str:
    """The digest of the model of a run: that which a folder with these files has. Raises FactUnavailable."""
    files = list(_files(run, run.model, fetch, 0))
    if not files:
        raise FactUnavailable(
            f"the run {run.id} has no artefacts at {run.model}", remedy="name the path of the model: runs:/RUN/PATH"
        )
    if len(files) > MOST:
        raise FactUnavailable(f"the model of run {run.id} has more than {MOST} files")
    left, parts = LARGEST, []
    for path in files:
        body = _fetched(f"{run.server}/get-artifact?path={quote(path)}&run_uuid={run.id}", hosts, left)
        left -= len(body)
        inner = path.removeprefix(run.model).lstrip("/") or path
        parts.append((inner, "sha256:" + hashlib.sha256(body).hexdigest()))
    return digest_of_parts(parts)


def _files(run: Run, folder: str, fetch: Fetch, depth: int) -> list[str]:
    """Paths of the files below a folder of the artefacts."""
    if depth > DEEPEST:
        raise FactUnavailable(f"the artefacts of run {run.id} are nested too deeply")
    address = f"{run.server}/api/2.0/mlflow/artifacts/list?run_id={run.id}&path={quote(folder)}"
    said = _asked(fetch, address)
    if said.get("next_page_token"):
        raise FactUnavailable(f"{folder} of run {run.id} has more files than one answer holds")
    listed = said.get("files", [])
    out: list[str] = []
    for item in listed if isinstance(listed, list) else []:
        path = str(item.get("path", "")) if isinstance(item, dict) else ""
        if not path.startswith(folder.rstrip("/") + "/") or ".." in path.split("/"):
            raise FactUnavailable(f"{run.server} lists {path[:100]!r} within {folder}")
        out += _files(run, path, fetch, depth + 1) if item.get("is_dir") else [path]
        if len(out) > MOST:
            break
    return out


def _fetched(address: str, hosts: tuple[str, ...], most: int) -> bytes:
    if not is_allowed(address, hosts):
        raise FactUnavailable(f"{address} was not asked", remedy=_ALLOW)
    try:
        answer = ask_web(address, most=max(0, most), longest=SECONDS, follow=only_to(hosts))
    except Silent as problem:
        raise FactUnavailable(f"{address} was not fetched: it {problem.text}") from problem
    if answer.status != 200:
        raise FactUnavailable(f"{address} answered {answer.status}")
    return answer.body
