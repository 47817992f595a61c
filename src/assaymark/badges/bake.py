"""A credential inside a picture: found in an SVG or PNG that anyone may have made, and put into a PNG.

(An SVG is drawn with its credential, see `svg.render`.)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from assaymark.records import NamedTuple

LIMIT = 2_000_000
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
KEYWORD = b"openbadgecredential"
_PNG = b"\x89PNG\r\n\x1a\n"
_TOKEN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


class NotBaked(Exception):
    """There is not exactly one credential in it; the text says why."""


class Baked(NamedTuple):
    """The credential, what it was baked into (``svg``, ``png``; ``token`` when it came bare), and the picture.

    The picture of an SVG is all of it, that of a PNG is without the credential.
    """

    token: str
    kind: str
    picture: bytes


def extract(content: bytes) -> Baked:
    """The one credential of a picture, or of a file that is nothing but the credential. Raises `NotBaked`."""
    if len(content) > LIMIT:
        raise NotBaked(f"it is larger than {LIMIT // 1_000_000} MB")
    if content.startswith(_PNG):
        return _from_png(content)
    bare = content.strip()
    if bare and _TOKEN_BYTES.issuperset(bare):
        return Baked(bare.decode("ascii"), "token", b"")
    return _from_svg(content)


def _from_svg(content: bytes) -> Baked:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as problem:
        raise NotBaked("it is neither an SVG nor a PNG nor a credential") from problem
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise NotBaked("it is neither an SVG nor a PNG nor a credential")
    found = [e for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(f"{{{NAMESPACE}}}")]
    if len(found) != 1 or found[0] is not root[0]:
        raise NotBaked(f"there are {len(found)} credentials in it, or not where they belong" if found else _NONE)
    token = found[0].get("verify", "")
    if found[0].tag != f"{{{NAMESPACE}}}credential" or set(found[0].attrib) != {"verify"} or len(found[0]):
        raise NotBaked("the credential in it is of another kind than assaymark makes")
    return Baked(token, "svg", content)


_NONE = "there is no credential in it: the badge is only a picture"


def _from_png(content: bytes) -> Baked:
    tokens, rest = [], [_PNG]
    for kind, body in _chunks(content):
        if kind == b"iTXt" and body.partition(b"\0")[0] == KEYWORD:
            tokens.append(_text(body))
        elif kind in (b"iTXt", b"tEXt", b"zTXt"):
            raise NotBaked("there is other text in it than the credential")
        else:
            rest.append(_chunk(kind, body))
    if len(tokens) != 1:
        raise NotBaked(f"there are {len(tokens)} credentials in it" if tokens else _NONE)
    return Baked(tokens[0], "png", b"".join(rest))


def into_png(picture: bytes, token: str) -> bytes:
    """The picture with the credential as its one text, right behind the header."""
    chunks = [_chunk(kind, body) for kind, body in _chunks(picture)]
    text = _chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + token.encode("ascii"))
    return b"".join([_PNG, chunks[0], text, *chunks[1:]])


def _text(body: bytes) -> str:
    head = KEYWORD + b"\0\0\0\0\0"  # not compressed, no language, no translated keyword
    if not body.startswith(head) or not _TOKEN_BYTES.issuperset(body[len(head) :]):
        raise NotBaked("the credential in it is of another kind than assaymark makes")
    return body[len(head) :].decode("ascii")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(content):
        if at + 12 > len(content):
            raise NotBaked("the PNG is cut off")
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + size]
        if len(body) != size or content[at + 8 + size : at + 12 + size] != _sum(kind, body):
            raise NotBaked("the PNG is cut off or damaged")
        yield kind, body
        at += size + 12
        if kind == b"IEND" and at != len(content):
            raise NotBaked("something follows the PNG")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + _sum(kind, body)


def _sum(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + body))
