"""The first message of TLS, written by hand, and what comes back.

The TLS library of this machine no longer offers what is old or weak, and so cannot ask whether a service still takes
it. One message of a client is enough to ask, and the answer is read no further than version and cipher.
"""

from __future__ import annotations

import os
from typing import NamedTuple

VERSIONS = {"SSL 3.0": 0x0300, "TLS 1.0": 0x0301, "TLS 1.1": 0x0302, "TLS 1.2": 0x0303}
# Numbers of the IANA registry of cipher suites, in groups of which nobody should take any.
WEAK: dict[str, tuple[int, ...]] = {
    "no encryption": (0x0001, 0x0002, 0x003B, 0xC001, 0xC006, 0xC010),
    "no authentication": (0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D, 0x00A6, 0x00A7, *range(0xC015, 0xC01A)),
    "export keys": (0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014, 0x0017, 0x0019, 0x0062, 0x0064),
    "RC4": (0x0004, 0x0005, 0x0018, 0xC007, 0xC011),
    "DES or 3DES": (0x0009, 0x000A, 0x000C, 0x000D, 0x000F, 0x0010, 0x0012, 0x0013, 0x0015, 0x0016, 0xC008, 0xC012),
    "no forward secrecy": (0x002F, 0x0035, 0x003C, 0x003D, 0x0041, 0x0084, 0x009C, 0x009D),
}
# What a client of the time of the old versions would offer, the weak ones included: any of them shows the version.
USUAL = (0xC02B, 0xC02F, 0xC009, 0xC013, 0xC00A, 0xC014, 0x0033, 0x0039, 0x002F, 0x0035, 0x000A, 0x0005, 0xC008, 0xC012)
LONGEST = 4096
_HANDSHAKE, _HELLO = 22, 2


class Reply(NamedTuple):
    """What the service chose, or that it refused."""

    version: int
    cipher: int


def message(version: int, ciphers: tuple[int, ...], host: str | None) -> bytes:
    """A ClientHello of one version that offers these ciphers and no others; ``host`` is a name, not a number."""
    suites = b"".join(c.to_bytes(2) for c in ciphers)
    body = version.to_bytes(2) + os.urandom(32) + b"\0" + _counted(suites, 2) + b"\x01\x00"
    if version > VERSIONS["SSL 3.0"]:
        body += _counted(_extensions(version, host), 2)
    hello = b"\x01" + _counted(body, 3)
    return bytes([_HANDSHAKE]) + min(version, 0x0301).to_bytes(2) + _counted(hello, 2)


def _extensions(version: int, host: str | None) -> bytes:
    found = b""
    if host is not None:
        found += _extension(0, _counted(b"\0" + _counted(host.encode("ascii"), 2), 2))
    found += _extension(10, _counted(b"".join(g.to_bytes(2) for g in (0x001D, 0x0017, 0x0018, 0x0019)), 2))
    found += _extension(11, _counted(b"\0", 1))
    if version >= VERSIONS["TLS 1.2"]:
        signatures = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
        found += _extension(13, _counted(b"".join(s.to_bytes(2) for s in signatures), 2))
    return found


def _extension(number: int, data: bytes) -> bytes:
    return number.to_bytes(2) + _counted(data, 2)


def _counted(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width) + data


def reply(data: bytes) -> Reply | None:
    """The ServerHello at the beginning of an answer; None when it is another message, an alert say.

    Raises ValueError while there is too little to tell.
    """
    if len(data) < 1:
        raise ValueError("nothing yet")
    if data[0] != _HANDSHAKE:
        return None
    if len(data) < 5 + 4 + 35:
        raise ValueError("not enough yet")
    if data[5] != _HELLO:
        return None
    end = 44 + data[43]
    if len(data) < end + 2:
        raise ValueError("not enough yet")
    return Reply(int.from_bytes(data[9:11]), int.from_bytes(data[end : end + 2]))
