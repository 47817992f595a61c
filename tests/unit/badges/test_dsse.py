"""Statements in envelopes: read by others, and every forged one refused for what is wrong with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import securesystemslib.dsse as peer
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given as any_of
from hypothesis import strategies as st
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from sigstore.dsse import Envelope, _pae, _verify

from assaymark.badges import did, dsse, envelopes
from assaymark.badges.jose import Unsigned
from assaymark.badges.keys import Key
from assaymark.badges.verify import Known, Says

from .conftest import NOW
from .test_verify import new_key

KEY, STRANGER, P256 = new_key(), new_key(), new_key("P-256")
WEB = "did:web:issuer.example:badges"
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "assessment.json", "digest": {"sha256": "0" * 64}}],
    "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
    "predicate": {"result": "PASSED"},
}
BODY = json.dumps(STATEMENT).encode()
Data = dict[str, Any]


def signed(body: bytes = BODY, key: Key = KEY, issuer: str | None = None) -> bytes:
    return dsse.sign(body, key, did.method(issuer or key.did, key)).encode()


def judge(*lines: bytes, issuers: tuple[str, ...] = (KEY.did,), **more: Any) -> envelopes.Judged:
    return envelopes.judge(lines, Known(now=NOW, issuers=issuers, **more))


def told(judged: envelopes.Judged, says: Says) -> list[str]:
    return [f"{a.about}: {a.text}" for a in judged.answers if a.says is says]


def test_what_is_signed_is_that_of_the_specification() -> None:
    kind = "http://example.com/HelloWorld"
    assert dsse.pae(kind, b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse.pae("", b"") == b"DSSEv1 0  0 "
    # Lengths count bytes.
    assert dsse.pae("é", "é".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xa9"


@any_of(st.text(st.characters(codec="utf-8"), max_size=20), st.binary(max_size=60))
def test_what_is_signed_is_what_others_sign(kind: str, body: bytes) -> None:
    assert dsse.pae(kind, body) == peer.Envelope(body, kind, {}).pae()
    if kind.isascii():
        assert dsse.pae(kind, body) == _pae(kind, body)


@pytest.mark.parametrize("key", [KEY, P256], ids=lambda key: key.kind)
def test_an_honest_envelope_holds_and_is_the_weaker_class(key: Key) -> None:
    judged = judge(signed(key=key), issuers=(key.did,))
    assert judged.says is Says.YES
    assert judged.vouched == "own key"
    assert any("weaker than a workflow" in text for text in told(judged, Says.YES))
    assert judged.statements == (STATEMENT,)


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert signed() == signed()


@pytest.mark.parametrize("key", [KEY, P256], ids=lambda key: key.kind)
def test_another_implementation_reads_what_we_sign(key: Key) -> None:
    theirs = SSlibKey.from_crypto(key.jwk.public_key, keyid=did.method(key.did, key))
    envelope = peer.Envelope.from_dict(json.loads(signed(key=key)))
    assert envelope.payload == BODY
    assert list(envelope.verify([theirs], 1)) == [theirs.keyid]
    other = new_key(key.kind)
    with pytest.raises(VerificationError):
        envelope.verify([SSlibKey.from_crypto(other.jwk.public_key, keyid=theirs.keyid)], 1)


def test_sigstore_reads_what_we_sign() -> None:
    public = P256.jwk.public_key
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert _verify(public, Envelope._from_json(signed(key=P256))) == BODY


@pytest.mark.parametrize("key", [KEY, P256], ids=lambda key: key.kind)
def test_we_read_what_another_implementation_signs(key: Key) -> None:
    # By the identity alone, as a signer may who knows nothing of names below an identity.
    public = SSlibKey.from_crypto(key.jwk.public_key, keyid=key.did)
    envelope = peer.Envelope(BODY, dsse.PAYLOAD, {})
    envelope.sign(CryptoSigner(key.jwk.private_key, public))
    assert judge(json.dumps(envelope.to_dict()).encode(), issuers=(key.did,)).says is Says.YES


def test_either_alphabet_and_members_that_nobody_knows_are_read() -> None:
    body = json.dumps(STATEMENT | {"predicate": {"name": "ÿ>?~~~" * 20}}, ensure_ascii=False).encode()
    data = json.loads(signed(body))
    data["payload"] = base64.urlsafe_b64encode(body).decode()
    assert set(data["payload"]) & set("-_")
    assert judge(json.dumps(data | {"made": "today"}).encode()).says is Says.YES


def forged(**more: Any) -> bytes:
    """The honest envelope with members put in place of its own."""
    return json.dumps(json.loads(signed()) | more).encode()


def signature(**more: Any) -> list[Data]:
    return [json.loads(signed())["signatures"][0] | more]


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def by_hand(kind: str, key: Key) -> str:
    private: Any = key.jwk.private_key
    return text(private.sign(dsse.pae(kind, BODY)))


KID = did.method(KEY.did, KEY)
SHARED = hmac.new(KEY.jwk.public_key.public_bytes_raw(), dsse.pae(dsse.PAYLOAD, BODY), hashlib.sha256).digest()
BELONGS = "does not belong to it"
FORGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "the payload changed": (lambda: forged(payload=text(BODY.replace(b"PASSED", b"FAILED"))), BELONGS),
    "the type changed": (lambda: forged(payloadType="text/plain"), "of the type 'text/plain'"),
    "no type": (lambda: forged(payloadType=None), "of the type 'None'"),
    "signed as another type": (lambda: forged(signatures=signature(sig=by_hand("text/plain", KEY))), BELONGS),
    "signed without its type": (
        lambda: forged(signatures=signature(sig=text(KEY.jwk.private_key.sign(BODY)))),
        BELONGS,
    ),
    "another key under this name": (lambda: forged(signatures=signature(sig=by_hand(dsse.PAYLOAD, STRANGER))), BELONGS),
    "the name of another key": (
        lambda: forged(signatures=signature(keyid=did.method(STRANGER.did, STRANGER))),
        BELONGS,
    ),
    "a key of another issuer": (
        lambda: forged(signatures=signature(keyid=did.method(KEY.did, STRANGER))),
        "another name",
    ),
    "a name that is no identity": (
        lambda: forged(signatures=signature(keyid="a1b2c3")),
        "neither a did:key nor a did:web",
    ),
    "no name of a key": (lambda: forged(signatures=signature(keyid="")), "by which key"),
    "a name that is no text": (lambda: forged(signatures=signature(keyid=7)), "by which key"),
    "no signature": (lambda: forged(signatures=[]), "it is not signed"),
    "no signatures at all": (
        lambda: json.dumps({"payload": text(BODY), "payloadType": dsse.PAYLOAD}).encode(),
        "not signed",
    ),
    "an empty signature": (lambda: forged(signatures=signature(sig="")), "it is not signed"),
    "none": (lambda: forged(signatures=signature(sig="", alg="none")), "it is not signed"),
    "a signature that is null": (lambda: forged(signatures=[None]), "it is not signed"),
    "the signature twice": (lambda: forged(signatures=signature() * 2), "2 signatures where one is expected"),
    "a shared secret": (lambda: forged(signatures=signature(sig=text(SHARED), alg="HS256")), BELONGS),
    "a signature of the other kind": (
        lambda: forged(signatures=[json.loads(signed(key=P256))["signatures"][0] | {"keyid": KID}]),
        BELONGS,
    ),
    "a key of the other kind": (
        lambda: forged(signatures=signature(keyid=did.method(P256.did, P256), alg="EdDSA")),
        BELONGS,
    ),
    "a key brought along": (
        lambda: forged(
            signatures=signature(sig=by_hand(dsse.PAYLOAD, STRANGER), jwk=STRANGER.jwk.as_dict(private=False))
        ),
        BELONGS,
    ),
    "a member twice": (lambda: signed().replace(b'{"payload"', b'{"payload":"e30=","payload"', 1), "not an envelope"),
    "bits to spare": (lambda: forged(payload="e31="), "not an envelope"),
    "no base64": (lambda: forged(payload="{}"), "not an envelope"),
    "a payload that is no text": (lambda: forged(payload=STATEMENT), "not an envelope"),
    "a bare statement": (lambda: BODY, "not an envelope"),
    "a list": (lambda: b"[]", "not an envelope"),
    "nesting": (lambda: b"[" * 100_000, "not an envelope"),
    "no text": (lambda: b"\xff\xfe", "not an envelope"),
    "too large": (lambda: b" " * (dsse.LIMIT + 1), "larger than 20 MB"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_envelope_is_refused_for_what_is_wrong(name: str) -> None:
    make, why = FORGED[name]
    judged = judge(make())
    assert judged.says is Says.NO
    assert judged.vouched == "nobody"
    assert judged.statements == ()
    [said] = told(judged, Says.NO)
    assert said.startswith("signature: ")
    assert why in said


UNFIT = {
    "no JSON": b"no JSON",
    "another document": json.dumps(STATEMENT | {"_type": "https://in-toto.io/Layout/v1"}).encode(),
    "about nothing": json.dumps(STATEMENT | {"subject": []}).encode(),
    "about something without a digest": json.dumps(STATEMENT | {"subject": [{"name": "a", "digest": {}}]}).encode(),
    "no predicate": json.dumps(STATEMENT | {"predicate": None}).encode(),
    "a predicate twice": BODY.replace(b'"predicate":', b'"predicate": {}, "predicate":'),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_signed_has_to_be_a_statement(name: str) -> None:
    with pytest.raises(Unsigned, match="what is signed"):
        dsse.verified(signed(UNFIT[name]), lambda issuer, kid: KEY)


def test_a_key_that_nobody_trusts_is_told() -> None:
    assert "is not one that you trust" in told(judge(signed(key=STRANGER)), Says.NO)[0]
    open_ = judge(signed(), issuers=())
    assert open_.says is Says.UNKNOWN
    assert "whom to trust is yours to say" in told(open_, Says.UNKNOWN)[0]


def test_two_statements_of_a_kind_about_one_subject_are_told() -> None:
    other = json.dumps(STATEMENT | {"predicate": {"result": "FAILED"}}).encode()
    for lines in ((signed(), signed()), (signed(), signed(other))):
        [said] = told(judge(*lines), Says.NO)
        assert said.startswith("once: two statements ")
    # Two who say the same are two.
    assert judge(signed(), signed(key=P256), issuers=(KEY.did, P256.did)).says is Says.YES


def test_one_that_does_not_hold_is_found_among_others() -> None:
    other = json.dumps(STATEMENT | {"predicateType": "https://in-toto.io/attestation/scai/v0.3"}).encode()
    judged = judge(signed(), forged(signatures=[]), signed(other))
    assert told(judged, Says.NO) == ["signature: envelope 2: it is not signed"]
    assert len(judged.statements) == 2
    assert judged.vouched == "nobody"


def test_no_envelopes_and_too_many_hold_nothing() -> None:
    assert judge().says is Says.NO
    assert judge(*[b"x"] * 1_001).says is Says.NO


def test_a_site_that_publishes_its_key() -> None:
    document = json.dumps(did.document(WEB, KEY)).encode()
    line = signed(issuer=WEB)
    assert judge(line, issuers=(WEB,), identities={WEB: document}).says is Says.YES
    assert judge(line, issuers=(WEB,)).says is Says.UNKNOWN
    strange = json.dumps(did.document(WEB, STRANGER)).encode()
    assert "no such key" in told(judge(line, issuers=(WEB,), identities={WEB: strange}), Says.NO)[0]


@any_of(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_payload_type_name_or_signature_can_be_another(place: int, change: int) -> None:
    raw = bytearray(signed().strip())
    raw[place % len(raw)] ^= change
    judged = judge(bytes(raw))
    # A name that is none is ignored; whatever holds is what was signed.
    assert judged.says is not Says.YES or judged.statements == (STATEMENT,)


@any_of(st.binary(max_size=200))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    assert judge(*envelopes.lines_of(content)).says is Says.NO
