"""Every criterion of models passes where it should, and fails when the one thing that it is about is spoilt."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assaymark import catalogue
from assaymark.model import Grade, Level, Outcome


def test_a_good_classifier_gets_gold(project: Any) -> None:
    found = project.assessment()
    said = {r.definition.id: (r.outcome, r.evidence[0].message) for r in found.results if r.outcome != Outcome.PASSED}
    assert said == {}
    assert found.level is Level.GOLD
    assert found.subject.kind == "model"
    assert (found.subject.repository, found.subject.path) == ("github.com/example/models", "model.toml")


def test_a_good_surrogate_gets_gold(surrogate: Any) -> None:
    found = surrogate.assessment()
    open_ = {r.definition.id: r.outcome for r in found.results if r.outcome != Outcome.PASSED}
    assert open_ == {"ML.Cal01": Outcome.NOT_APPLICABLE, "ML.Sli01": Outcome.UNKNOWN}
    assert found.level is Level.BRONZE
    region = np.where(np.arange(len(surrogate.tables["reference.csv"]["id"])) % 3, "inner", "outer")
    surrogate.tables["reference.csv"]["zone"] = region
    surrogate.manifest["slice"] = [{"by": "zone", "metric": "mae", "at-most": 0.6}]
    assert surrogate.assessment().level is Level.GOLD


def spoil_performance(p: Any) -> None:
    p.manifest["metric"][0]["at-least"] = 0.99


def spoil_slices(p: Any) -> None:
    column = p.tables["predictions.parquet"]["prediction"].copy()
    column[1::2] = 1 - column[1::2]
    p.tables["predictions.parquet"] = {**p.tables["predictions.parquet"], "prediction": column}


def spoil_regression(p: Any) -> None:
    truth = p.tables["reference.csv"]["label"]
    p.tables["previous.parquet"] = {**p.tables["predictions.parquet"], "prediction": truth}


def spoil_calibration(p: Any) -> None:
    guesses = p.tables["predictions.parquet"]
    p.tables["predictions.parquet"] = {**guesses, "p": np.where(guesses["p"] > 0.5, 0.55, 0.45)}


def spoil_robustness(p: Any) -> None:
    noisy = p.tables["noisy.parquet"]
    p.tables["noisy.parquet"] = {**noisy, "prediction": np.zeros_like(noisy["prediction"])}


def spoil_finite(p: Any) -> None:
    column = p.tables["predictions.parquet"]["prediction"].astype(float)
    column[3] = np.nan
    p.tables["predictions.parquet"] = {**p.tables["predictions.parquet"], "prediction": column}


def spoil_constraint(p: Any) -> None:
    p.manifest["constraint"][0]["rule"] = "p < 0.9 or f0 < 0"


def spoil_keys(p: Any) -> None:
    p.tables["training.parquet"]["id"] = p.tables["training.parquet"]["id"] - 1


def spoil_content(p: Any) -> None:
    for name in ("f0", "f1"):
        column = p.tables["training.parquet"][name].copy()
        column[0] = p.tables["reference.csv"][name][5] * (1 + 1e-9)
        p.tables["training.parquet"][name] = column


def spoil_drift(p: Any) -> None:
    p.tables["training.parquet"]["f1"] = p.tables["training.parquet"]["f1"] + 2


def spoil_again(p: Any) -> None:
    column = p.tables["again.npz"]["prediction"].copy()
    column[9] = 1 - column[9]
    p.tables["again.npz"] = {**p.tables["again.npz"], "prediction": column}


SPOILS: dict[str, Callable[[Any], object]] = {
    "ML.Doc01": lambda p: p.files.update({"CARD.md": b"A model."}),
    "ML.Doc02": lambda p: p.manifest["model"].update({"licence": "Apache 2"}),
    "ML.Doc03": lambda p: p.manifest["model"].update({"intended-use": "anything"}),
    "ML.Doc04": lambda p: p.manifest["model"].pop("training-data"),
    "ML.Per01": spoil_performance,
    "ML.Sli01": spoil_slices,
    "ML.Reg01": spoil_regression,
    "ML.Cal01": spoil_calibration,
    "ML.Rob01": spoil_robustness,
    "ML.Con01": spoil_finite,
    "ML.Con02": spoil_constraint,
    "ML.Dat01": spoil_keys,
    "ML.Dat02": spoil_content,
    "ML.Dat03": spoil_drift,
    "ML.Rep01": spoil_again,
    "ML.Res01": lambda p: p.files.update({"measured.json": b'{"latency_ms": 30}'}),
    "ML.Pro01": lambda p: p.files.update({"training.json": b'{"entity": {}}'}),
    "ML.Pro02": lambda p: p.manifest["model"].pop("file"),
}


@pytest.mark.parametrize("id", SPOILS)
def test_what_is_spoilt_fails_and_says_where_and_what_to_do(id: str, project: Any) -> None:
    SPOILS[id](project)
    result = project.results(id)[id]
    assert result.outcome is Outcome.FAILED, result.evidence[0].message
    evidence = result.evidence[0]
    assert evidence.findings
    for finding in evidence.findings:
        assert finding.location is not None
        assert finding.location.path == "model.toml"
        assert finding.location.line
    assert evidence.remedy or result.definition.remedy


def test_every_criterion_of_models_has_a_failing_example() -> None:
    wanted = {s.id for c in catalogue.load().criteria.values() if c.kind == "model" for s in c.subcriteria}
    assert set(SPOILS) == wanted


UNDECLARED = {
    "ML.Sli01": ["slice"],
    "ML.Cal01": ["calibration"],
    "ML.Rob01": ["robustness"],
    "ML.Con02": ["constraint"],
    "ML.Res01": ["resources"],
}


@pytest.mark.parametrize("id", UNDECLARED)
def test_what_the_manifest_does_not_state_is_unknown(id: str, project: Any) -> None:
    for key in UNDECLARED[id]:
        del project.manifest[key]
    assert project.results(id)[id].outcome is Outcome.UNKNOWN


def test_the_first_model_has_nothing_to_be_compared_with(project: Any) -> None:
    del project.manifest["no-regression"]
    assert project.results("ML.Reg")["ML.Reg01"].outcome is Outcome.NOT_APPLICABLE


def test_a_value_that_clears_but_whose_bound_does_not_is_unknown(project: Any) -> None:
    result = project.results("ML.Per")["ML.Per01"]
    value, low = (result.evidence[0].metrics[k] for k in ("accuracy", "accuracy low"))
    project.manifest["metric"][0]["at-least"] = (value + low) / 2
    said = project.results("ML.Per")["ML.Per01"]
    assert said.outcome is Outcome.UNKNOWN
    assert "bound" in said.evidence[0].message


def test_few_rows_conclude_nothing_and_a_small_group_neither(project: Any) -> None:
    project.manifest["statistics"] = {"minimum": 1000}
    assert project.results("ML.Per")["ML.Per01"].outcome is Outcome.UNKNOWN
    project.tables["reference.csv"]["region"][:3] = "islet"
    said = project.results("ML.Sli")["ML.Sli01"]
    assert said.outcome is Outcome.UNKNOWN
    assert "islet" in said.evidence[0].message


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b"1" + b"0" * 400, b"true", b'"3"'])
def test_a_resource_that_is_no_number_is_unknown(value: bytes, project: Any) -> None:
    project.files["measured.json"] = b'{"latency_ms": ' + value + b"}"
    assert project.results("ML.Res")["ML.Res01"].outcome is Outcome.UNKNOWN


def test_what_the_project_measured_is_self_reported_and_what_we_judged_is_measured(project: Any) -> None:
    results = project.results("ML.Res", "ML.Per")
    assert results["ML.Res01"].grade is Grade.SELF_REPORTED
    assert results["ML.Per01"].grade is Grade.MEASURED


def test_the_same_files_give_the_same_verdict(project: Any) -> None:
    from dataclasses import replace

    one, two = project.assessment(), project.assessment()
    assert replace(one, run=two.run) == two


def test_everything_is_identified_by_digests(project: Any) -> None:
    numbers = project.results("ML.Pro")["ML.Pro02"].evidence[0].metrics
    assert str(numbers["identity"]).startswith("assaymark:custom/github.com/example/models/model.toml@sha256:")
    for role in ("model", "reference", "training", "predictions", "thresholds", "environment", "manifest"):
        assert str(numbers[role]).startswith("sha256:"), role


def test_another_datum_is_another_subject(project: Any) -> None:
    before = project.assessment(select=("ML.Doc",)).subject.digest
    project.tables["reference.csv"]["f1"] = project.tables["reference.csv"]["f1"] + 1e-6
    assert project.assessment(select=("ML.Doc",)).subject.digest != before


def test_a_manifest_without_a_repository_is_not_identified(project: Any) -> None:
    project.remote = False
    assert project.results("ML.Pro")["ML.Pro02"].outcome is Outcome.UNKNOWN


def test_reports_of_a_model_are_drawn_from_the_same_json(project: Any) -> None:
    from importlib import import_module

    from assaymark.reports.json import from_json

    found = project.assessment()
    text = import_module("assaymark.reports.json").render(found)
    assert json.loads(text)["subject"]["kind"] == "model"
    again = from_json(text, where="assessment.json")
    for form in ("text", "markdown", "html", "sarif", "junit", "sqaaas"):
        render = import_module(f"assaymark.reports.{form}").render
        assert render(found) == render(again), form


def test_the_very_version_of_the_manifest_is_committed_and_not_known_to_be_unpushed(project: Any) -> None:
    """Its address names its bytes; what is on no branch of the remote is found by nobody under it."""

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(project.folder), *words], check=True)

    def identified() -> tuple[Outcome, str]:
        found = project.results("ML.Pro02")["ML.Pro02"]
        return found.outcome, found.evidence[0].message

    assert identified()[0] is Outcome.PASSED  # no branch of a remote is known, so none tells
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert "is pushed" in identified()[1]
    project.manifest["title"] = "Another title"
    assert identified()[0] is Outcome.UNKNOWN
    project.committed = False
    project.manifest["title"] = "A third title"
    outcome, said = identified()
    assert (outcome, "not committed" in said) == (Outcome.FAILED, True)
