"""Runs and models in the SQLite database of MLflow (``mlflow.db``), read without changing it.

The database is a stranger's: it is opened read-only, its schema may call nothing, only tables are asked (no views), and
a question that takes too long is stopped. Artefacts lie below the database, with the last folders that it names.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from assaymark.api import FactUnavailable
from assaymark_models.mlflow import MOST, RUN, VERSION, Run

MOST_VALUES, LONGEST_TEXT = 1_000_000, 1_000_000
STEPS = 200_000_000  # of the virtual machine, for all questions together
_TICK = 100_000
_PLACES = ("", "mlruns", "mlartifacts")


def run_of(place: Path, name: str, root: Path) -> Run:
    """The run of a name; no artefact outside ``root`` is looked for. Raises FactUnavailable."""
    try:
        with _opened(place) as database:
            return _run(database, name, place, root)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError, ValueError) as problem:
        said = " ".join(str(problem).split())[:200]
        raise FactUnavailable(f"{place.name} cannot be read as a database of MLflow: {said}") from problem


@contextmanager
def _opened(place: Path) -> Iterator[sqlite3.Connection]:
    waiting = place.with_name(place.name + "-wal")
    if waiting.is_file() and waiting.stat().st_size:
        raise FactUnavailable(
            f"{place.name} has changes that are not written to it yet",
            remedy="end what uses it (PRAGMA wal_checkpoint)",
        )
    database = sqlite3.connect(f"file:{quote(str(place))}?mode=ro&immutable=1", uri=True)
    left = [STEPS // _TICK]

    def tick() -> int:
        left[0] -= 1
        return int(left[0] < 0)

    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
        database.set_progress_handler(tick, _TICK)
        yield database
    finally:
        database.close()


def _rows(database: sqlite3.Connection, table: str, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a table; none when the database has no such table, or something else of that name."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND sql NOT LIKE '%VIRTUAL%'"
    if not database.execute(there, (table,)).fetchone():
        return []
    return database.execute(question, values).fetchmany(MOST_VALUES)


def _run(database: sqlite3.Connection, name: str, place: Path, root: Path) -> Run:
    if found := RUN.fullmatch(name):
        id, path, source = found[1], found[2] or "model", ""
    else:
        id, source = _version(database, name)
        path = source.rpartition(f"/{id}/artifacts/")[2] if f"/{id}/artifacts/" in source else "model"
    question = "SELECT status, artifact_uri, lifecycle_stage FROM runs WHERE run_uuid = ? LIMIT 1"
    rows = _rows(database, "runs", question, id)
    if not rows:
        raise FactUnavailable(f"the run {id or name} is not in {place.name}")
    status, artifacts, stage = map(_text, rows[0])
    if stage == "deleted":
        raise FactUnavailable(f"the run {id} is deleted in {place.name}", remedy="mlflow gc, or restore it")
    folder = _folder(artifacts, place, root)
    if folder is None or not (folder / path).exists():
        logged = _logged(database, id, path, source)
        if own := _folder(logged, place, root) if logged else None:
            folder, path = own, "."
    return Run(
        id=id,
        status=status,
        metrics=_metrics(database, id),
        params=_pairs(database, "params", id),
        tags=_pairs(database, "tags", id),
        model=path,
        artifacts=folder,
    )


def _version(database: sqlite3.Connection, name: str) -> tuple[str, str]:
    """The run that a version of a registered model is from, and where its model lies."""
    found = VERSION.fullmatch(name)
    if found is None:
        raise FactUnavailable(f"{name!r} names no run and no registered model")
    number: Any = found[2]
    if number is None:
        question = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ? LIMIT 1"
        rows = _rows(database, "registered_model_aliases", question, found[1], found[3])
        if not rows:
            raise FactUnavailable(f"{found[1]} has no alias {found[3]}", remedy="name a version: models:/NAME/VERSION")
        number = rows[0][0]
    question = "SELECT run_id, source FROM model_versions WHERE name = ? AND version = ? LIMIT 1"
    rows = _rows(database, "model_versions", question, found[1], int(number))
    if not rows or not re.fullmatch("[0-9a-f]{32}", _text(rows[0][0])):
        raise FactUnavailable(f"{name} belongs to no run", remedy="register the model from a run")
    return _text(rows[0][0]), _text(rows[0][1])


def _logged(database: sqlite3.Connection, run: str, path: str, source: str) -> str:
    """Where a model lies that MLflow 3 keeps apart from the artefacts of its run; '' when there is none."""
    if source.startswith("models:/"):
        question = "SELECT artifact_location FROM logged_models WHERE model_id = ? LIMIT 1"
        rows = _rows(database, "logged_models", question, source.removeprefix("models:/"))
    else:
        question = (
            "SELECT artifact_location FROM logged_models WHERE source_run_id = ? AND name = ?"
            " ORDER BY creation_timestamp_ms DESC LIMIT 1"
        )
        rows = _rows(database, "logged_models", question, run, path)
    return _text(rows[0][0]) if rows else ""


def _metrics(database: sqlite3.Connection, run: str) -> Mapping[str, tuple[float, ...]]:
    question = "SELECT substr(key, 1, 250), value, is_nan FROM metrics WHERE run_uuid = ? ORDER BY key, step, timestamp"
    out: dict[str, list[float]] = {}
    for key, value, is_nan in _rows(database, "metrics", question, run):
        known = isinstance(value, int | float) and not is_nan
        out.setdefault(_text(key), []).append(float(value) if known else math.nan)
    return {key: tuple(values) for key, values in out.items()}


def _pairs(database: sqlite3.Connection, table: str, run: str) -> Mapping[str, str]:
    question = f"SELECT substr(key, 1, 250), substr(value, 1, 1000) FROM {table} WHERE run_uuid = ? LIMIT {MOST}"
    rows = _rows(database, table, question, run)
    return {_text(key): _text(value) for key, value in rows}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _folder(address: str, place: Path, root: Path) -> Path | None:
    """The folder that an address of artefacts means here; at least its last two parts have to be the same."""
    path = re.sub(r"^[a-z-]+:/*(?=/|[^/])", "", address) if ":" in address else address
    parts = [p for p in PurePosixPath(path).parts if p not in ("/", ".", "..")]
    for start in range(max(0, len(parts) - 1)):
        for beside in _PLACES:
            try:
                found = place.parent.joinpath(beside, *parts[start:]).resolve()
                if found.is_relative_to(root) and found.is_dir():
                    return found
            except (OSError, ValueError, RuntimeError):
                continue
    return None
