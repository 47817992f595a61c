"""Metrics against thresholds: as a whole, by group, and against the model before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assaymark.api import Evidence, FactUnavailable, Outcome, check, not_applicable, unknown
from assaymark_models import compare, pictures
from assaymark_models.answers import evidence, told
from assaymark_models.continuous import History
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict, few_of_a_class, how_of, interval_of, judged, least_of, number, undecided
from assaymark_models.running import Predictor
from assaymark_models.sample import (
    GUESS,
    UNPAIRED,
    Rows,
    Sample,
    answer_of,
    joined,
    match,
    read_predictions,
    reference_of,
    sample_of,
)
from assaymark_models.tables import codes, floats

MOST_GROUPS = 1000
_MORE = "improve the model, or add reference data so that the interval becomes narrower"


@check("model.performance")
def performance(model_manifest: Manifest, model_metrics: tuple[Any, ...], model_sample: Sample) -> Evidence:
    """Every metric clears its threshold with the bound of its bootstrap interval, not only with its value."""
    how, out = how_of(model_manifest), []
    numbers: dict[str, str | int | float | bool] = {}
    for i, rule in enumerate(model_metrics):
        verdict = _tried(rule, model_sample, model_manifest)
        numbers |= told(rule["name"], verdict)
        out.append((verdict, ("metric", i)))
    numbers |= {how.noun: model_sample.independent(), "rows": model_sample.count}
    numbers |= {"seed": how.seed, "resamples": how.resamples, "method": how.method, **pictures.of(model_sample)}
    return evidence(model_manifest, "performance", out, metrics=numbers, remedy=_MORE)


def _tried(rule: Any, sample: Sample, manifest: Manifest, least: int | None = None) -> Verdict:
    how, name = how_of(manifest), rule.get("metric", rule.get("name"))
    count, least = sample.independent(), least or least_of(manifest)
    try:
        interval = interval_of(name, sample, how)
    except FactUnavailable as problem:
        return undecided(problem)
    if few := few_of_a_class(name, sample, how, least):
        return Verdict(Outcome.UNKNOWN, f"{name} {number(interval.point)}, but {few}")
    return judged(name, rule, interval, count, how, least)


@check("model.slices")
def slices(model_manifest: Manifest, model_sample: Sample) -> Evidence:
    """Each group that the manifest names clears its own threshold; a group of too few rows is unknown."""
    rules = model_manifest.data.get("slice", ())
    if not rules and model_manifest.task == "generative":
        return not_applicable("no groups are named, and generated values need not have any")
    if not rules:
        return unknown(
            "the manifest names no groups to look at apart", remedy="add [[slice]] with by, metric and bound"
        )
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for i, rule in enumerate(rules):
        for name, verdict in _groups(rule, model_sample, model_manifest):
            out.append((verdict, ("slice", i)))
            if len(numbers) < 300:
                numbers |= told(f"{rule['by']}={name} {rule['metric']}", verdict)
    return evidence(model_manifest, "slices", out, metrics=numbers, remedy="train on more data of these groups")


def _groups(rule: Any, sample: Sample, manifest: Manifest) -> list[tuple[str, Verdict]]:
    import numpy as np

    by, least = rule["by"], int(rule.get("minimum", 30))
    if sample.kind == "samples":
        return _groups_of_samples(rule, sample, manifest)
    (group,), labels = codes(sample.rows.columns[by])
    if len(labels) > MOST_GROUPS:
        said = f"{by} has {len(labels):,} groups, more than {MOST_GROUPS:,}"
        return [(by, Verdict(Outcome.UNKNOWN, said))]
    order = np.argsort(group.astype(np.int16), kind="stable")  # of short numbers, without comparing
    edges = np.searchsorted(group[order], np.arange(-1, len(labels) + 1))
    out = []
    for code in range(-1, len(labels)):
        rows = order[edges[code + 1] : edges[code + 2]] if code + 2 < len(edges) else order[edges[code + 1] :]
        name = "(none)" if code < 0 else labels[code]
        if code < 0 and not len(rows):
            continue
        found = _tried(rule, sample.of(rows), manifest, least)
        out.append((name[:80], Verdict(found.outcome, f"{by} {name[:80]}: {found.message}", found.interval)))
    return out or [(by, Verdict(Outcome.UNKNOWN, f"{by} has no groups"))]


def _groups_of_samples(rule: Any, sample: Sample, manifest: Manifest) -> list[tuple[str, Verdict]]:
    """Generated values of each group compared with those of the reference that are of the same group."""
    by, least, made = str(rule["by"]), int(rule.get("minimum", 30)), sample.rows.guesses
    if by not in made.column_names:
        return [(by, Verdict(Outcome.UNKNOWN, f"the generated values have no column {by}, by which groups are told"))]
    (theirs, ours), labels = codes(sample.rows.columns[by], made[by])
    if len(labels) > MOST_GROUPS:
        return [(by, Verdict(Outcome.UNKNOWN, f"{by} has {len(labels):,} groups, more than {MOST_GROUPS:,}"))]
    out = []
    for code, name in enumerate(labels):
        part = replace(sample, truth=sample.truth[theirs == code], guess=sample.guess[ours == code])
        if len(part.truth) and len(part.guess):
            found = _tried(rule, part, manifest, least)
        else:
            where = "generated" if len(part.truth) else "in the reference"
            found = Verdict(Outcome.UNKNOWN, f"no value is {where}")
        out.append((name[:80], Verdict(found.outcome, f"{by} {name[:80]}: {found.message}", found.interval)))
    return out or [(by, Verdict(Outcome.UNKNOWN, f"{by} has no groups"))]


@check("model.no-regression")
def no_regression(model_manifest: Manifest, model_rows: Rows, model_sample: Sample) -> Evidence:
    """Not worse than the last validated model on the same rows, by a paired comparison within a tolerance."""
    rule = model_manifest.data.get("no-regression")
    if rule is None:
        return not_applicable("the manifest names no model before this one to compare with")
    file = model_manifest.get("predictions", "previous")
    if not file:
        return unknown("predictions of the last validated model are not named", remedy="add previous to [predictions]")
    before = other_sample(model_manifest, model_rows, str(file))
    verdict = _paired(rule, before, model_sample, model_manifest)
    numbers = told(f"{rule['metric']} loss", verdict) | {"rows": model_sample.count}
    return evidence(model_manifest, "no-regression", [(verdict, ("no-regression", "metric"))], metrics=numbers)


def _paired(rule: Mapping[str, Any], before: Sample, after: Sample, manifest: Manifest) -> Verdict:
    """Whether ``after`` is worse than ``before`` in the metric of a rule, beyond its tolerance."""
    how, least = how_of(manifest), least_of(manifest)
    found = compare.loss(rule["metric"], before, after, how)
    if few := few_of_a_class(rule["metric"], before, how, least):
        return Verdict(Outcome.UNKNOWN, few)
    return compare.judged(rule["metric"], found, rule["tolerance"], how, before.independent(), least)


@check("model.since-last")
def since_last(model_manifest: Manifest, model_history: History, model_sample: Sample) -> Evidence:
    """On new data the model does as well as at its last validation: no interval lies wholly on the worse side.

    The rows are others, so nothing is paired; the history of each metric is kept for the picture and for the next time.
    """
    rules, last = model_manifest.data.get("metric", ()), model_history.day
    if last is None or not rules:
        return not_applicable("there is no validation before this one to compare with")
    how = how_of(model_manifest)
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for i, rule in enumerate(rules):
        try:
            now = interval_of(rule["name"], model_sample, how)
        except FactUnavailable as problem:
            out.append((undecided(problem), ("metric", i)))
            continue
        numbers |= pictures.history(rule["name"], model_history.points.get(rule["name"], ()), now)
        verdict = compare.since(rule, model_history.metrics.get(rule["name"]), now, last)
        if (count := model_sample.independent()) < least_of(model_manifest):
            said = f"{rule['name']} of {count:,} {how.noun} cannot be compared with that of {last}: too few to conclude"
            verdict = Verdict(Outcome.UNKNOWN, said, now)
        out.append((verdict, ("metric", i)))
    return evidence(model_manifest, "since-last", out, metrics=numbers, remedy="find out what is new in these data")


@check("model.robustness")
def robustness(
    model_manifest: Manifest, model_rows: Rows, model_sample: Sample, model_predictor: Predictor | None
) -> Evidence:
    """Predictions from disturbed inputs (noise, gaps, shifts) are not worse than the tolerance allows, row by row."""
    rules = model_manifest.data.get("robustness", ())
    if not rules:
        return unknown(
            "the manifest names no predictions from disturbed inputs",
            remedy="add [[robustness]] with name, predictions, metric and tolerance",
        )
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for i, rule in enumerate(rules):
        if "predictions" in rule:
            disturbed = other_sample(model_manifest, model_rows, rule["predictions"])
        else:
            disturbed = run_again(model_manifest, model_predictor, rule)
        verdict = _paired(rule, model_sample, disturbed, model_manifest)
        numbers |= told(f"{rule['name']} {rule['metric']} loss", verdict)
        out.append((replace(verdict, message=f"{rule['name']}: {verdict.message}"), ("robustness", i)))
    return evidence(model_manifest, "robustness", out, metrics=numbers, remedy="train with such disturbances")


def other_sample(manifest: Manifest, rows: Rows, file: str) -> Sample:
    """The same rows with the predictions of another file. Raises FactUnavailable when keys or rows do not match."""
    return with_guesses(manifest, rows, read_predictions(manifest, file), file)


def with_guesses(manifest: Manifest, rows: Rows, table: Any, what: str) -> Sample:
    """The same rows with a table of other predictions."""
    import pyarrow as pa

    column = str(manifest.get("predictions", "column", GUESS))
    if manifest.task in UNPAIRED:
        changed = {**rows.columns, GUESS: table[column]}
        return sample_of(manifest, replace(rows, columns=changed, guesses=table))
    key = manifest.get("reference", "key")
    columns = {str(key): rows.keys} if key else {GUESS: rows.columns[GUESS]}
    guesses = match(pa.table(columns).replace_schema_metadata(rows.cells), table, manifest, what)
    changed = {**rows.columns, **{c: guesses[c] for c in guesses.column_names}, GUESS: guesses[column]}
    return sample_of(manifest, replace(rows, columns=changed))


def run_again(manifest: Manifest, predictor: Predictor | None, rule: Mapping[str, Any] | None = None) -> Sample:
    """The model run a second time, on the same inputs or on disturbed ones."""
    reference = reference_of(manifest)
    asked = reference if rule is None else disturbed_by(rule, reference, manifest)
    return sample_of(manifest, joined(manifest, reference, answer_of(manifest, predictor, asked, again=rule is None)))


def disturbed_by(rule: Mapping[str, Any], table: Any, manifest: Manifest) -> Any:
    """A table whose inputs are noisy, missing in part, or shifted, by the seed of the manifest."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(manifest.get("statistics", "seed", 0))
    for name in map(str, manifest.get("model", "inputs", ())):
        try:
            values = floats(table[name]).copy()
        except ValueError as problem:
            raise FactUnavailable(f"the input {name} {problem}", remedy="only numbers are disturbed here") from problem
        spread = float(np.nanstd(values))
        if "noise" in rule:
            values += rng.normal(0, rule["noise"] * spread, len(values))
        elif "shift" in rule:
            values += rule["shift"] * spread
        else:
            values[rng.random(len(values)) < rule["missing"]] = np.nan
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table
