"""DSSE envelopes, version 1.0.0: a document, what kind it is, and a signature over both.

As in a badge, the key comes from the signer's identity and the algorithm from the key; nothing that an envelope says of
itself chooses either.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.badges.jose import Unsigned, strictly
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.badges.keys import Key

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
LIMIT = 20_000_000


class Envelope(NamedTuple):
    """An envelope taken apart, its signature not looked at yet: nothing of it may be believed."""

    body: bytes
    kid: str
    signature: bytes


class Signed(NamedTuple):
    """An in-toto statement whose signature holds, and the identity that the key belongs to."""

    issuer: str
    statement: dict[str, Any]


def pae(kind: str, body: bytes) -> bytes:
    """What is signed: both parts with their length in bytes, so that none can pass for a piece of the other."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


def sign(body: bytes, key: Key, kid: str) -> str:
    """An in-toto statement in its envelope, one line of JSON; with Ed25519 the same bytes every time."""
    envelope = {
        "payload": base64.b64encode(body).decode(),
        "payloadType": PAYLOAD,
        "signatures": [{"keyid": kid, "sig": base64.b64encode(_signature(pae(PAYLOAD, body), key)).decode()}],
    }
    return json.dumps(envelope, separators=(",", ":"), sort_keys=True) + "\n"


def parts(line: bytes) -> Envelope:
    """An envelope around an in-toto statement, with exactly one signature. Raises `Unsigned`.

    Members that the specification does not know are ignored, as it demands; they are not signed.
    """
    if len(line) > LIMIT:
        raise Unsigned(f"it is larger than {LIMIT // 1_000_000} MB")
    try:
        found = strictly(line)
    except (ValueError, RecursionError) as problem:
        raise Unsigned("it is not an envelope") from problem
    if not isinstance(found, dict) or not {"payload", "payloadType"} <= set(found):
        raise Unsigned("it is not an envelope")
    if found["payloadType"] != PAYLOAD:
        raise Unsigned(f"it is of the type {str(found['payloadType'])[:60]!r}, not a statement of in-toto")
    signature = _only(found.get("signatures"))
    kid, raw = signature.get("keyid"), _raw(signature.get("sig"))
    if not raw:
        raise Unsigned("it is not signed")
    if not isinstance(kid, str) or not kid:
        raise Unsigned("it does not say by which key it is signed")
    return Envelope(_raw(found["payload"]), kid, raw)


def verified(line: bytes, key_of: Callable[[str, str], Key]) -> Signed:
    """The statement of an envelope whose signature holds. ``key_of(issuer, kid)`` gives the key, or raises.

    Raises `Unsigned` otherwise.
    """
    found = parts(line)
    issuer, _, fragment = found.kid.partition("#")
    # A did:key is its only key, which others name by the identity alone.
    kid = found.kid if fragment else f"{issuer}#{issuer.removeprefix('did:key:')}"
    if not _holds(found, key_of(issuer, kid)):
        raise Unsigned("the signature does not belong to it: the content, its type or the key is another")
    return Signed(issuer, _statement(found.body))


def _only(signatures: object) -> Mapping[str, Any]:
    if not isinstance(signatures, list) or not signatures:
        raise Unsigned("it is not signed")
    if len(signatures) > 1:
        raise Unsigned(f"it carries {len(signatures)} signatures where one is expected")
    if not isinstance(signatures[0], dict):
        raise Unsigned("it is not signed")
    return signatures[0]


def _statement(body: bytes) -> dict[str, Any]:
    try:
        found = strictly(body)
    except (ValueError, RecursionError) as problem:
        raise Unsigned("what is signed is not a statement of in-toto") from problem
    if not isinstance(found, dict) or found.get("_type") != STATEMENT:
        raise Unsigned("what is signed is not a statement of in-toto")
    subjects = found.get("subject")
    named = subjects if isinstance(subjects, list) else []
    if not named or not all(isinstance(s, dict) and isinstance(s.get("digest"), dict) and s["digest"] for s in named):
        raise Unsigned("what is signed does not say what it is about")
    if not isinstance(found.get("predicateType"), str) or not isinstance(found.get("predicate"), dict):
        raise Unsigned("what is signed claims nothing")
    return found


def _signature(message: bytes, key: Key) -> bytes:
    private: Any = key.jwk.private_key
    return bytes(private.sign(message, *_how(key)))


def _holds(found: Envelope, key: Key) -> bool:
    from cryptography.exceptions import InvalidSignature

    public: Any = key.jwk.public_key
    try:
        public.verify(found.signature, pae(PAYLOAD, found.body), *_how(key))
    except InvalidSignature:
        return False
    return True


def _how(key: Key) -> tuple[Any, ...]:
    """How a key of this kind signs: Ed25519 has one way, P-256 signs a SHA-256, in ASN.1 as in every envelope."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    return () if key.kind == "Ed25519" else (ec.ECDSA(SHA256()),)


def _raw(text: object) -> bytes:
    """The bytes that a text stands for, in either alphabet: the specification lets a signer choose."""
    if not isinstance(text, str):
        raise Unsigned("it is not an envelope")
    plain = text.replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Unsigned("it is not an envelope") from problem
    if base64.b64encode(raw).decode() != plain:
        raise Unsigned("it is not an envelope")
    return raw
