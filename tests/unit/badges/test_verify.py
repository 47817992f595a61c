"""The forged badges: each of them is a badge that somebody could make, and none of them holds."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import re
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st
from joserfc import jws

from assaymark import catalogue
from assaymark.badges import award as awards
from assaymark.badges import bake, credential, did, jose, status, svg
from assaymark.badges.award import Award, Status
from assaymark.badges.fetch import NotFetched
from assaymark.badges.keys import Key, signing_key, unbase58
from assaymark.badges.model import aged
from assaymark.badges.verify import Known, Says, Verdict, verify
from assaymark.errors import InputError
from assaymark.model import Assessment, Grade, Level, Outcome, SubcriterionResult

from .conftest import COMMIT, NOW, REPOSITORY

FILES = {"assessment.json": b'{"level": "gold"}\n', "report.html": b"<!DOCTYPE html>\n"}
LIST = "https://issuer.example/status.jwt"
WEB = "did:web:issuer.example:badges"


def new_key(kind: str = "Ed25519") -> Key:
    private: Any = (
        ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(ec.SECP256R1())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signing_key(private.private_bytes(*form).decode(), "test")


KEY = new_key()
STRANGER = new_key()


@pytest.fixture
def given(golden: Assessment) -> Award:
    return awards.award(golden, FILES, issuer=KEY.did, issuer_name="Tides", now=NOW, status=Status(LIST, 7))


def signed(given: Award, key: Key = KEY, issuer: str | None = None) -> str:
    issuer = issuer or given.issuer
    return jose.sign(credential.claims(given), key, did.method(issuer, key))


def drawn(given: Award, token: str) -> bytes:
    return svg.render(awards.badge_of(given), token).encode()


def listed(*places: int, key: Key = KEY, **more: Any) -> bytes:
    usual: dict[str, Any] = {
        "issuer": key.did,
        "address": LIST,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=29),
        "bits": status.packed(places),
    }
    found = status.StatusList(**usual | more)
    return jose.sign(status.claims(found), key, did.method(found.issuer, key)).encode()


def known(**more: Any) -> Known:
    usual: dict[str, Any] = {
        "now": NOW + timedelta(days=1),
        "issuers": (KEY.did,),
        "repository": REPOSITORY,
        "commit": COMMIT,
        "evidence": FILES,
        "status_list": listed(),
    }
    return Known(**usual | more)


def said(verdict: Verdict) -> dict[str, str]:
    return {a.about: a.says.value for a in verdict.answers}


ALL_YES = dict.fromkeys(
    (
        *("signature", "issuer", "repository", "commit", "profile", "in force", "not revoked"),
        *("evidence", "picture"),
    ),
    "yes",
)


# ------------------------------------------------------------------------------------------------------ what holds


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
def test_an_honest_badge_holds(kind: str, given: Award) -> None:
    key = new_key(kind)
    own = replace(given, issuer=key.did, status=None)
    verdict = verify(drawn(own, signed(own, key)), known(issuers=(key.did,)))
    assert said(verdict) == ALL_YES
    assert verdict.says is Says.YES
    assert verdict.award == own


def test_with_a_list_of_revocations_and_the_assessment_at_hand(given: Award, golden: Assessment) -> None:
    verdict = verify(drawn(given, signed(given)), known(read=lambda content: golden))
    assert said(verdict) == ALL_YES | {"level": "yes"}


def test_the_bare_credential(given: Award) -> None:
    assert verify(f"{signed(given)}\n".encode(), known()).says is Says.YES


@pytest.mark.service("font")
def test_as_a_png(given: Award) -> None:
    from assaymark.badges import png

    picture = png.draw(svg.render(awards.badge_of(given)))
    own = awards.with_picture(given, picture)
    token = signed(own)
    assert verify(bake.into_png(picture, token), known()).says is Says.YES
    assert verify(drawn(own, token), known()).says is Says.YES
    # another picture, however well made, under the same credential
    other = png.draw(svg.render(replace(awards.badge_of(given), message="platinum")))
    assert said(verify(bake.into_png(other, token), known()))["picture"] == "no"


def test_an_old_badge_may_be_grey(given: Award) -> None:
    token = signed(given)
    for reason in ("the branch is at abcdef0 now", f"it expired on {given.valid_until:%Y-%m-%d}"):
        grey = svg.render(aged(awards.badge_of(given), reason), token).encode()
        assert said(verify(grey, known()))["picture"] == "yes"
    grey = svg.render(aged(awards.badge_of(given), "somebody said so"), token).encode()
    assert said(verify(grey, known()))["picture"] == "no"


def test_an_issuer_on_the_web(given: Award) -> None:
    own = replace(given, issuer=WEB, status=None)
    content = drawn(own, signed(own, KEY, WEB))
    document = json.dumps(did.document(WEB, KEY)).encode()
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return document

    assert verify(content, known(issuers=(WEB,), identities={WEB: document})).says is Says.YES
    assert verify(content, known(issuers=(WEB,), fetch=fetch)).says is Says.YES
    assert asked == ["https://issuer.example/badges/did.json"]
    assert said(verify(content, known(issuers=(WEB,)))) == {"signature": "unknown"}


# --------------------------------------------------------------------------------------------- what is not at hand


@pytest.mark.parametrize(
    ("about", "more"),
    [
        ("issuer", {"issuers": ()}),
        ("repository", {"repository": None}),
        ("commit", {"commit": None}),
        ("not revoked", {"status_list": None}),
        ("evidence", {"evidence": {}}),
        ("evidence", {"evidence": {"assessment.json": FILES["assessment.json"]}}),
    ],
)
def test_what_is_not_known_is_unknown_and_then_the_whole_is_not_yes(
    about: str, more: dict[str, Any], given: Award
) -> None:
    verdict = verify(drawn(given, signed(given)), known(**more))
    assert said(verdict) == ALL_YES | {about: "unknown"}
    assert verdict.says is Says.UNKNOWN


def test_a_host_that_does_not_answer(given: Award) -> None:
    def fetch(url: str) -> bytes:
        raise NotFetched("the host is down")

    verdict = verify(drawn(given, signed(given)), known(fetch=fetch, status_list=None, evidence={}))
    assert said(verdict) == ALL_YES | {"not revoked": "unknown", "evidence": "unknown"}


def test_a_credential_that_rests_on_no_file_leaves_it_unknown(given: Award) -> None:
    own = replace(given, resources=())
    assert said(verify(drawn(own, signed(own)), known())) == ALL_YES | {"evidence": "unknown"}


def test_a_profile_that_this_version_does_not_have(given: Award) -> None:
    for own in (replace(given, profile="other"), replace(given, profile_version="99")):
        assert said(verify(drawn(own, signed(own)), known())) == ALL_YES | {"profile": "unknown"}


# ----------------------------------------------------------------------------------------------------- the forgeries


def claims_with(given: Award, **more: Any) -> dict[str, Any]:
    return {**credential.claims(given), **more}


def token_of(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None, key: Any = None) -> str:
    """Signed by the issuer itself, with any claims and header."""
    head: dict[str, Any] = {"alg": "EdDSA", "kid": did.method(KEY.did, KEY), "typ": "JWT", **(header or {})}
    registry = jws.JWSRegistry(algorithms=list(jws.JWSRegistry.algorithms), strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jws.serialize_compact(head, json.dumps(claims).encode(), key or KEY.jwk, registry=registry)


def piece(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def repacked(token: str, change: Callable[[dict[str, Any]], Any], which: int = 1) -> str:
    """A token with other claims (or another header) under the old signature."""
    parts = token.split(".")
    value = json.loads(base64.urlsafe_b64decode(parts[which] + "=="))
    parts[which] = piece(change(value))
    return ".".join(parts)


def edited(given: Award, old: str, new: str) -> bytes:
    text = drawn(given, signed(given)).decode()
    assert old in text
    return text.replace(old, new).encode()


def public_pem(key: Key) -> bytes:
    public: Any = key.jwk.public_key
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def with_secret(given: Award, secret: bytes) -> str:
    """What a verifier would accept that takes the public key for a shared secret."""
    head = piece({"alg": "HS256", "kid": did.method(KEY.did, KEY), "typ": "JWT"})
    text = f"{head}.{piece(credential.claims(given))}"
    code = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"


def respelt(token: str) -> str:
    """The same signature: the last letter of 64 bytes in base64 has four bits to spare."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


def baked_twice(given: Award) -> bytes:
    text = drawn(given, signed(given)).decode()
    element = re.search(r"<openbadges:credential .*?/>", text)
    assert element
    return text.replace(element[0], element[0] * 2).encode()


def moved_credential(given: Award) -> bytes:
    text = drawn(given, signed(given)).decode()
    element = re.search(r"<openbadges:credential .*?/>", text)
    assert element
    return text.replace(element[0], "").replace("</svg>", f"{element[0]}</svg>").encode()


Forgery = Callable[[Award], bytes]
EDITED_OR_SWAPPED: dict[str, Forgery] = {
    "edited text": lambda g: edited(g, ">gold<", ">platinum<"),
    "edited commit": lambda g: edited(g, ">3f2a9c1<", ">deadbee<"),
    "edited title": lambda g: edited(g, "level gold", "level beyond"),
    "another colour": lambda g: edited(g, "#f9e6a6", "#ffffff"),
    "a comment slipped in": lambda g: edited(g, "</svg>", "<!-- x --></svg>"),
    "an element slipped in": lambda g: edited(g, "</svg>", '<text x="1" y="1">platinum</text></svg>'),
    "a style sheet in front": lambda g: b'<?xml-stylesheet href="data:text/css,text{}"?>' + drawn(g, signed(g)),
    "another encoding of the same text": lambda g: drawn(g, signed(g)).decode().encode("utf-16"),
    "a script behind it": lambda g: edited(g, "</svg>", "<script>alert(1)</script></svg>"),
    "a newline at the end": lambda g: drawn(g, signed(g)) + b"\n",
    "grey, but of another branch's wording": lambda g: svg.render(
        aged(awards.badge_of(g), "the branch is at platinum now"), signed(g)
    ).encode(),
    "grey for a level it did not reach": lambda g: svg.render(
        aged(replace(awards.badge_of(g), message="platinum"), awards.expired(g)), signed(g)
    ).encode(),
    "a blank slipped in": lambda g: edited(g, "</svg>", " </svg>"),
    "a gold picture over a silver credential": lambda g: svg.render(
        awards.badge_of(g), signed(replace(g, level=Level.SILVER))
    ).encode(),
}
NOT_SIGNED: dict[str, Forgery] = {
    "another level in the claims": lambda g: repacked(signed(g), lambda c: c | {"description": "platinum"}).encode(),
    "another repository in the claims": lambda g: repacked(
        signed(g), lambda c: credential.claims(replace(g, repository="github.com/evil/n"))
    ).encode(),
    "another commit in the claims": lambda g: repacked(
        signed(g), lambda c: credential.claims(replace(g, commit="e" * 40))
    ).encode(),
    "signed by a stranger": lambda g: signed(g, STRANGER, KEY.did).encode(),
    "signed by a stranger, named as the issuer's key": lambda g: jose.sign(
        credential.claims(g), STRANGER, did.method(KEY.did, KEY)
    ).encode(),
    "alg none": lambda g: (
        piece({"alg": "none", "kid": did.method(KEY.did, KEY), "typ": "JWT"}) + "." + signed(g).split(".")[1] + "."
    ).encode(),
    "alg None": lambda g: repacked(signed(g), lambda h: h | {"alg": "None"}, 0).encode(),
    "no signature": lambda g: f"{signed(g).rpartition('.')[0]}.".encode(),
    "HS256 with the public key": lambda g: with_secret(g, public_pem(KEY)).encode(),
    "HS256 with the raw public key": lambda g: with_secret(g, unbase58(KEY.multibase[1:])[2:]).encode(),
    "the algorithm of another kind of key": lambda g: repacked(signed(g), lambda h: h | {"alg": "ES256"}, 0).encode(),
    "jwk in the header": lambda g: token_of(
        credential.claims(g), {"jwk": STRANGER.jwk.as_dict(private=False)}, STRANGER.jwk
    ).encode(),
    "jwk with its private part in the header": lambda g: token_of(
        credential.claims(g), {"jwk": STRANGER.jwk.as_dict(private=True)}, STRANGER.jwk
    ).encode(),
    "jku in the header": lambda g: token_of(credential.claims(g), {"jku": "https://evil.example/keys"}).encode(),
    "crit in the header": lambda g: repacked(signed(g), lambda h: h | {"crit": ["b64"], "b64": False}, 0).encode(),
    "kid at an address of the attacker": lambda g: token_of(
        credential.claims(g), {"kid": "https://evil.example/key#1"}, STRANGER.jwk
    ).encode(),
    "kid of another did": lambda g: jose.sign(
        credential.claims(g), STRANGER, did.method(STRANGER.did, STRANGER)
    ).encode(),
    "kid that is a list": lambda g: repacked(signed(g), lambda h: h | {"kid": ["a"]}, 0).encode(),
    "another type of token": lambda g: repacked(signed(g), lambda h: h | {"typ": "at+jwt"}, 0).encode(),
    "a signature written in another way": lambda g: respelt(signed(g)).encode(),
    "a member twice": lambda g: (
        ".".join((signed(g).split(".")[0], base64.urlsafe_b64encode(b'{"iss":"a","iss":"b"}').decode(), "AAAA"))
    ).encode(),
    "deep nesting": lambda g: ".".join(
        (signed(g).split(".")[0], base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("="), "AAAA")
    ).encode(),
    "an unknown term, signed by the issuer": lambda g: token_of(claims_with(g, undefinedTerm="gold")).encode(),
    "a second subject, signed by the issuer": lambda g: token_of(
        claims_with(g, credentialSubject=[credential.claims(g)["credentialSubject"]] * 2)
    ).encode(),
    "a context not on the list": lambda g: token_of(
        claims_with(g, **{"@context": ["https://evil.example/c"]})
    ).encode(),
    "exp later than validUntil": lambda g: token_of(claims_with(g, exp=2**40)).encode(),
    "exp as another type": lambda g: token_of(claims_with(g, exp=float(credential.claims(g)["exp"]))).encode(),
    "sub of another commit": lambda g: token_of(
        claims_with(g, sub="https://github.com/o/n/commit/" + "e" * 40)
    ).encode(),
    "a token cut by a newline": lambda g: signed(g)[:50].encode() + b"\n" + signed(g)[50:].encode(),
    "two tokens": lambda g: f"{signed(g)}\n{signed(g)}".encode(),
    "padding after the signature": lambda g: f"{signed(g)}==".encode(),
    "iss of a trusted one over the key of a stranger": lambda g: repacked(
        signed(replace(g, issuer=STRANGER.did), STRANGER), lambda c: c | {"iss": KEY.did}
    ).encode(),
    "in force for ever": lambda g: token_of(
        {k: v for k, v in credential.claims(g).items() if k not in ("exp", "validUntil")}
    ).encode(),
    "a level that there is not": lambda g: token_of(
        json.loads(json.dumps(credential.claims(g)).replace("gold", "platinum"))
    ).encode(),
    "the evidence left out": lambda g: token_of(
        {k: v for k, v in credential.claims(g).items() if k != "evidence"}
    ).encode(),
    "two credential elements": baked_twice,
    "the credential at another place": moved_credential,
    "no credential": lambda g: svg.render(awards.badge_of(g)).encode(),
    "an entity bomb": lambda g: (
        b'<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
    ),
    "nothing": lambda g: b"",
    "bytes": lambda g: b"\xff\xfe\x00" * 100,
    "too much": lambda g: b"<svg>" + b" " * 3_000_000,
}


@pytest.mark.parametrize("name", EDITED_OR_SWAPPED)
def test_a_picture_that_says_something_else(name: str, given: Award) -> None:
    verdict = verify(EDITED_OR_SWAPPED[name](given), known())
    assert said(verdict) == ALL_YES | {"picture": "no"}, verdict
    assert verdict.says is Says.NO


@any_of(place=st.floats(0, 0.999999), value=st.binary(max_size=2))
@settings(max_examples=300, deadline=None)
def test_any_change_of_any_byte_is_noticed(place: float, value: bytes, honest: bytes) -> None:
    at = int(place * len(honest))
    changed = honest[:at] + value + honest[at + 1 :]
    assert changed == honest or verify(changed, known()).says is Says.NO


@pytest.fixture(scope="module")
def honest(golden: Assessment) -> bytes:
    own = awards.award(golden, FILES, issuer=KEY.did, issuer_name="Tides", now=NOW)
    data = drawn(own, signed(own))
    assert verify(data, known()).says is Says.YES
    return data


@pytest.mark.parametrize("name", NOT_SIGNED)
def test_a_signature_that_does_not_hold(name: str, given: Award) -> None:
    verdict = verify(NOT_SIGNED[name](given), known())
    assert said(verdict) == {"signature": "no"}, verdict
    assert verdict.award is None
    assert verdict.says is Says.NO


UNREADABLE = (
    "alg none",
    "alg None",
    "no signature",
    "HS256 with the public key",
    "jwk in the header",
    "a member twice",
)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_drawn_again_is_taken_apart_as_strictly(name: str, given: Award) -> None:
    """Drawing a signed badge again needs no key; still nothing is drawn from what could never hold."""
    with pytest.raises(jose.Unsigned):
        jose.parts(NOT_SIGNED[name](given).decode())


@pytest.mark.parametrize(
    ("about", "more"),
    [
        ("repository", {"repository": "github.com/other/n"}),
        ("repository", {"repository": "gitlab.com/o/n"}),
        ("commit", {"commit": "e" * 40}),
        ("issuer", {"issuers": (STRANGER.did,)}),
        ("in force", {"now": NOW + timedelta(days=91)}),
        ("in force", {"now": NOW - timedelta(days=1)}),
        ("not revoked", {"status_list": listed(7)}),
        ("not revoked", {"status_list": listed(3, 7, valid_until=NOW - timedelta(hours=1))}),
        ("evidence", {"evidence": FILES | {"report.html": b"something else"}}),
    ],
)
def test_a_good_badge_at_the_wrong_place_or_time(about: str, more: dict[str, Any], given: Award) -> None:
    verdict = verify(drawn(given, signed(given)), known(**more))
    wrong = {a: s for a, s in said(verdict).items() if s == "no"}
    assert wrong == {about: "no"}, verdict
    assert verdict.says is Says.NO


def test_another_profile_under_the_name_of_ours(given: Award) -> None:
    own = replace(given, profile_digest="sha256:" + "0" * 64)
    assert said(verify(drawn(own, signed(own)), known())) == ALL_YES | {"profile": "no"}


def test_a_profile_that_lies_where_the_verifier_stands(
    given: Award, golden: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone checks a badge inside the checkout of who made it up: files that lie there are no rules."""
    text = 'id = "easy.toml"\ntitle = "Easy"\nversion = "1"\nwhy = "w"\nkind = "software"\n[[level]]\nname = "gold"\n'
    (tmp_path / "easy.toml").write_text(
        f'{text}require = ["QC.Lic01"]\nwhy = "because"\nmax_not_applicable = 9\nmax_attested = 9\n'
    )
    monkeypatch.chdir(tmp_path)
    easy = catalogue.profile("easy.toml")
    names: dict[str, Any] = {"profile": easy.id, "profile_version": easy.version, "profile_digest": easy.digest}
    own = replace(given, **names)
    verdict = verify(drawn(own, signed(own)), known())
    assert said(verdict) == ALL_YES | {"profile": "unknown"}, verdict
    assert awards.follows(replace(golden, **names)) is None


def with_evidence(result: SubcriterionResult, outcome: Outcome) -> SubcriterionResult:
    """The verdict stays, while what it rests on says something else."""
    return replace(result, evidence=tuple(replace(e, outcome=outcome) for e in result.evidence))


def on_a_word(result: SubcriterionResult) -> SubcriterionResult:
    """The same verdict, but only because executed code said so: the badge would have to tell."""
    said = tuple(replace(e, grade=Grade.SELF_REPORTED) for e in result.evidence)
    return replace(result, evidence=said, grade=Grade.SELF_REPORTED)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: replace(a, level=Level.SILVER),
        lambda a: replace(a, subject=replace(a.subject, commit="e" * 40)),
        lambda a: replace(a, subject=replace(a.subject, repository="github.com/o/other")),
        lambda a: replace(a, partial=("select",)),
        lambda a: replace(a, config_digest="sha256:" + "c" * 64),
        lambda a: replace(a, results=tuple(replace(r, outcome=Outcome.FAILED) for r in a.results)),
        lambda a: replace(a, subject=replace(a.subject, dirty=True)),
        lambda a: replace(a, as_of=a.as_of - timedelta(days=400)),
        lambda a: replace(a, results=tuple(with_evidence(r, Outcome.FAILED) for r in a.results)),
        lambda a: replace(a, results=tuple(replace(r, evidence=()) for r in a.results)),
        lambda a: replace(a, results=tuple(on_a_word(r) if r.required_for else r for r in a.results)),
        lambda a: replace(a, results=tuple(replace(r, required_for=None) for r in a.results)),
        lambda a: replace(a, results=(*a.results, a.results[0])),
    ],
)
def test_an_assessment_that_does_not_give_the_level(
    change: Callable[[Assessment], Assessment], given: Award, golden: Assessment
) -> None:
    verdict = verify(drawn(given, signed(given)), known(read=lambda content: change(golden)))
    assert said(verdict) == ALL_YES | {"level": "no"}


def test_an_assessment_that_cannot_be_read_or_is_not_the_signed_one(given: Award) -> None:
    def read(content: bytes) -> Assessment:
        raise InputError("it is not JSON")

    assert said(verify(drawn(given, signed(given)), known(read=read))) == ALL_YES | {"level": "unknown"}
    changed = known(read=read, evidence=FILES | {"assessment.json": b"forged"})
    assert said(verify(drawn(given, signed(given)), changed)) == ALL_YES | {"evidence": "no"}


# ------------------------------------------------------------------------------------- lists that cannot be believed


def bomb() -> bytes:
    raw = gzip.compress(bytes(50_000_000), 9, mtime=0)
    claims = status.claims(status.StatusList(KEY.did, LIST, NOW, NOW + timedelta(days=9), status.packed(())))
    claims["credentialSubject"]["encodedList"] = "u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return jose.sign(claims, KEY, did.method(KEY.did, KEY)).encode()


def list_with(**more: Any) -> bytes:
    claims = status.claims(status.StatusList(KEY.did, LIST, NOW, NOW + timedelta(days=9), status.packed(())))
    subject = claims["credentialSubject"] | more.pop("subject", {})
    return jose.sign(claims | {"credentialSubject": subject} | more, KEY, did.method(KEY.did, KEY)).encode()


BAD_LISTS: dict[str, Callable[[], bytes]] = {
    "of a stranger": lambda: listed(key=STRANGER),
    "from another address": lambda: listed(address="https://issuer.example/other.jwt"),
    "out of date": lambda: listed(valid_until=NOW - timedelta(hours=1)),
    "not yet valid": lambda: listed(valid_from=NOW + timedelta(days=9), valid_until=NOW + timedelta(days=10)),
    "a gzip bomb": bomb,
    "for suspension, not revocation": lambda: list_with(subject={"statusPurpose": "suspension"}),
    "too short": lambda: listed(bits=bytes(100)),
    "not signed": lambda: listed().rpartition(b".")[0] + b".",
    "with another signature": lambda: listed(3).rpartition(b".")[0] + b"." + listed().rpartition(b".")[2],
    "not compressed": lambda: list_with(subject={"encodedList": "uAAAA"}),
    "not base64": lambda: list_with(subject={"encodedList": "u???"}),
    "not text": lambda: b"\xff\xff",
    "empty": lambda: b"",
    "a badge": lambda: b"eyJ.e30.c2ln",
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_that_cannot_be_believed_leaves_it_unknown(name: str, given: Award) -> None:
    verdict = verify(drawn(given, signed(given)), known(status_list=BAD_LISTS[name]()))
    assert said(verdict) == ALL_YES | {"not revoked": "unknown"}, verdict


BITS = status.packed(())
UNPACKABLE = {
    "larger than it may be": (gzip.compress(bytes(3_000_000), 9), "larger than"),
    "cut off": (gzip.compress(BITS, 9)[:-6], "cut off or too short"),
    "more behind it": (gzip.compress(BITS, 9) + b"more", "cut off or too short"),
    "too short": (gzip.compress(BITS[:-1], 9), "cut off or too short"),
    "damaged": (gzip.compress(BITS, 9)[:20] + b"damaged" * 9, "cannot be unpacked"),
}


@pytest.mark.parametrize("name", UNPACKABLE)
def test_a_list_is_unpacked_within_bounds(name: str) -> None:
    raw, message = UNPACKABLE[name]
    claims = status.claims(status.StatusList(KEY.did, LIST, NOW, NOW + timedelta(days=9), BITS))
    assert status.list_of(claims).bits == BITS
    claims["credentialSubject"]["encodedList"] = "u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(status.BadList) as caught:
        status.list_of(claims)
    told = f"{caught.value} {caught.value.__cause__ or ''}"
    assert message in told


def test_a_list_that_is_a_bomb_takes_no_memory() -> None:
    """A hundred megabytes in a hundred kilobytes: they are never there, not even to be counted."""
    claims = status.claims(status.StatusList(KEY.did, LIST, NOW, NOW + timedelta(days=9), BITS))
    packed = gzip.compress(bytes(100_000_000), 9)
    assert len(packed) < 200_000
    claims["credentialSubject"]["encodedList"] = "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    tracemalloc.start()
    try:
        with pytest.raises(status.BadList):
            status.list_of(claims)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000, "the list is unpacked beyond its bound"


def test_a_place_beyond_the_end_of_the_list(given: Award) -> None:
    own = replace(given, status=Status(LIST, 131_072))
    assert said(verify(drawn(own, signed(own)), known())) == ALL_YES | {"not revoked": "unknown"}


# ------------------------------------------------------------------------------- documents that cannot be believed


def document(**more: Any) -> bytes:
    return json.dumps(did.document(WEB, KEY) | more).encode()


METHOD = did.document(WEB, KEY)["verificationMethod"][0]
BAD_DOCUMENTS: dict[str, bytes] = {
    "about somebody else": document(id="did:web:other.example"),
    "without the key": document(verificationMethod=[]),
    "with the key of a stranger": json.dumps(did.document(WEB, STRANGER)).encode(),
    "with the stranger's key under our name": document(
        verificationMethod=[METHOD | {"publicKeyMultibase": STRANGER.multibase}]
    ),
    "with the key twice": document(verificationMethod=[METHOD, METHOD]),
    "whose key is controlled by another": document(
        verificationMethod=[METHOD | {"controller": "did:web:evil.example"}]
    ),
    "whose key may not make statements": document(assertionMethod=[]),
    "with a private key": document(
        verificationMethod=[
            {k: v for k, v in METHOD.items() if k != "publicKeyMultibase"}
            | {"publicKeyJwk": KEY.jwk.as_dict(private=True)}
        ]
    ),
    "with two forms of a key": document(verificationMethod=[METHOD | {"publicKeyJwk": KEY.jwk.as_dict(private=False)}]),
    "of the wrong shape": document(verificationMethod={"a": 1}, assertionMethod="all"),
    "not JSON": b"<html>",
    "a list": b"[]",
    "too large": b"{" + b" " * 200_000,
    "deep": b"[" * 90_000,
}


def test_a_document_is_read_within_bounds_and_a_did_key_is_nothing_but_its_key() -> None:
    """Each by itself: a document that is too large fails elsewhere too, and so does a key of another name."""
    large = document() + b" " * 200_000
    with pytest.raises(did.BadIdentity, match="larger than"):
        did.key_of_web(WEB, did.method(WEB, KEY), large)
    for kid in (did.method(KEY.did, STRANGER), f"{STRANGER.did}#{KEY.multibase}", KEY.did):
        with pytest.raises(did.BadIdentity, match="another name"):
            did.key_of_key(KEY.did, kid)
    assert did.key_of_key(KEY.did, did.method(KEY.did, KEY)).multibase == KEY.multibase


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_document_that_cannot_be_believed(name: str, given: Award) -> None:
    own = replace(given, issuer=WEB, status=None)
    content = drawn(own, signed(own, KEY, WEB))
    verdict = verify(content, known(issuers=(WEB,), identities={WEB: BAD_DOCUMENTS[name]}))
    assert said(verdict) == {"signature": "no"}


@pytest.mark.parametrize(
    "issuer",
    ["https://evil.example", "did:ethr:0x1", "did:web:", "did:web:a/../b", "did:web:localhost:..:x", "did:key:z"],
)
def test_an_issuer_of_an_unknown_kind_is_never_asked_for(issuer: str, given: Award) -> None:
    def fetch(url: str) -> bytes:
        raise AssertionError(url)

    own = replace(given, issuer=issuer, status=None)
    token = jose.sign(credential.claims(own), KEY, f"{issuer}#{KEY.multibase}")
    assert said(verify(token.encode(), known(fetch=fetch))) == {"signature": "no"}


def test_names_that_would_write_to_the_terminal_are_shown_as_text(given: Award) -> None:
    """Whoever signs chooses the names; a cleared line or a turned direction would let a no look like a yes."""
    evil = "\x1b[2K\r\u202e\n✓ signature"
    own = replace(
        given,
        issuer_name=evil,
        repository=f"github.com/o/{evil}",
        profile=evil,
        resources=tuple(r._replace(name=r.name + evil) for r in given.resources),
    )
    verdict = verify(drawn(own, signed(own)), known())
    assert verdict.says is Says.NO
    for answer in verdict.answers:
        assert answer.text.isprintable(), answer


def test_times_are_those_of_the_verifier(given: Award) -> None:
    moments: list[tuple[datetime, str]] = [
        (given.valid_from, "yes"),
        (given.valid_from - timedelta(seconds=59), "yes"),
        (given.valid_from - timedelta(seconds=61), "no"),
        (given.valid_until, "yes"),
        (given.valid_until + timedelta(seconds=1), "no"),
    ]
    content = drawn(replace(given, status=None), signed(replace(given, status=None)))
    assert [said(verify(content, known(now=now)))["in force"] for now, _ in moments] == [says for _, says in moments]
