"""Each refusal of the signature's reader by itself: behind most of them stands another, which would hide its loss."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from assaymark.badges import did, jose
from assaymark.badges.jose import Unsigned

from .test_verify import new_key

KEY = new_key()
KID = did.method(KEY.did, KEY)
CLAIMS = {"iss": KEY.did, "jti": "x"}
TOKEN = jose.sign(CLAIMS, KEY, KID)
HEAD, BODY, SIGNATURE = TOKEN.split(".")


def piece(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def header(**more: Any) -> str:
    return piece({"alg": "EdDSA", "kid": KID, "typ": "JWT"} | more)


def test_an_honest_token_is_read() -> None:
    assert jose.verified(TOKEN, lambda issuer, kid: KEY) == CLAIMS
    assert jose.parts(TOKEN).header == {"alg": "EdDSA", "kid": KID, "typ": "JWT"}


TWICE, NO_NUMBER = '{"iss":"a","iss":"a"}', '{"iss":NaN}'
REFUSED = {
    "none": (f"{header(alg='none')}.{BODY}.{SIGNATURE}", "the algorithm 'none' is not accepted"),
    "a shared secret": (f"{header(alg='HS256')}.{BODY}.{SIGNATURE}", "'HS256' is not accepted"),
    "RSA": (f"{header(alg='RS256')}.{BODY}.{SIGNATURE}", "'RS256' is not accepted"),
    "no algorithm": (f"{piece({'kid': KID, 'typ': 'JWT'})}.{BODY}.{SIGNATURE}", "'None' is not accepted"),
    "a key in the header": (f"{header(jwk=KEY.jwk.as_dict(private=False))}.{BODY}.{SIGNATURE}", "may not: jwk"),
    "an address of keys": (f"{header(jku='https://evil.example')}.{BODY}.{SIGNATURE}", "may not: jku"),
    "a certificate": (f"{header(x5c=['a'])}.{BODY}.{SIGNATURE}", "may not: x5c"),
    "critical members": (f"{header(crit=['b64'])}.{BODY}.{SIGNATURE}", "may not: crit"),
    "another type": (f"{header(typ='at+jwt')}.{BODY}.{SIGNATURE}", "does not say what it is"),
    "a kid that is no text": (f"{header(kid=7)}.{BODY}.{SIGNATURE}", "does not say what it is"),
    "no signature": (f"{HEAD}.{BODY}.", "it is not signed"),
    "four pieces": (f"{TOKEN}.{SIGNATURE}", "not a signed token"),
    "no text of ASCII": (f"{HEAD}.{BODY}.é", "not a signed token"),
    "more than anybody writes": (f"{HEAD}.{'A' * 1_000_000}.{SIGNATURE}", "longer than"),
    "padding": (f"{HEAD}.{BODY}=.{SIGNATURE}", "not a signed token"),
    "the other alphabet": (f"{HEAD}.{BODY}.{SIGNATURE[:-4]}+/+A", "not a signed token"),
    "bits to spare": (f"{HEAD}.{piece('{}')[:-1]}1.{SIGNATURE}", "not a signed token"),
    "a member twice": (f"{HEAD}.{piece(TWICE)}.{SIGNATURE}", "not a signed token"),
    "a number that is none": (f"{HEAD}.{piece(NO_NUMBER)}.{SIGNATURE}", "not a signed token"),
    "nesting": (f"{HEAD}.{piece('[' * 100_000)}.{SIGNATURE}", "not a signed token"),
    "claims that are a list": (f"{HEAD}.{piece([1])}.{SIGNATURE}", "not a signed token"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_any_key_is_looked_up(name: str) -> None:
    token, message = REFUSED[name]

    def never(issuer: str, kid: str) -> Any:
        raise AssertionError(issuer)

    with pytest.raises(Unsigned, match=message):
        jose.parts(token)
    with pytest.raises(Unsigned, match=message):
        jose.verified(token, never)


def test_a_key_of_somebody_else_is_never_asked_for() -> None:
    other = new_key()
    for kid in (did.method(other.did, other), "https://evil.example/key#1", "", f"{KEY.did}x#1"):
        with pytest.raises(Unsigned, match="not one of its issuer"):
            jose.verified(jose.sign(CLAIMS, other, kid), lambda issuer, kid: other)


def test_the_key_decides_the_algorithm() -> None:
    point = new_key("P-256")
    token = jose.sign({"iss": point.did}, point, did.method(point.did, point))
    with pytest.raises(Unsigned, match="ES256 is not that of the issuer's key"):
        jose.verified(token, lambda issuer, kid: KEY)
    with pytest.raises(Unsigned, match="does not belong to it"):
        jose.verified(TOKEN, lambda issuer, kid: new_key())


@pytest.mark.parametrize("claims", [{}, {"iss": 7}, {"iss": None}, {"iss": [KEY.did]}])
def test_who_issued_it_has_to_be_told(claims: dict[str, Any]) -> None:
    with pytest.raises(Unsigned, match="who issued it"):
        jose.verified(jose.sign(claims, KEY, KID), lambda issuer, kid: KEY)
