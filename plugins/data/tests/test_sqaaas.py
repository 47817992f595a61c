"""The shape in which SQAaaS reports FAIR: one criterion, 41 sub-criteria with points, the badge ``fair``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_examples import HERE

from assaymark.case import Request, judge
from assaymark.reports import sqaaas
from assaymark_data.checks.score import answers, score_of
from assaymark_data.command import case_of
from assaymark_data.indicators import WEIGHTS
from assaymark_data.local import source
from assaymark_data.reading import record_of
from assaymark_data.seen import ask


@pytest.fixture
def record() -> Path:
    return HERE / "RDA-R1-01M" / "pass" / "datacite.json"


def test_the_report_has_one_criterion_with_41_indicators_and_points(record: Path) -> None:
    found = judge(case_of(source(record)), Request()).assessment
    report = json.loads(sqaaas.render(found))
    fair = report["report"]["QC.FAIR"]
    assert set(fair["subcriteria"]) == {i.replace("-", "_").replace(".", "_") for i in WEIGHTS}
    assert len(fair["subcriteria"]) == fair["coverage"]["total_subcriteria"] == 41
    assert {s["points"] for s in fair["subcriteria"].values()} <= {0, 50, 100}
    assert fair["subcriteria"]["RDA_F1_01M"]["points"] == 100
    assert fair["subcriteria"]["RDA_A1_1_01M"]["evidence"][0]["standard"]["title"] == "RDA Indicators"
    assert list(report["badge"]) == ["fair"]
    assert "QC.FAIR" in report["badge"]["fair"]["criteria"]["gold"]["missing"]
    assert fair["subcriteria"]["RDA_A2_01M"]["required_for_next_level_badge"] in (True, False)


def test_the_score_is_the_weighed_mean_of_the_points(record: Path) -> None:
    found = record_of(record.read_bytes(), record.name)
    said = answers(found, ask(found, ()))
    points = {i: float(e.metrics["points"]) for i, e in said.items()}
    mean = sum(WEIGHTS[i] * points[i] for i in WEIGHTS) / sum(WEIGHTS.values())
    assert score_of(said) == pytest.approx(mean, abs=0.05)
    assert sum(w == 3 for w in WEIGHTS.values()) == 20
    assert sum(w == 2 for w in WEIGHTS.values()) == 14
    assert sum(w == 1 for w in WEIGHTS.values()) == 7
    only = {i: e for i, e in said.items() if i.startswith("RDA-F")}
    assert score_of(said, "F") == score_of(only)
