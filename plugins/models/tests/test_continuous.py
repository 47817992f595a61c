"""Again and again: new data, a stale badge, the next verdict; and our tools as steps of a CWL workflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import assaymark
from assaymark.api import InputError
from assaymark.model import Outcome
from assaymark_models.bootstrap import Interval
from assaymark_models.command import command
from assaymark_models.compare import since
from assaymark_models.continuous import history_of


def run(project: Any, *words: str) -> Any:
    done = CliRunner().invoke(command, [str(project.write()), *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def told(folder: Path, id: str, check: str) -> Any:
    found = json.loads((folder / "assessment.json").read_text())
    result = next(r for r in found["subcriteria"] if r["id"] == id)
    return next(e for e in result["evidence"] if e["check"] == check)


def observe(project: Any, seed: int, *, worse: float = 0.0) -> None:
    """New observations of the same law; ``worse`` moves what the surrogate says."""
    rng = np.random.default_rng(seed)
    table = project.tables["reference.csv"]
    time = np.sort(rng.uniform(0, 5, len(table["id"])))
    truth = 20 + 60 * np.exp(-0.5 * time)
    project.tables["reference.csv"] = {**table, "temperature": truth, "time": time, "f0": time, "f1": truth}
    guess = truth + rng.normal(worse, 0.5, len(time))
    for name in ("predictions.parquet", "again.npz", "previous.parquet", "noisy.parquet"):
        project.tables[name] = {"id": table["id"], "prediction": guess}


def test_new_data_make_the_badge_stale_until_they_are_judged(surrogate: Any, tmp_path: Path) -> None:
    run(surrogate, "--output", str(tmp_path / "one"))
    last = str(tmp_path / "one" / "assessment.json")
    same = run(surrogate, "--last", last, "--stale", "--output", str(tmp_path / "same"))
    assert same.output == "current\n"
    assert [p.name for p in (tmp_path / "same").iterdir()] == ["state.txt"]
    observe(surrogate, 5)
    new = run(surrogate, "--last", last, "--stale", "--output", str(tmp_path / "stale"))
    assert new.output == "stale\n"
    assert "stale" in (tmp_path / "stale" / "badge.svg").read_text()
    assert "stale" in json.loads((tmp_path / "stale" / "badge.json").read_text())["message"]
    run(surrogate, "--last", last, "--output", str(tmp_path / "two"))
    assert "stale" not in (tmp_path / "two" / "badge.svg").read_text()
    assert told(tmp_path / "two", "ML.Reg01", "model.since-last")["outcome"] == "passed"


def test_the_history_is_carried_from_one_assessment_to_the_next(surrogate: Any, tmp_path: Path) -> None:
    last: list[str] = []
    for i in range(4):
        observe(surrogate, i)
        run(surrogate, "--as-of", f"2026-0{i + 1}-01", "--output", str(tmp_path / str(i)), *last)
        last = ["--last", str(tmp_path / str(i) / "assessment.json")]
    history = history_of(tmp_path / "3" / "assessment.json")
    assert [day for day, _ in history.points["rmse"]] == [f"2026-0{i}-01" for i in range(1, 5)]
    numbers = told(tmp_path / "3", "ML.Reg01", "model.since-last")["metrics"]
    first = told(tmp_path / "0", "ML.Per01", "model.performance")["metrics"]
    assert numbers["history rmse 001 value"] == pytest.approx(first["rmse"])
    assert "History of rmse." in (tmp_path / "3" / "report.html").read_text()


def test_a_twin_that_drifts_away_fails(surrogate: Any, tmp_path: Path) -> None:
    observe(surrogate, 0)
    run(surrogate, "--output", str(tmp_path / "one"))
    observe(surrogate, 1, worse=1.0)
    run(surrogate, "--output", str(tmp_path / "two"), "--last", str(tmp_path / "one" / "assessment.json"))
    found = told(tmp_path / "two", "ML.Reg01", "model.since-last")
    assert found["outcome"] == "failed"
    assert "worse by more than chance" in found["message"]


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [((-0.05, 0.05), (-0.9, -0.8), True), ((0.8, 0.9), (-0.1, 0.1), False), ((-0.9, -0.8), (0.85, 0.95), False)],
)
def test_a_bias_is_compared_by_its_size(before: Any, after: Any, worse: bool) -> None:
    one, other = (Interval(sum(ends) / 2, *ends) for ends in (before, after))
    found = since({"name": "bias", "at-most": 0.5}, one, other, "2026-01-01")
    assert (found.outcome is Outcome.FAILED) == worse


def test_a_handful_of_new_observations_cannot_be_compared_with_the_last(surrogate: Any, tmp_path: Path) -> None:
    run(surrogate, "--output", str(tmp_path / "one"))
    for name in ("reference.csv", "predictions.parquet", "again.npz", "previous.parquet", "noisy.parquet"):
        surrogate.tables[name] = {k: v[:9] for k, v in surrogate.tables[name].items()}
    run(surrogate, "--output", str(tmp_path / "two"), "--last", str(tmp_path / "one" / "assessment.json"))
    found = told(tmp_path / "two", "ML.Reg01", "model.since-last")
    assert found["outcome"] == "unknown"
    assert "too few to conclude" in found["message"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"subject": {"kind": "software"}, "subcriteria": []}', '{"subject": 1}']
)
def test_what_is_no_last_assessment_is_told(text: str, surrogate: Any, tmp_path: Path) -> None:
    (tmp_path / "last.json").write_text(text)
    with pytest.raises(InputError, match=r"last\.json"):
        run(surrogate, "--last", str(tmp_path / "last.json"))


def test_a_partial_run_cannot_be_compared_with(surrogate: Any, tmp_path: Path) -> None:
    run(surrogate, "--select", "ML.Per", "--output", str(tmp_path / "one"))
    with pytest.raises(InputError, match="which data"):
        history_of(tmp_path / "one" / "assessment.json")


def test_stale_needs_to_know_of_what(surrogate: Any) -> None:
    with pytest.raises(InputError, match="--last"):
        run(surrogate, "--stale")


def test_the_python_api_judges_a_manifest(project: Any) -> None:
    found = assaymark.assess(project.write(), select=("ML.Per",))
    assert found.results[0].outcome is Outcome.PASSED
    assert found.subject.kind == "model"


def cwltool(tool: Path, folder: Path, **inputs: object) -> subprocess.CompletedProcess[str]:
    job = folder / "job.json"
    job.write_text(
        json.dumps({k: {"class": "Directory", "path": str(v)} if isinstance(v, Path) else v for k, v in inputs.items()})
    )
    words = [sys.executable, "-m", "cwltool", "--quiet", "--outdir", str(folder / "out"), str(tool), str(job)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


def test_cwltool_runs_our_tool_and_the_gate_is_its_answer(project: Any, checkout: Path, tmp_path: Path) -> None:
    project.write()
    tool = checkout / "pipelines" / "templates" / "assaymark-model.cwl"
    done = cwltool(tool, tmp_path, project=project.folder, gate="gold")
    assert done.returncode == 0, done.stderr
    given = json.loads(done.stdout)
    assert json.loads(Path(given["assessment"]["path"]).read_text())["level"] == "gold"
    assert "gold" in Path(given["report"]["path"], "badge.svg").read_text()
    project.manifest["metric"][0]["at-least"] = 0.999
    project.write()
    assert "permanentFail" in cwltool(tool, tmp_path, project=project.folder, gate="bronze").stderr


def test_cwltool_assesses_a_repository_with_its_model(project: Any, checkout: Path, tmp_path: Path) -> None:
    project.write()
    tool = checkout / "pipelines" / "templates" / "assaymark-assess.cwl"
    done = cwltool(tool, tmp_path, checkout=project.folder, without_tools=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(Path(json.loads(done.stdout)["assessment"]["path"]).read_text())
    assert next(r for r in found["subcriteria"] if r["id"] == "ML.Per01")["outcome"] == "passed"
