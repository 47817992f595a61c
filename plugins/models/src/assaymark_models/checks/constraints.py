"""What has to hold of every prediction: finite numbers, known classes, and the laws that the manifest states."""

from __future__ import annotations

from typing import Any

from assaymark.api import Evidence, Outcome, check, failed, passed, unknown
from assaymark_models import formula
from assaymark_models.answers import evidence, finding
from assaymark_models.manifest import Manifest
from assaymark_models.measure import Verdict, number
from assaymark_models.sample import CLASSES, GUESS, Rows, Sample
from assaymark_models.tables import codes, floats


@check("model.finite")
def finite(model_manifest: Manifest, model_rows: Rows) -> Evidence:
    """Every row has a prediction: a finite number, or a class."""
    import numpy as np

    column = model_rows.columns[GUESS]
    count = len(column)
    if model_manifest.task in (*CLASSES, "detection"):
        bad = np.flatnonzero(codes(column)[0][0] < 0)
    else:
        try:
            bad = np.flatnonzero(~np.isfinite(floats(column)))
        except ValueError as problem:
            said = f"the predictions of a regression are no numbers: their column {problem}"
            return failed(said, findings=[finding(model_manifest, "finite", said, "predictions", "column")])
    if not len(bad):
        return passed(f"all {count:,} predictions are there and finite")
    said = f"{len(bad):,} of {count:,} predictions are missing, not a number or infinite"
    first = f"first at {model_rows.named(int(bad[0])) if model_rows.guesses is None else f'row {int(bad[0]) + 1}'}"
    return failed(
        f"{said}, {first}",
        findings=[finding(model_manifest, "finite", f"{said}, {first}", "predictions", "file")],
        metrics={"bad": len(bad), "rows": count},
    )


@check("model.constraints")
def constraints(model_manifest: Manifest, model_rows: Rows, model_sample: Sample) -> Evidence:
    """The rules of the manifest hold for every row: conservation, sign, monotony and the like, as expressions.

    Where predictions belong to no row of the reference (generated values, boxes), for every prediction.
    """
    rules = model_manifest.data.get("constraint", ())
    if not rules:
        return unknown("the manifest states no constraint", remedy="add [[constraint]] with a name and a rule")
    out, numbers = [], {}
    for i, rule in enumerate(rules):
        verdict, broken = _one(rule, model_rows if model_rows.guesses is None else _guesses(model_rows))
        out.append((verdict, ("constraint", i, "rule")))
        numbers[f"{rule['name']} broken"] = broken
    return evidence(model_manifest, "constraints", out, metrics=numbers)


def _guesses(rows: Rows) -> Rows:
    table = rows.guesses
    columns = {**{c: table[c] for c in table.column_names}, GUESS: rows.columns[GUESS]}
    return Rows(columns=columns, count=table.num_rows)


def _one(rule: Any, rows: Rows) -> tuple[Verdict, int]:
    import numpy as np

    name = rule["name"]
    try:
        columns, missing = _columns(rule, rows)
        if missing:
            return Verdict(Outcome.UNKNOWN, f"{name}: there is no column {', '.join(missing)}"), 0
        order = np.argsort(columns.pop(""), kind="stable") if "order" in rule else None
        if order is not None:
            columns = {n: v[order] for n, v in columns.items()}
        found = formula.evaluate(rule["rule"], columns, rows.count)
    except formula.Refused as problem:
        return Verdict(Outcome.UNKNOWN, f"{name}: the rule {problem}"), 0
    except ValueError as problem:
        return Verdict(Outcome.UNKNOWN, f"{name}: a column {problem}"), 0
    broken = np.flatnonzero(~found.holds)
    share = len(broken) / rows.count
    if not len(broken):
        return Verdict(Outcome.PASSED, f"{name} holds for all {rows.count:,} rows"), 0
    first = int(broken[0] if order is None else order[broken[0]])
    undefined = int(found.undefined.sum())
    said = f"{name} does not hold for {len(broken):,} of {rows.count:,} rows, first at {rows.named(first)}"
    said += f" ({undefined:,} of them are not defined)" if undefined else ""
    if share <= rule.get("share", 0) and not undefined:
        return Verdict(Outcome.PASSED, f"{said}: within the share of {number(rule['share'])}"), len(broken)
    return Verdict(Outcome.FAILED, said), len(broken)


def _columns(rule: Any, rows: Rows) -> tuple[dict[str, Any], list[str]]:
    """The columns that a rule names, as floats, and those that are not there; what to sort by under the name ``""``."""
    wanted = {n: n for n in formula.names(rule["rule"])} | ({"": rule["order"]} if "order" in rule else {})
    missing = sorted({n for n in wanted.values() if n not in rows.columns})
    return {n: floats(rows.columns[c]) for n, c in wanted.items() if c in rows.columns}, missing
