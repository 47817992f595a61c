"""The template of each task, with data that fit it, judged from end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet
from scipy import stats
from sklearn import metrics as reference

from assaymark.case import Request, judge
from assaymark.init import TASKS
from assaymark.model import Assessment, Outcome
from assaymark_models import formulas
from assaymark_models.command import case_of
from assaymark_models.manifest import load, read
from assaymark_models.running import Execution


def template(checkout: Path, task: str) -> str:
    return (checkout / "pipelines" / "templates" / "model" / f"{task}.toml").read_text(encoding="utf-8")


Judged = Callable[..., Assessment]


@pytest.fixture
def judged(tasks: Any, checkout: Path, tmp_path: Path) -> Judged:
    """Judges a model of a task, spoilt or not, in a folder of the test."""

    def judge_it(task: str, *select: str, spoil: Any = None) -> Assessment:
        manifest = tasks.make(tmp_path, task, template(checkout, task))
        if spoil:
            spoil(tmp_path)
        return judge(case_of(load(manifest), Execution()), Request(select=select)).assessment

    return judge_it


def evidence(found: Assessment, id: str) -> Any:
    return next(r for r in found.results if r.definition.id == id)


@pytest.mark.parametrize("task", TASKS)
def test_a_template_keeps_to_the_schema(task: str, checkout: Path) -> None:
    assert read(template(checkout, task), "model.toml")["task"] == task


@pytest.mark.parametrize("task", TASKS)
def test_a_good_model_of_each_task_passes_what_its_template_asks(task: str, judged: Judged, checkout: Path) -> None:
    found = judged(task)
    text = template(checkout, task)
    wanted = {"ML.Per01", "ML.Con01", "ML.Doc01"} | ({"ML.Sli01"} if "[[slice]]" in text else set())
    wanted |= {"ML.Con02"} if "[[constraint]]" in text else set()
    wanted |= {"ML.Cal01"} if "[calibration]" in text else set()
    wanted |= {"ML.Rob01", "ML.Rep01", "ML.Res01"} if task == "surrogate" else set()
    said = {r.definition.id: (r.outcome, r.evidence[0].message) for r in found.results if r.definition.id in wanted}
    assert {i: s for i, s in said.items() if s[0] is not Outcome.PASSED} == {}


@pytest.mark.parametrize("task", TASKS)
def test_a_template_that_is_not_filled_in_documents_nothing(task: str, judged: Judged) -> None:
    asked = ("ML.Doc02", "ML.Doc03", "ML.Doc04")
    assert {r.definition.id: r.outcome for r in judged(task, *asked).results} == dict.fromkeys(asked, Outcome.FAILED)


def evidence_of(found: Assessment) -> Any:
    return evidence(found, "ML.Per01").evidence[0].metrics


def test_the_mean_intersection_over_union_is_that_of_scikit_learn(judged: Judged, tmp_path: Path) -> None:
    found = evidence_of(judged("segmentation", "ML.Per"))
    with np.load(tmp_path / "masks.npz") as one, np.load(tmp_path / "predicted.npz") as other:
        truth, guess = one["class"], other["class"]
    assert found["iou"] == pytest.approx(reference.jaccard_score(truth, guess, average="macro"))
    assert found["f1"] == pytest.approx(reference.f1_score(truth, guess, average="macro"))
    assert found["units"] == 60


def test_the_average_precision_is_that_of_scikit_learn(judged: Judged, tmp_path: Path) -> None:
    found = evidence_of(judged("detection", "ML.Per"))
    boxes, said = csv.read_csv(tmp_path / "boxes.csv"), csv.read_csv(tmp_path / "found.csv")
    ghosts = np.asarray(said["x1"]) > 150
    label, score = np.asarray(said["label"].to_pylist()), np.asarray(said["score"])
    each = []
    for name in ("ship", "buoy"):
        mine = label == name
        own = np.asarray(boxes["label"].to_pylist()) == name
        share = (~ghosts[mine]).sum() / own.sum()
        each.append(reference.average_precision_score(~ghosts[mine], score[mine]) * share)
    assert found["map"] == pytest.approx(np.mean(each))
    counted = score >= 0.5
    assert found["recall"] == pytest.approx((~ghosts & counted).sum() / boxes.num_rows)


def test_a_box_is_found_once_and_only_where_it_is(judged: Judged) -> None:
    def twice(folder: Path) -> None:
        table = csv.read_csv(folder / "found.csv")
        csv.write_csv(pa.concat_tables([table, table]), folder / "found.csv")

    def elsewhere(folder: Path) -> None:
        table = csv.read_csv(folder / "found.csv").to_pydict()
        csv.write_csv(pa.table(table | {"image": table["image"][::-1]}), folder / "found.csv")

    doubled = judged("detection", "ML.Per", spoil=twice)
    assert evidence_of(doubled)["recall"] < 1
    assert evidence(doubled, "ML.Per01").outcome is Outcome.FAILED
    moved = judged("detection", "ML.Per", spoil=elsewhere)
    assert evidence(moved, "ML.Per01").outcome is Outcome.FAILED


EMPTY = "60,,calm,,,,\n61,,rough,,,,\n"
GHOST = "60,ship,0.9,1,1,5,5\n"


def test_what_is_seen_in_an_image_without_anything_is_wrong(judged: Judged, tmp_path: Path) -> None:
    """Images in which there is nothing are rows of the reference without class and box."""

    def add(ghost: str) -> Callable[[Path], None]:
        def spoil(folder: Path) -> None:
            with (folder / "boxes.csv").open("a") as boxes, (folder / "found.csv").open("a") as found:
                boxes.write(EMPTY)
                found.write(ghost)

        return spoil

    before = evidence_of(judged("detection", "ML.Per"))
    empty = evidence_of(judged("detection", "ML.Per", spoil=add("")))
    seen = evidence_of(judged("detection", "ML.Per", spoil=add(GHOST)))
    assert (before["images"], empty["images"]) == (60, 62)
    assert before["map"] == empty["map"] > seen["map"]
    assert before["recall"] == empty["recall"] == seen["recall"]
    elsewhere = judged("detection", "ML.Per", spoil=add(GHOST.replace("60", "99")))
    assert evidence(elsewhere, "ML.Per01").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("change", "tolerance", "expected"),
    [
        (lambda t: t, 0, Outcome.PASSED),
        (lambda t: t.take(list(reversed(range(t.num_rows)))), 0, Outcome.PASSED),
        (lambda t: t.slice(1), 0, Outcome.FAILED),
        (lambda t: t.set_column(2, "score", pa.array(np.asarray(t["score"]) - 0.01)), 0, Outcome.FAILED),
        (lambda t: t.set_column(2, "score", pa.array(np.asarray(t["score"]) - 0.01)), 0.02, Outcome.PASSED),
        (lambda t: t.set_column(1, "label", pa.array(["buoy"] * t.num_rows)), 0, Outcome.FAILED),
    ],
)
def test_boxes_of_two_runs_are_compared(change: Any, tolerance: float, expected: Outcome, judged: Judged) -> None:
    def again(folder: Path) -> None:
        csv.write_csv(change(csv.read_csv(folder / "found.csv")), folder / "again.csv")
        text = (folder / "model.toml").read_text().replace("[predictions]", '[predictions]\nagain = "again.csv"')
        (folder / "model.toml").write_text(f"{text}\n[reproducible]\ntolerance = {tolerance}\n")

    found = evidence(judged("detection", "ML.Rep", spoil=again), "ML.Rep01")
    assert found.outcome is expected, found.evidence[0].message


@pytest.mark.parametrize(
    ("task", "rule", "expected"),
    [
        ("generative", "prediction > -9", Outcome.PASSED),
        ("generative", "prediction > 0", Outcome.FAILED),
        ("detection", "x2 - x1 < 20 and score <= 1", Outcome.PASSED),
        ("detection", "x1 < 100", Outcome.FAILED),
        ("generative", "truth > 0", Outcome.UNKNOWN),
    ],
)
def test_rules_hold_for_every_prediction(task: str, rule: str, expected: Outcome, judged: Judged) -> None:
    def add(folder: Path) -> None:
        with (folder / "model.toml").open("a") as manifest:
            manifest.write(f'\n[[constraint]]\nname = "x"\nrule = "{rule}"\n')

    assert evidence(judged(task, "ML.Con", spoil=add), "ML.Con02").outcome is expected


def test_generated_values_need_no_groups(judged: Judged) -> None:
    assert evidence(judged("generative", "ML.Sli"), "ML.Sli01").outcome is Outcome.NOT_APPLICABLE


def of_seasons(folder: Path, *, winter: float = 0.0, seasons: bool = True, cold: int = 1000) -> None:
    """Observed and generated values of two seasons; those generated for winter are off by as much."""
    rng = np.random.default_rng(4)
    np.savez(folder / "observed.npz", value=rng.normal(0, 1, 2000), season=np.repeat(["summer", "winter"], 1000))
    made = {"value": np.concatenate([rng.normal(0, 1, 1000), rng.normal(winter, 1, cold)])}
    if seasons:
        made["season"] = np.array(["summer"] * 1000 + ["winter"] * cold)
    np.savez(folder / "generated.npz", **made)
    with (folder / "model.toml").open("a") as manifest:
        manifest.write('\n[[slice]]\nby = "season"\nmetric = "wasserstein"\nat-most = 0.3\n')


@pytest.mark.parametrize(
    ("how", "expected", "said"),
    [
        ({}, Outcome.PASSED, "season summer: wasserstein"),
        ({"winter": 1.0}, Outcome.FAILED, "season winter: wasserstein"),
        ({"seasons": False}, Outcome.UNKNOWN, "no column season"),
        ({"cold": 0}, Outcome.UNKNOWN, "season winter: no value is generated"),
        ({"cold": 10}, Outcome.UNKNOWN, "fewer than 30"),
    ],
)
def test_generated_values_are_compared_with_those_of_their_group(
    how: dict[str, Any], expected: Outcome, said: str, judged: Judged, tmp_path: Path
) -> None:
    found = evidence(judged("generative", "ML.Sli", spoil=lambda folder: of_seasons(folder, **how)), "ML.Sli01")
    assert found.outcome is expected
    assert said in found.evidence[0].message
    if not how:
        with np.load(tmp_path / "observed.npz") as one, np.load(tmp_path / "generated.npz") as other:
            pair = [table["value"][table["season"] == "winter"] for table in (one, other)]
        distance = stats.wasserstein_distance(*pair)
        assert found.evidence[0].metrics["season=winter wasserstein"] == pytest.approx(distance)


def test_distances_of_generated_values_are_those_of_scipy(judged: Judged, tmp_path: Path) -> None:
    found = evidence_of(judged("generative", "ML.Per"))
    with np.load(tmp_path / "observed.npz") as one, np.load(tmp_path / "generated.npz") as other:
        truth, guess = one["value"], other["value"]
    assert found["wasserstein"] == pytest.approx(stats.wasserstein_distance(truth, guess))
    assert found["ks"] == pytest.approx(stats.ks_2samp(truth, guess).statistic)


def test_a_generator_of_something_else_fails(judged: Judged) -> None:
    def other(folder: Path) -> None:
        np.savez(folder / "generated.npz", value=np.random.default_rng(1).normal(1, 2, 2000))

    assert evidence(judged("generative", "ML.Per", spoil=other), "ML.Per01").outcome is Outcome.FAILED


def test_the_skill_of_a_forecast_is_one_minus_the_ratio_of_errors(judged: Judged, tmp_path: Path) -> None:
    import netCDF4

    found = evidence_of(judged("forecast", "ML.Per"))
    with netCDF4.Dataset(tmp_path / "observations.nc") as one, netCDF4.Dataset(tmp_path / "forecast.nc") as other:
        truth, simple, guess = one["temperature"][:], one["persistence"][:], other["temperature"][:]
    ratio = reference.mean_squared_error(truth, guess) / reference.mean_squared_error(truth, simple)
    assert found["skill"] == pytest.approx(1 - ratio)
    assert found["coverage"] == pytest.approx(np.mean(np.abs(truth - guess) <= 0.9))
    assert found["blocks"] == 60


def test_a_surrogate_of_a_simulation_that_is_wrong_is_seen(judged: Judged, tasks: Any) -> None:
    def slower(folder: Path) -> None:
        (folder / "surrogate.py").write_text(tasks.SURROGATE.replace("-0.5", "-0.4"))

    found = judged("surrogate", "ML.Per", "ML.Sli", spoil=slower)
    assert evidence(found, "ML.Per01").outcome is Outcome.FAILED


def test_what_is_no_metric_of_a_task_is_unknown(judged: Judged) -> None:
    def wrong(folder: Path) -> None:
        text = (folder / "model.toml").read_text().replace('name = "iou"', 'name = "rmse"')
        (folder / "model.toml").write_text(text)

    found = evidence(judged("segmentation", "ML.Per", spoil=wrong), "ML.Per01")
    assert found.outcome is Outcome.UNKNOWN
    assert "no metric" in found.evidence[0].message


def test_units_are_resampled_together(tasks: Any, tmp_path: Path) -> None:
    """Each unit ten times the same row: as many independent rows as units, so the interval is that of the units."""
    rng = np.random.default_rng(0)
    once = rng.normal(0, 1, 200)
    error = np.repeat(once, 10)
    unit = np.repeat(np.arange(200), 10)
    tasks.write(tmp_path, "r.parquet", y=np.zeros(2000), unit=unit)
    parquet.write_table(pa.table({"prediction": error}), tmp_path / "p.parquet")
    text = """title = "x"
task = "regression"
[reference]
file = "r.parquet"
target = "y"
[predictions]
file = "p.parquet"
[statistics]
unit = "unit"
resamples = 4000
[[metric]]
name = "mae"
at-most = 2
"""
    (tmp_path / "model.toml").write_text(text)
    found = evidence_of(judge(case_of(load(tmp_path / "model.toml")), Request(select=("ML.Per",))).assessment)
    sure = stats.bootstrap((np.abs(once),), np.mean, n_resamples=4000, method="BCa", random_state=1).confidence_interval
    assert found["mae low"] == pytest.approx(sure.low, abs=0.02)
    assert found["mae high"] == pytest.approx(sure.high, abs=0.02)


def test_the_score_of_an_ensemble_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(0)
    truth, members = rng.normal(0, 1, 50), rng.normal(0, 1.3, (50, 7))
    _, found = formulas.crps_columns(truth, truth, {"ensemble": members})
    apart = np.abs(members[:, :, None] - members[:, None, :]).mean(axis=(1, 2))
    np.testing.assert_allclose(found, np.abs(members - truth[:, None]).mean(axis=1) - apart / 2)
    for row, one in enumerate(truth):
        edges = np.sort(np.append(members[row], one))
        heaviside = (np.searchsorted(np.sort(members[row]), edges[:-1], side="right") / 7 - (edges[:-1] >= one)) ** 2
        assert found[row] == pytest.approx((heaviside * np.diff(edges)).sum())
