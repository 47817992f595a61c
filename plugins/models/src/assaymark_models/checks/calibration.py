"""Whether probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from assaymark.api import Evidence, FactUnavailable, check, not_applicable, unknown
from assaymark_models.answers import evidence, told
from assaymark_models.bootstrap import How, Interval, of_cells, of_sums, together
from assaymark_models.manifest import Manifest
from assaymark_models.measure import by_unit, how_of, judged, least_of, positives
from assaymark_models.sample import CLASSES, Sample
from assaymark_models.tables import floats

LEAST = 100  # rows
MOST_SUMS = 1000  # bins of all classes
UNEVEN = 1e-3  # by which probabilities of all classes may miss 1: they are written with so many digits
FINE = 20  # cells of each bin, by which its mean probability is known to 1/(2 * FINE) of the bin's width


@check("model.calibration")
def calibration(model_manifest: Manifest, model_sample: Sample) -> Evidence:
    """The expected calibration error, with the upper bound of its interval, is small enough.

    It is that of the positive class; of more than two classes without a positive one that of the predicted class: how
    often the model is right when it is as sure as it says. With the probabilities of all classes it is their mean.
    """
    rule = model_manifest.data.get("calibration")
    if model_manifest.task not in CLASSES:
        return not_applicable("only probabilities of classes are calibrated")
    if rule is None:
        return unknown("the manifest states no limit", remedy="add [calibration] with at-most, and probability")
    bins, how, unit = int(rule.get("bins", 15)), how_of(model_manifest), model_sample.unit
    if columns := model_manifest.get("predictions", "probabilities"):
        hits, chances = _of_all(model_sample, columns)
        found, drawn = error_of_all(hits, chances, bins, how, unit), curve(hits.ravel(), chances.ravel(), bins)
    elif model_sample.probability is None or (model_sample.positive is None and len(model_sample.labels) == 2):
        return unknown(
            "calibration needs probabilities, and of two classes it has to be known whose they are",
            remedy="name probability in [predictions], and positive in [reference]",
        )
    else:
        hits, chance = _hits(model_sample), model_sample.probability
        found, drawn = error(hits, chance, bins, how, unit), curve(hits, chance, bins)
    least = LEAST if unit is None else least_of(model_manifest)
    verdict = judged("calibration error", rule, found, model_sample.independent(), how, least)
    return evidence(
        model_manifest,
        "calibration",
        [(verdict, ("calibration", "at-most"))],
        metrics=told("calibration error", verdict) | drawn,
        remedy="calibrate on data of their own (Platt scaling, isotonic regression)",
    )


def _hits(sample: Sample) -> Any:
    """Whether what the probability is of came true: the positive class, else the class that was predicted."""
    if sample.positive is not None:
        return positives(sample)
    least = 1 / len(sample.labels)
    below = int((sample.probability < least - 1e-9).sum())
    if below:
        raise FactUnavailable(
            f"{below:,} probabilities are below 1/{len(sample.labels)}: they cannot be those of the predicted class",
            remedy="write the probability of the class that is predicted, or name the positive class whose it is",
        )
    return sample.truth == sample.guess


def _of_all(sample: Sample, columns: Mapping[str, str]) -> tuple[Any, Any]:
    """Of each class whether it is true, and its probability, as (classes, rows).

    Raises FactUnavailable for what is no probability of all classes.
    """
    import numpy as np

    if lacking := sorted(set(sample.labels) - set(columns)):
        raise FactUnavailable(
            f"no column has the probability of class {lacking[0][:80]!r}",
            remedy="name it: probabilities in [predictions]",
        )
    try:
        chances = np.stack([floats(sample.rows.columns[name]) for name in columns.values()])
    except ValueError as problem:
        raise FactUnavailable(f"a probability {problem}") from problem
    total = chances.sum(axis=0)
    bad = np.flatnonzero(~((chances >= 0).all(axis=0) & (np.abs(total - 1) < UNEVEN)))
    if len(bad):
        raise FactUnavailable(
            f"the probabilities of {len(bad):,} rows do not sum to 1, first at {sample.rows.named(int(bad[0]))}",
            remedy="write the probabilities of all classes, not scores or logits",
        )
    codes = [sample.labels.index(name) if name in sample.labels else -1 for name in columns]
    return np.stack([sample.truth == code for code in codes]), np.minimum(chances, 1.0)


def error_of_all(hits: Any, chances: Any, bins: int, how: How, unit: Any = None) -> Interval:
    """The mean over the classes of the expected calibration error of each (class-wise), with its interval.

    Both are (classes, rows). A row is resampled with the probabilities of all its classes.
    """
    import numpy as np

    if len(hits) * bins > MOST_SUMS:
        raise FactUnavailable(f"{len(hits):,} classes of {bins:,} bins are too many", remedy="bins in [calibration]")

    def columns() -> Iterator[Any]:
        yield np.ones(hits.shape[1])
        for hit, chance in zip(hits, chances, strict=True):
            place, gap = np.minimum((chance * bins).astype(np.int64), bins - 1), hit - chance
            yield from (np.where(place == i, gap, 0.0) for i in range(bins))

    def statistic(sums: Any) -> Any:
        return np.abs(sums[:, 1:]).sum(axis=1) / sums[:, 0] / len(hits)

    return of_sums(together(columns(), unit), statistic, replace(how, method="percentile"))


def error(positive: Any, probability: Any, bins: int, how: How, unit: Any = None) -> Interval:
    """The expected calibration error over bins of equal width, with its interval.

    Rows are counted in cells of truth and probability, `FINE` of them in each bin. The value itself is exact; resamples
    take the mean probability of each cell for that of its rows.
    """
    import numpy as np

    size = bins * FINE
    fine = (probability * size).astype(np.int64)
    np.minimum(fine, size - 1, out=fine)
    rows, hits = (np.bincount(cells, minlength=size).astype(np.float64) for cells in (fine, fine[positive > 0]))
    sums = np.bincount(fine, weights=probability, minlength=size)
    mean = np.where(rows > 0, sums / np.where(rows > 0, rows, 1), 0.0)

    def statistic(drawn: Any) -> Any:
        negative, hits = drawn[:, :size], drawn[:, size:]
        gap = (hits - (negative + hits) * mean).reshape(-1, bins, FINE).sum(axis=2)
        return np.abs(gap).sum(axis=1) / drawn.sum(axis=1)

    # The plain interval: correcting the bias of an error that cannot be negative would make it look smaller.
    plain = replace(how, method="percentile")
    if unit is not None:
        return of_sums(by_unit(fine + np.where(positive > 0, size, 0), 2 * size, unit).T, statistic, plain)
    return of_cells(np.concatenate([rows - hits, hits]), statistic, plain)


def curve(positive: Any, probability: Any, bins: int) -> dict[str, str | int | float | bool]:
    """The reliability curve: of each bin that has rows, their number, mean probability and share of positives."""
    import numpy as np

    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    rows = np.bincount(place, minlength=bins)
    mean = np.bincount(place, weights=probability, minlength=bins)
    hits = np.bincount(place, weights=positive, minlength=bins)
    out: dict[str, str | int | float | bool] = {}
    for i in np.flatnonzero(rows):
        at = f"bin {i + 1:03d}"
        out[f"{at} rows"] = int(rows[i])
        out[f"{at} probability"] = round(float(mean[i] / rows[i]), 6)
        out[f"{at} positives"] = round(float(hits[i] / rows[i]), 6)
    return out
