"""The links of ``assaymark verify``, in memory: each change is noticed by the one defence that is for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, cast

import pytest

from assaymark import config
from assaymark.badges import assessed, credential, did, dsse, endpoint, jose, svg
from assaymark.badges import award as awards
from assaymark.badges.verify import Known
from assaymark.model import Assessment, Level, Outcome
from assaymark.provenance import intoto, prov
from assaymark.provenance.account import Account
from assaymark.provenance.assessed import account_of
from assaymark.reports.json import render
from assaymark.verify import DRAWN, Own, chain

from .conftest import COMMIT, NOW
from .test_verify import KEY, STRANGER

Files = dict[str, bytes]


def folder(a: Assessment) -> tuple[Files, Account]:
    """What `assess` and `provenance export` leave, with a badge that is signed."""
    report = render(a).encode()
    account = account_of(a, report, {})
    predicates = intoto.predicates(account)
    lines = [intoto.render(intoto.statement(kind, p, [account.report])) for kind, p in predicates.items()]
    drawn = {name: import_module(f"assaymark.reports.{form}").render(a) for name, form in DRAWN.items()}
    files = {
        "assessment.json": report,
        "provenance.json": prov.render(account).encode(),
        "statements.intoto.jsonl": "".join(lines).encode(),
        "badge.json": endpoint.render(assessed.level(a)).encode(),
        **{name: text.encode("utf-8", "backslashreplace") for name, text in drawn.items()},
    }
    return files | badges(a, files), account


def badges(a: Assessment, files: Mapping[str, bytes], key: Any = KEY) -> Files:
    own = awards.award(a, {"assessment.json": files["assessment.json"]}, issuer=key.did, issuer_name="T", now=NOW)
    token = jose.sign(credential.claims(own), key, did.method(key.did, key))
    return {"badge.svg": svg.render(awards.badge_of(own), token).encode(), "credential.jwt": token.encode() + b"\n"}


@pytest.fixture(scope="module")
def made(golden: Assessment) -> tuple[Files, Account]:
    return folder(golden)


def own_of(a: Assessment, **more: Any) -> Own:
    return Own(replace(a.subject, **more), cast(config.Config, config.read("", ".assaymark.toml")))


def said(files: Files, a: Assessment, own: Own | None = None) -> dict[str, str]:
    """Each answer that is not yes, by link and question."""
    known = Known(now=NOW, issuers=(KEY.did,), repository=a.subject.repository, commit=COMMIT)
    links = chain(files, known, own or own_of(a))
    return {f"{link.name}: {x.about}": str(x.says) for link in links for x in link.answers if x.says != "yes"}


def test_the_honest_folder_holds(made: tuple[Files, Account], golden: Assessment) -> None:
    assert said(made[0], golden) == {}


def again(change: Callable[[Assessment], Assessment]) -> Callable[[Files, Assessment], Files]:
    """All the rest as it was, the named files drawn of another assessment."""

    def of(name: str, a: Assessment) -> bytes:
        return folder(change(a))[0][name]

    return lambda files, a: {**files, "provenance.json": of("provenance.json", a)}


def edited(name: str, change: Callable[[Any], None]) -> Callable[[Files, Assessment], Files]:
    def edit(files: Files, _: Assessment) -> Files:
        document = json.loads(files[name])
        change(document)
        return {**files, name: prov.dump(document).encode()}

    return edit


def statement(change: Callable[[dict[str, Any]], None]) -> Callable[[Files, Assessment], Files]:
    def edit(files: Files, _: Assessment) -> Files:
        first, *rest = files["statements.intoto.jsonl"].splitlines(keepends=True)
        value = json.loads(first)
        change(value)
        return {**files, "statements.intoto.jsonl": intoto.render(value).encode() + b"".join(rest)}

    return edit


def claims(change: Callable[[dict[str, Any]], None]) -> Callable[[Files, Assessment], Files]:
    """A change of the statement with the claims: only it names evidence."""

    def edit(files: Files, _: Assessment) -> Files:
        values = [json.loads(line) for line in files["statements.intoto.jsonl"].splitlines()]
        change(next(v for v in values if "attributes" in v["predicate"]))
        return {**files, "statements.intoto.jsonl": "".join(map(intoto.render, values)).encode()}

    return edit


def verdict(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in document["entity"].values() if "am:verdict" in e)
    return found


def result(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in document["entity"].values() if e["prov:type"]["$"] == "am:Result")
    return found


def renamed(old: str, new: str) -> Callable[[Files, Assessment], Files]:
    return lambda files, a: {**files, "provenance.json": files["provenance.json"].replace(old.encode(), new.encode())}


def signed(*keep: int) -> Callable[[Files, Assessment], Files]:
    """Envelopes around some of the statements only."""

    def sign(files: Files, _: Assessment) -> Files:
        lines = files["statements.intoto.jsonl"].splitlines()
        sealed = [dsse.sign(lines[n], KEY, did.method(KEY.did, KEY)) for n in keep]
        return {**files, "statements.dsse.jsonl": "".join(sealed).encode()}

    return sign


LATE = {"prov:startTime": "2099-01-01T00:00:00Z"}
Case = tuple[Callable[[Files, Assessment], Files], dict[str, str]]
ABOUT = {"provenance: about": "no"}
SAID = {"provenance: statements": "no"}
CASES: dict[str, Case] = {
    "the token beside it is another": (
        lambda f, a: {**f, "credential.jwt": badges(a, f, STRANGER)["credential.jwt"]}, {"badge: credential": "no"}),
    "the token beside it is of another time": (
        lambda f, a: {**f, "credential.jwt": badges(replace(a, as_of=a.as_of.replace(year=2025)), f)["credential.jwt"]},
        {"badge: credential": "no"}),
    "the picture shows another level": (
        lambda f, a: {**f, "badge.svg": f["badge.svg"].replace(b">gold<", b">none<")}, {"badge: picture": "no"}),
    "the endpoint shows another level": (
        lambda f, a: {**f, "badge.json": f["badge.json"].replace(b"gold", b"none")}, {"badge: endpoint": "no"}),
    "a page was edited": (
        lambda f, a: {**f, "summary.md": f["summary.md"] + b"and more\n"}, {"report: drawings": "no"}),
    "the record breaks a constraint": (
        edited("provenance.json", lambda d: d["activity"]["run:run"].update(LATE)),
        {"provenance: sound": "no"}),
    "the record tells of another report": (again(lambda a: replace(a, as_of=a.as_of.replace(year=2025))),
        ABOUT | SAID),
    "the record tells another verdict": (
        edited("provenance.json", lambda d: verdict(d).update({"am:verdict": "silver"})), ABOUT | SAID),
    "the record tells another outcome": (
        edited("provenance.json", lambda d: result(d).update({"am:outcome": "failed"})), ABOUT | SAID),
    "the record tells of another commit": (renamed(COMMIT, "d" * 40), ABOUT | {"provenance: statements": "unknown"}),
    "a statement is about another report": (
        statement(lambda s: s["subject"][0]["digest"].update(sha256="0" * 64)), SAID),
    "a statement is about nothing": (statement(lambda s: s.update(subject=[])), SAID),
    "a statement says another result": (statement(lambda s: s["predicate"].update(result="WARNED")), SAID),
    "a claim rests on other evidence": (
        claims(lambda s: s["predicate"]["attributes"][0]["evidence"]["digest"].update(sha256="0" * 64)), SAID),
    "only some of the statements are signed": (signed(0), {"provenance: statements": "unknown"}),
    "the report is not there": (
        lambda f, a: {n: c for n, c in f.items() if n != "assessment.json"},
        {"badge: evidence": "unknown", "report: report": "unknown", "provenance: about": "unknown",
         "subject: subject": "unknown"}),
}  # fmt: skip # a table of cases


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_noticed_by_what_is_for_it(name: str, made: tuple[Files, Account], golden: Assessment) -> None:
    change, expected = CASES[name]
    assert said(change(dict(made[0]), golden), golden) == expected


def test_all_statements_signed_hold(made: tuple[Files, Account], golden: Assessment) -> None:
    number = len(made[0]["statements.intoto.jsonl"].splitlines())
    assert said(signed(*range(number))(dict(made[0]), golden), golden) == {}


def without_badge(files: Files) -> Files:
    return {name: content for name, content in files.items() if name not in ("badge.svg", "credential.jwt")}


def test_a_level_that_does_not_follow(golden: Assessment) -> None:
    """Everything is drawn of it and agrees; only the level is not what its results give."""
    mild = replace(golden, results=tuple(replace(r, outcome=Outcome.FAILED) for r in golden.results))
    files = {
        n: c for n, c in folder(replace(mild, level=Level.GOLD))[0].items() if n not in ("badge.svg", "credential.jwt")
    }
    assert said(files, mild) == {"badge: badge": "unknown", "report: level": "no"}
    unknown = replace(golden, profile_digest="sha256:" + "0" * 64)
    files = without_badge(folder(unknown)[0])
    assert said(files, unknown) == {"badge: badge": "unknown", "report: level": "unknown"}


def test_a_picture_without_a_credential(made: tuple[Files, Account], golden: Assessment) -> None:
    plain = {n: c for n, c in made[0].items() if n != "credential.jwt"}
    drawn = svg.render(assessed.level(golden)).encode()
    assert said({**plain, "badge.svg": drawn}, golden) == {"badge: signature": "unknown"}
    assert said({**plain, "badge.svg": drawn.replace(b">gold<", b">none<")}, golden) == {
        "badge: signature": "unknown",
        "badge: picture": "no",
    }


@pytest.mark.service("font")
def test_another_picture_of_the_same_credential(made: tuple[Files, Account], golden: Assessment) -> None:
    """The badge as a PNG lies beside the SVG, with the very same credential, and shows something else."""
    from assaymark.badges import bake, png

    evidence = {"assessment.json": made[0]["assessment.json"]}
    own = awards.award(golden, evidence, issuer=KEY.did, issuer_name="T", now=NOW)
    shown = svg.render(awards.badge_of(own))
    own = awards.with_picture(own, png.draw(shown))
    token = jose.sign(credential.claims(own), KEY, did.method(KEY.did, KEY))
    drawn = svg.render(awards.badge_of(own), token).encode()
    rest = {name: content for name, content in made[0].items() if name not in ("badge.svg", "credential.jwt")}
    files = {**rest, "badge.svg": drawn, "badge.png": bake.into_png(png.draw(shown), token)}
    assert said(files, golden) == {}
    other = png.draw(shown.replace(">gold<", ">none<"))
    assert said({**files, "badge.png": bake.into_png(other, token)}, golden) == {"badge: picture": "no"}


def test_the_subject_is_what_the_verifier_has(made: tuple[Files, Account], golden: Assessment) -> None:
    files = made[0]
    assert said(files, golden, own_of(golden, commit="e" * 40)) == {"subject: subject": "no"}
    assert said(files, golden, own_of(golden, digest="sha256:" + "e" * 64)) == {"subject: subject": "no"}
    assert said(files, golden, Own(golden.subject, None)) == {"subject: settings": "unknown"}
    other = config.read('exclude = ["**"]', ".assaymark.toml")
    assert said(files, golden, Own(golden.subject, other)) == {"subject: settings": "unknown"}
    links = chain(files, Known(now=NOW, issuers=(KEY.did,)), None)
    assert [str(a.says) for link in links if link.name == "subject" for a in link.answers] == ["unknown"]
    dirty = replace(golden, subject=replace(golden.subject, dirty=True), level=Level.GOLD)
    report = {**files, "assessment.json": render(dirty).encode()}
    assert said(report, dirty, own_of(dirty))["subject: subject"] == "no"
