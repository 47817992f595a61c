"""One call of the linter for all documents, and its findings under our rule ids.

The linter sees copies of the documents and nothing else of the repository, so no configuration of the repository
changes what is found, and it cannot reach the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from assaymark.api import Context, Finding, Location, Problem, Severity, Unreachable
from assaymark_workflows.problems import severities
from assaymark_workflows.source import Malformed, parse_yaml

RULES = Path(__file__).with_name("rules.toml")
PROGRAM = "jactionlint"
ARGUMENTS = (
    "--format=json", "--profile=correctness", "--no-online", "--no-baseline", "--no-ignores", "--no-color",
    "--shellcheck=", "--pyflakes=",
)  # fmt: skip # many short items
# Rule of the linter -> ours; what it finds beyond these is GHA-P001.
OURS: dict[str, str] = {
    **dict.fromkeys(("yaml-syntax", "merge-key", "recursive-alias"), "GHA-Y001"),
    "duplicate-key": "GHA-Y002",
    **dict.fromkeys(("workflow-syntax", "action-syntax"), "GHA-S001"),
    **dict.fromkeys(
        ("unknown-event", "invalid-event-config", "invalid-event-filter", "invalid-activity-type", "invalid-cron",
         "invalid-timezone", "invalid-glob", "invalid-workflow-call-input", "invalid-workflow-dispatch-input"),
        "GHA-S002",
    ),
    "workflow-run-names": "GHA-S004",
    **dict.fromkeys(("invalid-id", "duplicate-job-id", "duplicate-step-id"), "GHA-S003"),
    **dict.fromkeys(
        ("invalid-permissions", "invalid-shell-name", "invalid-env-var-name", "matrix-duplicate-value",
         "matrix-invalid-exclude", "invalid-parallel-step", "background-step-not-waited"),
        "GHA-V001",
    ),
    **dict.fromkeys(("unknown-runner-label", "conflicting-runner-labels"), "GHA-V002"),
    **dict.fromkeys(("expression-syntax", "malformed-expression-delimiters"), "GHA-X001"),
    **dict.fromkeys(
        ("expression-type", "undefined-property", "undefined-function", "invalid-function-call"), "GHA-X002"
    ),
    "context-availability": "GHA-X003",
    **dict.fromkeys(("constant-condition", "if-always-true", "unsound-ternary"), "GHA-X004"),
    **dict.fromkeys(("invalid-uses", "invalid-local-action", "local-action-checkout"), "GHA-R001"),
    **dict.fromkeys(
        ("invalid-local-workflow", "invalid-workflow-call", "missing-workflow-input", "missing-workflow-secret",
         "unknown-workflow-input", "unknown-workflow-secret", "workflow-input-type", "workflow-call-permissions",
         "concurrency-deadlock"),
        "GHA-R002",
    ),
    **dict.fromkeys(("missing-action-input", "unknown-action-input", "conflicting-action-inputs"), "GHA-R003"),
    **dict.fromkeys(("undefined-job-needs", "duplicate-job-needs"), "GHA-G001"),
    "cyclic-job-needs": "GHA-G002",
    **dict.fromkeys(("deprecated-commands", "outdated-action-runner", "deprecated-action-input"), "GHA-D001"),
    "template-injection": "GHA-C001",
    "hardcoded-container-credentials": "GHA-C002",
}  # fmt: skip # many short items
OTHER = "GHA-P001"
# Without effect, and GitHub runs the job all the same.
IDLE = frozenset({"matrix-invalid-exclude"})
_EMPTY_FILTER = re.compile(r'"(?:branches|tags|paths)(?:-ignore)?" section should not be empty')
_LONGEST = 300
_MOST_ACTIONS = 200
_MOST_FILES = 2_000
# So many documents are tried one by one when all together are too much for the linter.
_MOST_ALONE = 50
_NEEDS = re.compile(r'"([^"]+)" (?:needs job|->) "([^"]+)"')
_TYPE = re.compile(r"\{[^{}]{60,}\}")
_LIST = re.compile(r"(available (?:labels|formats|values|contexts) are )(.{120}).*", re.S)


def validate(documents: Mapping[str, bytes], context: Context) -> Mapping[str, tuple[Problem, ...] | None]:
    """Problems of every document; all are undetermined when the linter is not there or does not answer."""
    ran = context.run(PROGRAM, [*ARGUMENTS, *sorted(documents)], _visible(documents, context))
    if ran.code not in (0, 1):
        reason = ran.problem or f"{PROGRAM} ended with {ran.code}"
        if ran.code is None and "not installed" in reason:
            reason += ": pip install jactionlint"
        elif 1 < len(documents) <= _MOST_ALONE:
            alone = [validate({path: documents[path]}, context) for path in documents]
            return {path: problems for said in alone for path, problems in said.items()}
        return {path: (_unexamined(path, reason),) for path in documents}
    found: dict[str, list[Problem]] = {path: [] for path in documents}
    for item in _items(ran.stdout):
        path = str(item.get("filepath", ""))
        if path in found:
            found[path].append(_problem(item, path, documents[path]))
    return {path: tuple(problems) for path, problems in found.items()}


def _visible(documents: Mapping[str, bytes], context: Context) -> dict[str, bytes]:
    """The documents, actions that they may call, and an empty file in the place of what belongs to an action: the
    linter asks whether it exists."""
    paths = context.paths()
    actions = {path: b"" for path in paths if path.rpartition("/")[2] in ("action.yml", "action.yaml")}
    for path in list(actions)[:_MOST_ACTIONS]:
        try:
            actions[path] = documents.get(path) or context.read(path)
        except Unreachable:
            del actions[path]
    folders = tuple(path.rpartition("/")[0] for path in actions)
    beside = (path for path in paths if any(not folder or path.startswith(f"{folder}/") for folder in folders))
    return {**dict.fromkeys(islice(beside, _MOST_FILES), b""), **actions, **documents}


def _items(output: bytes) -> list[dict[str, Any]]:
    found = json.loads(output or b"[]")
    if not isinstance(found, list):
        raise ValueError(f"{PROGRAM} wrote something else than findings")
    return [item for item in found if isinstance(item, dict)]


def _problem(item: Mapping[str, Any], path: str, data: bytes) -> Problem:
    theirs = str(item.get("id", ""))
    ours = OURS.get(theirs, OTHER)
    line, column = _number(item, "line") or 1, _number(item, "column") or 1
    if theirs == "undefined-property" and not str(item.get("message", "")).startswith("undefined variable"):
        ours = "GHA-X005"  # GitHub takes it for empty, where it refuses an unknown name
    end = max(_number(item, "end_column") or column + 1, column + 1)
    where = Location(path=path, line=line, column=column, end_line=line, end_column=end)
    if ours in ("GHA-G001", "GHA-G002"):
        where = _needed(str(item.get("message", "")), path, data) or where
    said = str(item.get("message", ""))
    message = f"{_short(said)} ({theirs})"
    idle = theirs in IDLE or _EMPTY_FILTER.match(said)
    level = Severity.WARNING if idle else severities(RULES)[ours]
    return Problem(finding=Finding(rule=ours, message=message, severity=level, location=where))


def _needed(message: str, path: str, data: bytes) -> Location | None:
    """The name below ``needs`` that is meant; the linter points at the job that it belongs to."""
    pair = _NEEDS.search(message)
    try:
        jobs = parse_yaml(data).get("jobs") if pair else None
    except Malformed:
        return None
    job = jobs.get(pair[1]) if pair is not None and jobs is not None and jobs.is_object else None
    needs = job.get("needs") if job is not None and job.is_object else None
    for node in (needs, *needs.elements) if needs is not None else ():
        if pair is not None and node.is_string and node.text == pair[2]:
            at = node.span
            return Location(path=path, line=at.line, column=at.column, end_line=at.end_line, end_column=at.end_column)
    return None


def _short(message: str) -> str:
    text = " ".join(_LIST.sub(r"\1\2...", _TYPE.sub("{...}", message)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _number(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    return value if isinstance(value, int) and value > 0 else None


def _unexamined(path: str, reason: str) -> Problem:
    where = Location(path=path, line=1, column=1, end_line=1, end_column=1)
    return Problem(finding=Finding(rule="WF-E003", message=reason, severity=Severity.ERROR, location=where))
