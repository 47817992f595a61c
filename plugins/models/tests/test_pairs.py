"""Two models on the same rows: areas under ROC curves by DeLong, many classes, and what is not compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from assaymark.api import FactUnavailable, Outcome
from assaymark_models import compare, delong
from assaymark_models.bootstrap import How
from assaymark_models.checks.calibration import error, error_of_all
from assaymark_models.sample import Rows, Sample


def by_hand(truth: Any, one: Any, other: Any) -> tuple[float, float]:
    """Difference and variance by the kernel of the statistic, pair by pair: nothing is ranked."""
    order = [np.sign(s[truth == 1][:, None] - s[truth == 0][None, :]) / 2 + 0.5 for s in (one, other)]
    highs, lows = (np.stack([o.mean(axis=axis) for o in order]) for axis in (1, 0))
    covariance = np.cov(highs) / highs.shape[1] + np.cov(lows) / lows.shape[1]
    away = np.array([1, -1])
    return float(order[0].mean() - order[1].mean()), float(away @ covariance @ away)


def scores(seed: int, rows: int, *, tied: bool = False) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) < 0.4).astype(int)
    found = [1 / (1 + np.exp(-(truth * strength + rng.normal(0, 1, rows)))) for strength in (1.5, 1.0)]
    return truth, *(np.round(s, 1) if tied else s for s in found)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_difference_of_two_areas_is_that_of_every_pair_of_rows(seed: int, tied: bool) -> None:
    truth, one, other = scores(seed, 300, tied=tied)
    found = delong.difference(truth, one, other, 0.95)
    point, variance = by_hand(truth, one, other)
    areas = [reference.roc_auc_score(truth, s) for s in (one, other)]
    assert found.point == pytest.approx(areas[0] - areas[1], abs=1e-12)
    assert found.point == pytest.approx(point, abs=1e-12)
    low, high = stats.norm.interval(0.95, point, variance**0.5)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_the_interval_holds_no_difference_as_often_as_it_says() -> None:
    held = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        truth = (rng.random(200) < 0.5).astype(int)
        one, other = (truth + rng.normal(0, 1, 200) for _ in range(2))  # as good as each other
        found = delong.difference(truth, one, other, 0.9)
        held += found.low <= 0 <= found.high
    assert 0.86 <= held / 400 <= 0.94


def sample(truth: Any, guess: Any, labels: int, **more: Any) -> Sample:
    names = [f"{i:04d}" for i in range(labels)]
    rows = Rows(columns={}, count=len(truth))
    return Sample(rows=rows, truth=truth, guess=guess, kind="classes", labels=names, **more)


def test_areas_are_paired_also_of_rows_that_belong_together() -> None:
    truth, one, other = scores(5, 2000)
    apart = [sample(truth, truth, 2, positive=1, probability=s) for s in (one, other)]
    free = compare.loss("auc", *apart, How(seed=1))
    # Each row six times over is no more evidence than each row once: units give back the interval of single rows.
    again = np.tile(np.arange(2000), 6)
    units = [sample(truth[again], truth[again], 2, positive=1, probability=s[again], unit=again) for s in (one, other)]
    bound = compare.loss("auc", *units, How(seed=1))
    assert bound.point == pytest.approx(free.point, abs=1e-3)
    assert bound.high - bound.low == pytest.approx(free.high - free.low, rel=0.15)


def test_the_same_scores_differ_by_nothing_and_perfect_ones_too() -> None:
    truth, one, _ = scores(0, 200)
    same = delong.difference(truth, one, one * 0.5, 0.95)
    assert (same.point, same.low, same.high, same.spread) == (0, 0, 0, False)
    constant = delong.difference(truth, truth.astype(float), 1.0 - truth, 0.95)
    assert (constant.point, np.isnan(constant.low)) == (1.0, True)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "balanced-accuracy", "kappa", "mcc", "iou"])
@pytest.mark.parametrize("classes", [20, 300])
def test_many_classes_are_paired_as_few_are(metric: str, classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, 1500 - classes)])
    one, other = (np.where(rng.random(1500) < share, truth, rng.integers(0, classes, 1500)) for share in (0.9, 0.8))
    pair = [sample(truth, g, classes) for g in (one, other)]
    monkeypatch.setattr(compare, "MOST_CELLS", 0)
    few = compare.loss(metric, *pair, How(resamples=200, method="percentile"))
    named = {
        "accuracy": reference.accuracy_score,
        "f1": lambda t, g: reference.f1_score(t, g, average="macro"),
        "balanced-accuracy": reference.balanced_accuracy_score,
        "kappa": reference.cohen_kappa_score,
        "mcc": reference.matthews_corrcoef,
        "iou": lambda t, g: reference.jaccard_score(t, g, average="macro"),
    }[metric]
    assert few.point == pytest.approx(named(truth, one) - named(truth, other), abs=1e-9)
    assert few.low < few.point < few.high
    if classes == 20:
        monkeypatch.setattr(compare, "MOST_CELLS", 10_000)
        whole = compare.loss(metric, *pair, How(resamples=200, method="percentile"))
        assert (whole.low, whole.high) == pytest.approx((few.low, few.high), abs=0.01)


def test_too_many_combinations_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MOST_NUMBERS", 1000)
    truth = np.arange(300)
    with pytest.raises(FactUnavailable, match="too many to be compared"):
        compare.loss("accuracy", sample(truth, truth, 300), sample(truth, truth[::-1], 300), How())


@pytest.fixture
def three(project: Any) -> Any:
    """Three classes, with the probability of the one that is predicted; as sure as it is right."""
    rng = np.random.default_rng(2)
    rows = 4000
    sure = rng.uniform(0.4, 1, rows)
    truth = rng.integers(0, 3, rows)
    guess = np.where(rng.random(rows) < sure, truth, (truth + rng.integers(1, 3, rows)) % 3)
    project.manifest = {
        "title": "Three classes",
        "task": "classification",
        "model": project.manifest["model"],
        "reference": {"file": "reference.csv", "target": "truth"},
        "predictions": {"file": "predictions.csv", "probability": "sure"},
        "metric": [{"name": "accuracy", "at-least": 0.5}],
        "calibration": {"at-most": 0.05},
    }
    project.tables = {"reference.csv": {"truth": truth}, "predictions.csv": {"prediction": guess, "sure": sure}}
    return project


def calibrated(project: Any) -> tuple[Outcome, str]:
    found = project.results("ML.Cal")["ML.Cal01"]
    return found.outcome, found.evidence[0].message


def test_of_several_classes_the_predicted_one_is_calibrated(three: Any) -> None:
    assert calibrated(three)[0] is Outcome.PASSED
    table = three.tables["predictions.csv"]
    right = (table["prediction"] == three.tables["reference.csv"]["truth"]).astype(float)
    plain = 0.0
    for i in range(15):
        inside = (table["sure"] >= i / 15) & (table["sure"] < (i + 1) / 15)
        if inside.any():
            plain += inside.mean() * abs(right[inside].mean() - table["sure"][inside].mean())
    assert error(right, table["sure"], 15, How(resamples=50)).point == pytest.approx(plain, abs=1e-12)
    table["sure"] = np.minimum(1.0, table["sure"] + 0.2)
    assert calibrated(three)[0] is Outcome.FAILED


def test_a_column_that_cannot_be_of_the_predicted_class_decides_nothing(three: Any) -> None:
    three.tables["predictions.csv"]["sure"] = 1 - three.tables["predictions.csv"]["sure"]
    outcome, said = calibrated(three)
    assert (outcome, "below 1/3" in said) == (Outcome.UNKNOWN, True)


def test_of_several_classes_the_positive_one_may_be_calibrated_alone(three: Any) -> None:
    three.manifest["reference"]["positive"] = 1
    rng = np.random.default_rng(4)
    chance = rng.uniform(0, 1, 4000)
    truth = np.where(rng.random(4000) < chance, 1, 2 * rng.integers(0, 2, 4000))
    three.tables["reference.csv"]["truth"], three.tables["predictions.csv"]["sure"] = truth, chance
    assert calibrated(three)[0] is Outcome.PASSED
    three.tables["predictions.csv"]["sure"] = chance**3
    assert calibrated(three)[0] is Outcome.FAILED


@pytest.fixture
def sure_of_all(three: Any) -> Any:
    """Three classes with the probability of each, by which the truth is drawn."""
    rng = np.random.default_rng(6)
    chances = rng.dirichlet([1, 1, 1], 4000)
    truth = (rng.random((4000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    three.tables["reference.csv"]["truth"] = np.array(["ash", "elm", "oak"])[truth]
    columns = {f"p{i}": chances[:, i] for i in range(3)}
    three.tables["predictions.csv"] = {
        "prediction": np.array(["ash", "elm", "oak"])[chances.argmax(axis=1)],
        **columns,
    }
    three.manifest["predictions"] = {"file": "predictions.csv"}
    three.manifest["calibration"]["at-most"] = 0.03
    three.manifest["predictions.probabilities"] = {"ash": "p0", "elm": "p1", "oak": "p2"}
    return three


def by_class(table: Any, truth: Any) -> float:
    """The mean of the errors of single classes, each by the curve of scikit-learn."""
    found = []
    for name, column in (("ash", "p0"), ("elm", "p1"), ("oak", "p2")):
        share, mean = calibration_curve(truth == name, table[column], n_bins=15)
        rows = np.histogram(table[column], bins=np.linspace(0, 1, 16))[0]
        found.append(float((np.abs(share - mean) * rows[rows > 0]).sum() / rows.sum()))
    return float(np.mean(found))


def test_all_classes_are_calibrated_at_once(sure_of_all: Any) -> None:
    outcome, said = calibrated(sure_of_all)
    assert outcome is Outcome.PASSED, said
    table, truth = sure_of_all.tables["predictions.csv"], sure_of_all.tables["reference.csv"]["truth"]
    numbers = sure_of_all.results("ML.Cal")["ML.Cal01"].evidence[0].metrics
    assert numbers["calibration error"] == pytest.approx(by_class(table, truth), abs=1e-9)
    hits, chances = np.stack([truth == n for n in ("ash", "elm", "oak")]), np.stack([table[f"p{i}"] for i in range(3)])
    one = error_of_all(hits[:1], chances[:1], 15, How(resamples=400))
    alone = error(hits[0], chances[0], 15, How(resamples=400))
    assert (one.point, one.low, one.high) == pytest.approx((alone.point, alone.low, alone.high), abs=2e-3)
    # Too sure of elm, and that at the cost of oak: the class that is predicted is hardly another.
    table["p1"], table["p2"] = table["p1"] + 0.4 * table["p2"], 0.6 * table["p2"]
    assert calibrated(sure_of_all)[0] is Outcome.FAILED


def test_probabilities_that_are_none_decide_nothing(sure_of_all: Any) -> None:
    table = sure_of_all.tables["predictions.csv"]
    table["p1"] = table["p1"] + 0.01
    assert calibrated(sure_of_all) == (
        Outcome.UNKNOWN,
        "the probabilities of 4,000 rows do not sum to 1, first at row 1",
    )
    table["p1"] = np.where(np.arange(4000) == 7, np.nan, table["p1"] - 0.01)
    assert calibrated(sure_of_all) == (Outcome.UNKNOWN, "the probabilities of 1 rows do not sum to 1, first at row 8")
    sure_of_all.manifest["predictions.probabilities"].pop("oak")
    assert calibrated(sure_of_all) == (Outcome.UNKNOWN, "no column has the probability of class 'oak'")
