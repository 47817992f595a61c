"""What stands in a document in a packed form: base64 within base64, or compressed and then encoded.

A log or a message may hold one. Only what can be a text again is of interest: everything is bounded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

DEPTH = 3
LARGEST = 1_000_000
_MOST_STARTS = 32
_BUDGET = 100_000_000
_RUN = re.compile(r"[A-Za-z0-9+/_-]{24,}")
# The first line may have a word before it; the lookbehind keeps the search linear.
_LINES = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{48,}\s{1,4}(?:[A-Za-z0-9+/]{48,76}\s{1,4})*[A-Za-z0-9+/]{1,76}")
_SHORTEST = 12
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# A digest, or a name that ends in one, as records have by the thousand.
_DIGEST = re.compile(r"(?:[A-Za-z]{1,40}-)?[0-9a-f]+")
# After one of these a value may begin, although they can be part of one; gzip always begins with the last.
_BREAK = re.compile(r"[/_-]|(?=H4sI)")
_TO_PLAIN = str.maketrans("-_", "+/", " \t\r\n\f\v")


class TooMuch(Exception):
    """More is packed in the text than can be looked through in a reasonable time."""


def unpacked(text: str) -> Iterator[tuple[int, str]]:
    """Each text that is packed in a text, with the place at which it stands there; also what is packed in those.

    Raises `TooMuch`.
    """
    left = _BUDGET
    waiting = [(None, text, DEPTH)]  # type: list[tuple[int | None, str, int]]
    while waiting:
        place, outer, depth = waiting.pop()
        for pattern in (_RUN, _LINES):
            for run in pattern.finditer(outer):
                if _DIGEST.fullmatch(run[0]):
                    continue
                at = run.start() if place is None else place
                starts = _starts(run[0])
                left -= len(run[0]) * len(starts)
                if left < 0:
                    raise TooMuch
                for content in _contents(run[0].translate(_TO_PLAIN), starts):
                    yield at, content
                    if depth > 1:
                        waiting.append((at, content, depth - 1))


def _starts(run: str) -> list[int]:
    """Where a value may begin in a run: at one of four places, or after what may have joined it to another word."""
    breaks = [match.end() for match in _BREAK.finditer(run)][:_MOST_STARTS]
    return sorted({0, 1, 2, 3, *breaks})


def _contents(run: str, starts: list[int]) -> Iterator[str]:
    for start in starts:
        part = run[start:]
        try:
            data = binascii.a2b_base64(part[: len(part) - len(part) % 4] + _tail(part))
        except binascii.Error:
            continue
        content = _plain(data)
        if content is not None:
            yield content


def _tail(part: str) -> str:
    rest = part[len(part) - len(part) % 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


def _plain(data: bytes) -> str | None:
    """The text that the bytes are, compressed or not; None when they are none."""
    if data[:2] == b"\x1f\x8b" or (data[:1] == b"\x78" and data[1:2] in b"\x01\x5e\x9c\xda"):
        return _inflated(data)
    if data[:3] == b"BZh" or data[:6] == b"\xfd7zXZ\0":
        return _other(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        # What follows a value in the same run is no part of it; a few letters come about by chance.
        text = data[: problem.start].decode("utf-8") if problem.start >= _SHORTEST else ""
    text = _CONTROL.split(text, maxsplit=1)[0]
    return text if len(text) >= _SHORTEST else None


def _inflated(data: bytes) -> str | None:
    import zlib

    try:
        return zlib.decompressobj(wbits=47).decompress(data, LARGEST).decode("utf-8", "replace")
    except zlib.error:
        return None


def _other(data: bytes) -> str | None:
    import bz2
    import lzma

    try:
        maker = bz2.BZ2Decompressor() if data[:1] == b"B" else lzma.LZMADecompressor(memlimit=64_000_000)
        return maker.decompress(data, LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError, lzma.LZMAError):
        return None
