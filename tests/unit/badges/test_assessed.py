from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest

from assaymark.badges import assessed
from assaymark.badges.model import Kind, State
from assaymark.errors import InputError
from assaymark.model import Assessment, Evidence, Level, Outcome

TODAY = date(2026, 11, 21)


@pytest.fixture
def silver(samples: ModuleType) -> Assessment:
    found: Assessment = samples.VARIANTS["silver"]
    return found


def with_outcomes(a: Assessment, *outcomes: Outcome, **more: Any) -> Assessment:
    results = tuple(replace(r, outcome=o) for r, o in zip(a.results, outcomes, strict=False))
    return replace(a, results=results, **more)


def test_a_level_is_its_metal(silver: Assessment) -> None:
    b = assessed.level(silver)
    assert (b.message, b.metal, b.state, b.tone) == ("silver", "silver", State.ASSESSED, "silver")
    assert b.commit == silver.subject.commit
    assert silver.subject.repository is not None
    for part in ("level silver", silver.subject.repository, b.short, f"profile {silver.profile}", str(silver.as_of)):
        assert part in b.title


def test_a_part_of_a_run_gives_no_level(silver: Assessment) -> None:
    b = assessed.level(replace(silver, partial=("select",)))
    assert (b.message, b.state, b.metal) == ("partial run", State.PARTIAL, "")


def test_no_level_fails_only_where_something_failed(silver: Assessment) -> None:
    required = silver.results[0].definition.id
    none = {"level": Level.NONE, "missing": {Level.BRONZE: (required,)}, "withheld": {}}
    failed = with_outcomes(silver, Outcome.FAILED, **none)
    assert (assessed.level(failed).message, assessed.level(failed).state) == ("no level", State.FAILING)
    assert "1 item short of bronze" in assessed.level(failed).title
    for outcome in (Outcome.UNKNOWN, Outcome.ERROR):
        b = assessed.level(with_outcomes(silver, outcome, **none))
        assert (b.message, b.state) == ("not determined", State.PARTIAL)
    limited = replace(failed, missing={Level.BRONZE: ()}, withheld={Level.BRONZE: ("too much on trust",)})
    assert assessed.level(limited).state is State.FAILING
    assert "withheld: too much on trust" in assessed.level(limited).title


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.PASSED, State.ASSESSED),
        (Outcome.FAILED, State.FAILING),
        (Outcome.UNKNOWN, State.PARTIAL),
        (Outcome.ERROR, State.PARTIAL),
        (Outcome.NOT_APPLICABLE, State.NOT_ASSESSED),
    ],
)
def test_a_sub_criterion_is_its_outcome(outcome: Outcome, state: State, silver: Assessment) -> None:
    a = with_outcomes(silver, outcome)
    b = assessed.criterion(a, a.results[0].definition.id)
    assert (b.label, b.message, b.state) == (a.results[0].definition.id, outcome.value.replace("-", " "), state)


def test_a_criterion_is_that_of_the_assessment_and_an_unknown_id_is_told(silver: Assessment) -> None:
    for c in silver.criteria:
        assert assessed.criterion(silver, c.id).message == c.outcome.value.replace("-", " ")
    with pytest.raises(InputError, match=r"says nothing about 'QC\.Nope'"):
        assessed.criterion(silver, "QC.Nope")


def covered(a: Assessment, *values: float, outcome: Outcome = Outcome.PASSED) -> Assessment:
    evidence = tuple(Evidence(outcome=outcome, message="m", metrics={"coverage": v}) for v in values)
    return replace(a, results=(replace(a.results[0], outcome=outcome, evidence=evidence),))


@pytest.mark.parametrize(
    ("values", "message"),
    [((87.36,), "87.3 %"), ((99.99,), "99.9 %"), ((100.0,), "100 %"), ((0,), "0 %"), ((91.0, 40.25), "40.2 % to 91 %")],
)
def test_coverage_is_rounded_down(values: tuple[float, ...], message: str, silver: Assessment) -> None:
    assert assessed.coverage(covered(silver, *values)).message == message


def test_coverage_that_nobody_measured_or_that_is_too_low(silver: Assessment) -> None:
    assert assessed.coverage(covered(silver)).state is State.NOT_ASSESSED
    assert assessed.coverage(covered(silver, 3.0, outcome=Outcome.FAILED)).state is State.FAILING


@pytest.mark.parametrize("kind", [Kind.MODEL, Kind.CONTAINER, Kind.FAIR])
def test_a_tally_counts_what_applies(kind: Kind, silver: Assessment) -> None:
    three = (Outcome.PASSED, Outcome.PASSED, Outcome.NOT_APPLICABLE)
    b = assessed.badge(kind, with_outcomes(silver, *three, partial=()))
    assert (b.label, b.message, b.state) == (assessed.LABELS[kind], "2/2", State.ASSESSED)
    assert "1 not applicable" in b.title
    unknown = assessed.badge(kind, with_outcomes(silver, *three, Outcome.UNKNOWN))
    assert (unknown.message, unknown.state) == ("2/3", State.PARTIAL)
    failed = assessed.badge(kind, with_outcomes(silver, *three, Outcome.UNKNOWN, Outcome.FAILED))
    assert (failed.message, failed.state) == ("2/4", State.FAILING)
    part = assessed.badge(kind, with_outcomes(silver, *three, partial=("select",)))
    assert part.state is State.PARTIAL
    assert assessed.badge(kind, with_outcomes(silver, Outcome.NOT_APPLICABLE)).state is State.NOT_ASSESSED


@pytest.mark.parametrize(
    ("answers", "message", "state"),
    [
        ([True, True], "2/2 valid", State.ASSESSED),
        ([True, False], "1/2 valid", State.FAILING),
        ([True, None], "1/2 valid", State.PARTIAL),
        ([None, False], "0/2 valid", State.FAILING),
        ([], "not assessed", State.NOT_ASSESSED),
    ],
)
def test_the_answer_of_a_validator(answers: list[bool | None], message: str, state: State) -> None:
    b = assessed.validated({"files": [{"path": "a", "valid": v} for v in answers]})
    assert (b.message, b.state) == (message, state)


@pytest.mark.parametrize("document", [{}, {"files": 3}, {"files": [1]}, {"files": {"a": True}}])
def test_what_is_no_answer_of_a_validator(document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not an answer"):
        assessed.validated(document)


def test_a_badge_turns_grey_when_it_is_old_or_the_branch_moved_on(silver: Assessment) -> None:
    b, commit = assessed.level(silver), silver.subject.commit
    last = silver.as_of + timedelta(days=assessed.LIFETIME)
    assert assessed.current(b, silver, last, head=commit) == b
    assert assessed.current(b, silver, last + timedelta(days=1)).title.endswith(f"stale: it expired on {last}")
    moved = assessed.current(b, silver, silver.as_of, head="f" * 40)
    assert (moved.state, moved.message) == (State.STALE, "silver, stale")
    assert "the branch is at fffffff now" in moved.title
    assert assessed.current(b, silver, silver.as_of + timedelta(days=8), days=7).state is State.STALE


@pytest.mark.parametrize("kind", list(Kind))
def test_what_was_not_assessed(kind: Kind) -> None:
    b = assessed.not_assessed(kind)
    assert (b.state, b.message) == (State.NOT_ASSESSED, "not assessed")
    assert b.label
    assert not b.commit
