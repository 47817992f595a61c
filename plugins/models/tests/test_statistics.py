"""Metrics and intervals against scikit-learn and scipy, which compute them in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

from assaymark.api import Outcome
from assaymark_models import formulas, metrics
from assaymark_models.bootstrap import How, of_cells, of_sums
from assaymark_models.checks.calibration import curve, error
from assaymark_models.checks.hygiene import stability
from assaymark_models.measure import judged


def iris() -> tuple[Any, Any]:
    X, y = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=500).fit(X[::2, :2], y[::2])
    return y[1::2], model.predict(X[1::2, :2])


def cancer() -> tuple[Any, Any]:
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = LogisticRegression(C=0.01).fit(X[::2, :3], y[::2])
    return y[1::2], model.predict_proba(X[1::2, :3])[:, 1]


def diabetes() -> tuple[Any, Any]:
    X, y = load_diabetes(return_X_y=True)
    return y[1::2], LinearRegression().fit(X[::2], y[::2]).predict(X[1::2])


CLASSES = {
    "accuracy": reference.accuracy_score,
    "balanced-accuracy": reference.balanced_accuracy_score,
    "precision": lambda y, p: reference.precision_score(y, p, average="macro", zero_division=0),
    "recall": lambda y, p: reference.recall_score(y, p, average="macro", zero_division=0),
    "f1": lambda y, p: reference.f1_score(y, p, average="macro", zero_division=0),
    "mcc": reference.matthews_corrcoef,
    "kappa": reference.cohen_kappa_score,
}
VALUES = {
    "mae": reference.mean_absolute_error,
    "rmse": reference.root_mean_squared_error,
    "bias": lambda y, p: float(np.mean(p - y)),
    "r2": reference.r2_score,
    "correlation": lambda y, p: stats.pearsonr(y, p).statistic,
}


@pytest.mark.parametrize("name", CLASSES)
def test_metrics_of_three_classes(name: str) -> None:
    truth, guess = iris()
    counts = formulas.confusion_counts(truth, guess, 3)
    assert metrics.METRICS[name].formula(counts[None, :])[0] == pytest.approx(CLASSES[name](truth, guess), abs=1e-12)


@pytest.mark.parametrize("name", metrics.PER_CLASS)
def test_metrics_of_the_positive_class(name: str) -> None:
    truth, chance = cancer()
    guess = (chance > 0.5).astype(int)
    counts = formulas.confusion_counts(truth, guess, 2)
    theirs = getattr(reference, f"{'jaccard' if name == 'iou' else name}_score")(truth, guess)
    assert metrics.METRICS[name].formula(counts[None, :], positive=1)[0] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("name", VALUES)
def test_metrics_of_values(name: str) -> None:
    truth, guess = diabetes()
    sums = np.stack(list(formulas.value_columns(truth, guess)), axis=1).sum(axis=0)
    assert metrics.METRICS[name].formula(sums[None, :])[0] == pytest.approx(VALUES[name](truth, guess), rel=1e-9)


def test_metrics_of_probabilities() -> None:
    truth, chance = cancer()
    sums = np.stack(list(formulas.probability_columns(truth.astype(float), chance)), axis=1).sum(axis=0)[None, :]
    assert metrics.METRICS["brier"].formula(sums)[0] == pytest.approx(reference.brier_score_loss(truth, chance))
    assert metrics.METRICS["log-loss"].formula(sums)[0] == pytest.approx(reference.log_loss(truth, chance))
    counts = formulas.rank_counts(truth, chance)[None, :]
    assert formulas.auc(counts)[0] == pytest.approx(reference.roc_auc_score(truth, chance), abs=1e-12)


def test_the_area_of_tied_scores_and_of_very_many() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 50_000)
    scores = rng.normal(truth, 1)
    for values, within in ((np.round(scores), 1e-12), (scores, 5e-4)):
        mine = formulas.auc(formulas.rank_counts(truth, values)[None, :])[0]
        assert mine == pytest.approx(reference.roc_auc_score(truth, values), abs=within)


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("name", ["mae", "rmse", "r2"])
def test_intervals_of_values_are_those_of_scipy(method: str, name: str) -> None:
    truth, guess = diabetes()
    theirs = stats.bootstrap(
        (truth, guess),
        VALUES[name],
        paired=True,
        vectorized=False,
        n_resamples=4000,
        method=method.replace("bca", "BCa"),
        rng=np.random.default_rng(1),
    )
    statistic = metrics.METRICS[name].formula
    mine = of_sums(formulas.value_columns(truth, guess), statistic, How(2, 4000, 0.95, method))
    close = 0.12 * (theirs.confidence_interval.high - theirs.confidence_interval.low)
    assert mine.low == pytest.approx(theirs.confidence_interval.low, abs=close)
    assert mine.high == pytest.approx(theirs.confidence_interval.high, abs=close)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_of_classes_are_those_of_scipy(method: str) -> None:
    truth, chance = cancer()
    guess = (chance > 0.5).astype(int)
    theirs = stats.bootstrap(
        ((truth == guess).astype(float),),
        np.mean,
        n_resamples=4000,
        method=method.replace("bca", "BCa"),
        rng=np.random.default_rng(1),
    )
    mine = of_cells(formulas.confusion_counts(truth, guess, 2), formulas.accuracy, How(2, 4000, 0.95, method))
    assert mine.low == pytest.approx(theirs.confidence_interval.low, abs=0.008)
    assert mine.high == pytest.approx(theirs.confidence_interval.high, abs=0.008)


def test_blocks_of_many_rows_give_the_interval_of_single_rows() -> None:
    rng = np.random.default_rng(0)
    truth = np.sort(rng.normal(0, 1, 60_000))  # in order, so that blocks in the order of the file would differ
    guess = truth + rng.exponential(1, 60_000) - 1
    mine = of_sums(formulas.value_columns(truth, guess), formulas.rmse, How())
    error2 = (guess - truth) ** 2
    sigma = np.std(error2) / (2 * rmse_of(error2)) / np.sqrt(60_000)  # by the delta method
    assert mine.point == pytest.approx(rmse_of(error2), rel=1e-9)
    assert (mine.high - mine.low) / 2 == pytest.approx(1.96 * sigma, rel=0.1)


def rmse_of(squared: Any) -> float:
    return float(np.sqrt(np.mean(squared)))


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_hold_the_true_value_as_often_as_they_say(method: str) -> None:
    rng, held = np.random.default_rng(5), 0
    for i in range(200):
        truth = rng.integers(0, 2, 200)
        guess = np.where(rng.random(200) < 0.85, truth, 1 - truth)
        counts = formulas.confusion_counts(truth, guess, 2)
        found = of_cells(counts, formulas.accuracy, How(i, 400, 0.9, method))
        held += found.low <= 0.85 <= found.high
    assert 165 <= held <= 194  # 180, with three standard deviations


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    truth, guess = diabetes()
    one, two, other = (of_sums(formulas.value_columns(truth, guess), formulas.rmse, How(s)) for s in (1, 1, 2))
    assert one == two
    assert one != other


def test_all_right_is_judged_by_the_binomial() -> None:
    counts = formulas.confusion_counts(np.array([0, 1] * 50), np.array([0, 1] * 50), 2)
    found = of_cells(counts, formulas.accuracy, How())
    low = stats.binomtest(100, 100).proportion_ci(0.95).low
    assert judged("accuracy", {"at-least": low - 0.001}, found, 100, How(), 30).outcome is Outcome.PASSED
    assert judged("accuracy", {"at-least": low + 0.001}, found, 100, How(), 30).outcome is Outcome.UNKNOWN
    assert judged("f1", {"at-least": 0.5}, found, 100, How(), 30).outcome is Outcome.UNKNOWN


def test_a_bias_is_judged_by_its_size() -> None:
    values = np.linspace(0, 1, 100)
    found = of_sums(formulas.value_columns(values, values - 0.5 + 0.01 * np.sin(values)), formulas.mean(1), How())
    assert found.point < 0
    assert judged("bias", {"at-most": 0.1}, found, 100, How(), 30).outcome is Outcome.FAILED
    assert judged("bias", {"at-most": 0.6}, found, 100, How(), 30).outcome is Outcome.PASSED


def test_the_calibration_error_and_the_curve() -> None:
    truth, chance = cancer()
    share, mean = reference_curve(truth, chance)
    found = error(truth.astype(float), chance, 10, How())
    place = np.minimum((chance * 10).astype(int), 9)
    rows = np.bincount(place, minlength=10)
    expected = float((np.abs(share - mean) * rows[rows > 0]).sum() / rows.sum())
    assert found.point == pytest.approx(expected, abs=1e-12)
    mine = curve(truth.astype(float), chance, 10)
    assert [v for k, v in mine.items() if k.endswith("positives")] == pytest.approx(list(share), abs=1e-6)
    assert [v for k, v in mine.items() if k.endswith("probability")] == pytest.approx(list(mean), abs=1e-6)


def reference_curve(truth: Any, chance: Any) -> tuple[Any, Any]:
    from sklearn.calibration import calibration_curve

    return calibration_curve(truth, chance, n_bins=10)


def test_the_calibration_error_of_units_has_a_wider_interval() -> None:
    rng = np.random.default_rng(0)
    chance = np.repeat(rng.random(80), 10)
    truth = np.repeat((rng.random(80) < chance[::10]).astype(float), 10)
    rows = error(truth, chance, 5, How())
    units = error(truth, chance, 5, How(), np.repeat(np.arange(80), 10))
    assert rows.point == units.point
    assert units.high - units.low > 1.5 * (rows.high - rows.low)


@pytest.mark.parametrize(("before", "after"), [(0.05, 0.9), (0.95, 0.1)])
def test_the_stability_index_of_a_flag_that_is_seldom_or_nearly_always_set(before: float, after: float) -> None:
    rng = np.random.default_rng(0)
    one, other = ((rng.random(2000) < share).astype(float) for share in (before, after))
    assert stability(one, other) > 1
    assert stability(one, (rng.random(2000) < before).astype(float)) < 0.01


def test_the_stability_index_sees_values_that_are_missing() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=2000), rng.normal(size=2000)
    assert stability(one, other) < 0.02
    assert stability(one, np.where(rng.random(2000) < 0.5, np.nan, other)) > 0.5


def test_the_stability_index_grows_with_the_shift() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(0, 1, 5000)
    found = [stability(one, rng.normal(shift, 1, 5000)) for shift in (0, 0.5, 1)]
    assert found[0] < 0.02 < 0.2 < found[1] < 0.4 < 0.8 < found[2] < 1.2
