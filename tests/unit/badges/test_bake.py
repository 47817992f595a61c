from __future__ import annotations

import contextlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.badges import bake, jose, keys
from assaymark.badges.bake import Baked, NotBaked

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TOKEN = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PICTURE = SIGNATURE + HEADER + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
TEXT = chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + TOKEN.encode())


def test_into_a_png_and_out_again() -> None:
    png = bake.into_png(PICTURE, TOKEN)
    assert png == SIGNATURE + HEADER + TEXT + PICTURE[len(SIGNATURE + HEADER) :]
    assert bake.extract(png) == Baked(TOKEN, "png", PICTURE)


def test_a_bare_credential() -> None:
    assert bake.extract(f"{TOKEN}\n".encode()) == Baked(TOKEN, "token", b"")


END = chunk(b"IEND", b"")
BODY = PICTURE[len(SIGNATURE + HEADER) :]
BAD = {
    "two texts": SIGNATURE + HEADER + TEXT + TEXT + BODY,
    "none": PICTURE,
    "compressed": SIGNATURE + HEADER + chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0x") + BODY,
    "in another language": SIGNATURE + HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0en\0\0x") + BODY,
    "beside other text": SIGNATURE + HEADER + TEXT + chunk(b"tEXt", b"openbadges\0x") + BODY,
    "with a wrong sum": SIGNATURE + HEADER + TEXT[:-1] + b"\0" + BODY,
    "cut off": SIGNATURE + HEADER + TEXT[:20],
    "with more behind it": bake.into_png(PICTURE, TOKEN) + b"more",
    "no token": SIGNATURE + HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0<svg>") + BODY,
    "a length beyond the end": SIGNATURE + struct.pack(">I4s", 2**31, b"IHDR"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_png_that_is_not_as_it_should_be(name: str) -> None:
    with pytest.raises(NotBaked):
        bake.extract(BAD[name])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    for data in (content, SIGNATURE + content, b"<svg>" + content):
        with contextlib.suppress(NotBaked):
            assert bake.extract(data).kind == "token"


@given(st.text(max_size=200))
def test_any_text_is_no_signed_token(text: str) -> None:
    with pytest.raises(jose.Unsigned):
        jose.parts(text)


@given(st.binary(max_size=80))
def test_base58_both_ways(raw: bytes) -> None:
    assert keys.unbase58(keys.base58(raw)) == raw


@given(st.text(max_size=90))
def test_any_text_is_a_key_or_not(text: str) -> None:
    with pytest.raises(keys.BadKey):
        keys.key_from_multibase(text)
