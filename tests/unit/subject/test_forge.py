from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import FactUnavailable, Options
from assaymark.checks.access import public
from assaymark.checks.review import tool
from assaymark.engine import Facts
from assaymark.model import Subject
from assaymark.subject import forge as module
from assaymark.subject.changes import Changes
from assaymark.subject.forge import Change, Forge, ForgeSeen, Pull, Review, Run, forge, forge_seen, look
from assaymark.testing import evidence_of

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
    assert facts.get("forge_seen") == ForgeSeen(None, "the forge was not asked")
    with pytest.raises(FactUnavailable, match="--forge"):
        facts.get("forge")


def test_no_remote_no_forge() -> None:
    with pytest.raises(FactUnavailable, match="no remote"):
        look(Subject(kind="software", path="."), {})


def test_who_asked_is_not_told_to_ask() -> None:
    facts = Facts([forge, forge_seen], {"options": ALLOWED, "subject": Subject(kind="software", path=".")})
    with pytest.raises(FactUnavailable, match="no remote") as told:
        facts.get("forge")
    assert told.value.remedy == "tell where it is kept: git remote add origin URL"


def test_the_answer_becomes_the_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(repository: str, environment: object) -> dict[str, Any]:
        asked.append(repository)
        return {"visibility": "public", "missing": {"pulls": "no permission"}}

    monkeypatch.setattr("assaymark.forge.read", read)
    options = replace(ALLOWED, cache=False)
    facts = Facts([module.forge, module.forge_seen], {"options": options, "subject": SUBJECT})
    seen = facts.get("forge")
    assert (seen.visibility, seen.why("pulls")) == ("public", "no permission")
    assert seen.why("line_comments") == "the forge did not show line comments"
    assert facts.get("forge_seen").forge is seen
    assert asked == ["github.com/lab/tide"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What the forge says next; the cache is empty and of our own."""
    answers: list[dict[str, Any]] = []
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("assaymark.forge.read", lambda *_: answers.pop(0))
    monkeypatch.setattr("assaymark.subject.forge.time.time", lambda: 9_000_000.0)
    return answers


def test_what_was_seen_is_kept_for_a_while(answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    answers += [{"visibility": "public"}, {"visibility": "private"}, {"visibility": "internal"}]
    assert [look(SUBJECT, {}).visibility for _ in range(2)] == ["public", "public"]
    assert look(SUBJECT, {"GITHUB_TOKEN": "t"}).visibility == "private"
    monkeypatch.setattr("assaymark.subject.forge.time.time", lambda: 9_000_000.0 + module.KEEP)
    assert look(SUBJECT, {}).visibility == "internal"


def test_what_may_be_different_next_time_is_not_kept(answers: list[dict[str, Any]]) -> None:
    limited = {"missing": {"pulls": "the forge's rate limit is used up"}}
    forbidden = {"missing": {"alerts": "the token may not see it, or it does not exist (HTTP 404)"}}
    answers += [limited, forbidden]
    assert "pulls" in look(SUBJECT, {}).missing
    assert "alerts" in look(SUBJECT, {}).missing
    assert "alerts" in look(SUBJECT, {}).missing


def test_without_the_cache_each_look_is_new(answers: list[dict[str, Any]]) -> None:
    answers += [{"visibility": "public"}, {"visibility": "private"}]
    assert [look(SUBJECT, {}, cached=False).visibility for _ in range(2)] == ["public", "private"]


def test_evidence_carries_the_day_on_which_the_forge_was_seen() -> None:
    seen = Forge(visibility="public", fetched_at="2026-11-01")
    assert evidence_of(public, forge=seen).metrics["seen"] == "2026-11-01"
    assert evidence_of(tool, forge_seen=ForgeSeen(seen), changes=Changes(())).metrics["seen"] == "2026-11-01"
    assert "seen" not in evidence_of(tool, changes=Changes(())).metrics
