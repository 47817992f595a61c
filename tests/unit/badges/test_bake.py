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
    "with a whole chunk behind it": bake.into_png(PICTURE, TOKEN) + chunk(b"aaAa", b"more"),
    "too large": SIGNATURE + HEADER + TEXT + chunk(b"aaAa", bytes(3_000_000)) + BODY,
    "no token": SIGNATURE + HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0<svg>") + BODY,
    "a length beyond the end": SIGNATURE + struct.pack(">I4s", 2**31, b"IHDR"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_png_that_is_not_as_it_should_be(name: str) -> None:
    with pytest.raises(NotBaked):
        bake.extract(BAD[name])


BAKED = f'<openbadges:credential xmlns:openbadges="{bake.NAMESPACE}" verify="{TOKEN}"/>'
WHOLE = f'<svg xmlns="http://www.w3.org/2000/svg">{BAKED}<g/></svg>'
BAD_SVG = {
    "none": (WHOLE.replace(BAKED, ""), "only a picture"),
    "two": (WHOLE.replace(BAKED, BAKED * 2), "2 credentials"),
    "not the first": (WHOLE.replace(f"{BAKED}<g/>", f"<g/>{BAKED}"), "not where they belong"),
    "within a group": (WHOLE.replace(BAKED, f"<g>{BAKED}</g>"), "not where they belong"),
    "another element": (WHOLE.replace(":credential ", ":assertion "), "of another kind"),
    "another attribute": (WHOLE.replace(" verify=", ' id="a" verify='), "of another kind"),
    "something in it": (WHOLE.replace(f'{TOKEN}"/>', f'{TOKEN}"><a/></openbadges:credential>'), "of another kind"),
    "in a page": (f"<html>{WHOLE}</html>", "neither an SVG"),
    "in another namespace": (WHOLE.replace("2000/svg", "2001/svg"), "neither an SVG"),
    "with a document type": (f"<!DOCTYPE svg>{WHOLE}", "neither an SVG"),
    "with an entity": (f'<!DOCTYPE svg [<!ENTITY a "b">]>{WHOLE}', "neither an SVG"),
    "cut off": (WHOLE[:-3], "neither an SVG"),
    "too large": (WHOLE + " " * 2_000_000, "larger than"),
}


def test_out_of_an_svg() -> None:
    assert bake.extract(WHOLE.encode()) == Baked(TOKEN, "svg", WHOLE.encode())


@pytest.mark.parametrize("name", BAD_SVG)
def test_an_svg_that_is_not_as_it_should_be(name: str) -> None:
    text, message = BAD_SVG[name]
    with pytest.raises(NotBaked, match=message):
        bake.extract(text.encode())


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
