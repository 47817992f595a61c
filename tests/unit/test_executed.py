"""What was executed elsewhere answers what could not be determined here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assaymark.assessment import Request, judge
from assaymark.errors import InputError
from assaymark.executed import believed, refuse_other, taken_over
from assaymark.model import Evidence, Grade, Level, Outcome, SubcriterionResult, Subject

TESTS = ("tool.pytest", "tool.coverage", "tool.ctest", "tool.cargo-test", "tool.go-test")
SUBJECT = Subject(kind="software", path=".", commit="a" * 40, digest="sha256:" + "b" * 64)


def said(outcome: Outcome, check: str, grade: Grade = Grade.MEASURED) -> Evidence:
    return Evidence(outcome=outcome, message=f"{check} {outcome}", check=check, grade=grade)


def test_an_unknown_is_answered_and_stays_self_reported() -> None:
    here = [said(Outcome.UNKNOWN, "tool.pytest"), said(Outcome.PASSED, "tests.found")]
    there = [said(Outcome.PASSED, "tool.pytest")]
    merged = taken_over(here, there)
    assert {(e.check, e.outcome, e.grade) for e in merged} == {
        ("tests.found", Outcome.PASSED, Grade.MEASURED),
        ("tool.pytest", Outcome.PASSED, Grade.SELF_REPORTED),
    }


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.PASSED, Outcome.NOT_APPLICABLE])
def test_what_was_determined_here_stays(outcome: Outcome) -> None:
    here = [said(outcome, "tool.bandit")]
    assert taken_over(here, [said(Outcome.PASSED, "tool.bandit", Grade.SELF_REPORTED)]) == here


def test_a_step_that_only_ran_there_is_added() -> None:
    assert [e.check for e in taken_over([], [said(Outcome.FAILED, "step.x", Grade.SELF_REPORTED)])] == ["step.x"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"commit": "c" * 40}, "commit"),
        ({"digest": "sha256:0"}, "files"),
        ({"commit": None}, "commit"),
        ({}, "profile"),
    ],
)
def test_another_subject_or_profile_is_refused(
    change: dict[str, Any], word: str, request: pytest.FixtureRequest
) -> None:
    from types import SimpleNamespace

    other = SimpleNamespace(subject=replace(SUBJECT, **change), profile_digest="p" if change else "q")
    with pytest.raises(InputError, match=f"another {word}"):
        refuse_other(SUBJECT, "p", other, "x.json")  # type: ignore[arg-type]


def test_only_what_executes_is_believed() -> None:
    mine = {"QC.Uni01": {"tool.pytest", "tests.found"}, "QC.Sec02": {"tool.bandit", "step.scan"}}
    told = {
        "QC.Uni01": (said(Outcome.PASSED, "tool.pytest"), said(Outcome.PASSED, "tests.found"),
                     said(Outcome.PASSED, "tool.made-up"), said(Outcome.PASSED, "")),
        "QC.Sec02": (said(Outcome.PASSED, "tool.bandit"), said(Outcome.PASSED, "tool.pytest"),
                     said(Outcome.PASSED, "step.other"), said(Outcome.PASSED, "step.scan")),
        "QC.Lic01": (said(Outcome.PASSED, "tool.pytest"),),
    }  # fmt: skip # a table of cases
    kept = believed(told, mine, {"tool.pytest"})
    assert {id: [e.check for e in found] for id, found in kept.items()} == {
        "QC.Uni01": ["tool.pytest"], "QC.Sec02": ["step.scan"],
    }  # fmt: skip # a table of cases


def test_a_forged_report_of_an_honest_project_raises_nothing_but_its_tests(
    repository: Callable[..., Path], tmp_path: Path
) -> None:
    root = repository({"tide.py": "def f():\n    return 1\n", "test_tide.py": "def test_f():\n    pass\n"})
    request = Request(path=str(root), tools=False, cache=False)
    honest = judge(request).assessment
    lie = said(Outcome.PASSED, "")

    def forged(result: SubcriterionResult) -> SubcriterionResult:
        checks = [e.check for e in result.evidence] + ["tool.made-up", "step.made-up", "files.licence"]
        lies = tuple(replace(lie, check=check, grade=Grade.SELF_REPORTED) for check in checks)
        return replace(result, outcome=Outcome.PASSED, evidence=lies)

    other = replace(honest, level=Level.GOLD, results=tuple(map(forged, honest.results)))
    found = judge(request, None, (other, "x.json")).assessment
    before = {r.definition.id: r.outcome for r in honest.results}
    raised = {r.definition.id: r for r in found.results if r.outcome is not before[r.definition.id]}
    assert found.level is honest.level
    assert all(id.startswith("QC.Uni") for id in raised), sorted(raised)
    assert all(e.check in TESTS for r in raised.values() for e in r.evidence if e.grade is Grade.SELF_REPORTED)
