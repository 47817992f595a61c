"""Every metric of any small sample against scikit-learn or SciPy, degenerate ones among them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference

from assaymark.api import FactUnavailable
from assaymark_models import formulas, metrics
from assaymark_models.bootstrap import How
from assaymark_models.compare import loss
from assaymark_models.measure import interval_of
from assaymark_models.sample import Rows, Sample

FEW = How(resamples=200)
FLOATS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 6))


def quiet(compute: Callable[..., float], *values: Any, **more: Any) -> float:
    """What a library says, without what it says of degenerate samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(compute(*values, **more))


def of_classes(truth: Any, guess: Any, **more: Any) -> Sample:
    rows = Rows(columns={}, count=len(truth))
    return Sample(rows=rows, truth=truth, guess=guess, kind="classes", labels=("a", "b", "c", "d"), **more)


def macro(name: str) -> Callable[[Any, Any], float]:
    return lambda y, p: getattr(reference, f"{name}_score")(y, p, average="macro", zero_division=0)


CONFUSED: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": reference.accuracy_score,
    "balanced-accuracy": reference.balanced_accuracy_score,
    "precision": macro("precision"),
    "recall": macro("recall"),
    "f1": macro("f1"),
    "iou": macro("jaccard"),
    "mcc": reference.matthews_corrcoef,
    "kappa": reference.cohen_kappa_score,
}
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40).map(np.array)


@settings(max_examples=150, deadline=None)
@given(pairs=PAIRS)
def test_metrics_of_classes(pairs: Any) -> None:
    truth, guess = pairs.T
    counts = formulas.confusion_counts(truth, guess, 4)[None, :]
    for name, theirs in CONFUSED.items():
        with np.errstate(all="ignore"):
            mine = float(metrics.METRICS[name].formula(counts)[0])
        assert mine == pytest.approx(quiet(theirs, truth, guess), abs=1e-12, nan_ok=True), name
    for name in metrics.PER_CLASS:
        said = {"labels": [2], "average": "macro", "zero_division": 0}
        theirs = getattr(reference, f"{'jaccard' if name == 'iou' else name}_score")
        mine = float(metrics.METRICS[name].formula(counts, positive=2)[0])
        assert mine == pytest.approx(quiet(theirs, truth, guess, **said), abs=1e-12), name


VALUED: dict[str, Callable[[Any, Any], float]] = {
    "mae": reference.mean_absolute_error,
    "rmse": reference.root_mean_squared_error,
    "bias": lambda y, p: np.mean(p - y),
    "r2": reference.r2_score,
    "correlation": lambda y, p: stats.pearsonr(y, p).statistic,
}


@settings(max_examples=100, deadline=None)
@given(
    pairs=st.lists(st.tuples(FLOATS, FLOATS), min_size=3, max_size=30).map(np.array),
    far=st.sampled_from([0.0, 1e4, -1e6]),
)
def test_metrics_of_values(pairs: Any, far: float) -> None:
    truth, guess = pairs[:, 0], pairs[:, 1] + far
    sample = Sample(rows=Rows(columns={}, count=len(truth)), truth=truth, guess=guess)
    for name, theirs in VALUED.items():
        try:
            mine = interval_of(name, sample, FEW).point
        except FactUnavailable:
            assert np.ptp(truth) == 0 or (name == "correlation" and np.ptp(guess) == 0)
            continue
        if min(np.std(truth), np.std(guess)) < 1e-3 * max(1.0, abs(far)) and name in ("r2", "correlation"):
            continue  # digits that neither has
        assert mine == pytest.approx(quiet(theirs, truth, guess), rel=1e-6, abs=1e-6), name


def test_predictions_far_away_are_correlated_all_the_same() -> None:
    truth = np.random.default_rng(0).normal(size=500)
    sample = Sample(rows=Rows(columns={}, count=500), truth=truth, guess=truth * 1e-3 + 1e9)
    assert interval_of("correlation", sample, FEW).point == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("value", [0.1, 3.3, 1e6 + 0.1])
@pytest.mark.parametrize(("name", "same"), [("correlation", "truth"), ("correlation", "prediction"), ("r2", "truth")])
def test_what_never_varies_has_no_correlation_and_explains_nothing(name: str, same: str, value: float) -> None:
    one, other = np.full(200, value), np.random.default_rng(0).normal(size=200)
    truth, guess = (one, other) if same == "truth" else (other, one)
    with pytest.raises(FactUnavailable, match=f"every {same} is"):
        interval_of(name, Sample(rows=Rows(columns={}, count=200), truth=truth, guess=guess), FEW)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=40))
def test_metrics_of_probabilities(rows: Any) -> None:
    truth, chance = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    sums = np.stack(list(formulas.probability_columns(truth.astype(float), chance)), axis=1).sum(axis=0)[None, :]
    brier, log = (float(metrics.METRICS[n].formula(sums)[0]) for n in ("brier", "log-loss"))
    assert brier == pytest.approx(quiet(reference.brier_score_loss, truth, chance, pos_label=1), abs=1e-12)
    assert log == pytest.approx(quiet(reference.log_loss, truth, chance, labels=[0, 1]), rel=1e-6, abs=1e-9)
    with np.errstate(all="ignore"):
        area = float(formulas.auc(formulas.rank_counts(truth, chance)[None, :])[0])
    expected = math.nan if len(set(truth)) == 1 else quiet(reference.roc_auc_score, truth, chance)
    assert area == pytest.approx(expected, abs=1e-12, nan_ok=True)


def crowded(rng: Any, rows: int) -> dict[str, tuple[Any, Any]]:
    """Scores of which a few values are very frequent, or that crowd together, or that lie in a pattern."""
    truth = rng.integers(0, 2, rows)
    atoms = np.where(rng.random(rows) < 0.7, 0.1 + 1e-7 * truth, rng.random(rows))
    crowd = np.where(rng.random(rows) < 0.9, 0.5 + 1e-6 * rng.normal(truth, 1, rows), rng.random(rows))
    pattern = np.arange(rows) % 2
    rare = (rng.random(rows) < 0.002).astype(int)
    return {
        "atoms": (truth, atoms),
        "crowd": (truth, crowd),
        "pattern": (pattern, rng.normal(pattern, 1)),
        "rare": (rare, rng.normal(rare, 1)),
    }


@pytest.mark.parametrize("rows", [30_000, 450_000])
def test_the_area_is_right_however_scores_are_distributed(rows: int) -> None:
    for name, (truth, scores) in crowded(np.random.default_rng(0), rows).items():
        mine = float(formulas.auc(formulas.rank_counts(truth, scores)[None, :])[0])
        assert mine == pytest.approx(reference.roc_auc_score(truth, scores), abs=1e-3), name


def test_the_area_of_units_is_the_same_and_its_interval_wider() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, 2, 60), 10)
    chance = np.clip(np.repeat(rng.random(60), 10) * 0.6 + truth * 0.3, 0, 1)
    guess = (chance > 0.5).astype(int)
    rows = of_classes(truth, guess, probability=chance, positive=1)
    rows = replace(rows, labels=("0", "1"))
    units = replace(rows, unit=np.repeat(np.arange(60), 10))
    one, other = interval_of("auc", rows, How()), interval_of("auc", units, How())
    assert one.point == other.point == pytest.approx(reference.roc_auc_score(truth, chance), abs=1e-12)
    assert other.high - other.low > 2 * (one.high - one.low)


@pytest.mark.parametrize(
    "name", sorted(set(metrics.METRICS) - {"crps", "coverage", "wasserstein", "energy-distance", "ks"})
)
def test_a_wrong_formula_never_decides(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    truth, chance = rng.integers(0, 2, 400), rng.random(400)
    right = replace(metrics.METRICS[name])
    if right.of in ("values", "beside"):
        sample = Sample(rows=Rows(columns={}, count=400), truth=chance, guess=chance**2, beside={"baseline": truth / 3})
    else:
        sample = of_classes(truth, (chance > 0.5).astype(int), probability=chance, positive=1)
        sample = replace(sample, labels=("a", "b"))
    assert np.isfinite(interval_of(name, sample, FEW).point)
    wrong = replace(right, formula=lambda *sums, **more: right.formula(*sums, **more) * 0.99)
    monkeypatch.setitem(metrics.METRICS, name, wrong)
    with pytest.raises(FactUnavailable, match=f"{name} is .* by the library and"):
        interval_of(name, sample, FEW)
    sample = replace(sample, unit=np.arange(400) // 4)  # else areas are compared by DeLong
    with pytest.raises(FactUnavailable, match="by the library"):
        loss(name, sample, replace(sample, guess=sample.truth, probability=1 - chance / 3), FEW)


def test_the_value_of_many_scores_is_exact_though_their_intervals_are_of_bins() -> None:
    rng = np.random.default_rng(0)
    for truth, scores in crowded(rng, 30_000).values():
        rows = replace(of_classes(truth, truth, probability=np.clip(scores, 0, 1), positive=1), labels=("0", "1"))
        found, exact = interval_of("auc", rows, FEW), reference.roc_auc_score(truth, np.clip(scores, 0, 1))
        assert found.point == pytest.approx(exact, abs=1e-12)
        assert found.low < exact < found.high <= 1
