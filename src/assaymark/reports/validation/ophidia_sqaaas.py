"""The verdict object of SQAaaS for Ophidia workflows; ``result`` is true only when all documents were seen to pass."""

from __future__ import annotations

import json
from collections.abc import Iterator

from assaymark.api import Severity
from assaymark.validation.model import Judgement, State, Validation
from assaymark.wording import json_safe, one_line, utf8

FORMAT = "ophidia"


def render(validation: Validation) -> str:
    """``{result, passed_list, failed_list, reasons_list}``; the reasons are in the order of the failed documents."""
    judged = [j for j in validation.judgements if j.format.startswith(FORMAT)]
    passed = [j for j in judged if j.state is State.VALID]
    failed = [j for j in judged if j.state is not State.VALID]
    verdict = {
        "result": bool(passed) and not failed,
        "passed_list": [utf8(j.path) for j in passed],
        "failed_list": [utf8(j.path) for j in failed],
        "reasons_list": ["; ".join(_reasons(j)) for j in failed],
    }
    return json_safe(json.dumps(verdict, indent=1, ensure_ascii=False)) + "\n"


def _reasons(judgement: Judgement) -> Iterator[str]:
    for problem in judgement.problems:
        f = problem.finding
        if f.severity is Severity.ERROR:
            at = f"line {f.location.line}, column {f.location.column}: " if f.location else ""
            yield one_line(f"{at}{f.message} ({f.rule})", 500)
