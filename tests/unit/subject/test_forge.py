from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from assaymark.api import FactUnavailable, Options
from assaymark.engine import Facts
from assaymark.model import Subject
from assaymark.subject import forge as module
from assaymark.subject.forge import Change, Forge, Pull, Review, Run, forge, forge_seen, look

SUBJECT = Subject(kind="software", path=".", repository="github.com/lab/tide")
ALLOWED = Options(as_of=date(2026, 1, 1), forge=True)


def test_json_and_back() -> None:
    seen = Forge(
        visibility="public",
        pulls=(Pull(number=1, fork=None, reviews=(Review(author="b", state="APPROVED"),), checks=(Run(),)), Pull()),
        changes=(Change(commit="a", pulls=(1, 2)),),
        missing={"issues": "no permission"},
    )
    assert Forge.from_json(json.loads(json.dumps(seen.to_json()))) == seen
    assert Forge.from_json({}) == Forge()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"visbility": "public"}, "forge has no 'visbility'"),
        ({"visibility": 1}, "forge.visibility must be of type str"),
        ({"line_comments": True}, "must be of type int"),
        ({"pulls": {}}, "forge.pulls must be a list"),
        ({"pulls": [{"reviews": [{"stat": 1}]}]}, r"forge.pulls\[0\].reviews\[0\] has no 'stat'"),
        ({"missing": {"a": 1}}, "must map names to text"),
        ({"protection": []}, "forge.protection must be an object"),
    ],
)
def test_wrong_json_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Forge.from_json(data)


def test_only_other_people_approve() -> None:
    own = Review(author="ana", state="APPROVED")
    other = Review(author="bo", state="APPROVED")
    assert Pull(author="ana").approvals is None
    assert Pull(author="ana", reviews=(own, other, other)).approvals == 1
    assert Pull(author="ana", reviews=(own,)).reviewed is False
    assert Pull(author="ana").reviewed is None


@pytest.mark.parametrize(
    ("conclusions", "green"),
    [
        ([], None),
        (["success", "skipped"], True),
        (["success", "failure"], False),
        (["pending", "failure"], False),
        (["pending", "success"], None),
        (["cancelled"], False),
    ],
)
def test_a_commit_is_green_only_when_all_its_checks_ended_well(conclusions: list[str], green: bool | None) -> None:
    assert Change(checks=tuple(Run(conclusion=c) for c in conclusions)).green is green


def test_without_the_option_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assaymark.forge.read", lambda *_: pytest.fail("the forge was asked"))
    facts = Facts([forge, forge_seen], {"options": Options(as_of=date(2026, 1, 1)), "subject": SUBJECT})
    assert facts.get("forge_seen").forge is None
    with pytest.raises(FactUnavailable, match="--forge"):
        facts.get("forge")


def test_no_remote_no_forge() -> None:
    with pytest.raises(FactUnavailable, match="no remote"):
        look(ALLOWED, Subject(kind="software", path="."), {})


def test_the_answer_becomes_the_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(repository: str, environment: object) -> dict[str, Any]:
        asked.append(repository)
        return {"visibility": "public", "missing": {"pulls": "no permission"}}

    monkeypatch.setattr("assaymark.forge.read", read)
    facts = Facts([module.forge, module.forge_seen], {"options": ALLOWED, "subject": SUBJECT})
    seen = facts.get("forge")
    assert (seen.visibility, seen.why("pulls")) == ("public", "no permission")
    assert seen.why("line_comments") == "the forge did not show line comments"
    assert facts.get("forge_seen").forge is seen
    assert asked == ["github.com/lab/tide"]
