"""The metrics: of each the function of a library that states its value, and the formula by which it is resampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assaymark_models import formulas, library
from assaymark_models.formulas import mean
from assaymark_models.library import of_counts, of_values


@dataclass(frozen=True, slots=True)
class Metric:
    """``better`` is 1 when more is better, -1 when less is, 0 when what counts is how far it is from zero.

    ``of`` is what it is a function of: ``confusion`` counts, ``ranks``, ``probability`` sums (of classes), sums of
    ``values`` or of what stands ``beside`` them, ``samples`` or ``boxes``. ``formula`` takes such counts or sums;
    ``stated`` is the function of a library that gives the value, None where no library has it or where the formula is
    one itself. ``needs`` is what has to stand beside, ``varies`` what may not be the same in all rows; of sums the
    first ``columns`` are enough; ``rough`` is how far bins of scores may take the formula from the value.
    """

    name: str
    of: str
    better: int
    formula: Callable[..., Any]
    stated: library.Stated | None
    needs: tuple[str, ...] = ()
    varies: tuple[str, ...] = ()
    columns: int | None = None
    rough: float = 0.0


METRICS = {
    m.name: m
    for m in (
        Metric("accuracy", "confusion", 1, formulas.accuracy, of_counts("accuracy_score")),
        Metric("balanced-accuracy", "confusion", 1, formulas.balanced_accuracy, of_counts("balanced_accuracy_score")),
        Metric("precision", "confusion", 1, formulas.precision, of_counts("precision_score", averaged=True)),
        Metric("recall", "confusion", 1, formulas.recall, of_counts("recall_score", averaged=True)),
        Metric("f1", "confusion", 1, formulas.f1, of_counts("f1_score", averaged=True)),
        Metric("iou", "confusion", 1, formulas.iou, of_counts("jaccard_score", averaged=True)),
        Metric("mcc", "confusion", 1, formulas.mcc, of_counts("matthews_corrcoef")),
        Metric("kappa", "confusion", 1, formulas.kappa, of_counts("cohen_kappa_score")),
        Metric("auc", "ranks", 1, formulas.auc, library.area, rough=2 / formulas.BINS),
        Metric("brier", "probability", -1, mean(1), library.brier, columns=2),
        Metric("log-loss", "probability", -1, mean(2), library.log_loss),
        Metric("mae", "values", -1, mean(2), of_values("mean_absolute_error"), columns=3),
        Metric("rmse", "values", -1, formulas.rmse, of_values("root_mean_squared_error"), columns=4),
        Metric("bias", "values", 0, mean(1), library.bias, columns=2),
        Metric("r2", "values", 1, formulas.r2, of_values("r2_score"), varies=("truth",), columns=6),
        Metric("correlation", "values", 1, formulas.correlation, library.correlation, varies=("truth", "prediction")),
        Metric("skill", "beside", 1, formulas.skill, library.skill, needs=("baseline",)),
        Metric("crps", "beside", -1, mean(1), None, needs=("ensemble",)),
        Metric("coverage", "beside", 1, mean(1), None, needs=("lower", "upper")),
        Metric("wasserstein", "samples", -1, formulas.wasserstein, None),
        Metric("energy-distance", "samples", -1, formulas.energy_distance, None),
        Metric("ks", "samples", -1, formulas.ks, None),
    )
}
PER_CLASS = ("precision", "recall", "f1", "iou")
BY_CLASS = (*PER_CLASS, "balanced-accuracy", "auc")  # in which a class of few rows weighs as much as one of many
