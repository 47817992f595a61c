"""Metrics of yProv4ML from version 3 on: the values lie in files beside the document."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import zarr

from assaymark.api import FactUnavailable
from assaymark.model import Outcome
from assaymark_models.yprov import prov_metric

THERE = "prov/run_0/metrics_GR0"  # where the file lay when the model was trained


def document(*kept: str, context: str = "Training") -> dict[str, Any]:
    entities = {
        f"run:loss//{context if i == 0 else i}": {
            "prov:type": "provml:Metric",
            "prov:label": "loss",
            "dcterms:identifier": path,
        }
        for i, path in enumerate(kept)
    }
    relations = {"_:1": {"prov:entity": "run:loss//Training", "prov:activity": "run:Training"}}
    return {"prefix": {"yprov": "x"}, "entity": entities, "activity": {"run:Training": {}}, "wasGeneratedBy": relations}


def csv(place: Path, values: Sequence[object], mark: str = ",") -> None:
    lines = [f"loss{mark}Training{mark}std", *(f"{i}{mark}{v}{mark}17000000{i}" for i, v in enumerate(values))]
    place.write_text("\n".join(lines) + "\n")


def netcdf(place: Path, values: Sequence[Any]) -> None:
    with netCDF4.Dataset(place, "w") as file:
        file.createDimension("time", None)
        for name, kind in (("epochs", "i4"), ("values", "f4"), ("timestamps", "i8")):
            file.createVariable(name, kind, ("time",), "zlib")[:] = values if name == "values" else range(len(values))


def store(place: Path, values: Sequence[Any]) -> None:
    group = zarr.open_group(str(place), mode="w")
    for name, kind in (("epochs", "i4"), ("values", "f4"), ("timestamps", "i8")):
        array = group.create_array(name, shape=(0,), chunks=(1000,), dtype=kind)
        array.append(np.asarray(values if name == "values" else range(len(values)), dtype=kind))


WRITERS: dict[str, Callable[[Path, Sequence[Any]], None]] = {
    "loss.csv": csv,
    "loss.txt": lambda place, values: csv(place, values, ";"),
    "loss.nc": netcdf,
    "loss.zarr": store,
}


def value(folder: Path, tree: dict[str, Any], name: str = "loss") -> float:
    place = folder / "prov.json"
    return prov_metric(tree, name, "prov.json", place, folder).value


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("below", ["", "metrics_GR0"])
def test_the_last_value_is_read_from_the_file_beside_the_document(name: str, below: str, tmp_path: Path) -> None:
    (tmp_path / below).mkdir(exist_ok=True)
    WRITERS[name](tmp_path / below / name, [0.9, 0.5, 0.25])
    assert value(tmp_path, document(f"{THERE}/{name}")) == 0.25
    assert value(tmp_path, document(f"C:\\runs\\metrics_GR0\\{name}")) == 0.25


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("values", [[], [0.5, float("nan")], [0.5, float("inf")]])
def test_no_number_at_the_end_is_no_value(name: str, values: list[float], tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, values)
    with pytest.raises(FactUnavailable):
        value(tmp_path, document(name))


@pytest.mark.parametrize("name", ["loss.csv", "loss.nc", "loss.zarr/zarr.json"])
@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n broken", b"loss,a,b\n1,2\n", b"loss,a,b\nx,y,z\n"])
def test_damaged_files_are_unavailable(name: str, data: bytes, tmp_path: Path) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    with pytest.raises(FactUnavailable):
        value(tmp_path, document(name.partition("/")[0]))


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.csv", "nowhere.csv", "loss.pkl", "", "a/" * 5000])
def test_only_files_below_the_document_are_read(path: str, tmp_path: Path) -> None:
    csv(tmp_path / "secret.csv", [1.0])
    (tmp_path / "loss.pkl").write_bytes(b"\x80\x04.")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.csv").symlink_to(tmp_path / "secret.csv")
    for kept in (path, "link.csv"):
        with pytest.raises(FactUnavailable):
            value(inner, document(kept))


def test_one_of_several_contexts_has_to_be_named(tmp_path: Path) -> None:
    for name, last in (("a.csv", 0.25), ("b.csv", 0.75)):
        csv(tmp_path / name, [last])
    tree = document("a.csv", "b.csv")
    with pytest.raises(FactUnavailable, match="has 2 metrics 'loss': loss//Training, loss//1"):
        value(tmp_path, tree)
    assert value(tmp_path, tree, "loss//Training") == 0.25
    assert value(tmp_path, tree, "loss//1") == 0.75


def test_it_is_judged_and_digested(project: Any) -> None:
    for table in ("reference", "predictions", "metric", "slice", "calibration", "robustness", "no-regression"):
        project.manifest.pop(table, None)
    project.files["yprov.json"] = json.dumps(document(f"{THERE}/loss.csv")).encode()
    project.manifest["reported"] = [{"file": "yprov.json", "metric": "loss", "at-most": 0.1}]
    csv(project.write().parent / "loss.csv", [0.5, 0.25])
    before = project.assessment(select=("ML.Per", "ML.Pro02"))
    outcome = {r.definition.id: r for r in before.results}
    assert outcome["ML.Per01"].outcome is Outcome.FAILED
    assert "0.25" in " ".join(e.message for e in outcome["ML.Per01"].evidence)
    assert "values of reported 1" in outcome["ML.Pro02"].evidence[0].metrics
    csv(project.folder / "loss.csv", [0.5, 0.05])
    after = project.assessment(select=("ML.Per",))
    assert after.results[0].outcome is Outcome.UNKNOWN  # one number has no interval
    assert after.subject.digest != before.subject.digest
