"""The laws of judgement, as properties and as the cases that people argue about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark import scoring
from assaymark.model import (
    CriterionResult,
    DecidedBy,
    Evidence,
    Grade,
    Level,
    LevelRule,
    Outcome,
    Profile,
    Requirement,
    Subcriterion,
    SubcriterionResult,
)

IDS = ("QC.Aaa01", "QC.Aaa02", "QC.Bbb01", "QC.Ccc01")
outcomes = st.sampled_from(Outcome)


def evidence(outcome: Outcome, grade: Grade = Grade.MEASURED) -> Evidence:
    return Evidence(outcome=outcome, message="m", grade=grade)


def result(id: str, outcome: Outcome, grade: Grade = Grade.MEASURED) -> SubcriterionResult:
    definition = Subcriterion(
        id=id,
        criterion=id.rstrip("0123456789"),
        requirement=Requirement.MUST,
        text="t",
        why="w",
        remedy="r",
        decided_by=(DecidedBy.FILES,),
    )
    return SubcriterionResult(definition=definition, outcome=outcome, grade=grade, evidence=(evidence(outcome, grade),))


def profile(max_not_applicable: int = 1, max_attested: int = 0) -> Profile:
    def rule(level: Level, *require: str) -> LevelRule:
        return LevelRule(
            level=level, why="w", require=require, max_not_applicable=max_not_applicable, max_attested=max_attested
        )

    return Profile(
        id="p",
        title="t",
        version="1",
        levels=(
            rule(Level.BRONZE, "QC.Aaa01"),
            rule(Level.SILVER, "QC.Aaa02", "QC.Bbb01"),
            rule(Level.GOLD, "QC.Ccc01"),
        ),
    )


def results(*outcomes: Outcome, grade: Grade = Grade.MEASURED) -> dict[str, SubcriterionResult]:
    return {i: result(i, o, grade) for i, o in zip(IDS, outcomes, strict=True)}


P, F, N, U, E = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN, Outcome.ERROR


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((), U),
        ((P,), P),
        ((N,), N),
        ((N, P), P),
        ((P, U), U),
        ((P, U, E), E),
        ((P, U, E, F), F),
        ((N, N), N),
    ],
)
def test_outcome_of_follows_the_third_law(seen: tuple[Outcome, ...], expected: Outcome) -> None:
    assert scoring.outcome_of([evidence(o) for o in seen]) is expected


@given(st.lists(outcomes))
def test_order_of_evidence_never_matters(seen: list[Outcome]) -> None:
    pieces = [evidence(o) for o in seen]
    assert scoring.outcome_of(pieces) is scoring.outcome_of(pieces[::-1])


@given(st.lists(outcomes), st.sampled_from([F, E, U]))
def test_bad_evidence_never_helps(seen: list[Outcome], bad: Outcome) -> None:
    assert scoring.outcome_of([*map(evidence, seen), evidence(bad)]) in (F, E, U)


def test_the_weakest_grade_carries_the_verdict() -> None:
    pieces = [evidence(P), evidence(P, Grade.ATTESTED), evidence(N, Grade.SELF_REPORTED)]
    assert scoring.grade_of(pieces, P) is Grade.ATTESTED
    assert scoring.grade_of(pieces, N) is Grade.SELF_REPORTED


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        ((P, P, P, P), Level.GOLD),
        ((P, P, P, F), Level.SILVER),
        ((P, U, P, P), Level.BRONZE),
        ((E, P, P, P), Level.NONE),
        ((P, P, N, P), Level.GOLD),
        ((P, P, N, N), Level.BRONZE),
        ((N, P, P, P), Level.GOLD),
    ],
)
def test_levels_are_cumulative_and_limit_what_is_not_applicable(seen: tuple[Outcome, ...], level: Level) -> None:
    # ((P, P, N, N): silver's one empty criterion is allowed, gold's second is not; silver itself stays.
    expected = Level.SILVER if seen == (P, P, N, N) else level
    assert scoring.level_of(profile(), results(*seen)) is expected


@given(st.tuples(outcomes, outcomes, outcomes, outcomes), st.integers(0, 3))
def test_improving_one_item_never_lowers_the_level(seen: tuple[Outcome, ...], index: int) -> None:
    better = [*seen]
    better[index] = P
    assert scoring.level_of(profile(), results(*better)).rank >= scoring.level_of(profile(), results(*seen)).rank


@given(st.tuples(outcomes, outcomes, outcomes, outcomes), st.integers(0, 3))
def test_not_looking_never_raises_the_level(seen: tuple[Outcome, ...], index: int) -> None:
    whole = results(*seen)
    part = {i: r for i, r in whole.items() if i != IDS[index]}
    assert scoring.level_of(profile(3), part).rank <= scoring.level_of(profile(3), whole).rank


def test_attested_items_are_limited_and_counted() -> None:
    spoken = results(P, P, P, P, grade=Grade.ATTESTED)
    assert scoring.level_of(profile(), spoken) is Level.NONE
    assert scoring.level_of(profile(max_attested=4), spoken) is Level.GOLD
    assert scoring.attested_count(profile(), Level.GOLD, spoken) == 4
    assert "allows 0" in scoring.limits_exceeded(profile(), Level.GOLD, spoken)[0]


@pytest.mark.parametrize(("ways", "own"), [((DecidedBy.FILES, DecidedBy.ATTESTED), True), ((DecidedBy.TOOLS,), False)])
def test_a_step_where_a_word_would_do_is_limited_like_the_word(ways: tuple[DecidedBy, ...], own: bool) -> None:
    shown = results(P, P, P, P, grade=Grade.SELF_REPORTED)
    shown = {i: replace(r, definition=replace(r.definition, decided_by=ways)) for i, r in shown.items()}
    assert bool(scoring.limits_exceeded(profile(), Level.GOLD, shown)) is own
    assert scoring.limits_exceeded(profile(max_attested=4), Level.GOLD, shown) == ()
    assert scoring.attested_count(profile(), Level.GOLD, shown) == 0, "no person said so"
    seen = {i: replace(r, evidence=(*r.evidence, evidence(P))) for i, r in shown.items()}
    assert scoring.limits_exceeded(profile(), Level.GOLD, seen) == (), "it was measured as well"


def test_missing_names_what_lower_levels_lack_too() -> None:
    assert scoring.missing_for(profile(), Level.GOLD, results(F, P, U, P)) == ("QC.Aaa01", "QC.Bbb01")


def verdicts(found: dict[str, SubcriterionResult], *unseen: str) -> dict[str, CriterionResult]:
    """By id; ``unseen`` are known, and a partial run did not look at them."""
    known = {r.definition.id: r.definition for r in (*found.values(), *(result(i, U) for i in unseen))}
    titles = {r.definition.criterion: "title" for r in found.values()}
    return {c.id: c for c in scoring.criterion_results(profile(), titles, known, found)}


def test_a_criterion_is_decided_by_what_the_profile_requires() -> None:
    said = verdicts(results(P, P, P, P) | {"QC.Ccc02": result("QC.Ccc02", F)})
    assert said["QC.Ccc"].outcome is P
    assert said["QC.Ccc"].required_for is Level.GOLD
    assert said["QC.Aaa"].required_for is Level.BRONZE


def test_a_criterion_without_required_items_is_decided_by_all() -> None:
    verdict = verdicts({"QC.Ddd01": result("QC.Ddd01", P), "QC.Ddd02": result("QC.Ddd02", U)})["QC.Ddd"]
    assert (verdict.outcome, verdict.missing, verdict.required_for) == (U, ("QC.Ddd02",), None)


def test_a_criterion_of_which_something_required_was_not_looked_at_is_not_fulfilled() -> None:
    verdict = verdicts({"QC.Aaa02": result("QC.Aaa02", P)}, "QC.Aaa01", "QC.Aaa03")["QC.Aaa"]
    assert (verdict.outcome, verdict.missing, verdict.required_for) == (U, ("QC.Aaa01",), Level.BRONZE)


def test_what_is_asked_for_decides_a_partial_run_even_where_it_looked_at_other_items_only() -> None:
    verdict = verdicts({"QC.Aaa03": result("QC.Aaa03", F)}, "QC.Aaa01", "QC.Aaa02")["QC.Aaa"]
    assert (verdict.outcome, verdict.missing) == (U, ("QC.Aaa01", "QC.Aaa02"))
