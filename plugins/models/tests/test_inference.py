"""Models that are run here: trained with scikit-learn and exported to ONNX in the test; hostile ones by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from scipy.integrate import solve_ivp
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assaymark.api import Resources
from assaymark.model import Outcome
from assaymark_models.running import Execution


def exported(model: Any, x: Any, **options: Any) -> bytes:
    """A model of scikit-learn as ONNX, which takes rows like these."""
    from skl2onnx import to_onnx

    found: bytes = to_onnx(model, x[:1].astype(np.float32), options=options or None).SerializeToString()
    return found


@pytest.fixture
def twin(surrogate: Any) -> Any:
    """A surrogate of the cooling law, trained on a simulation of it and exported; the sensor says what is true."""
    time, law = simulated()
    surrogate.manifest["predictions"] = {}
    surrogate.manifest["model"] |= {"file": "model.onnx", "inputs": ["time"]}
    surrogate.files["model.onnx"] = exported(trained().fit(time, law), time)
    table = surrogate.tables["reference.csv"]
    rng = np.random.default_rng(0)
    table["temperature"] = 20 + 60 * np.exp(-0.5 * table["time"]) + rng.normal(0, 0.3, len(table["time"]))
    return surrogate


def simulated() -> tuple[Any, Any]:
    """A body that cools, by Newton's law."""
    solved = solve_ivp(lambda t, y: -0.5 * (y - 20), (0, 5), [80], t_eval=np.linspace(0, 5, 200), max_step=0.1)
    return solved.t[:, None], solved.y[0]


def trained() -> Any:
    return make_pipeline(StandardScaler(), GradientBoostingRegressor(random_state=0))


def test_a_trained_surrogate_is_exported_run_and_judged(twin: Any) -> None:
    result = twin.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.PASSED, result.evidence[0].message
    table = twin.tables["reference.csv"]
    expected = trained().fit(*simulated()).predict(table["time"][:, None])
    rmse = np.sqrt(np.mean((expected - table["temperature"]) ** 2))
    assert result.evidence[0].metrics["rmse"] == pytest.approx(rmse, rel=1e-4)


def test_a_surrogate_that_saw_too_little_of_the_simulation_fails(twin: Any) -> None:
    time, law = simulated()
    twin.files["model.onnx"] = exported(trained().fit(time[::80], law[::80]), time)
    assert twin.results("ML.Per")["ML.Per01"].outcome is Outcome.FAILED


@pytest.fixture
def told_apart(project: Any) -> Any:
    """Tumours told apart by a trained model, which is run; half of the rows were not trained with."""
    x, y = load_breast_cancer(return_X_y=True)
    x, here = x[:, :4], np.arange(569) % 2 == 0
    classes = np.where(y == 1, "benign", "malign")
    project.trained = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[~here], classes[~here])
    project.unseen = x[here].astype(np.float32)
    names = ["a", "b", "c", "d"]
    project.tables = {"reference.csv": {"label": classes[here], **dict(zip(names, project.unseen.T, strict=True))}}
    project.manifest = {
        "title": "Tumours",
        "task": "classification",
        "model": project.manifest["model"] | {"file": "model.onnx", "inputs": names},
        "reference": {"file": "reference.csv", "target": "label"},
        "predictions": {"probability": "p"},
        "metric": [{"name": "auc", "at-least": 0.9}, {"name": "brier", "at-most": 0.15}],
        "calibration": {"at-most": 0.2},
    }
    return project


@pytest.mark.parametrize("positive", ["benign", "malign"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_trained_classifier_is_exported_run_and_judged(zipped: bool, positive: str, told_apart: Any) -> None:
    model, x = told_apart.trained, told_apart.unseen
    told_apart.manifest["reference"]["positive"] = positive
    told_apart.files["model.onnx"] = exported(model, x) if zipped else exported(model, x, zipmap=False)
    found = told_apart.results("ML.Per", "ML.Cal")
    assert {r.outcome for r in found.values()} == {Outcome.PASSED}, found["ML.Per01"].evidence[0].message
    truth = told_apart.tables["reference.csv"]["label"] == positive
    chance = model.predict_proba(x)[:, list(model.classes_).index(positive)]
    numbers = found["ML.Per01"].evidence[0].metrics
    assert numbers["auc"] == pytest.approx(roc_auc_score(truth, chance), abs=1e-6)
    assert numbers["brier"] == pytest.approx(brier_score_loss(truth, chance), abs=1e-6)


def test_the_verb_runs_an_exported_model(told_apart: Any) -> None:
    told_apart.manifest["reference"]["positive"] = "malign"
    told_apart.files["model.onnx"] = exported(told_apart.trained, told_apart.unseen)
    words = [sys.executable, "-m", "assaymark", "model", str(told_apart.write()), "--select", "ML.Per"]
    done = subprocess.run([*words, "--format", "json", "--quiet"], capture_output=True, text=True, check=False)
    (found,) = json.loads(done.stdout)["subcriteria"]
    assert (done.returncode, found["outcome"]) == (0, "passed"), done.stderr


def test_of_three_classes_the_probability_of_the_predicted_one_is_taken(told_apart: Any) -> None:
    x, y = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=500).fit(x[::2], y[::2])
    columns = dict(zip(told_apart.manifest["model"]["inputs"], x[1::2].T, strict=True))
    told_apart.tables["reference.csv"] = {"label": y[1::2], **columns}
    told_apart.manifest["metric"] = [{"name": "f1", "at-least": 0.8}]
    told_apart.manifest["calibration"] = {"at-most": 0.5}
    told_apart.files["model.onnx"] = exported(model, x)
    found = told_apart.results("ML.Per", "ML.Cal")
    assert found["ML.Per01"].outcome is Outcome.PASSED
    rows = sum(v for k, v in found["ML.Cal01"].evidence[0].metrics.items() if k.endswith("rows"))
    assert rows == 75


def linear(weights: Any, bias: float) -> onnx.ModelProto:
    """One input (rows, features), one output (rows, 1)."""
    w = numpy_helper.from_array(np.asarray(weights, dtype=np.float32).reshape(-1, 1), "w")
    b = numpy_helper.from_array(np.array([bias], dtype=np.float32), "b")
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, len(weights)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [w, b],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)


@pytest.fixture
def run_here(surrogate: Any) -> Any:
    """The surrogate as a model that is run: a line through the logarithm of the law."""
    table = surrogate.tables["reference.csv"]
    table["decay"] = np.exp(-0.5 * table["time"]) + np.random.default_rng(0).normal(0, 0.005, len(table["time"]))
    surrogate.manifest["predictions"] = {}
    surrogate.manifest["model"] |= {"file": "model.onnx", "inputs": ["decay"]}
    surrogate.files["model.onnx"] = linear([60], 20).SerializeToString()
    return surrogate


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "a/../../secret.bin"])
def test_weights_outside_the_folder_are_not_read(location: str, run_here: Any, tmp_path: Path) -> None:
    model = linear([60], 20)
    (tmp_path / "secret.bin").write_bytes(np.array([60], dtype=np.float32).tobytes())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    run_here.files["model.onnx"] = model.SerializeToString()
    result = run_here.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "outside its folder" in result.evidence[0].message


def beside(project: Any) -> None:
    """Weights in a file beside the model."""
    model = linear([60], 20)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    project.files |= {
        "model.onnx": model.SerializeToString(),
        "weights.bin": np.array([60], dtype=np.float32).tobytes(),
    }


def test_weights_beside_the_model_count_where_a_digest_covers_them(run_here: Any) -> None:
    beside(run_here)
    result = run_here.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "no digest covers" in result.evidence[0].message
    run_here.manifest["model"]["files"] = ["weights.bin"]
    found = run_here.assessment(select=("ML.Per", "ML.Pro02"))
    assert found.results[0].outcome is Outcome.PASSED, found.results[0].evidence[0].message
    run_here.files["weights.bin"] = np.array([59.9], dtype=np.float32).tobytes()
    assert run_here.assessment(select=("ML.Per",)).subject.digest != found.subject.digest


def endless() -> onnx.ModelProto:
    """A loop of which nobody sees the end."""
    number, flag = numpy_helper.from_array(np.array(2**62), "most"), numpy_helper.from_array(np.array(True), "on")
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["v", "v"], ["v_next"]),
        ],
        "body",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("v", TensorProto.FLOAT, None)],
        [value("go_on", TensorProto.BOOL, []), value("v_next", TensorProto.FLOAT, None)],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["most", "on", "x"], ["y"], body=body)],
        "endless",
        [value("x", TensorProto.FLOAT, [None, 1])],
        [value("y", TensorProto.FLOAT, [None, 1])],
        [number, flag],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)


def test_a_model_that_never_ends_is_stopped(run_here: Any) -> None:
    run_here.files["model.onnx"] = endless().SerializeToString()
    run_here.execution = Execution(resources=Resources(time=1))
    result = run_here.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "longer than 1 seconds" in result.evidence[0].message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.files.update({"model.onnx": b"no protobuf at all"}), "no ONNX"),
        (lambda p: p.files.update({"model.onnx": b""}), "cannot be run"),
        (lambda p: p.files.update({"model.onnx": linear([1, 2], 0).SerializeToString()}), "cannot be run"),
        (lambda p: p.manifest["model"].pop("inputs"), "go into the model"),
        (lambda p: p.manifest["model"].update({"inputs": ["nowhere"]}), "no column nowhere"),
        (lambda p: p.manifest["model"].update({"file": "model.bin"}), "only ONNX"),
        (lambda p: p.manifest["model"].pop("file"), "neither predictions nor a model"),
    ],
)
def test_what_cannot_be_run_is_unknown(change: Any, said: str, run_here: Any) -> None:
    change(run_here)
    result = run_here.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert said in result.evidence[0].message
