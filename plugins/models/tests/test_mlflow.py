"""MLflow's database, and the models of its server: read, digested, and no more than that."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assaymark.api import FactUnavailable
from assaymark.case import Request, judge
from assaymark.model import Outcome, SubcriterionResult
from assaymark_models import mlflow_database, mlflow_server
from assaymark_models.command import case_of
from assaymark_models.manifest import load
from assaymark_models.mlflow_database import run_of
from assaymark_models.places import digest_of

RUN = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
TABLES = """
CREATE TABLE runs (run_uuid TEXT, status TEXT, artifact_uri TEXT, lifecycle_stage TEXT);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, source TEXT);
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER);
CREATE TABLE logged_models (model_id TEXT, name TEXT, artifact_location TEXT, source_run_id TEXT,
                            creation_timestamp_ms BIGINT);
"""


def database(folder: Path, more: str = "") -> Path:
    """The tables of MLflow with one run, its registered model and its artefacts."""
    place = folder / "mlflow.db"
    with sqlite3.connect(place) as connection:
        connection.executescript(TABLES)
        there = f"/home/ada/trials/mlruns/1/{RUN}/artifacts"
        add = connection.execute
        add("INSERT INTO runs VALUES (?, 'FINISHED', ?, 'active')", (RUN, there))
        add("INSERT INTO runs VALUES (?, 'FINISHED', '', 'deleted')", (OTHER,))
        for step, value in enumerate((0.5, 0.7, 0.95)):
            add("INSERT INTO metrics VALUES ('accuracy', ?, 17, ?, ?, 0)", (value, RUN, step))
        add("INSERT INTO metrics VALUES ('broken', 0, 17, ?, 0, 1)", (RUN,))
        add("INSERT INTO params VALUES ('depth', '3', ?)", (RUN,))
        add("INSERT INTO model_versions VALUES ('cooling', 2, ?, ?)", (RUN, f"{there}/model"))
        add("INSERT INTO registered_model_aliases VALUES ('cooling', 'champion', 2)")
        connection.executescript(more)
    connection.close()
    artifacts(folder / "mlruns" / "1" / RUN / "artifacts" / "model")
    return place


def artifacts(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    (folder / "data.txt").write_text("weights")
    (folder / "data" / "more").write_text("of them")


@pytest.fixture
def reported(project: Any) -> Any:
    """A manifest that only takes numbers of an MLflow run."""
    for table in ("reference", "predictions", "metric", "slice", "calibration", "robustness", "no-regression"):
        project.manifest.pop(table, None)
    for key in ("file", "provenance"):
        del project.manifest["model"][key]
    project.manifest["reported"] = [{"metric": "accuracy", "at-least": 0.99}]
    return project


NAMES = [f"runs:/{RUN}", "models:/cooling/2", "models:/cooling@champion"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("store", [None, "mlflow.db", "sqlite:///mlflow.db"])
def test_a_run_of_the_database(name: str, store: str | None, reported: Any) -> None:
    reported.write()
    database(reported.folder)
    (reported.folder / "mlruns").rename(reported.folder / "mlartifacts")
    reported.manifest["model"] |= {"mlflow": name} | ({"store": store} if store else {})
    results = reported.results("ML.Per", "ML.Pro")
    assert results["ML.Per01"].outcome is Outcome.FAILED
    assert "0.95" in " ".join(e.message for e in results["ML.Per01"].evidence)
    assert "1 parameters" in results["ML.Pro01"].evidence[0].message
    numbers = results["ML.Pro02"].evidence[0].metrics
    assert numbers["MLflow run"] == RUN
    assert numbers["MLflow model"] == digest_of(reported.folder / "mlartifacts" / "1" / RUN / "artifacts" / "model")


def test_another_number_or_another_model_is_another_subject(reported: Any) -> None:
    reported.write()
    place = database(reported.folder)
    reported.manifest["model"] |= {"mlflow": NAMES[0], "store": "mlflow.db"}
    seen = [reported.assessment(select=("ML.Doc",)).subject.digest]
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE metrics SET value = 0.999 WHERE step = 2")
    connection.close()
    seen.append(reported.assessment(select=("ML.Doc",)).subject.digest)
    (reported.folder / "mlruns" / "1" / RUN / "artifacts" / "model" / "more").write_text("x")
    seen.append(reported.assessment(select=("ML.Doc",)).subject.digest)
    assert len(set(seen)) == 3


def test_models_that_mlflow_3_keeps_apart_from_their_run(tmp_path: Path) -> None:
    there = "/home/ada/mlruns/1/models/m-7/artifacts"
    rows = f"INSERT INTO logged_models VALUES ('m-7', 'net', '{there}', '{RUN}', 5);"
    rows += f"INSERT INTO model_versions VALUES ('apart', 1, '{RUN}', 'models:/m-7');"
    place = database(tmp_path, rows)
    artifacts(tmp_path / "mlruns" / "1" / "models" / "m-7" / "artifacts")
    (tmp_path / "mlruns" / "1" / RUN / "artifacts" / "model").rename(tmp_path / "gone")
    for name in (f"runs:/{RUN}/net", "models:/apart/1"):
        run = run_of(place, name, tmp_path)
        assert run.artifacts == tmp_path / "mlruns" / "1" / "models" / "m-7" / "artifacts"
        assert run.model == "."


@pytest.mark.parametrize(
    "name", [f"runs:/{OTHER}", "runs:/" + "a" * 32, "models:/cooling/7", "models:/other/1", "models:/cooling@nobody"]
)
def test_what_the_database_does_not_know_is_unavailable(name: str, tmp_path: Path) -> None:
    with pytest.raises(FactUnavailable):
        run_of(database(tmp_path), name, tmp_path)


def test_values_that_are_no_numbers_are_not_taken_for_some(tmp_path: Path) -> None:
    place = database(tmp_path, f"INSERT INTO metrics VALUES ('odd', 'much', 1, '{RUN}', 0, 0);")
    run = run_of(place, NAMES[0], tmp_path)
    assert [str(run.metrics[k][-1]) for k in ("broken", "odd")] == ["nan", "nan"]
    assert run.metrics["accuracy"] == (0.5, 0.7, 0.95)


FOREVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS key, x AS value FROM n"
ODD = {
    "a view that never ends": f"DROP TABLE params; CREATE VIEW params AS {FOREVER};",
    "no table of runs": "DROP TABLE runs;",
    "other columns": "DROP TABLE runs; CREATE TABLE runs (id TEXT);",
    "bytes": f"UPDATE runs SET status = x'ff00', artifact_uri = x'ff' WHERE run_uuid = '{RUN}';",
    "artefacts elsewhere": f"UPDATE runs SET artifact_uri = '/etc' WHERE run_uuid = '{RUN}';",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_database_is_read_or_unavailable(name: str, tmp_path: Path) -> None:
    place = database(tmp_path, ODD[name])
    try:
        run = run_of(place, NAMES[0], tmp_path)
    except FactUnavailable:
        return
    assert run.params in ({}, {"depth": "3"})
    assert run.artifacts is None or run.artifacts.is_relative_to(tmp_path)


def test_a_question_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "INSERT INTO metrics SELECT 'loss', 1.0, 1, 'x', value, 0 FROM generate;"
    many = (
        "CREATE TABLE generate AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 100000)"
    )
    place = database(tmp_path, f"{many} SELECT value FROM n; {rows}")
    monkeypatch.setattr(mlflow_database, "STEPS", 200_000)
    with pytest.raises(FactUnavailable, match="interrupted"):
        run_of(place, NAMES[0], tmp_path)


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_unavailable(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(data)
    with pytest.raises(FactUnavailable):
        run_of(tmp_path / "mlflow.db", NAMES[0], tmp_path)


def test_changes_that_wait_beside_the_database_are_told(tmp_path: Path) -> None:
    place = database(tmp_path)
    (tmp_path / "mlflow.db-wal").write_bytes(b"x")
    with pytest.raises(FactUnavailable, match="not written to it yet"):
        run_of(place, NAMES[0], tmp_path)


FILES = {"model/MLmodel": b"flavors: {}", "model/data.txt": b"weights", "model/data/more": b"of them"}


class Server:
    """What the REST interface of MLflow answers; ``files`` may be changed."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.listed: list[dict[str, Any]] = []
        self.address = ""

    def answer(self, path: str) -> bytes | None:
        parts = urlsplit(path)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if parts.path == "/get-artifact":
            return self.files.get(asked["path"]) if asked["run_uuid"] == RUN else None
        found: dict[str, Any] = {}
        if parts.path.endswith("/artifacts/list"):
            found = {"root_uri": "x", "files": self.listed or self.within(asked["path"] + "/")}
        elif parts.path.endswith("/runs/get"):
            metrics = [{"key": "accuracy", "value": 0.5}]
            found = {"run": {"info": {"status": "FINISHED"}, "data": {"metrics": metrics}}}
        elif parts.path.endswith("/model-versions/get"):
            found = {"model_version": {"run_id": RUN, "source": f"mlflow-artifacts:/1/{RUN}/artifacts/model"}}
        return json.dumps(found).encode()

    def within(self, folder: str) -> list[dict[str, Any]]:
        names = {folder + f[len(folder) :].split("/")[0] for f in self.files if f.startswith(folder)}
        return [{"path": n, "is_dir": n not in self.files} for n in sorted(names)]


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = told.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
        thread.start()
        told.address = f"http://127.0.0.1:{httpd.server_port}"
        yield told
        httpd.shutdown()
        thread.join()


def identified(reported: Any, server: Server, *hosts: str, name: str = NAMES[0]) -> SubcriterionResult:
    reported.manifest["model"] |= {"mlflow": name, "store": server.address}
    request = Request(select=("ML.Pro02",), options={"allow_hosts": hosts})
    return judge(case_of(load(reported.write())), request).assessment.results[0]


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_model_on_a_server_has_the_digest_of_the_same_files_here(
    name: str, reported: Any, server: Server, tmp_path: Path
) -> None:
    for path, data in FILES.items():
        place = tmp_path / "same" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    found = identified(reported, server, "127.0.0.1", name=name)
    assert found.outcome is Outcome.PASSED, found.evidence
    assert found.evidence[0].metrics["MLflow model"] == digest_of(tmp_path / "same" / "model")
    assert found.evidence[0].metrics["MLflow run"] == RUN
    server.files["model/data.txt"] = b"other weights"
    assert identified(reported, server, "127.0.0.1").evidence[0].metrics["MLflow model"] != digest_of(
        tmp_path / "same" / "model"
    )


def test_a_model_that_was_not_digested_is_not_identified(
    reported: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert identified(reported, server).outcome is Outcome.UNKNOWN  # its host is not allowed
    server.files.clear()
    said = identified(reported, server, "127.0.0.1")
    assert (said.outcome, "no artefacts at model" in said.evidence[0].message) == (Outcome.UNKNOWN, True)
    server.files = {"model/large": bytes(1000)}
    monkeypatch.setattr(mlflow_server, "LARGEST", 100)
    assert identified(reported, server, "127.0.0.1").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "listed",
    [
        [{"path": "model", "is_dir": True}],
        [{"path": "model/../../etc/passwd"}],
        [{"path": 7}],
        ["model/a"],
        [{"path": "model/gone"}],
        [{"path": f"model/{i}"} for i in range(600)],
    ],
)
def test_odd_lists_of_a_server_are_unknown(listed: Any, reported: Any, server: Server) -> None:
    server.listed = listed
    assert identified(reported, server, "127.0.0.1").outcome is Outcome.UNKNOWN
