"""Numbers of other programs: metrics JSON, yProv4ML, MLflow, JUnit; and a run or registered model of MLflow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from assaymark.api import FactUnavailable
from assaymark.case import Request, judge
from assaymark.model import Grade, Outcome
from assaymark_models.command import case_of
from assaymark_models.manifest import load
from assaymark_models.reported import junit_of, of_runs, value_of
from assaymark_models.yprov import prov_metric

RUN = "0123456789abcdef0123456789abcdef"
YPROV = {
    "prefix": {"yprov": "https://yprov.example.org/", "prov": "http://www.w3.org/ns/prov#"},
    "entity": {
        "ex:accuracy//training": {"prov:type": "provml:Metric", "prov:label": "accuracy", "prov:value": "[0.7, 0.9]"},
        "ex:loss//training": {
            "prov:type": {"$": "provml:Metric"},
            "prov:label": "loss",
            "dcterms:identifier": "loss.csv",
        },
    },
    "activity": {"ex:training": {}},
    "wasGeneratedBy": {"_:1": {}},
}
JUNIT = '<testsuite name="physics"><testcase name="mass"/><testcase name="energy">{}</testcase></testsuite>'


@pytest.fixture
def reported(project: Any) -> Any:
    """A manifest that only takes numbers of others."""
    for table in ("reference", "predictions", "metric", "slice", "calibration", "robustness", "no-regression"):
        project.manifest.pop(table, None)
    return project


def outcome(project: Any, **rule: Any) -> tuple[Outcome, str]:
    project.manifest["reported"] = [rule]
    result = project.results("ML.Per")["ML.Per01"]
    return result.outcome, " ".join(e.message for e in result.evidence)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": 0.95, "low": 0.93, "high": 0.97}, Outcome.PASSED),
        ({"value": 0.95, "low": 0.85, "high": 0.97}, Outcome.UNKNOWN),
        ({"value": 0.85, "low": 0.80, "high": 0.97}, Outcome.FAILED),
        ({"value": 0.95, "low": 0.96, "high": 0.97}, Outcome.UNKNOWN),
        (0.95, Outcome.UNKNOWN),
        (0.5, Outcome.FAILED),
        ([0.95, 0.951, 0.949, 0.95, 0.952], Outcome.PASSED),
        ([0.95, 0.951], Outcome.UNKNOWN),
        ("0.95", Outcome.UNKNOWN),
        (True, Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
        (float("nan"), Outcome.UNKNOWN),
        (float("inf"), Outcome.UNKNOWN),
        (10**400, Outcome.UNKNOWN),
        ({"value": 0.95, "low": -(10**400), "high": 1}, Outcome.UNKNOWN),
        ([], Outcome.UNKNOWN),
    ],
)
def test_a_number_passes_with_its_bound_only(value: object, expected: Outcome, reported: Any) -> None:
    reported.files["metrics.json"] = json.dumps({"metrics": {"accuracy": value}}).encode()
    found, said = outcome(reported, file="metrics.json", metric="accuracy", **{"at-least": 0.9})
    assert found is expected, said


def test_what_others_computed_is_self_reported(reported: Any) -> None:
    reported.files["metrics.json"] = b'{"accuracy": {"value": 0.95, "low": 0.93, "high": 0.97}}'
    outcome(reported, file="metrics.json", metric="accuracy", **{"at-least": 0.9})
    assert reported.results("ML.Per")["ML.Per01"].grade is Grade.SELF_REPORTED


def test_repeated_runs_have_the_interval_of_student() -> None:
    values = list(np.random.default_rng(0).normal(0.9, 0.01, 12))
    found = of_runs(values, 0.95)
    test = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((test.low, test.high))


def test_metrics_of_yprov4ml(reported: Any) -> None:
    reported.files["yprov.json"] = json.dumps(YPROV).encode()
    assert outcome(reported, file="yprov.json", metric="accuracy", **{"at-least": 0.95})[0] is Outcome.FAILED
    assert outcome(reported, file="yprov.json", metric="accuracy", **{"at-least": 0.8})[0] is Outcome.UNKNOWN
    assert "loss.csv" in outcome(reported, file="yprov.json", metric="loss", **{"at-most": 1})[1]
    reported.manifest["model"]["provenance"] = "yprov.json"
    provenance = reported.results("ML.Pro")["ML.Pro01"]
    assert provenance.outcome is Outcome.PASSED
    assert "yProv4ML" in provenance.evidence[0].message


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("", Outcome.PASSED),
        ("<skipped/>", Outcome.PASSED),
        ("<failure/>", Outcome.FAILED),
        ("<error/>", Outcome.FAILED),
    ],
)
def test_junit_of_a_junit_file(inner: str, expected: Outcome, reported: Any) -> None:
    reported.files["junit.xml"] = JUNIT.format(inner).encode()
    found, said = outcome(reported, file="junit.xml")
    assert found is expected, said


@pytest.mark.parametrize(
    "text",
    ["", "<", "<testsuites/>", "<testsuite><testcase name='a'><skipped/></testcase></testsuite>",
     "<!DOCTYPE a [<!ENTITY b 'c'>]><testsuite><testcase name='&b;'/></testsuite>"],
)  # fmt: skip # a list of documents
def test_no_junit_file_is_unknown(text: str, reported: Any) -> None:
    reported.files["junit.xml"] = text.encode()
    assert outcome(reported, file="junit.xml")[0] is Outcome.UNKNOWN


def store(folder: Path, *, status: int = 3) -> None:
    """A folder as MLflow writes it: one run with a metric, parameters and a model, and a registered version of it."""
    run = folder / "mlruns" / "1" / RUN
    for name, text in {
        "meta.yaml": f"run_id: {RUN}\nstatus: {status}\nartifact_uri: mlflow-artifacts:/1/{RUN}/artifacts\n",
        "metrics/accuracy": "1700000000000 0.7 0\n1700000000001 0.95 1\n",
        "params/depth": "3\n",
        "tags/mlflow.source.git.commit": "f" * 40,
        "artifacts/model/MLmodel": "flavors:\n  onnx:\n    data: model.onnx\n    onnx_version: 1.17.0\n",
    }.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    version = folder / "mlruns" / "models" / "cooling" / "version-2"
    version.mkdir(parents=True)
    source = f"source: /somewhere/mlruns/1/{RUN}/artifacts/model\n"
    (version / "meta.yaml").write_text(f"name: cooling\nversion: 2\nrun_id: {RUN}\n{source}")
    (version.parent / "meta.yaml").write_text("name: cooling\naliases:\n  champion: 2\n")


@pytest.mark.parametrize(
    "name", [f"runs:/{RUN}", f"runs:/{RUN}/model", "models:/cooling/2", "models:/cooling@champion"]
)
def test_a_run_of_mlflow(name: str, reported: Any) -> None:
    reported.write()
    store(reported.folder)
    reported.manifest["model"] |= {"mlflow": name}
    del reported.manifest["model"]["file"], reported.manifest["model"]["provenance"]
    assert outcome(reported, metric="accuracy", **{"at-least": 0.99})[0] is Outcome.FAILED
    assert outcome(reported, metric="accuracy", **{"at-least": 0.9})[0] is Outcome.UNKNOWN
    results = reported.results("ML.Pro")
    assert results["ML.Pro01"].outcome is Outcome.PASSED
    assert "1 parameters, source at commit ffffffffffff" in results["ML.Pro01"].evidence[0].message
    assert results["ML.Pro02"].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "name", ["runs:/" + "a" * 32, "models:/cooling/7", "models:/other/1", "models:/cooling@nobody", "models:/../1"]
)
def test_what_mlflow_does_not_know_is_unknown(name: str, reported: Any) -> None:
    reported.write()
    store(reported.folder)
    reported.manifest["model"]["mlflow"] = name
    assert outcome(reported, metric="accuracy", **{"at-least": 0.9})[0] is Outcome.UNKNOWN


def test_a_run_that_failed_is_no_provenance(reported: Any) -> None:
    reported.write()
    store(reported.folder, status=4)
    reported.manifest["model"]["mlflow"] = f"runs:/{RUN}"
    del reported.manifest["model"]["provenance"]
    reported.manifest["reported"] = [{"metric": "accuracy", "at-least": 0.9}]
    assert reported.results("ML.Pro")["ML.Pro01"].outcome is Outcome.FAILED


@pytest.mark.parametrize("store_name", ["/tmp", "../..", "nowhere"])
def test_a_store_elsewhere_is_not_read(store_name: str, reported: Any) -> None:
    reported.manifest["model"] |= {"mlflow": f"runs:/{RUN}", "store": store_name}
    assert outcome(reported, metric="accuracy", **{"at-least": 0.9})[0] is Outcome.UNKNOWN


def test_the_model_of_a_run_is_run_when_it_is_onnx(surrogate: Any) -> None:
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression

    surrogate.write()
    store(surrogate.folder)
    place = surrogate.folder / "mlruns" / "1" / RUN / "artifacts" / "model"
    table = surrogate.tables["reference.csv"]
    table["near"] = table["temperature"] + np.random.default_rng(0).normal(0, 0.3, len(table["time"]))
    near = table["near"][:, None].astype(np.float32)
    model = LinearRegression().fit(near, table["temperature"])
    (place / "model.onnx").write_bytes(to_onnx(model, near[:1]).SerializeToString())
    surrogate.manifest["predictions"] = {}
    del surrogate.manifest["model"]["file"]
    surrogate.manifest["model"] |= {"mlflow": f"runs:/{RUN}", "inputs": ["near"]}
    assert surrogate.results("ML.Per")["ML.Per01"].outcome is Outcome.PASSED
    before = surrogate.assessment(select=("ML.Pro02",))
    numbers = before.results[0].evidence[0].metrics
    assert (numbers["MLflow run"], str(numbers["MLflow model"])[:7]) == (RUN, "sha256:")
    (place / "more").write_bytes(b"of the same run")
    assert surrogate.assessment(select=("ML.Pro02",)).subject.digest != before.subject.digest
    (place / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    said = surrogate.results("ML.Per")["ML.Per01"]
    assert said.outcome is Outcome.UNKNOWN
    assert "sklearn" in said.evidence[0].message
    (place / "MLmodel").write_text("flavors:\n  onnx:\n    data: ../../../../../model.onnx\n")
    assert surrogate.results("ML.Per")["ML.Per01"].outcome is Outcome.UNKNOWN


@pytest.fixture
def server() -> Iterator[str]:
    """What the REST interface of MLflow answers."""
    run = {
        "info": {"run_id": RUN, "status": "FINISHED"},
        "data": {
            "metrics": [{"key": "accuracy", "value": 0.5}, {"key": "broken", "value": "NaN"}],
            "params": [{"key": "depth", "value": "3"}],
        },
    }
    answers = {
        f"/api/2.0/mlflow/runs/get?run_id={RUN}": {"run": run},
        "/api/2.0/mlflow/model-versions/get?name=cooling&version=2": {"model_version": {"run_id": RUN}},
        "/api/2.0/mlflow/registered-models/alias?name=cooling&alias=champion": {"model_version": {"run_id": RUN}},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.mark.parametrize("name", [f"runs:/{RUN}", "models:/cooling/2", "models:/cooling@champion"])
def test_a_server_of_mlflow_is_asked_only_when_its_host_is_allowed(name: str, server: str, reported: Any) -> None:
    reported.manifest["model"] |= {"mlflow": name, "store": server}
    reported.manifest["reported"] = [{"metric": "accuracy", "at-least": 0.9}]
    case = case_of(load(reported.write()))
    found = []
    for hosts in ((), ("127.0.0.1",)):
        request = Request(select=("ML.Per",), options={"allow_hosts": hosts})
        found.append(judge(case, request).assessment.results[0].outcome)
    assert found == [Outcome.UNKNOWN, Outcome.FAILED]


def test_a_run_that_the_server_does_not_know(server: str, reported: Any) -> None:
    reported.manifest["model"] |= {"mlflow": "runs:/" + "b" * 32, "store": server}
    reported.manifest["reported"] = [{"metric": "accuracy", "at-least": 0.9}]
    request = Request(select=("ML.Per",), options={"allow_hosts": ("127.0.0.1",)})
    result = judge(case_of(load(reported.write())), request).assessment.results[0]
    assert result.outcome is Outcome.UNKNOWN
    assert "404" in " ".join(e.message for e in result.evidence)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.just(10**400) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@settings(max_examples=80, deadline=None)
@given(found=st.dictionaries(st.sampled_from(["entity", "prefix", "accuracy"]), JSON))
def test_whatever_the_document_holds_is_a_number_or_unavailable(found: dict[str, Any]) -> None:
    here = Path(__file__)
    for ask in (
        lambda: prov_metric(found, "accuracy", "x.json", here, here.parent),
        lambda: value_of(found.get("accuracy"), "accuracy", "x.json", 0.95),
    ):
        try:
            assert np.isfinite(ask().value)
        except FactUnavailable:
            continue


def test_a_huge_junit_file_is_streamed(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="{i}"/>' for i in range(20_000))
    (tmp_path / "junit.xml").write_text(f"<testsuite>{cases}</testsuite>")
    assert junit_of(tmp_path / "junit.xml", "junit.xml").run == 20_000
