"""Waivers quiet the gate and never raise the level; attestations answer only what may be attested."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assaymark import catalogue, policy
from assaymark.errors import InputError
from assaymark.model import (
    Assessment,
    Attestation,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    LevelRule,
    Location,
    Outcome,
    Profile,
    Requirement,
    RunFacts,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
    Waiver,
)

TODAY = date(2026, 11, 21)
LATER = date(2027, 6, 1)
BEFORE = date(2026, 1, 1)


def definition(id: str = "QC.Sec02", *ways: DecidedBy) -> Subcriterion:
    return Subcriterion(
        id=id,
        criterion=id.rstrip("0123456789."),
        requirement=Requirement.MUST,
        text="t",
        why="w",
        remedy="r",
        decided_by=ways or (DecidedBy.FILES,),
    )


def evidence(outcome: Outcome, *findings: Finding) -> Evidence:
    return Evidence(outcome=outcome, message="m", check="c", findings=findings)


def finding(path: str, rule: str = "B101") -> Finding:
    return Finding(rule=rule, message="bad", location=Location(path=path, line=1))


def attestation(**changes: object) -> Attestation:
    word = Attestation(
        id="QC.Sec02", by="Ada", on=BEFORE, until=LATER, statement="it holds, I looked", link="https://example.org"
    )
    return replace(word, **changes)  # type: ignore[arg-type]


def waiver(**changes: object) -> Waiver:
    return replace(Waiver(id="QC.Sec02", reason="known and tracked", until=LATER), **changes)  # type: ignore[arg-type]


def judge(
    found: list[Evidence],
    *,
    words: list[Attestation] | None = None,
    waivers: list[Waiver] | None = None,
    ways: tuple[DecidedBy, ...] = (),
) -> SubcriterionResult:
    return policy.result_of(definition("QC.Sec02", *ways), found, words or [], waivers or [], TODAY)


def test_nobody_looked_is_unknown_and_says_how_to_answer() -> None:
    result = judge([], ways=(DecidedBy.ATTESTED,))
    assert result.outcome is Outcome.UNKNOWN
    assert "attestation" in (result.evidence[0].remedy or "")
    assert "ingest" in (judge([], ways=(DecidedBy.TOOLS,)).evidence[0].remedy or "")


def test_a_word_answers_what_could_not_be_determined() -> None:
    result = judge([evidence(Outcome.UNKNOWN)], words=[attestation()], ways=(DecidedBy.FORGE, DecidedBy.ATTESTED))
    assert (result.outcome, result.grade) == (Outcome.PASSED, Grade.ATTESTED)
    assert "Ada attested on 2026-01-01" in result.evidence[0].message


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR])
def test_a_word_never_overrules_what_was_measured(outcome: Outcome) -> None:
    assert judge([evidence(outcome)], words=[attestation()], ways=(DecidedBy.ATTESTED,)).outcome is outcome


def own(outcome: Outcome, check: str = "step.harness") -> Evidence:
    return Evidence(outcome=outcome, message="it ended", check=check, grade=Grade.SELF_REPORTED)


@pytest.mark.parametrize("check", ["step.harness", "ingested.QC.Sec02.abc"])
def test_a_step_or_report_answers_what_could_not_be_determined(check: str) -> None:
    ways = (DecidedBy.FILES, DecidedBy.ATTESTED)
    result = judge([evidence(Outcome.UNKNOWN), own(Outcome.PASSED, check)], ways=ways)
    assert (result.outcome, result.grade) == (Outcome.PASSED, Grade.SELF_REPORTED)
    assert [e.message for e in result.evidence] == ["it ended (in place of: m)"]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR])
def test_a_step_never_overrules_what_was_measured(outcome: Outcome) -> None:
    ways = (DecidedBy.FILES, DecidedBy.ATTESTED)
    assert judge([evidence(Outcome.UNKNOWN), evidence(outcome), own(Outcome.PASSED)], ways=ways).outcome is outcome
    assert judge([evidence(Outcome.PASSED), own(outcome)], ways=ways).outcome is outcome


@pytest.mark.parametrize("check", ["step.other", "ingested.QC.Sec02.abc", "tool.ruff", "tools.uncovered.QC.Sec02"])
def test_a_step_does_not_stand_for_other_reports_and_tools(check: str) -> None:
    ways = (DecidedBy.TOOLS, DecidedBy.ATTESTED)
    assert judge([own(Outcome.UNKNOWN, check), own(Outcome.PASSED)], ways=ways).outcome is Outcome.UNKNOWN


def test_a_step_does_not_answer_what_only_a_machine_can_tell() -> None:
    found = [evidence(Outcome.UNKNOWN), own(Outcome.PASSED)]
    assert judge(found, ways=(DecidedBy.FORGE,)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("word", [attestation(until=BEFORE), attestation(on=LATER), attestation(id="QC.Sec03")])
def test_an_expired_future_or_foreign_word_does_not_count(word: Attestation) -> None:
    assert judge([], words=[word], ways=(DecidedBy.ATTESTED,)).outcome is Outcome.UNKNOWN


def test_what_is_measured_cannot_be_attested() -> None:
    result = judge([evidence(Outcome.UNKNOWN)], words=[attestation()], ways=(DecidedBy.FILES,))
    assert result.outcome is Outcome.UNKNOWN
    (notice,) = policy.notices([], [attestation()], {"QC.Sec02": result}, TODAY, "pyproject.toml")
    assert notice.rule == "assaymark/attestation-not-allowed"


def test_a_waiver_is_recorded_and_the_outcome_stays() -> None:
    result = judge([evidence(Outcome.FAILED)], waivers=[waiver()])
    assert (result.outcome, result.waiver) == (Outcome.FAILED, waiver())
    assert judge([evidence(Outcome.PASSED)], waivers=[waiver()]).waiver is None
    assert judge([evidence(Outcome.FAILED)], waivers=[waiver(until=BEFORE)]).waiver is None


def test_a_narrow_waiver_covers_only_its_findings() -> None:
    both = [evidence(Outcome.FAILED, finding("legacy/a.py"), finding("new/b.py"))]
    one = [evidence(Outcome.FAILED, finding("legacy/a.py"), replace(finding("x"), severity=Severity.NOTE))]
    narrow = waiver(path="legacy/*")
    assert judge(both, waivers=[narrow]).waiver is None
    assert judge(one, waivers=[narrow]).waiver == narrow
    assert judge(one, waivers=[waiver(rule="B102")]).waiver is None
    assert judge([evidence(Outcome.FAILED)], waivers=[narrow]).waiver is None


def test_what_is_expired_unused_or_misnamed_is_a_finding() -> None:
    results = {"QC.Sec02": judge([evidence(Outcome.PASSED)])}
    waivers = [waiver(), waiver(until=BEFORE), waiver(id="QC.Nope01")]
    words = [attestation(until=BEFORE), attestation(on=LATER), attestation(id="QC.Nope01")]
    rules = [n.rule.partition("/")[2] for n in policy.notices(waivers, words, results, TODAY, None)]
    assert rules == [
        "waiver-unused",
        "waiver-expired",
        "waiver-unknown-id",
        "attestation-expired",
        "attestation-future",
        "attestation-unknown-id",
    ]


def test_a_notice_names_the_line() -> None:
    ended, word = waiver(until=BEFORE, line=7), attestation(until=BEFORE, line=12)
    found = policy.notices([ended], [word], {}, TODAY, ".assaymark.toml")
    assert [(n.location.path, n.location.line) for n in found if n.location] == [
        (".assaymark.toml", 7),
        (".assaymark.toml", 12),
    ]


PROFILE = Profile(
    id="p",
    title="t",
    version="1",
    levels=(
        LevelRule(level=Level.BRONZE, why="w", require=("QC.Doc01",), max_not_applicable=0, max_attested=0),
        LevelRule(level=Level.SILVER, why="w", require=("QC.Sec02",), max_not_applicable=0, max_attested=0),
    ),
)
IDS = ("QC.Doc01", "QC.Sec02", "QC.Sec03")


def assessment(doc: Outcome, sec: Outcome, waived: Waiver | None = None) -> Assessment:
    def result(id: str, outcome: Outcome, waiver: Waiver | None = None) -> SubcriterionResult:
        return SubcriterionResult(
            definition=definition(id), outcome=outcome, grade=Grade.MEASURED, evidence=(), waiver=waiver
        )

    return Assessment(
        subject=Subject(kind="repository", path="."),
        profile="p",
        profile_version="1",
        profile_digest="",
        config_digest="",
        as_of=TODAY,
        level=Level.NONE,
        missing={},
        criteria=(),
        results=(result("QC.Doc01", doc), result("QC.Sec02", sec, waived), result("QC.Sec03", Outcome.FAILED)),
        notices=(),
        attested=0,
        partial=(),
        run=RunFacts(started="", duration=0, host="", assaymark="", python=""),
    )


P, F, U, E = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.ERROR
MET, NOT_MET, OPEN = policy.GateOutcome.MET, policy.GateOutcome.NOT_MET, policy.GateOutcome.UNDETERMINED


@pytest.mark.parametrize(
    ("gate", "doc", "sec", "expected"),
    [
        ("bronze", P, F, MET),
        ("silver", P, F, NOT_MET),
        ("silver", P, U, OPEN),
        ("silver", P, E, OPEN),
        ("silver", U, F, NOT_MET),
        ("QC.Sec", P, P, MET),
        ("QC.Sec03", P, P, NOT_MET),
        ("QC.Doc,QC.Sec02", P, P, MET),
        ("QC.Doc,QC.Sec02", P, U, OPEN),
    ],
)
def test_gate(gate: str, doc: Outcome, sec: Outcome, expected: policy.GateOutcome) -> None:
    parts = policy.check_gate(gate, PROFILE, IDS)
    assert policy.gate(parts, PROFILE, IDS, assessment(doc, sec)).outcome is expected


def test_a_waived_item_does_not_break_the_gate() -> None:
    answer = policy.gate(("silver",), PROFILE, IDS, assessment(P, F, waiver()))
    assert answer.outcome is MET


def test_a_gate_on_what_was_not_looked_at_is_undetermined() -> None:
    part = replace(assessment(P, P), results=())
    assert policy.gate(("QC.Sec02",), PROFILE, IDS, part).outcome is OPEN
    assert policy.gate(("bronze",), PROFILE, IDS, part).outcome is OPEN


def test_a_gate_on_a_family_of_which_only_a_part_was_looked_at_is_undetermined() -> None:
    whole = assessment(P, P)
    part = replace(whole, results=whole.results[-1:], partial=("only QC.Sec03",))
    answer = policy.gate(("QC.Sec",), PROFILE, IDS, part)
    assert (answer.outcome, answer.reasons) == (OPEN, ("QC.Sec02 was not looked at",))
    answer = policy.gate(("QC.Sec",), PROFILE, (*IDS, "QC.Wor01", "QC.Wor02"), whole)
    assert answer.outcome is MET
    seen = replace(whole, results=(replace(whole.results[0], definition=definition("QC.Wor01")),))
    answer = policy.gate(("QC.Wor",), PROFILE, ("QC.Wor01", "QC.Wor02"), seen)
    assert (answer.outcome, answer.reasons) == (OPEN, ("QC.Wor02 was not looked at",)), "nothing of it is required"


def test_regressions() -> None:
    gate = (policy.NO_REGRESSION,)
    assert policy.gate(gate, PROFILE, IDS, assessment(P, P), []).outcome is MET
    assert policy.gate(gate, PROFILE, IDS, assessment(P, P), [("QC.Doc01", F)]).outcome is NOT_MET
    assert policy.gate(gate, PROFILE, IDS, assessment(P, P), [("QC.Doc01", U)]).outcome is OPEN
    with pytest.raises(InputError, match="needs a baseline"):
        policy.gate(gate, PROFILE, IDS, assessment(P, P))


def test_what_was_not_looked_at_leaves_no_regression_open() -> None:
    gate, part = (policy.NO_REGRESSION,), replace(assessment(P, P), partial=("only QC.Doc",))
    answer = policy.gate(gate, PROFILE, IDS, part, [], ["QC.Sec02", "QC.Sec03"])
    assert answer.outcome is OPEN
    [reason] = answer.reasons
    assert "only QC.Doc" in reason
    assert "2 of the baseline's verdicts" in reason
    assert "QC.Sec02, QC.Sec03" in reason
    failed = policy.gate(gate, PROFILE, IDS, part, [("QC.Doc01", F)], ["QC.Sec02"])
    assert failed.outcome is NOT_MET, "a known failure wins"
    assert policy.gate(gate, PROFILE, IDS, part, []).outcome is MET


@pytest.mark.parametrize("text", ["", "platinum", "QC.Nope", "gold"])
def test_a_gate_that_names_nothing_is_the_users_error(text: str) -> None:
    with pytest.raises(InputError):
        policy.check_gate(text, PROFILE, IDS)


def test_a_step_for_what_does_not_exist_is_named() -> None:
    steps = [{"name": "a", "criterion": "QC.Doc01"}, {"name": "b", "criterion": "QC.Doc"}]
    [found] = policy.step_notices(steps, ["QC.Doc01"], "pyproject.toml")
    assert found.rule == "assaymark/step-unknown-id"
    assert "'b' is for QC.Doc, which is no sub-criterion here" in found.message
    assert found.location is not None


def test_what_sums_up_others_shares_their_waivers() -> None:
    def result(id: str, *checks: tuple[str, Outcome], waived: bool = False) -> SubcriterionResult:
        found = tuple(Evidence(outcome=outcome, message="m", check=check) for check, outcome in checks)
        excuse = waiver(id=id) if waived else None
        return SubcriterionResult(
            definition=definition(id), outcome=Outcome.FAILED, grade=Grade.MEASURED, evidence=found, waiver=excuse
        )

    readme, conduct = ("doc.readme", F), ("doc.conduct", F)
    part = result("QC.Doc06.1", readme, waived=True)
    one = policy.with_rolled_up({"QC.Doc06": result("QC.Doc06", readme, ("doc.conduct", P)), "QC.Doc06.1": part})
    assert one["QC.Doc06"].waiver == part.waiver
    both = policy.with_rolled_up({"QC.Doc06": result("QC.Doc06", readme, conduct), "QC.Doc06.1": part})
    assert both["QC.Doc06"].waiver is None
    other = policy.with_rolled_up({"QC.Doc061": result("QC.Doc061", readme), "QC.Doc06.1": part})
    assert other["QC.Doc061"].waiver is None


def test_a_family_beside_the_standard_can_be_gated_as_a_whole() -> None:
    ids = ["QC.Doc01", "WFL.Doc01", "WFL.Rep01"]
    profile = catalogue.profile("assaymark")
    assert policy.check_gate("WFL", profile, ids) == ("WFL",)
    assert policy.check_gate("WFL.Rep", profile, ids) == ("WFL.Rep",)
    for wrong in ("WF", "WFL.R"):
        with pytest.raises(InputError):
            policy.check_gate(wrong, profile, ids)
