"""JSON Web Signatures in compact form: only what a badge needs, and nothing that a document could choose for itself.

The key comes from the issuer's identity, never out of the document; the algorithm comes from the key.
"""

from __future__ import annotations

import base64
import binascii
import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from assaymark.badges.keys import Key
from assaymark.records import NamedTuple

LIMIT = 1_000_000
HEADER = frozenset({"alg", "kid", "typ"})
ALGORITHMS = frozenset({"EdDSA", "Ed25519", "ES256"})
TYPES = ("JWT", "vc+jwt")


class Unsigned(Exception):
    """It is not signed as it should be; the text says why."""


class Parts(NamedTuple):
    """A token taken apart, its signature not looked at yet: nothing of it may be believed."""

    header: dict[str, Any]
    claims: dict[str, Any]


def sign(claims: Mapping[str, Any], key: Key, kid: str) -> str:
    """The token; the same claims give the same text, and with Ed25519 the same signature."""
    from joserfc import jws

    payload = json.dumps(claims, separators=(",", ":"), sort_keys=True, ensure_ascii=True).encode()
    algorithm = key.algorithms[0]
    header = {"alg": algorithm, "kid": kid, "typ": TYPES[0]}
    with warnings.catch_warnings():
        # "EdDSA" has a newer name, which most verifiers do not know yet.
        warnings.simplefilter("ignore")
        return jws.serialize_compact(header, payload, key.jwk, algorithms=[algorithm])


def parts(token: str) -> Parts:
    """Header and claims of a token. Raises `Unsigned` for anything out of the ordinary."""
    if len(token) > LIMIT:
        raise Unsigned(f"it is longer than {LIMIT:,} characters")
    pieces = token.split(".")
    if len(pieces) != 3 or not token.isascii():
        raise Unsigned("it is not a signed token")
    header, claims = _object(pieces[0]), _object(pieces[1])
    if header.get("alg") not in ALGORITHMS:
        raise Unsigned(f"the algorithm {str(header.get('alg'))[:20]!r} is not accepted")
    strange = sorted(set(header) - HEADER)
    if strange:
        raise Unsigned(f"its header brings along what it may not: {', '.join(strange)[:100]}")
    if header.get("typ") not in TYPES or not isinstance(header.get("kid"), str):
        raise Unsigned("its header does not say what it is and by which key")
    if not _raw(pieces[2]):
        raise Unsigned("it is not signed")
    return Parts(header, claims)


def verified(token: str, key_of: Callable[[str, str], Key]) -> dict[str, Any]:
    """The claims of a token whose signature holds. ``key_of(issuer, kid)`` gives the key, or raises.

    Raises `Unsigned` otherwise.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    found = parts(token)
    issuer = found.claims.get("iss")
    if not isinstance(issuer, str):
        raise Unsigned("it does not say who issued it")
    kid = found.header["kid"]
    if kid.partition("#")[0] != issuer:
        raise Unsigned("its key is not one of its issuer")
    key = key_of(issuer, kid)
    if found.header["alg"] not in key.algorithms:
        raise Unsigned(f"the algorithm {found.header['alg']} is not that of the issuer's key")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            jws.deserialize_compact(token, key.jwk, algorithms=[found.header["alg"]])
    except (JoseError, ValueError, TypeError) as problem:
        raise Unsigned("the signature does not belong to it") from problem
    return found.claims


def strictly(raw: bytes) -> Any:
    """JSON in UTF-8 without a member that is there twice, of which readers would believe one or the other.

    Raises ValueError or RecursionError.
    """
    return json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)


def _object(piece: str) -> dict[str, Any]:
    try:
        found = strictly(_raw(piece))
    except (ValueError, RecursionError) as problem:
        raise Unsigned("it is not a signed token") from problem
    if not isinstance(found, dict):
        raise Unsigned("it is not a signed token")
    return found


def _raw(piece: str) -> bytes:
    """The bytes that a piece stands for, in the one way in which they are written."""
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Unsigned("it is not a signed token") from problem
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != piece:
        raise Unsigned("it is not a signed token")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _never(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
