"""Models that are run here: ONNX, made in the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from assaymark.api import Resources
from assaymark.model import Outcome
from assaymark_models.running import Execution


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
    rng = np.random.default_rng(0)
    table["decay"] = np.exp(-0.5 * table["time"]) + rng.normal(0, 0.005, len(table["time"]))
    surrogate.manifest["predictions"] = {}
    surrogate.manifest["model"] |= {"file": "model.onnx", "inputs": ["decay"]}
    surrogate.files["model.onnx"] = linear([60], 20).SerializeToString()
    return surrogate


def test_an_onnx_model_is_run_and_judged(run_here: Any) -> None:
    result = run_here.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.PASSED, result.evidence[0].message
    expected = 20 + 60 * run_here.tables["reference.csv"]["decay"]
    rmse = np.sqrt(np.mean((expected - run_here.tables["reference.csv"]["temperature"]) ** 2))
    assert result.evidence[0].metrics["rmse"] == pytest.approx(rmse, rel=1e-4)


def test_a_wrong_model_fails(run_here: Any) -> None:
    run_here.files["model.onnx"] = linear([50], 20).SerializeToString()
    assert run_here.results("ML.Per")["ML.Per01"].outcome is Outcome.FAILED


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
