"""The list in which an issuer marks what is revoked: a long string of bits, compressed, itself a signed credential."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from assaymark.badges.credential import exact, stamp, when
from assaymark.records import NamedTuple

BITS = 131_072  # at least so many, so that a lookup does not tell which badge is asked about
MAX_BYTES = 2_000_000  # when unpacked
LIFETIME = timedelta(days=30)
CONTEXT = "https://www.w3.org/ns/credentials/v2"


class BadList(Exception):
    """The list cannot be relied on; the text says why."""


class StatusList(NamedTuple):
    """A list as issued; ``revoked`` are the places whose bit is set."""

    issuer: str
    address: str
    valid_from: datetime
    valid_until: datetime
    bits: bytes

    def revoked(self, place: int) -> bool:
        """Whether the bit is set. Raises `BadList` when the list is too short."""
        if not 0 <= place < len(self.bits) * 8:
            raise BadList(f"the list has no place {place}")
        return bool(self.bits[place // 8] & (0x80 >> place % 8))


def packed(places: Iterable[int], bits: int = BITS) -> bytes:
    """Bits of which those at ``places`` are set."""
    found = bytearray(bits // 8)
    for place in places:
        found[place // 8] |= 0x80 >> place % 8
    return bytes(found)


def claims(given: StatusList) -> dict[str, Any]:
    """The list as claims of a JWT; the same list gives the same claims."""
    encoded = base64.urlsafe_b64encode(gzip.compress(given.bits, 9, mtime=0)).decode().rstrip("=")
    return _claims(given, f"u{encoded}")


def _claims(given: StatusList, encoded: str) -> dict[str, Any]:
    return {
        "@context": [CONTEXT],
        "id": given.address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": given.issuer,
        "validFrom": stamp(given.valid_from),
        "validUntil": stamp(given.valid_until),
        "credentialSubject": {
            "id": f"{given.address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
        "iss": given.issuer,
        "sub": f"{given.address}#list",
        "jti": given.address,
        "nbf": int(given.valid_from.timestamp()),
        "exp": int(given.valid_until.timestamp()),
    }


def list_of(found: Mapping[str, Any]) -> StatusList:
    """The list that claims say. Raises `BadList` when they say anything else, or too much."""
    try:
        encoded = found["credentialSubject"]["encodedList"]
        given = StatusList(
            found["issuer"], found["id"], when(found["validFrom"]), when(found["validUntil"]), _unpacked(encoded)
        )
        again = _claims(given, encoded)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise BadList("it is not a list of what is revoked") from problem
    if exact(again) != exact(dict(found)):
        raise BadList("it is not a list of what is revoked, or it contradicts itself")
    return given


def _unpacked(encoded: str) -> bytes:
    """Within limits, however small it came."""
    if not encoded.startswith("u") or len(encoded) > MAX_BYTES:
        raise BadList("the list is too large or in another form")
    try:
        raw = base64.b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj(wbits=31)
        bits = reader.decompress(raw, MAX_BYTES + 1)
    except (binascii.Error, zlib.error) as problem:
        raise BadList("the list cannot be unpacked") from problem
    if len(bits) > MAX_BYTES:
        raise BadList(f"the list is larger than {MAX_BYTES:,} bytes")
    if not reader.eof or reader.unused_data or len(bits) * 8 < BITS:
        raise BadList("the list is cut off or too short")
    return bits
