from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from assaymark.badges import award as awards
from assaymark.badges import credential
from assaymark.badges.award import UNCONFIGURED, Award, Resource, Status
from assaymark.badges.credential import NotOurs
from assaymark.config import digest_of
from assaymark.errors import InputError
from assaymark.model import Assessment, Grade, Level, Outcome

from .conftest import COMMIT, NOW, REPOSITORY

FILES = {"assessment.json": b"{}", "report.html": b"<html>"}


@pytest.fixture
def given(golden: Assessment) -> Award:
    return awards.award(golden, FILES, issuer="did:key:z6Mk", issuer_name="Tides", now=NOW)


def test_what_an_award_says(given: Award, golden: Assessment) -> None:
    assert (given.repository, given.commit, given.level) == (REPOSITORY, COMMIT, Level.GOLD)
    assert given.valid_until - given.valid_from == timedelta(days=90)
    assert "QC.Lic01" in given.required
    assert list(given.required) == sorted(given.required)
    assert [r.name for r in given.resources] == ["assessment.json", "report.html"]
    assert all(r.id == f"urn:sha256:{r.sha256}" for r in given.resources)
    assert given.title == (
        f"assaymark: level gold; {REPOSITORY} at 3f2a9c1; profile assaymark {golden.profile_version}, "
        f"as of {golden.as_of}; signed"
    )


def test_what_rests_on_a_word_is_told_on_the_badge(golden: Assessment) -> None:
    grades = (Grade.ATTESTED, Grade.SELF_REPORTED, Grade.SELF_REPORTED)
    needed = [n for n, r in enumerate(golden.results) if r.required_for][: len(grades)]
    results = list(golden.results)
    for n, grade in zip(needed, grades, strict=True):
        results[n] = replace(results[n], grade=grade)
    told = replace(golden, results=tuple(results))
    own = awards.award(told, FILES, issuer="i", issuer_name="n", now=NOW)
    assert awards.agrees(own, told)
    assert not awards.agrees(own, golden)
    assert (own.attested, own.self_reported) == (1, 2)
    assert "1 item attested, 2 items self-reported" in own.title
    assert awards.badge_of(own).title == own.title


def test_settings_of_the_repository_are_told_on_the_badge(golden: Assessment) -> None:
    own = awards.award(
        replace(golden, config_digest=digest_of({"exclude": ["**"]})), FILES, issuer="i", issuer_name="n", now=NOW
    )
    assert own.configured
    assert "with its own settings" in own.title
    assert digest_of({}) == UNCONFIGURED


def test_files_below_an_address(golden: Assessment) -> None:
    own = awards.award(golden, FILES, issuer="i", issuer_name="n", now=NOW, base="https://host/badges/")
    assert own.resources[0].id == "https://host/badges/assessment.json"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: replace(a, level=Level.NONE), "no level"),
        (lambda a: replace(a, partial=("select",)), "partial run"),
        (lambda a: replace(a, subject=replace(a.subject, dirty=True)), "differed from the commit"),
        (lambda a: replace(a, subject=replace(a.subject, commit=None)), "names no commit"),
        (lambda a: replace(a, subject=replace(a.subject, commit="main")), "names no commit"),
        (lambda a: replace(a, subject=replace(a.subject, repository=None)), "names no repository"),
        (lambda a: replace(a, subject=replace(a.subject, repository="github.com/a/../b")), "names no repository"),
        (lambda a: replace(a, profile="a b#"), "cannot be signed"),
    ],
)
def test_what_gives_nothing_to_sign(
    change: Callable[[Assessment], Assessment], message: str, golden: Assessment
) -> None:
    with pytest.raises(InputError, match=message):
        awards.award(change(golden), FILES, issuer="i", issuer_name="n", now=NOW)


def test_a_level_follows_or_not_or_nobody_can_say(golden: Assessment) -> None:
    assert awards.follows(golden) is True
    assert awards.follows(replace(golden, level=Level.SILVER)) is False
    failed = tuple(replace(r, outcome=Outcome.FAILED) for r in golden.results)
    assert awards.follows(replace(golden, results=failed)) is False
    assert awards.follows(replace(golden, profile_digest="sha256:0")) is None
    assert awards.follows(replace(golden, profile="no-such-profile")) is None


# ------------------------------------------------------------------------------------------------------- as claims

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


@any_of(
    name=TEXT,
    resources=st.lists(st.builds(Resource, TEXT, TEXT, HEX), max_size=3).map(tuple),
    status=st.none() | st.builds(Status, TEXT, st.integers(0, 10**6)),
    numbers=st.tuples(*[st.integers(0, 10**6)] * 3),
    configured=st.booleans(),
)
def test_a_credential_says_an_award_and_nothing_else(
    golden: Assessment,
    name: str,
    resources: tuple[Resource, ...],
    status: Status | None,
    numbers: tuple[int, int, int],
    configured: bool,
) -> None:
    own = replace(
        awards.award(golden, FILES, issuer="did:key:z6Mk", issuer_name="Tides", now=NOW),
        issuer_name=name,
        resources=resources,
        status=status,
        attested=numbers[0],
        self_reported=numbers[1],
        waived=numbers[2],
        configured=configured,
    )
    claims = json.loads(json.dumps(credential.claims(own)))
    assert credential.award_of(claims) == own


def paths(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(p for k, v in items for p in paths(v, (*at, k)))]


@pytest.mark.parametrize("put", ["gone", None, 1, True, "x", [], {}, "+member"])
def test_every_change_at_every_place_is_noticed(put: object, given: Award) -> None:
    """A change either makes another award, which is then compared with the picture, or is refused."""
    given = replace(given, status=Status("https://issuer.example/status.jwt", 7))
    text = json.dumps(credential.claims(given))
    unnoticed = []
    for path in paths(json.loads(text))[1:]:
        claims = json.loads(text)
        parent = claims
        for key in path[:-1]:
            parent = parent[key]
        if put == "gone":
            del parent[path[-1]]
        elif put == "+member":
            if not isinstance(parent[path[-1]], dict):
                continue
            parent[path[-1]]["more"] = 1
        elif parent[path[-1]] == put and type(parent[path[-1]]) is type(put):
            continue
        else:
            parent[path[-1]] = put
        try:
            if credential.award_of(claims) == given:
                unnoticed.append(path)
        except NotOurs:
            pass
    assert unnoticed == []


@pytest.mark.parametrize("claims", [{}, {"credentialSubject": []}, {"credentialSubject": {"achievement": 3}}])
def test_what_is_no_credential(claims: dict[str, object]) -> None:
    with pytest.raises(NotOurs):
        credential.award_of(claims)
