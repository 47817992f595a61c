"""Who an issuer is: ``did:key`` (the key itself) and ``did:web`` (a document that a web site publishes)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from assaymark.badges.keys import BadKey, Key, key_from_jwk, key_from_multibase

LIMIT = 100_000
_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?:%3A\d{1,5})?"
_WEB = re.compile(rf"did:web:({_HOST})((?::[A-Za-z0-9_-][A-Za-z0-9._-]*)*)")
_KEY = re.compile(r"did:key:(z[1-9A-HJ-NP-Za-km-z]{40,60})")


class BadIdentity(ValueError):
    """The issuer, or the document about it, is not what it should be; the text says why."""


def is_web(did: str) -> bool:
    """Whether it is a well-formed ``did:web``."""
    return len(did) <= 300 and _WEB.fullmatch(did) is not None


def is_key(did: str) -> bool:
    """Whether it is a well-formed ``did:key``."""
    return _KEY.fullmatch(did) is not None


def web_address(did: str) -> str:
    """Where the document of a ``did:web`` lies. Raises `BadIdentity`."""
    match = _WEB.fullmatch(did)
    if match is None:
        raise BadIdentity("it is not a did:web")
    folders = match[2].replace(":", "/") or "/.well-known"
    return f"https://{unquote(match[1])}{folders}/did.json"


def method(did: str, key: Key) -> str:
    """The name of the key below an identity, as a signature gives it."""
    return f"{did}#{key.multibase}"


def document(did: str, key: Key) -> dict[str, Any]:
    """What a web site publishes so that badges of its ``did:web`` can be checked."""
    name = method(did, key)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {"id": name, "type": "Multikey", "controller": did, "publicKeyMultibase": key.multibase}
        ],
        "assertionMethod": [name],
    }


def key_of_key(did: str, kid: str) -> Key:
    """The key that a ``did:key`` is. Raises `BadIdentity`."""
    match = _KEY.fullmatch(did)
    if match is None or kid != f"{did}#{match[1]}":
        raise BadIdentity("it is not a did:key, or its key has another name")
    try:
        return key_from_multibase(match[1])
    except BadKey as problem:
        raise BadIdentity(str(problem)) from problem


def key_of_web(did: str, kid: str, content: bytes) -> Key:
    """The key of that name out of the document of a ``did:web``. Raises `BadIdentity`."""
    found = _read(content)
    if found.get("id") != did:
        raise BadIdentity("the document is about somebody else")
    methods = [m for m in _list(found.get("verificationMethod")) if isinstance(m, dict) and m.get("id") == kid]
    if len(methods) != 1 or methods[0].get("controller") != did:
        raise BadIdentity("the document has no such key")
    named = [m["id"] if isinstance(m, dict) and "id" in m else m for m in _list(found.get("assertionMethod"))]
    if kid not in named:
        raise BadIdentity("the document does not let this key make statements")
    try:
        return _key(methods[0])
    except BadKey as problem:
        raise BadIdentity(f"the key in the document is of no use: {problem}") from problem


def _key(method: Mapping[str, Any]) -> Key:
    jwk, multibase = method.get("publicKeyJwk"), method.get("publicKeyMultibase")
    if isinstance(multibase, str) and jwk is None:
        return key_from_multibase(multibase)
    if isinstance(jwk, dict) and multibase is None:
        if "d" in jwk:
            raise BadKey("it is a private key, so anyone could have signed")
        return key_from_jwk(jwk)
    raise BadKey("there is none, or there are two")


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > LIMIT:
        raise BadIdentity(f"the document is larger than {LIMIT:,} bytes")
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise BadIdentity("the document is not JSON") from problem
    if not isinstance(found, dict):
        raise BadIdentity("the document is not an object")
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
