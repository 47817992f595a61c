"""Annotations for what a validation found, the worst first.

GitHub shows ten of each kind per step and drops the rest without a word; the last one says how many there are.
"""

from __future__ import annotations

from collections import Counter

from assaymark.api import Finding, Location, Severity
from assaymark.github.workflow_commands import Kind, annotation
from assaymark.validation.model import Validation
from assaymark.wording import SEVERITY_ORDER, count

MAX_EACH = 10
_KINDS: dict[Severity, Kind] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(validation: Validation) -> str:
    """One command a line; empty when nothing was found."""
    lines: list[str] = []
    told: Counter[Severity] = Counter()
    total = Counter(p.finding.severity for p in validation.problems)
    for problem in sorted(validation.problems, key=lambda p: SEVERITY_ORDER[p.finding.severity]):
        severity = problem.finding.severity
        told[severity] += 1
        room = MAX_EACH if total[severity] <= MAX_EACH else MAX_EACH - 1
        if told[severity] <= room:
            lines.append(_line(problem.finding))
    for severity, kind in _KINDS.items():
        if total[severity] > MAX_EACH:
            more = count(total[severity] - MAX_EACH + 1, f"more {severity.value}")
            lines.append(annotation(kind, f"{more}: see the log of this step", title="assaymark validate"))
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding) -> str:
    where = finding.location or Location(path="")
    return annotation(
        _KINDS[finding.severity],
        finding.message,
        title=finding.rule,
        path=where.path,
        line=where.line,
        end_line=where.end_line,
        column=where.column,
        end_column=where.end_column,
    )
