"""What changed between two assessments, and what of it is a regression."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assaymark.comparison import Difference, difference, regressions_of, unseen_of
from assaymark.model import (
    Assessment,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    Location,
    Outcome,
    Requirement,
    RunFacts,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
    Waiver,
)

P, F, N, U, E = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN, Outcome.ERROR
WAIVER = Waiver(id="QC.Sty01", reason="later", until=date(2027, 1, 1))


def verdict(
    outcome: Outcome, *findings: Finding, id: str = "QC.Sty01", waiver: Waiver | None = None
) -> SubcriterionResult:
    definition = Subcriterion(
        id=id,
        criterion="QC.Sty",
        requirement=Requirement.MUST,
        text="Style.",
        why="w",
        remedy="r",
        decided_by=(DecidedBy.TOOLS,),
    )
    evidence = Evidence(outcome=outcome, message=f"it {outcome}", findings=findings)
    return SubcriterionResult(
        definition=definition, outcome=outcome, grade=Grade.MEASURED, evidence=(evidence,), waiver=waiver
    )


def assessed(*results: SubcriterionResult, **more: object) -> Assessment:
    made = Assessment(
        subject=Subject(kind="software", path=".", repository="github.com/lab/tide"),
        profile="p",
        profile_version="1",
        profile_digest="d",
        config_digest="",
        as_of=date(2026, 11, 21),
        level=Level.NONE,
        missing={},
        criteria=(),
        results=results,
        notices=(),
        attested=0,
        partial=(),
        run=RunFacts(started="", duration=0.0, host="", assaymark="0", python="3"),
    )
    return replace(made, **more)


def found(rule: str = "R1", line: int = 1, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(rule=rule, message="wrong", severity=severity, location=Location(path="a.py", line=line))


def compared(before: SubcriterionResult | None, after: SubcriterionResult | None) -> Difference:
    return difference(assessed(*filter(None, [before])), assessed(*filter(None, [after])))


@pytest.mark.parametrize("before", [P, N])
@pytest.mark.parametrize("after", [F, U, E])
def test_what_held_and_does_not_any_more_is_worse(before: Outcome, after: Outcome) -> None:
    change = compared(verdict(before), verdict(after))
    [worse] = change.worse
    assert (worse.id, worse.before, worse.after, worse.reason) == ("QC.Sty01", before, after, f"it {after}")
    assert regressions_of(change) == (("QC.Sty01", after),)


@pytest.mark.parametrize(("before", "after"), [(F, P), (U, P), (E, P), (F, N)])
def test_what_holds_now_is_better(before: Outcome, after: Outcome) -> None:
    change = compared(verdict(before), verdict(after))
    assert [c.id for c in change.better] == ["QC.Sty01"]
    assert regressions_of(change) == ()


@pytest.mark.parametrize(("before", "after"), [(U, F), (E, F), (F, U), (U, E), (P, N), (N, P), (U, N), (E, N)])
def test_the_rest_is_a_change(before: Outcome, after: Outcome) -> None:
    change = compared(verdict(before), verdict(after))
    assert [c.id for c in change.changed] == ["QC.Sty01"]
    assert regressions_of(change) == ()


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_same_is_no_change(outcome: Outcome) -> None:
    change = compared(verdict(outcome, found()), verdict(outcome, found(line=9)))
    lists = (change.worse, change.better, change.changed, change.new, change.gone, change.ratcheted)
    assert lists == ((),) * 6


def test_what_only_one_side_looked_at_is_a_change() -> None:
    assert [(c.before, c.after) for c in compared(None, verdict(F)).changed] == [(None, F)]
    assert [(c.before, c.after) for c in compared(verdict(P), None).changed] == [(P, None)]
    assert regressions_of(compared(verdict(P), None)) == ()


def test_a_waiver_quiets_a_regression() -> None:
    change = compared(verdict(P), verdict(F, found(), waiver=WAIVER))
    assert change.worse[0].waived
    assert regressions_of(change) == ()


def test_new_findings_in_what_failed_already_are_a_regression() -> None:
    change = compared(verdict(F, found()), verdict(F, found(line=7), found("R2")))
    assert [i.finding.rule for i in change.new] == ["R2"]
    assert regressions_of(change) == (("QC.Sty01", F),)


def test_notes_and_waived_findings_ratchet_nothing() -> None:
    note = found("R2", severity=Severity.NOTE)
    assert regressions_of(compared(verdict(F, found()), verdict(F, found(), note))) == ()
    assert regressions_of(compared(verdict(F, found()), verdict(F, found("R2"), waiver=WAIVER))) == ()


def test_fewer_findings_are_gone_ones() -> None:
    change = compared(verdict(F, found(), found("R2")), verdict(F, found()))
    assert [i.finding.rule for i in change.gone] == ["R2"]
    assert regressions_of(change) == ()


@pytest.mark.parametrize("silent", [U, E])
def test_nothing_is_gone_because_nobody_looked(silent: Outcome) -> None:
    assert compared(verdict(F, found()), verdict(silent)).gone == ()
    assert compared(verdict(F, found()), None).gone == ()


def test_what_cannot_be_compared_is_said() -> None:
    one = assessed(verdict(P))
    assert difference(one, one).cautions == ()
    other = replace(one, subject=replace(one.subject, repository="github.com/else/tide"), profile="q")
    assert difference(one, other).cautions == (
        "different subjects: github.com/lab/tide and github.com/else/tide",
        "different profiles: p and q",
    )
    assert difference(one, replace(one, profile_digest="e")).cautions == ("the profile p changed in between",)
    assert difference(one, replace(one, partial=("only QC.Sty",))).cautions == (
        "the second assessment is partial: only QC.Sty",
    )


@pytest.mark.parametrize(
    ("before", "expected"), [(P, ("QC.Sty01",)), (N, ("QC.Sty01",)), (F, ("QC.Sty01",)), (U, ()), (E, ())]
)
def test_what_a_partial_run_left_out_may_have_got_worse(before: Outcome, expected: tuple[str, ...]) -> None:
    old = assessed(verdict(before))
    assert unseen_of(difference(old, assessed(partial=("only QC.Doc",)))) == expected
    assert unseen_of(difference(old, assessed())) == (), "in a whole run it is no longer asked for"
    assert unseen_of(difference(old, assessed(verdict(P), partial=("only QC.Sty",)))) == ()


def said(path: str, *messages: str, rule: str = "E501") -> tuple[Finding, ...]:
    """Findings of one file, one a line."""
    return tuple(
        Finding(rule=rule, message=m, severity=Severity.ERROR, location=Location(path=path, line=n))
        for n, m in enumerate(messages, 1)
    )


def changed_by(before: tuple[Finding, ...], after: tuple[Finding, ...]) -> tuple[int, int, tuple[str, ...]]:
    """How many findings are new and gone, and what got worse."""
    d = difference(assessed(verdict(F, *before)), assessed(verdict(F, *after)))
    return len(d.new), len(d.gone), tuple(id for id, _ in regressions_of(d))


def test_a_file_that_was_renamed_has_no_new_findings() -> None:
    assert changed_by(said("a.py", "one", "two 80"), said("lib/b.py", "one", "two 90")) == (0, 0, ())


def test_what_is_written_into_a_renamed_file_is_new() -> None:
    assert changed_by(said("a.py", "one", "two"), said("b.py", "one", "two", "three")) == (1, 0, ("QC.Sty01",))
    assert changed_by(said("a.py", "one", "two", "three"), said("b.py", "one", "three")) == (0, 1, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (said("a.py", "one"), said("b.py", "two")),  # something else
        (said("a.py", "one", "two", "three"), said("b.py", "one")),  # too little of it
        (said("a.py", "one") + said("b.py", "x"), said("b.py", "x", "one")),  # the other file was there
        (said("a.py", "one", "x"), said("a.py", "x") + said("b.py", "one")),  # this one still is
        (said("a.py", "one"), said("b.py", "one", rule="E502")),
    ],
)
def test_other_files_that_say_something_alike_are_other_files(
    before: tuple[Finding, ...], after: tuple[Finding, ...]
) -> None:
    new, gone, worse = changed_by(before, after)
    assert (new > 0, gone > 0) == (True, True)
    assert worse == ("QC.Sty01",)


def test_of_two_files_each_goes_to_the_one_that_agrees_most() -> None:
    before = said("a.py", "one", "two", "three") + said("b.py", "one")
    after = said("x/b.py", "one") + said("x/a.py", "one", "two", "three")
    assert changed_by(before, after) == (0, 0, ())
    assert changed_by(before, (*after, *said("x/c.py", "one"))) == (1, 0, ("QC.Sty01",))


def test_strangers_cannot_make_it_long() -> None:
    many = [tuple(f for n in range(2_000) for f in said(f"{at}{n}/__init__.py", "one")) for at in ("a", "b")]
    new, gone, _ = changed_by(*many)
    assert (new, gone) == (1_980, 1_980), "of very many only some are looked at"


def test_a_folder_of_many_files_is_renamed() -> None:
    names = [f"m{n}.py" for n in range(300)]
    before = tuple(f for name in names for f in said(f"old/{name}", "one", name))
    assert changed_by(before, tuple(f for name in names for f in said(f"new/{name}", "one", name))) == (0, 0, ())
