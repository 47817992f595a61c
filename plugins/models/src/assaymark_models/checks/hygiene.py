"""Whether the reference data may judge: nothing of them was trained on, and they are of the same kind."""

from __future__ import annotations

from typing import Any

from assaymark.api import Evidence, FactUnavailable, check, failed, passed, unknown
from assaymark_models.answers import finding
from assaymark_models.cuts import cuts, places
from assaymark_models.manifest import Manifest
from assaymark_models.measure import number
from assaymark_models.places import place_of
from assaymark_models.tables import Wanted, floats, read

MOST_NEAR = 1_000_000  # cells of a table in which near-duplicates are looked for
_APART = "take these rows out of the reference data, or out of training, and predict again"


def _both(manifest: Manifest, columns: frozenset[str]) -> tuple[Any, Any]:
    """Columns of the training data and of the reference. Raises FactUnavailable when either cannot be read."""
    training = manifest.get("reference", "training")
    if not training:
        raise FactUnavailable("the training data are not named", remedy="add training to [reference]")
    reference = str(manifest.get("reference", "file"))
    out = [read(place_of(manifest, str(f)), str(f), Wanted(columns)) for f in (training, reference)]
    for table, name in zip(out, (training, reference), strict=True):
        if not table.num_rows:
            raise FactUnavailable(f"{name} has no rows")
    return out[0], out[1]


def _features(manifest: Manifest) -> frozenset[str]:
    found = manifest.get("reference", "features") or manifest.get("model", "inputs") or ()
    if not found:
        raise FactUnavailable("the features are not named", remedy="add features to [reference]")
    return frozenset(map(str, found))


@check("model.leak-by-key")
def leak_by_key(model_manifest: Manifest) -> Evidence:
    """No key of the reference data is one of the training data."""
    import pyarrow as pa
    import pyarrow.compute as pc

    key = model_manifest.get("reference", "key")
    if not key:
        return unknown("rows have no key by which they could be told apart", remedy="add key to [reference]")
    training, reference = (t[str(key)] for t in _both(model_manifest, frozenset({str(key)})))
    if training.type != reference.type:
        training, reference = training.cast(pa.string()), reference.cast(pa.string())
    shared = pc.unique(reference.filter(pc.is_in(reference, value_set=training.combine_chunks(), skip_nulls=True)))
    if not len(shared):
        return passed(f"none of {len(reference):,} keys is in the training data", metrics={"shared": 0})
    said = f"{len(shared):,} keys of the reference are in the training data, such as {shared[0].as_py()}"
    return failed(
        said,
        findings=[finding(model_manifest, "leak-by-key", said, "reference", "training")],
        remedy=_APART,
        metrics={"shared": len(shared)},
    )


@check("model.leak-by-content")
def leak_by_content(model_manifest: Manifest) -> Evidence:
    """No row of the reference data is a row of the training data again, exactly or within a small distance."""
    features = _features(model_manifest)
    training, reference = _matrices(model_manifest, features)
    exact = _exact(training, reference)
    if exact:
        said = f"{exact:,} rows of the reference are in the training data with the same features"
        return _leaks(model_manifest, said, {"exact": exact})
    near = float(model_manifest.get("hygiene", "near", 0.001))
    if not near:
        return passed(f"none of {len(reference):,} rows is in the training data", metrics={"exact": 0})
    if training.size > MOST_NEAR or reference.size > MOST_NEAR:
        return unknown(
            f"no row is there twice; near-duplicates are not looked for in more than {MOST_NEAR:,} numbers",
            remedy="look in samples: training and reference files of fewer rows, or near = 0 in [hygiene]",
        )
    close = _near(training, reference, near)
    if close:
        said = f"{close:,} rows of the reference are within {number(near)} standard deviations of a training row"
        return _leaks(model_manifest, said, {"exact": 0, "near": close})
    return passed(
        f"none of {len(reference):,} rows is in the training data, nor nearly", metrics={"exact": 0, "near": 0}
    )


def _leaks(manifest: Manifest, said: str, metrics: dict[str, str | int | float | bool]) -> Evidence:
    place = finding(manifest, "leak-by-content", said, "reference", "training")
    return failed(said, findings=[place], remedy=_APART, metrics=metrics)


def _matrices(manifest: Manifest, features: frozenset[str]) -> tuple[Any, Any]:
    import numpy as np

    tables = _both(manifest, features)
    try:
        return tuple(np.stack([floats(t[c]) for c in sorted(features)], axis=1) for t in tables)  # type: ignore[return-value]
    except ValueError as problem:
        raise FactUnavailable(f"a feature {problem}", remedy="name features that are numbers") from problem


def _exact(training: Any, reference: Any) -> int:
    import numpy as np

    def rows(values: Any) -> Any:
        plain = np.ascontiguousarray(np.where(np.isnan(values), np.nan, values) + 0.0)  # one NaN, one zero
        return plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()

    return int(np.isin(rows(reference), rows(training)).sum())


def _near(training: Any, reference: Any, near: float) -> int:
    import numpy as np
    from scipy.spatial import cKDTree

    both = np.concatenate([training, reference])
    kept = np.isfinite(both).all(axis=1)
    spread = both[kept].std(axis=0) if kept.any() else np.ones(both.shape[1])
    spread = np.where(spread > 0, spread, 1.0)
    known = training[np.isfinite(training).all(axis=1)] / spread
    asked = reference[np.isfinite(reference).all(axis=1)] / spread
    if not len(known) or not len(asked):
        return 0
    away, _ = cKDTree(known).query(asked, k=1, distance_upper_bound=near)
    return int(np.isfinite(away).sum())


@check("model.drift")
def drift(model_manifest: Manifest) -> Evidence:
    """No feature of the reference data is distributed otherwise than in training.

    A feature drifted when its population stability index is above the limit and a test agrees: that of Kolmogorov and
    Smirnov of its values, or Fisher's of how many are missing, corrected for the number of features. Where no test
    does, it is unknown.
    """
    import numpy as np
    from scipy.stats import ks_2samp

    features = sorted(_features(model_manifest))
    training, reference = _matrices(model_manifest, frozenset(features))
    limit = float(model_manifest.get("hygiene", "drift", 0.25))
    drifted: list[str] = []
    unsure: list[str] = []
    numbers: dict[str, str | int | float | bool] = {}
    for i, name in enumerate(features):
        both = training[:, i], reference[:, i]
        one, other = (column[np.isfinite(column)] for column in both)
        if len(one) < 100 or len(other) < 100:
            unsure.append(f"{name} (fewer than 100 finite values)")
            continue
        index, test = stability(*both), ks_2samp(one, other, method="asymp")
        numbers |= {f"{name} psi": round(index, 6), f"{name} ks": round(float(test.statistic), 6)}
        sure = min(float(test.pvalue), _missing(both)) < 0.005 / len(features)
        if index > limit:
            (drifted if sure else unsure).append(f"{name} (index {number(index)})")
    if drifted:
        said = f"{len(drifted)} of {len(features)} features drifted: {', '.join(drifted[:10])}"
        place = finding(model_manifest, "drift", said, "reference", "file")
        return failed(said, findings=[place], remedy="train on data like these, or judge by others", metrics=numbers)
    if unsure:
        return unknown(f"whether these drifted cannot be told: {', '.join(unsure[:10])}", remedy="add reference data")
    return passed(f"none of {len(features)} features drifted beyond {number(limit)}", metrics=numbers)


def _missing(both: tuple[Any, Any]) -> float:
    """How likely it is by chance alone that so many more values are missing in one column than in the other."""
    import numpy as np
    from scipy.stats import fisher_exact

    table = [[int(np.isfinite(c).sum()), int((~np.isfinite(c)).sum())] for c in both]
    return float(fisher_exact(table).pvalue) if any(row[1] for row in table) else 1.0


def stability(training: Any, reference: Any, bins: int = 10) -> float:
    """The population stability index over bins of equally many training values each, and one of what is missing."""
    import numpy as np

    ends = cuts(training[np.isfinite(training)], bins)
    shares = []
    for values in (training, reference):
        known = np.isfinite(values)
        counts = np.append(np.bincount(places(values[known], ends), minlength=len(ends) + 1), (~known).sum()) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
