"""A validation as provenance: each document by its content, each answer by its evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from assaymark.api import Finding, Location, Problem, Rule, Severity
from assaymark.model import Subject
from assaymark.provenance import prov
from assaymark.provenance.account import Account, Work
from assaymark.provenance.constraints import violations
from assaymark.provenance.validated import account_of, verdict
from assaymark.validation.model import Judgement, Validation

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
RULE = Rule(id="TOY-S001", title="t", severity=Severity.ERROR, why="w", remedy="r")
ERROR = Problem(
    finding=Finding(
        rule="TOY-S001", message="bad \udcff", severity=Severity.ERROR, location=Location(path="b.toy", line=2)
    )
)
VALIDATION = Validation(
    judgements=(
        Judgement(path="a.toy", format="toy", reads={"c.txt": "1" * 40, "gone": None}),
        Judgement(path="b\udcff.toy", format="toy", problems=(ERROR,)),
    ),
    rules={"TOY-S001": RULE},
    formats={"toy": "Toy"},
    sources={},
    version="0.1.0",
    subject=Subject(
        kind="repository", path=".", repository="github.com/acme/flows", commit="a" * 40, digest="sha256:" + "d" * 64
    ),
    contents={"a.toy": "3" * 40, "b\udcff.toy": "4" * 40},
    versions={"toy": "2.1"},
    configuration="sha256:" + "e" * 64,
)


def told(validation: Validation = VALIDATION, hours: int = 0) -> Account:
    start = START + timedelta(hours=hours)
    return account_of(validation, b"{}", {}, started=start, ended=start + timedelta(seconds=1))


def document(validation: Validation = VALIDATION) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(prov.render(told(validation)))
    return made


def test_every_document_is_a_step_with_its_content_its_rules_and_its_answer() -> None:
    account = told()
    assert account.work is Work.VALIDATION
    assert [(s.outcome, s.used[0].uri) for s in account.steps] == [
        ("passed", "swh:1:cnt:" + "3" * 40),
        ("failed", "swh:1:cnt:" + "4" * 40),
    ]
    assert [(s.tool.name, s.tool.version) for s in account.steps if s.tool] == [("assaymark validator toy", "2.1")] * 2
    assert {plan.kind for plan in account.plans} == {"rules", "configuration"}
    assert account.plans[1].sha256 == "e" * 64


def test_it_is_sound_and_claims_no_criterion_of_the_catalogue() -> None:
    value = document()
    assert not violations(value)
    results = [e for e in value["entity"].values() if e["prov:type"]["$"] == "am:Result"]
    assert {e["am:outcome"] for e in results} == {"passed", "failed"}
    assert all("am:criterion" not in e for e in results)


def test_what_a_document_refers_to_is_part_of_its_evidence() -> None:
    first = VALIDATION.judgements[0]
    other = replace(VALIDATION, judgements=(replace(first, reads={"c.txt": "2" * 40, "gone": None}),))
    same = replace(VALIDATION, judgements=(first,))
    assert (
        told(other).steps[0].evidence.sha256 != told(same).steps[0].evidence.sha256 == told().steps[0].evidence.sha256
    )


def test_its_content_is_the_same_an_hour_later_and_another_under_other_rules() -> None:
    stricter = replace(VALIDATION, rules={"TOY-S001": replace(RULE, severity=Severity.WARNING)})
    assert told().content == told(hours=1).content
    assert told().content != told(stricter).content


def test_only_what_was_examined_to_its_end_is_valid() -> None:
    good, bad = VALIDATION.judgements
    broken = replace(good, broken=True)
    for judgements, said in (
        ((), "nothing to validate"),
        ((good,), "valid"),
        ((good, broken), "undetermined"),
        ((broken, bad), "invalid"),
    ):
        assert verdict(replace(VALIDATION, judgements=judgements)) == said
