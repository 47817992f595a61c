"""A model that deserves gold, in files, for tests to spoil; and its verdicts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from assaymark.case import Request, judge
from assaymark.model import Assessment, SubcriterionResult
from assaymark_models.command import case_of
from assaymark_models.manifest import load
from assaymark_models.running import Execution

ROWS = 600
GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


def toml_of(data: dict[str, Any]) -> str:
    """A table as TOML; JSON's strings, numbers, lists and truth values are TOML too."""
    lines = [f"{k} = {json.dumps(v)}" for k, v in data.items() if not _tables(v) and not isinstance(v, dict)]
    for name, value in data.items():
        if isinstance(value, dict):
            plain = {k: v for k, v in value.items() if not _tables(v)}
            lines += [f"\n[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in plain.items())]
            for below in (k for k, v in value.items() if _tables(v)):
                for item in value[below]:
                    lines += [f"\n[[{name}.{below}]]", *(f"{k} = {json.dumps(v)}" for k, v in item.items())]
        elif _tables(value):
            for item in value:
                lines += [f"\n[[{name}]]", *(f"{k} = {json.dumps(v)}" for k, v in item.items())]
    return "\n".join(lines) + "\n"


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


class Project:
    """Tables and other files by name, and the manifest as a table; ``write`` puts them into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.manifest: dict[str, Any] = {}
        self.remote = self.committed = True
        self.execution: Execution | None = Execution()

    def write(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        for name, columns in self.tables.items():
            table = pa.table({c: pa.array(v) for c, v in columns.items()})
            if name.endswith(".csv"):
                csv.write_csv(table, self.folder / name)
            elif name.endswith(".npz"):
                np.savez(self.folder / name, **{c: np.asarray(v) for c, v in columns.items()})
            else:
                parquet.write_table(table, self.folder / name)
        for name, data in self.files.items():
            (self.folder / name).write_bytes(data)
        (self.folder / "model.toml").write_text(toml_of(self.manifest), encoding="utf-8")
        if not (self.folder / ".git").exists():
            subprocess.run([*GIT, "init", "-q", "-b", "main", str(self.folder)], check=True)
            if self.remote:
                url = "https://github.com/example/models.git"
                subprocess.run([*GIT, "-C", str(self.folder), "remote", "add", "origin", url], check=True)
        if self.committed:
            subprocess.run([*GIT, "-C", str(self.folder), "add", "model.toml"], check=True)
            # Nothing to commit when it is the same as before: the same files are the same commit.
            subprocess.run([*GIT, "-C", str(self.folder), "commit", "-q", "-m", "Change it"], stdout=subprocess.DEVNULL)
        return self.folder / "model.toml"

    def assessment(self, **request: Any) -> Assessment:
        return judge(case_of(load(self.write()), self.execution), Request(**request)).assessment

    def results(self, *select: str) -> dict[str, SubcriterionResult]:
        return {r.definition.id: r for r in self.assessment(select=select).results}


def classification(folder: Path) -> Project:
    """Two classes; probabilities that are right by construction."""
    rng = np.random.default_rng(7)
    project = Project(folder)
    z = rng.normal(0, 2, 2 * ROWS)
    chance = 1 / (1 + np.exp(-2.5 * z))
    truth = (rng.random(2 * ROWS) < chance).astype(int)
    ids = np.arange(2 * ROWS)
    features = {"f0": z, "f1": rng.normal(5, 1, 2 * ROWS)}
    here, trained = slice(0, ROWS), slice(ROWS, None)
    project.tables = {
        "reference.csv": {
            "id": ids[here],
            "label": truth[here],
            "region": np.where(ids[here] % 2, "north", "south"),
            **{n: v[here] for n, v in features.items()},
        },
        "training.parquet": {"id": ids[trained], **{n: v[trained] for n, v in features.items()}},
    }
    p = chance[here]
    guesses = {"id": ids[here], "prediction": (p > 0.5).astype(int), "p": p}
    noisy = np.clip(p + rng.normal(0, 0.01, ROWS), 0, 1)
    project.tables |= {
        "predictions.parquet": guesses,
        "again.npz": guesses,
        "previous.parquet": {n: v[::-1] for n, v in guesses.items()},
        "noisy.parquet": {"id": ids[here], "prediction": (noisy > 0.5).astype(int), "p": noisy},
    }
    project.files = {
        "CARD.md": b"# A model for tests\n\n" + b"It tells two classes apart by the first of two features. " * 12,
        "model.bin": b"weights",
        "measured.json": b'{"latency_ms": 3.5}',
        "training.json": json.dumps(
            {"entity": {"ex:model": {}}, "activity": {"ex:train": {}}, "wasGeneratedBy": {"_:1": {}}}
        ).encode(),
    }
    project.manifest = {
        "title": "Two classes",
        "task": "classification",
        "model": {
            "file": "model.bin",
            "card": "CARD.md",
            "licence": "Apache-2.0",
            "intended-use": "To try assaymark on two classes; nothing follows from it outside of tests.",
            "training-data": "https://doi.org/10.1234/example",
            "provenance": "training.json",
        },
        "predictions": {
            "file": "predictions.parquet",
            "probability": "p",
            "again": "again.npz",
            "previous": "previous.parquet",
        },
        "reference": {
            "file": "reference.csv",
            "key": "id",
            "target": "label",
            "positive": 1,
            "training": "training.parquet",
            "features": ["f0", "f1"],
        },
        "metric": [
            {"name": "accuracy", "at-least": 0.8},
            {"name": "auc", "at-least": 0.85},
            {"name": "brier", "at-most": 0.15},
        ],
        "slice": [{"by": "region", "metric": "accuracy", "at-least": 0.75}],
        "no-regression": {"metric": "accuracy", "tolerance": 0.01},
        "calibration": {"at-most": 0.15},
        "robustness": [{"name": "noise", "predictions": "noisy.parquet", "metric": "accuracy", "tolerance": 0.05}],
        "constraint": [{"name": "a probability", "rule": "0 <= p <= 1"}],
        "resources": {"file": "measured.json", "limit": [{"name": "latency_ms", "at-most": 10}]},
    }
    return project


def regression(folder: Path) -> Project:
    """A surrogate of a cooling law: temperature over time, with a little noise."""
    rng = np.random.default_rng(3)
    project = classification(folder)
    time = np.linspace(0, 5, ROWS)
    truth = 20 + 60 * np.exp(-0.5 * time)
    guess = truth + rng.normal(0, 0.5, ROWS)
    ids = np.arange(ROWS)
    project.tables["reference.csv"] = {"id": ids, "temperature": truth, "time": time, "f0": time, "f1": truth}
    project.tables["training.parquet"] = {"id": ids + ROWS, "f0": time + 0.004, "f1": truth + 0.3}
    guesses = {"id": ids, "prediction": guess}
    project.tables |= {
        "predictions.parquet": guesses,
        "again.npz": {"id": ids, "prediction": guess + 1e-9},
        "previous.parquet": {"id": ids, "prediction": truth + rng.normal(0, 0.6, ROWS)},
        "noisy.parquet": {"id": ids, "prediction": guess + rng.normal(0, 0.05, ROWS)},
    }
    data = project.manifest
    data |= {
        "title": "Cooling",
        "task": "regression",
        "metric": [
            {"name": "rmse", "at-most": 0.7},
            {"name": "bias", "at-most": 0.2},
            {"name": "r2", "at-least": 0.95},
        ],
        "no-regression": {"metric": "rmse", "tolerance": 0.05},
        "robustness": [{"name": "noise", "predictions": "noisy.parquet", "metric": "mae", "tolerance": 0.1}],
        "constraint": [{"name": "warmer than the room", "rule": "prediction > 15"}],
        "reproducible": {"tolerance": 1e-6},
    }
    del data["slice"], data["calibration"], data["predictions"]["probability"], data["reference"]["positive"]
    data["reference"]["target"] = "temperature"
    return project


@pytest.fixture(scope="session")
def tasks() -> Any:
    """Files that fit the template of each task."""
    spec = spec_from_file_location("of_each_task", Path(__file__).with_name("of_each_task.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return classification(tmp_path / "project")


@pytest.fixture
def surrogate(tmp_path: Path) -> Project:
    return regression(tmp_path / "project")


@pytest.fixture
def toml() -> Callable[[dict[str, Any]], str]:
    return toml_of
