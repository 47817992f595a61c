"""What other runs left: predictions of a second run, measured resources, provenance of the training; and digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assaymark.api import (
    Evidence,
    FactUnavailable,
    Grade,
    Outcome,
    Subject,
    check,
    failed,
    passed,
    published,
    unknown,
)
from assaymark_models.answers import evidence, finding
from assaymark_models.checks.performance import other_sample, run_again
from assaymark_models.identity import MODELS, data_digest, environment, files_of
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict, clears, number
from assaymark_models.places import digest_of, place_of
from assaymark_models.reported import document, is_number
from assaymark_models.running import Predictor
from assaymark_models.sample import (
    GUESS,
    Answer,
    Rows,
    Sample,
    columns_of_predictions,
    is_run,
    key_of,
    read_predictions,
)
from assaymark_models.tables import codes, floats


@check("model.reproducible")
def reproducible(
    model_manifest: Manifest, model_rows: Rows, model_sample: Sample, model_predictor: Predictor | None
) -> Evidence:
    """A second run with the same seed gave the same bytes, or values within the declared tolerance.

    A model that is run here is run twice; ``--again`` names another runner for the second time.
    """
    again = model_manifest.get("predictions", "again")
    if not again and not is_run(model_manifest):
        return unknown("predictions of a second run are not named", remedy="add again to [predictions]")
    first = model_manifest.get("predictions", "file")
    if not again:
        other = run_again(model_manifest, model_predictor)
        return _compared(model_manifest, model_sample, other, ("model", "entry"))
    if first and place_of(model_manifest, str(again)) == place_of(model_manifest, str(first)):
        return unknown("the second run is the same file as the first", remedy="run the model again into another file")
    if first and digest_of(place_of(model_manifest, str(first))) == digest_of(place_of(model_manifest, str(again))):
        return passed("both runs gave the same bytes", metrics={"same bytes": True})
    if model_sample.kind == "boxes":
        return _same_boxes(model_manifest, model_rows.guesses, read_predictions(model_manifest, str(again)))
    other = other_sample(model_manifest, model_rows, str(again))
    return _compared(model_manifest, model_sample, other, ("predictions", "again"))


def _same_boxes(manifest: Manifest, one: Any, two: Any) -> Evidence:
    """Whether two runs found the same boxes, in whatever order; a difference within a tolerance may upset the order."""
    import numpy as np

    keys = ("predictions", "again")
    if one.num_rows != two.num_rows:
        said = f"the second run gave {two.num_rows:,} boxes, the first {one.num_rows:,}"
        return failed(said, findings=[finding(manifest, "reproducible", said, *keys)])
    words = [str(manifest.get("predictions", "column", GUESS)), str(key_of(manifest))]
    numbers = sorted(columns_of_predictions(manifest) - set(words))
    pairs = [codes(one[w], two[w])[0] for w in words] + [[floats(t[n]) for t in (one, two)] for n in numbers]
    tables = [np.stack([pair[i] for pair in pairs], axis=1) for i in (0, 1)]
    if not tables[0].size:
        return passed("neither run found a box")
    away = [np.abs(a - b).max(axis=1) for a, b in (tables, [t[np.lexsort(t.T[::-1])] for t in tables])]
    least = min(away, key=lambda a: float(a.max()))
    tolerance = float(manifest.get("reproducible", "tolerance", 0))
    broken = int((~(least <= tolerance)).sum())
    if not broken:
        return passed(f"all {one.num_rows:,} boxes of both runs agree within {number(tolerance)}")
    said = f"{broken:,} of {one.num_rows:,} boxes differ between two runs"
    if tolerance:
        return unknown(f"{said}, or are in another order", remedy="write boxes of both runs in the same order")
    return failed(said, findings=[finding(manifest, "reproducible", said, *keys)], metrics={"differ": broken})


def _compared(model_manifest: Manifest, model_sample: Sample, other: Sample, keys: tuple[str, str]) -> Evidence:
    import numpy as np

    if len(model_sample.guess) != len(other.guess):
        said = f"the second run gave {len(other.guess):,} values, the first {len(model_sample.guess):,}"
        return failed(said, findings=[finding(model_manifest, "reproducible", said, *keys)])
    tolerance = float(model_manifest.get("reproducible", "tolerance", 0))
    if model_sample.labels:
        one, two = (np.array(s.labels)[s.guess] for s in (model_sample, other))
        away = (one != two).astype(float)
        tolerance, unit = 0.0, "classes"
    else:
        away, unit = np.abs(model_sample.guess - other.guess), "values"
    broken = int((away > tolerance).sum())
    numbers: dict[str, str | int | float | bool] = {"differ": broken, "largest difference": float(away.max())}
    if not broken:
        return passed(
            f"all {model_sample.count:,} {unit} of both runs agree within {number(tolerance)}", metrics=numbers
        )
    most = model_sample.rows.named(int(np.argmax(away)))
    said = f"{broken:,} of {model_sample.count:,} {unit} differ between two runs, most at {most}"
    return failed(said, findings=[finding(model_manifest, "reproducible", said, *keys)], metrics=numbers)


def _taken(answer: Answer | None) -> Mapping[str, Any]:
    """What an answer took, also for each row."""
    if answer is None:
        return {}
    seconds, rows = answer.used.get("seconds"), answer.reference.num_rows
    numbers = {name: value for name, value in answer.used.items() if not isinstance(value, str)}
    if not isinstance(seconds, int | float) or seconds <= 0:
        return numbers
    return {**numbers, "rows-per-second": rows / seconds, "milliseconds-per-row": 1000 * seconds / rows}


@check("model.resources")
def resources(model_manifest: Manifest, model_answer: Answer | None) -> Evidence:
    """Latency, throughput, memory, energy and the like keep to their limits.

    They come from a file of the project, or from running the model here. What was measured here stands among the facts
    of the run, since it differs from run to run; the verdict names the limits.
    """
    table = model_manifest.data.get("resources")
    if table is None:
        return unknown("the manifest names no measured resources", remedy="add [resources] with file and limits")
    own = "file" not in table
    seen = _taken(model_answer) if own else document(place_of(model_manifest, str(table["file"])), str(table["file"]))
    if own and not seen:
        return unknown("the model was not run here, so nothing was measured", remedy="add file to [resources]")
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for rule in table["limit"]:
        value = seen.get(rule["name"])
        sign, limit = ("≥", rule["at-least"]) if "at-least" in rule else ("≤", rule["at-most"])
        keys = ("resources", "limit")
        if not is_number(value):
            where = "running it here" if own else table["file"]
            known = f" (there are: {', '.join(sorted(seen))})" if own else ""
            out.append((Verdict(Outcome.UNKNOWN, f"{where} gives no number {rule['name']!r}{known}"), keys))
            continue
        held = clears(value, sign, limit)
        if not own:
            numbers[rule["name"]] = value
        shown = rule["name"] if own else f"{rule['name']} {number(value)}"
        said = f"{shown} {'keeps to' if held else 'misses'} {sign} {number(limit)}"
        out.append((Verdict(Outcome.PASSED if held else Outcome.FAILED, said), keys))
    return evidence(model_manifest, "resources", out, metrics=numbers, grade=Grade.SELF_REPORTED)


@check("model.identified")
def identified(model_manifest: Manifest, model_of_mlflow: Mapping[str, str], subject: Subject) -> Evidence:
    """Model, data, thresholds and environment are named by digests, and the manifest by an address of its own.

    Its very version is committed, and pushed where a remote-tracking branch tells; none tells in a clone without one.
    """
    numbers: dict[str, str | int | float | bool] = {"manifest": model_manifest.digest}
    missing = []
    for role, name in files_of(model_manifest):
        try:
            numbers[role] = digest_of(place_of(model_manifest, name))
        except FactUnavailable as problem:
            missing.append(problem.reason)
    numbers |= {"thresholds": model_manifest.thresholds(), "environment": environment()}
    numbers |= {"seed": model_manifest.get("statistics", "seed", 0), "data": data_digest(model_manifest)}
    if subject.repository:
        numbers["identity"] = f"assaymark:custom/{subject.repository}/{subject.path}@{model_manifest.digest}"
    if missing:
        return unknown(f"not everything could be digested: {'; '.join(missing[:5])}", remedy="put the files there")
    numbers |= model_of_mlflow
    if not set(MODELS) & set(numbers):
        said = "the model itself is not named, only what it predicted"
        place = finding(model_manifest, "identified", said, "model", "file")
        return failed(
            said, findings=[place], remedy="add file to [model], so that its digest is recorded", metrics=numbers
        )
    return _published(model_manifest, subject, numbers)


def _published(manifest: Manifest, subject: Subject, numbers: dict[str, str | int | float | bool]) -> Evidence:
    """Whether others find this very version of the manifest under its address."""
    state = published(manifest.path) if subject.repository else None
    if state is None:
        said = "files are digested, but the manifest lies in no repository that is published"
        return unknown(said, remedy="put the manifest under version control and add a remote")
    if not state.committed:
        said = "this version of the manifest is not committed: nobody finds it under its address"
        place = finding(manifest, "identified", said)
        return failed(said, findings=[place], remedy="commit the manifest", metrics=numbers)
    if state.pushed is False:
        said = "this version of the manifest is committed, and on no branch of a remote that was fetched or pushed to"
        return replace(unknown(said, remedy="push it"), metrics=numbers)
    where = "and its version is pushed" if state.pushed else "and its version is committed"
    said = f"model, data, thresholds and environment are digested, {where}"
    return passed(said, metrics=numbers, digest=manifest.digest)
