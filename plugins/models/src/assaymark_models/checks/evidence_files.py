"""What other runs left: predictions of a second run, measured resources, provenance of the training; and digests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, FactUnavailable, Grade, Outcome, Subject, check, failed, passed, unknown
from assaymark_models.answers import evidence, finding
from assaymark_models.checks.performance import other_sample
from assaymark_models.identity import environment, files_of
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict, clears, number
from assaymark_models.places import digest_of, place_of
from assaymark_models.sample import Rows, Sample

LARGEST = 50_000_000
DEEPEST = 100


@check("model.reproducible")
def reproducible(model_manifest: Manifest, model_rows: Rows, model_sample: Sample) -> Evidence:
    """A second run with the same seed gave the same bytes, or values within the declared tolerance."""
    import numpy as np

    again = model_manifest.get("predictions", "again")
    if not again:
        return unknown("predictions of a second run are not named", remedy="add again to [predictions]")
    first = model_manifest.get("predictions", "file")
    if first and place_of(model_manifest, str(again)) == place_of(model_manifest, str(first)):
        return unknown("the second run is the same file as the first", remedy="run the model again into another file")
    if first and digest_of(place_of(model_manifest, str(first))) == digest_of(place_of(model_manifest, str(again))):
        return passed("both runs gave the same bytes", metrics={"same bytes": True})
    other = other_sample(model_manifest, model_rows, str(again))
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
    row = int(np.argmax(away))
    said = f"{broken:,} of {model_sample.count:,} {unit} differ between two runs, most at {model_rows.named(row)}"
    return failed(
        said, findings=[finding(model_manifest, "reproducible", said, "predictions", "again")], metrics=numbers
    )


def _object(manifest: Manifest, name: str) -> Mapping[str, Any]:
    """A JSON object. Raises FactUnavailable when the file holds none."""
    place = place_of(manifest, name)
    if place.stat().st_size > LARGEST:
        raise FactUnavailable(f"{name} is larger than {LARGEST:,} bytes")
    try:
        found = json.loads(place.read_bytes())
    except (ValueError, RecursionError, OSError) as problem:
        raise FactUnavailable(f"{name} is no JSON: {' '.join(str(problem).split())[:200]}") from problem
    if not isinstance(found, dict):
        raise FactUnavailable(f"{name} holds no JSON object")
    return found


@check("model.resources")
def resources(model_manifest: Manifest) -> Evidence:
    """Latency, memory, energy and the like, as the project measured them, keep to their limits."""
    table = model_manifest.data.get("resources")
    if table is None:
        return unknown("the manifest names no measured resources", remedy="add [resources] with file and limits")
    seen = _object(model_manifest, str(table["file"]))
    out: list[tuple[Verdict, tuple[str | int, ...]]] = []
    numbers: dict[str, str | int | float | bool] = {}
    for rule in table["limit"]:
        value = seen.get(rule["name"])
        sign, limit = ("≥", rule["at-least"]) if "at-least" in rule else ("≤", rule["at-most"])
        keys = ("resources", "limit")
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            out.append((Verdict(Outcome.UNKNOWN, f"{table['file']} holds no number {rule['name']!r}"), keys))
            continue
        numbers[rule["name"]] = value
        held = clears(value, sign, limit)
        said = f"{rule['name']} {number(value)} {'keeps to' if held else 'misses'} {sign} {number(limit)}"
        out.append((Verdict(Outcome.PASSED if held else Outcome.FAILED, said), keys))
    return evidence(model_manifest, "resources", out, metrics=numbers, grade=Grade.SELF_REPORTED)


@check("model.training-provenance")
def training_provenance(model_manifest: Manifest) -> Evidence:
    """A PROV-JSON document of the training, in which some activity used or generated some entity."""
    name = model_manifest.get("model", "provenance")
    if not name:
        said = "the manifest names no provenance of the training"
        return failed(said, findings=[finding(model_manifest, "provenance", said, "model", "provenance")])
    found = _object(model_manifest, str(name))
    counts = {kind: len(found[kind]) for kind in ("entity", "activity") if isinstance(found.get(kind), dict)}
    relations = sum(len(found[r]) for r in ("used", "wasGeneratedBy") if isinstance(found.get(r), dict))
    if not all(counts.get(kind) for kind in ("entity", "activity")) or not relations:
        said = f"{name} tells of no activity that used or generated something"
        return failed(said, findings=[finding(model_manifest, "provenance", said, "model", "provenance")])
    digest = digest_of(place_of(model_manifest, str(name)))
    return passed(f"{name} tells of {counts['activity']:,} activities and {counts['entity']:,} entities", digest=digest)


@check("model.identified")
def identified(model_manifest: Manifest, subject: Subject) -> Evidence:
    """Model, data, thresholds and environment are named by digests, and the manifest by an address of its own."""
    numbers: dict[str, str | int | float | bool] = {"manifest": model_manifest.digest}
    missing = []
    for role, name in files_of(model_manifest):
        try:
            numbers[role] = digest_of(place_of(model_manifest, name))
        except FactUnavailable as problem:
            missing.append(problem.reason)
    numbers |= {"thresholds": model_manifest.thresholds(), "environment": environment()}
    numbers["seed"] = model_manifest.get("statistics", "seed", 0)
    if subject.repository:
        numbers["identity"] = f"assaymark:custom/{subject.repository}/{subject.path}@{model_manifest.digest}"
    if missing:
        return unknown(f"not everything could be digested: {'; '.join(missing[:5])}", remedy="put the files there")
    if "model" not in numbers:
        said = "the model itself is not named, only what it predicted"
        place = finding(model_manifest, "identified", said, "model", "file")
        return failed(
            said, findings=[place], remedy="add file to [model], so that its digest is recorded", metrics=numbers
        )
    if not subject.repository:
        return unknown(
            "files are digested, but the manifest lies in no repository that is published",
            remedy="put the manifest under version control and add a remote",
        )
    return passed("model, data, thresholds and environment are digested", metrics=numbers, digest=model_manifest.digest)
