"""What a fix offers mends what it is offered for, and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Edit, Problem, Severity
from assaymark_workflows.openeo.validate import validate as validate_openeo
from assaymark_workflows.ophidia.validate import validate as validate_ophidia

RULES = Path(__file__).parents[1] / "rules"
EXAMPLES = sorted([*RULES.glob("OPH-*/*.json"), *RULES.glob("OEO-*/*.json")])
Validate = Callable[[str, bytes, Any], tuple[Problem, ...] | None]


class Nothing:
    """A context without settings."""

    settings: Mapping[str, Any] = {}

    def check_time(self) -> None:
        """There is no hurry."""

    def exists(self, path: str) -> bool:
        """No other file is there."""
        return False


def applied(text: str, edits: Iterable[Edit]) -> str:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda e: (e.line, e.column), reverse=True):
        begin, end = starts[edit.line - 1] + edit.column - 1, starts[edit.end_line - 1] + edit.end_column - 1
        text = text[:begin] + edit.text + text[end:]
    return text


def said(validate: Validate, text: str) -> list[Problem]:
    found = validate("x.json", text.encode(), Nothing())
    assert found is not None
    return list(found)


def test_there_are_fixes() -> None:
    mended = {path.parent.name for path in EXAMPLES if any(p.edits for p in said(validator(path), read(path)))}
    assert {"OPH-D002", "OPH-S007", "OPH-Y003", "OPH-Y011", "OPH-S005", "OEO-S009"} <= mended


def validator(path: Path) -> Validate:
    return validate_ophidia if path.parent.name.startswith("OPH") else validate_openeo


def read(path: Path) -> str:
    return path.read_bytes().decode()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_each_fix_mends_its_own_problem_and_brings_no_error(path: Path) -> None:
    text, validate = read(path), validator(path)
    before = said(validate, text)
    for problem in before:
        if not problem.edits:
            continue
        after = said(validate, applied(text, problem.edits))
        count = [sum(p.finding.rule == problem.finding.rule for p in found) for found in (before, after)]
        assert count[1] < count[0]
        errors = [{p.finding.rule for p in found if p.finding.severity is Severity.ERROR} for found in (before, after)]
        # A text that can be read at last may show errors that were hidden.
        if not problem.finding.rule.startswith("OPH-Y"):
            assert errors[1] <= errors[0]
