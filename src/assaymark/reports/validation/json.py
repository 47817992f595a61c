"""One JSON document: ``{files: [{path, format, valid, findings: [...]}]}``; valid is null when nobody could tell."""

from __future__ import annotations

import json
from typing import Any

from assaymark.api import Problem
from assaymark.validation.model import Judgement, State, Validation
from assaymark.wording import json_safe, utf8

VALID = {State.VALID: True, State.INVALID: False, State.UNDETERMINED: None}


def render(validation: Validation) -> str:
    """The document, with a newline at its end."""
    files = [_file(judgement) for judgement in validation.judgements]
    return json_safe(json.dumps({"files": files}, indent=1, ensure_ascii=False)) + "\n"


def _file(judgement: Judgement) -> dict[str, Any]:
    return {
        "path": utf8(judgement.path),
        "format": judgement.format,
        "valid": VALID[judgement.state],
        "findings": [_finding(p, judgement.path) for p in judgement.problems],
    }


def _finding(problem: Problem, path: str) -> dict[str, Any]:
    finding = problem.finding
    where = finding.location
    made: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": utf8(finding.message),
        "line": where.line if where else None,
        "column": where.column if where else None,
        "end_line": where.end_line if where else None,
        "end_column": where.end_column if where else None,
    }
    if where is not None and where.path != path:
        made["path"] = utf8(where.path)
    return made
