"""SARIF 2.1.0: one run, a result per finding, its safe edits as fixes; what broke is a notification, never a result."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from assaymark.api import Edit, Location, Problem, Rule, Severity
from assaymark.findings import fingerprints, order
from assaymark.validation.model import State, Validation, is_unexamined
from assaymark.wording import SEVERITY_ORDER, json_safe, utf8

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub refuses a run with more results than this.
MAX_RESULTS = 25_000
MAX_TEXT = 2_000
DOCS = "https://assaymark.github.io/assaymark/rules/"


def render(validation: Validation) -> str:
    """The log, with a newline at its end."""
    silenced = {id(s.problem): s.reason for j in validation.judgements for s in j.suppressed}
    everything = [
        *(p for p in validation.problems if not is_unexamined(p.finding.rule)),
        *(s.problem for j in validation.judgements for s in j.suppressed),
    ]
    everything.sort(key=lambda p: order(p.finding))
    ids = dict(zip(map(id, everything), fingerprints(p.finding for p in everything), strict=True))
    worst_first = sorted(everything, key=lambda p: (id(p) in silenced, SEVERITY_ORDER[p.finding.severity]))
    shown = worst_first[:MAX_RESULTS]
    rules = sorted({p.finding.rule for p in shown})
    positions = {rule: n for n, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "assaymark validate",
                "semanticVersion": validation.version,
                "informationUri": "https://assaymark.github.io/assaymark/",
                "rules": [_rule(rule, validation.rules.get(rule)) for rule in rules],
            }
        },
        "automationDetails": {"id": f"assaymark/validate/{_part(validation.asked)}"},
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the root of the repository that was validated"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(validation, len(everything) - len(shown))],
        "results": [_result(p, positions[p.finding.rule], ids[id(p)], silenced.get(id(p))) for p in shown],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_safe(json.dumps(log, indent=1)) + "\n"


def _part(asked: tuple[str, ...]) -> str:
    """What tells several runs on one commit apart: code scanning keeps the last of a name."""
    path = (
        "\n".join(asked)
        if len(asked) < 4
        else hashlib.sha256("\n".join(asked).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    )
    return f"{quote(utf8(path), safe='')}/" if path else ""


def _rule(id: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": id}
    return {
        "id": id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "helpUri": f"{DOCS}{id}/",
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(problem: Problem, position: int, id: str, silenced: str | None) -> dict[str, Any]:
    finding = problem.finding
    text = finding.message if finding.fix is None else f"{finding.message}\nFix: {finding.fix}"
    made: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": position,
        "kind": "fail",
        "level": finding.severity.value,
        "message": {"text": _text(text) or finding.rule},
        "partialFingerprints": {"assaymark/v1": id},
    }
    where = finding.location
    if where is not None:
        made["locations"] = [_location(where, problem.pointer)]
        if problem.edits:
            made["fixes"] = [_fix(where, problem.edits)]
    if silenced is not None:
        made["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": _text(silenced)}]
    return made


def _location(where: Location, pointer: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(where)}
    if where.line:
        place["region"] = _region(where.line, where.column, where.end_line, where.end_column)
    made: dict[str, Any] = {"physicalLocation": place}
    if pointer:
        made["logicalLocations"] = [{"fullyQualifiedName": _text(pointer)}]
    return made


def _artifact(where: Location) -> dict[str, Any]:
    return {"uri": quote(utf8(where.path)), "uriBaseId": "SRCROOT"}


def _region(line: int, column: int | None, end_line: int | None, end_column: int | None) -> dict[str, int]:
    given = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {key: value for key, value in given.items() if value is not None}


def _fix(where: Location, edits: tuple[Edit, ...]) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": _region(e.line, e.column, e.end_line, e.end_column),
            "insertedContent": {"text": utf8(e.text)},
        }
        for e in edits
    ]
    return {"artifactChanges": [{"artifactLocation": _artifact(where), "replacements": replacements}]}


def _invocation(validation: Validation, hidden: int) -> dict[str, Any]:
    notes = [
        _note(p.finding.message, p.finding.severity, p.finding.rule, p.finding.location)
        for p in validation.problems
        if is_unexamined(p.finding.rule)
    ]
    if hidden:
        notes.append(_note(f"{hidden:,} results of lower severity were left out", Severity.WARNING))
    broken = any(j.state is State.UNDETERMINED for j in validation.judgements)
    return {"executionSuccessful": not broken, "toolExecutionNotifications": notes}


def _note(text: str, level: Severity, rule: str | None = None, where: Location | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"level": level.value, "message": {"text": _text(text)}}
    if rule is not None:
        made["descriptor"] = {"id": rule}
    if where is not None:
        made["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(where)}}]
    return made


def _text(text: str) -> str:
    clean = utf8(text)
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 3] + "..."
