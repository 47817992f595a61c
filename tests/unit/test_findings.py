"""Findings: once each, in a total order, with ids that survive when lines move."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from assaymark.findings import (
    Findings,
    by_reason,
    by_weight,
    cleaned,
    fingerprints,
    in_change,
    metrics,
    order,
    reason,
    remedy,
    tally,
    telling,
)
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
    ToolRef,
    Waiver,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SUBJECT = Subject(kind="software", path=".", repository="github.com/lab/tide", commit=COMMIT)
WAIVER = Waiver(id="QC.Sty01", reason="later", until=date(2027, 1, 1))


def finding(rule: str = "R1", message: str = "wrong", path: str | None = "a.py", line: int | None = 1) -> Finding:
    return Finding(rule=rule, message=message, location=Location(path=path, line=line) if path else None)


def result(id: str, *evidence: Evidence, outcome: Outcome = Outcome.FAILED) -> SubcriterionResult:
    definition = Subcriterion(
        id=id,
        criterion=id.rstrip("0123456789"),
        requirement=Requirement.MUST,
        text="t",
        why="w",
        remedy="the general remedy",
        decided_by=(DecidedBy.FILES,),
    )
    return SubcriterionResult(definition=definition, outcome=outcome, grade=Grade.MEASURED, evidence=evidence)


def failing(*findings: Finding, **more: object) -> Evidence:
    return replace(Evidence(outcome=Outcome.FAILED, message="m", check="c", findings=findings), **more)


def assessment(*results: SubcriterionResult, **more: object) -> Assessment:
    made = Assessment(
        subject=SUBJECT,
        profile="p",
        profile_version="1",
        profile_digest="",
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


def test_moving_lines_keeps_the_id() -> None:
    assert fingerprints([finding(line=3)]) == fingerprints([finding(line=300)])


def test_numbers_in_a_message_do_not_count_but_words_do() -> None:
    [a], [b], [c] = (fingerprints([finding(message=m)]) for m in ("line 12 too long", "line 99 too long", "x1 unused"))
    assert a == b
    assert a != c
    assert fingerprints([finding(message="x1 unused")]) != fingerprints([finding(message="x2 unused")])


def test_rule_and_path_count() -> None:
    assert len({*fingerprints([finding()]), *fingerprints([finding("R2")]), *fingerprints([finding(path="b.py")])}) == 3


def test_alike_findings_have_ids_of_their_own() -> None:
    found = fingerprints([finding(line=n) for n in range(1, 6)])
    assert len(set(found)) == 5
    assert found[:4] == fingerprints([finding(line=n) for n in range(10, 14)])


def test_ids_are_these() -> None:
    """Baselines rest on them: a change here makes every finding new for everybody."""
    assert fingerprints([finding(), finding(line=2), finding(path=None)]) == [
        "66ab7fc0bb06c7e6",
        "557c2eeb01974398",
        "b9a4154b74e643f7",
    ]


def test_each_finding_once_with_all_it_counts_for() -> None:
    one = finding()
    flake8 = ToolRef(name="flake8")
    found = Findings(
        assessment(
            result("QC.Sty01", failing(one, one, tool=flake8)),
            result("QC.Doc01", failing(one)),
        )
    )
    [item] = found
    assert item.subcriteria == ("QC.Doc01", "QC.Sty01")
    assert item.sources == ("c", "flake8")


def test_waived_only_if_every_verdict_against_it_is() -> None:
    one = finding()
    waived = replace(result("QC.Sty01", failing(one)), waiver=WAIVER)
    other = result("QC.Doc01", failing(one))
    passing = result("QC.Ver01", failing(one, outcome=Outcome.PASSED), outcome=Outcome.PASSED)
    assert [i.waived for i in Findings(assessment(waived))] == [True]
    assert [i.waived for i in Findings(assessment(waived, passing))] == [True]
    assert [i.waived for i in Findings(assessment(waived, other))] == [False]
    assert [i.waived for i in Findings(assessment(passing))] == [False]


def test_order_is_by_place_and_worst_first_on_demand() -> None:
    mixed = (
        replace(finding(path="b.py"), severity=Severity.NOTE),
        replace(finding(path="a.py", line=10), severity=Severity.WARNING),
        replace(finding(path="a.py", line=9), severity=Severity.ERROR),
        finding(path=None),
    )
    found = Findings(assessment(result("QC.Sty01", failing(*mixed))))
    assert [(i.path, i.finding.location.line if i.finding.location else 0) for i in found] == [
        ("", 0),
        ("a.py", 9),
        ("a.py", 10),
        ("b.py", 1),
    ]
    assert [i.finding.severity for i in by_weight(found)] == ["error", "warning", "warning", "note"]
    assert list(found.by_file()) == ["", "a.py", "b.py"]


def test_what_the_change_touches_comes_before_what_is_worse_elsewhere() -> None:
    mixed = (
        replace(finding(path="a.py"), severity=Severity.ERROR),
        replace(finding(path="b.py"), severity=Severity.NOTE),
        finding(path=None),
    )
    found = Findings(replace(assessment(result("QC.Sty01", failing(*mixed))), changed=("b.py", "c.py")))
    assert [i.path for i in by_weight(found)] == ["b.py", "a.py", ""]
    assert in_change(found) == "1 in files of the change"
    assert in_change(Findings(assessment(result("QC.Sty01", failing(*mixed))))) == ""


places = st.none() | st.builds(
    Location,
    path=st.sampled_from(["a", "b\udce9", ""]),
    line=st.none() | st.integers(-2, 3),
    column=st.none() | st.integers(-2, 3),
    end_line=st.none() | st.integers(-2, 5),
    end_column=st.none() | st.integers(0, 5),
)
anything = st.builds(
    Finding,
    rule=st.sampled_from("AB"),
    message=st.sampled_from(["m", "n 1", "n 2"]),
    location=places,
    severity=st.sampled_from(list(Severity)),
    fix=st.sampled_from([None, "", "f"]),
)


@given(st.lists(anything, max_size=12), st.randoms())
def test_neither_order_nor_ids_depend_on_who_came_first(found: list[Finding], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = Findings(assessment(result("QC.Sty01", failing(*found))))
    two = Findings(assessment(result("QC.Sty01", failing(*shuffled))))
    assert one.items == two.items
    assert len({i.id for i in one}) == len(one)


@given(anything)
def test_cleaning_is_done_once_and_gives_places_that_can_be(found: Finding) -> None:
    clean = cleaned(found)
    assert cleaned(clean) == clean
    where = clean.location
    if where is not None:
        where.path.encode()
        numbers = [where.line, where.column, where.end_line, where.end_column]
        assert all(n is None or n >= 1 for n in numbers)
        assert where.line is not None or numbers == [None] * 4
        assert where.end_line is None or where.end_line >= (where.line or 0)


@given(st.lists(anything, min_size=2, max_size=2, unique_by=lambda f: cleaned(f)))
def test_the_order_is_total(pair: list[Finding]) -> None:
    one, two = map(cleaned, pair)
    assert order(one) != order(two)


def test_metrics_are_what_json_can_hold() -> None:
    odd = {"b": float("nan"), "a": 10**400, "c": True, "d": 1.5, "e\udce9": "x\udce9", "f": 2**53}
    assert metrics(failing(metrics=odd)) == {
        "a": hex(10**400)[:40],
        "b": "nan",
        "c": True,
        "d": 1.5,
        "e\\xe9": "x\\xe9",
        "f": 2**53,
    }


def test_the_telling_evidence_carries_the_outcome() -> None:
    good = failing(outcome=Outcome.PASSED, message="fine")
    bare = failing(message="bare", remedy="this very remedy")
    full = failing(finding(), message="with findings")
    assert telling(result("QC.Sty01", good, bare, full)) is full
    assert reason(result("QC.Sty01", good, bare)) == "bare"
    assert remedy(result("QC.Sty01", good, bare)) == "this very remedy"
    assert remedy(result("QC.Sty01", full)) == "the general remedy"
    assert reason(result("QC.Sty01")) == "no evidence was found"


def test_one_advice_for_several_items_is_said_once_and_that_for_one_names_it() -> None:
    def unknown(id: str, message: str) -> SubcriterionResult:
        evidence = failing(outcome=Outcome.UNKNOWN, message=message, remedy=f"attest {id}, see GRID")
        return result(id, evidence, outcome=Outcome.UNKNOWN)

    found = [result("QC.Sty01", failing()), unknown("QC.Sty02", "alone")]
    found += [unknown(id, "nobody said") for id in ("QC.Sty03", "QC.Sty04")]
    assert by_reason(found) == [
        (Outcome.UNKNOWN, "nobody said", "attest ID, see GRID", ["QC.Sty03", "QC.Sty04"]),
        (Outcome.UNKNOWN, "alone", "attest QC.Sty02, see GRID", ["QC.Sty02"]),
    ]


def test_what_a_partial_run_did_not_look_at_is_counted() -> None:
    found = [result("QC.Sty01", failing()), result("QC.Sty02", outcome=Outcome.PASSED)]
    assert tally(found) == "1 passed, 1 failed"
    assert tally(found, ["QC.Sty01", "QC.Sty03", "QC.Sty04"]) == "1 passed, 1 failed, 2 not looked at"
