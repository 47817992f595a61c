"""What was executed elsewhere answers what could not be determined here, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.errors import InputError
from assaymark.executed import refuse_other, taken_over
from assaymark.model import Evidence, Grade, Outcome, Subject

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
    change: dict[str, str | None], word: str, request: pytest.FixtureRequest
) -> None:
    from types import SimpleNamespace

    other = SimpleNamespace(subject=replace(SUBJECT, **change), profile_digest="p" if change else "q")
    with pytest.raises(InputError, match=f"another {word}"):
        refuse_other(SUBJECT, "p", other, "x.json")  # type: ignore[arg-type]
