"""Keys of issuers: read from a file or the environment, never from a command line, and never written anywhere.

Two kinds are known: Ed25519 (signs as EdDSA) and P-256 (ES256). The kind of the key decides the algorithm, never what a
signed document says of itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assaymark.errors import InputError

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OKPKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LIMIT = 20_000
# The multicodec of each kind of public key, as two bytes of a varint, and how many bytes follow.
_CODECS = {"Ed25519": (b"\xed\x01", 32), "P-256": (b"\x80\x24", 33)}
_MISSING = 'install what signs and checks: pip install "assaymark[sign]"'


class BadKey(ValueError):
    """What should be a key is none of a known kind; the text never holds any of it."""


@dataclass(frozen=True)
class Key:
    """A public key, or a private one; ``repr`` shows neither."""

    jwk: OKPKey | ECKey = field(repr=False)

    @property
    def private(self) -> bool:
        """Whether it can sign."""
        return self.jwk.is_private

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it signs as; the first is the one that we write, the others are newer names for the same."""
        return ("EdDSA", "Ed25519") if self.kind == "Ed25519" else ("ES256",)

    @cached_property
    def kind(self) -> str:
        """``Ed25519`` or ``P-256``."""
        return str(self.jwk.curve_name)

    @cached_property
    def multibase(self) -> str:
        """The public half as a Multikey."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public: Any = self.jwk.public_key
        ed25519 = self.kind == "Ed25519"
        form = (Encoding.Raw, PublicFormat.Raw) if ed25519 else (Encoding.X962, PublicFormat.CompressedPoint)
        return "z" + base58(_CODECS[self.kind][0] + public.public_bytes(*form))

    @property
    def did(self) -> str:
        """The identity that is nothing but this key."""
        return f"did:key:{self.multibase}"


def needs_sign() -> None:
    """Raises InputError with what to install when the libraries are not there."""
    try:
        import cryptography
        import joserfc  # noqa: F401 only whether it is there
    except ImportError as problem:
        raise InputError("signing and checking need libraries that are not installed", hint=_MISSING) from problem
    del cryptography


def fresh() -> Key:
    """A new private key, which is nowhere but in this process."""
    needs_sign()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _checked(Ed25519PrivateKey.generate())


def signing_key(text: str, where: str) -> Key:
    """A private key as PEM (PKCS #8) or JWK.

    Raises InputError, which never quotes the text.
    """
    needs_sign()
    try:
        found = key_from_jwk(_object(text)) if text.lstrip().startswith("{") else _from_pem(text)
    except BadKey as problem:
        raise InputError(str(problem), where=where, hint="make one: openssl genpkey -algorithm ed25519") from None
    if not found.private:
        raise InputError("this is a public key; signing needs the private one", where=where)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKey("it is neither a PEM nor a JWK") from None
    if not isinstance(found, dict):
        raise BadKey("it is neither a PEM nor a JWK")
    return found


def _from_pem(text: str) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return _checked(load_pem_private_key(text.encode("utf-8", "replace"), None))
    except TypeError:
        raise BadKey("it is protected by a password, which cannot be asked for here") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("it is neither a PEM nor a JWK") from None


def key_from_jwk(found: dict[str, Any]) -> Key:
    """A key of one of the two kinds. Raises `BadKey`."""
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey

    kinds: dict[tuple[str, str], type[OKPKey] | type[ECKey]] = {
        ("OKP", "Ed25519"): OKPKey,
        ("EC", "P-256"): ECKey,
    }
    kind = kinds.get((str(found.get("kty")), str(found.get("crv"))))
    if kind is None:
        raise BadKey("it is not a key of Ed25519 or P-256")
    names = ("kty", "crv", "x", "y", "d")
    try:
        return Key(kind.import_key({n: found[n] for n in names if n in found}))
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadKey("it is not a whole key") from None


def key_from_multibase(text: str) -> Key:
    """A public key written as a Multikey. Raises `BadKey`."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(text) > 100 or not text.startswith("z"):
        raise BadKey("it is not a Multikey")
    raw = unbase58(text[1:])
    for kind, (codec, size) in _CODECS.items():
        if raw.startswith(codec) and len(raw) == size + len(codec):
            body = raw[len(codec) :]
            try:
                if kind == "Ed25519":
                    return _checked(Ed25519PublicKey.from_public_bytes(body))
                return _checked(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), body))
            except ValueError:
                raise BadKey("it is not a point of its curve") from None
    raise BadKey("it is not a key of Ed25519 or P-256")


def _checked(raw: object) -> Key:
    """One of the two kinds, out of what cryptography read."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from joserfc.jwk import ECKey, OKPKey

    if isinstance(raw, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return Key(OKPKey.import_key(raw))
    if isinstance(raw, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and raw.curve.name == "secp256r1":
        return Key(ECKey.import_key(raw))
    raise BadKey("it is not a key of Ed25519 or P-256")


def base58(raw: bytes) -> str:
    """Bytes in the alphabet of Bitcoin, as Multikey has them."""
    number, out = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = ALPHABET[rest] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out


def unbase58(text: str) -> bytes:
    """The way back. Raises `BadKey`."""
    number = 0
    for character in text:
        if character not in ALPHABET:
            raise BadKey("it is not base58")
        number = number * 58 + ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
