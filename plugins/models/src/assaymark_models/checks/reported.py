"""Thresholds on numbers that other programs wrote, and provenance of the training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, FactUnavailable, Grade, Outcome, check, failed, not_applicable, passed, unknown
from assaymark_models.answers import evidence, finding
from assaymark_models.bootstrap import Interval
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict, clears, how_of, number, undecided
from assaymark_models.mlflow import Run
from assaymark_models.places import digest_of, place_of
from assaymark_models.reported import Reported, document, junit_of, value_of
from assaymark_models.yprov import prov_metric


@check("model.reported")
def reported(model_manifest: Manifest, model_reported_run: Run | None) -> Evidence:
    """Numbers that other programs wrote keep to their thresholds with the bound that comes with them.

    A number without bounds can fail and cannot pass. All of it is self-reported: nothing was computed here.
    """
    rules = model_manifest.data.get("reported", ())
    if not rules:
        return not_applicable("the manifest takes no numbers of other programs")
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for i, rule in enumerate(rules):
        try:
            verdict, value = _judged(rule, model_manifest, model_reported_run)
        except FactUnavailable as problem:
            verdict, value = undecided(problem), None
        if value is not None:
            numbers[str(rule.get("metric", "tests"))] = value
        out.append((verdict, ("reported", i)))
    return evidence(
        model_manifest,
        "reported",
        out,
        metrics=numbers,
        grade=Grade.SELF_REPORTED,
        remedy="name predictions and reference data, so that it is computed here with its interval",
    )


def _judged(rule: Mapping[str, Any], manifest: Manifest, run: Run | None) -> tuple[Verdict, float | None]:
    file, metric = rule.get("file"), rule.get("metric")
    if file and not metric:
        found = junit_of(place_of(manifest, str(file)), str(file))
        ran = found.run - found.skipped
        if found.failed:
            shown = ", ".join(found.failed[:5])
            return Verdict(Outcome.FAILED, f"{len(found.failed):,} of {ran:,} tests of {file} failed: {shown}"), ran
        return Verdict(Outcome.PASSED, f"all {ran:,} tests of {file} passed"), ran
    if not metric or not {"at-least", "at-most"} & set(rule):
        return Verdict(Outcome.UNKNOWN, "a reported number needs metric and a bound"), None
    return _bounded(rule, _value(str(metric), file, manifest, run), file or "the MLflow run")


def _value(metric: str, file: str | None, manifest: Manifest, run: Run | None) -> Reported:
    if file is None:
        if run is None:
            raise FactUnavailable("neither a file nor an MLflow run is named", remedy="add file, or mlflow to [model]")
        if metric not in run.metrics or not run.metrics[metric]:
            raise FactUnavailable(f"the MLflow run has no metric {metric!r}")
        return Reported(run.metrics[metric][-1])
    place = place_of(manifest, file)
    found = document(place, file)
    if isinstance(found.get("entity"), dict) and "prefix" in found:
        return prov_metric(found, metric, file, place, manifest.root)
    inner = found.get("metrics")
    table = inner if metric not in found and isinstance(inner, dict) else found
    return value_of(table.get(metric), metric, file, how_of(manifest).confidence)


def _bounded(rule: Mapping[str, Any], found: Reported, where: str) -> tuple[Verdict, float]:
    sign, limit = ("≥", rule["at-least"]) if "at-least" in rule else ("≤", rule["at-most"])
    shown = f"{rule['metric']} {number(found.value)} of {where}"
    if not math.isfinite(found.value):
        return Verdict(Outcome.UNKNOWN, f"{shown} is no finite number"), found.value
    if not clears(found.value, sign, limit):
        return Verdict(Outcome.FAILED, f"{shown} misses {sign} {number(limit)}"), found.value
    bound = found.low if sign == "≥" else found.high
    if math.isnan(bound):
        return Verdict(Outcome.UNKNOWN, f"{shown} comes without an interval: it may be luck"), found.value
    shown += f" ({number(found.low)} to {number(found.high)})"
    interval = Interval(found.value, found.low, found.high)
    if clears(bound, sign, limit):
        return Verdict(Outcome.PASSED, f"{shown} clears {sign} {number(limit)}", interval), found.value
    return Verdict(Outcome.UNKNOWN, f"{shown} does not clear {sign} {number(limit)} for sure", interval), found.value


@check("model.training-provenance")
def training_provenance(model_manifest: Manifest, model_reported_run: Run | None) -> Evidence:
    """PROV-JSON of the training (yProv4ML, ours or another), or a finished MLflow run with its parameters."""
    name = model_manifest.get("model", "provenance")
    if not name and model_reported_run is not None:
        return _of_run(model_manifest, model_reported_run)
    if not name:
        said = "the manifest names no provenance of the training"
        return failed(said, findings=[finding(model_manifest, "provenance", said, "model", "provenance")])
    place = place_of(model_manifest, str(name))
    found = document(place, str(name))
    counts = {kind: len(found[kind]) for kind in ("entity", "activity") if isinstance(found.get(kind), dict)}
    relations = sum(len(found[r]) for r in ("used", "wasGeneratedBy") if isinstance(found.get(r), dict))
    if not all(counts.get(kind) for kind in ("entity", "activity")) or not relations:
        said = f"{name} tells of no activity that used or generated something"
        return failed(said, findings=[finding(model_manifest, "provenance", said, "model", "provenance")])
    writer = "yProv4ML" if "yprov" in str(found.get("prefix")).lower() else "PROV-JSON"
    said = f"{name} ({writer}) tells of {counts['activity']:,} activities and {counts['entity']:,} entities"
    return passed(said, digest=digest_of(place))


def _of_run(manifest: Manifest, run: Run) -> Evidence:
    if run.status != "FINISHED":
        said = f"the MLflow run {run.id} is not finished but {run.status}"
        return failed(said, findings=[finding(manifest, "provenance", said, "model", "mlflow")])
    if not run.params and not run.tags.get("mlflow.source.name"):
        return unknown(
            f"the MLflow run {run.id} tells neither parameters nor source", remedy="log parameters: mlflow.log_params"
        )
    commit = run.tags.get("mlflow.source.git.commit")
    told = f"{len(run.params):,} parameters" + (f", source at commit {commit[:12]}" if commit else "")
    return passed(f"the MLflow run {run.id} tells {told}", metrics={"run": run.id})
