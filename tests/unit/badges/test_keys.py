from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from assaymark.badges import did, keys
from assaymark.badges.did import BadIdentity
from assaymark.errors import InputError

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = ec.derive_private_key(12345, ec.SECP256R1())
PLAIN = serialization.NoEncryption()


def pem(key: Any, protection: Any = PLAIN) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return bytes(key.private_bytes(*form)).decode()


@pytest.mark.parametrize(("raw", "kind", "start"), [(ED25519, "Ed25519", "z6Mk"), (P256, "P-256", "zDn")])
def test_a_key_in_every_form_is_the_same_key(raw: Any, kind: str, start: str) -> None:
    key = keys.signing_key(pem(raw), "k")
    assert (key.kind, key.private) == (kind, True)
    assert key.multibase.startswith(start)
    assert key.did == f"did:key:{key.multibase}"
    as_jwk = keys.signing_key(json.dumps(key.jwk.as_dict(private=True)), "k")
    assert as_jwk.multibase == key.multibase
    public = keys.key_from_multibase(key.multibase)
    assert (public.multibase, public.private) == (key.multibase, False)


def test_a_known_key() -> None:
    """The example of the did:key specification: https://w3c-ccg.github.io/did-key-spec/#ed25519-x25519"""
    known = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"}
    assert keys.key_from_jwk(jwk).multibase == known
    assert keys.key_from_multibase(known).jwk.as_dict(private=False)["x"] == jwk["x"]


SECRET = pem(ED25519)
BAD = {
    "a public key": json.dumps(keys.signing_key(SECRET, "k").jwk.as_dict(private=False)),
    "RSA": pem(rsa.generate_private_key(65537, 2048)),
    "another curve": pem(ec.generate_private_key(ec.SECP384R1())),
    "with a password": pem(ED25519, serialization.BestAvailableEncryption(b"secret")),
    "a damaged PEM": SECRET.replace("M", "!"),
    "a JWK without d of the right size": '{"kty":"OKP","crv":"Ed25519","x":"AA","d":"hunter2hunter2"}',
    "a shared secret": '{"kty":"oct","k":"aHVudGVyMg"}',
    "JSON of another kind": "[1]",
    "broken JSON": "{",
    "nothing": "",
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_sign_is_told_without_quoting_it(name: str) -> None:
    with pytest.raises(InputError) as caught:
        keys.signing_key(BAD[name], "key.pem")
    said = str(caught.value) + repr(caught.value.__cause__)
    assert said.startswith("key.pem: ")
    for line in BAD[name].splitlines():
        assert len(line) < 10 or line not in said
    assert "hunter2" not in said


def test_a_key_does_not_show_itself() -> None:
    key = keys.signing_key(SECRET, "k")
    private = key.jwk.as_dict(private=True)["d"]
    assert str(private) not in repr(key) + str(key)


@pytest.mark.parametrize(
    ("identity", "address"),
    [
        ("did:web:o.github.io", "https://o.github.io/.well-known/did.json"),
        ("did:web:o.github.io:n", "https://o.github.io/n/did.json"),
        ("did:web:localhost%3A8443:a:b", "https://localhost:8443/a/b/did.json"),
    ],
)
def test_where_the_document_of_a_web_identity_lies(identity: str, address: str) -> None:
    assert did.is_web(identity)
    assert did.web_address(identity) == address


@pytest.mark.parametrize(
    "identity",
    [
        *("did:web:", "did:web:a b", "did:web:a/b", "did:web:a:..", "did:web:a:.", "did:web:a::b", "did:web:A.example"),
        *("did:web:a?b", "did:web:a#b", "did:web:user@a", "did:web:a%2Fb", "did:web:-a", "did:web:a%3A", "web:a", ""),
    ],
)
def test_what_is_no_web_identity(identity: str) -> None:
    assert not did.is_web(identity)
    with pytest.raises(BadIdentity):
        did.web_address(identity)


def test_a_document_gives_the_key_it_was_made_from() -> None:
    for raw in (ED25519, P256):
        key = keys.signing_key(pem(raw), "k")
        content = json.dumps(did.document("did:web:a.example", key)).encode()
        found = did.key_of_web("did:web:a.example", did.method("did:web:a.example", key), content)
        assert found.multibase == key.multibase


def test_a_multikey_has_one_spelling() -> None:
    """Another first letter, more in front or behind, is not the same key in other words: it is none."""
    known = keys.fresh().multibase
    for text in (f"u{known[1:]}", known[1:], "z" + "1" * 100 + known[1:]):
        with pytest.raises(keys.BadKey, match="not a Multikey"):
            keys.key_from_multibase(text)
    with pytest.raises(keys.BadKey, match="not a key of"):
        keys.key_from_multibase("z" + keys.base58(keys.unbase58(known[1:]) + b"\0"))
