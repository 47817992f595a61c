"""Words of strangers made harmless: one line, no control characters, of bounded length."""

from __future__ import annotations

from assaymark.patterns import late

# C0 and C1 controls, bidirectional overrides, zero-width characters, and halves of surrogate pairs.
_UNSAFE = late("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_ESCAPE = late(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,10}[@-~]|\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_SPACES = late(r"\s+")


def one_line(text: str, limit: int = 400) -> str:
    """A text as one printable line of at most ``limit`` characters."""
    plain = _UNSAFE.sub(" ", _ESCAPE.sub("", text[: limit * 4]))
    plain = _SPACES.sub(" ", plain).strip()
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def last_lines(data: bytes, count: int = 6, limit: int = 500) -> str:
    """The end of a program's output, the place where it says what went wrong, as one line."""
    lines = [one_line(line, limit) for line in data[-20_000:].decode("utf-8", "replace").splitlines()[-50:]]
    telling = [line for line in lines if any(c.isalnum() for c in line)][-count:]
    while len(telling) > 1 and len(" / ".join(telling)) > limit:
        telling = telling[1:]
    return one_line(" / ".join(telling), limit)
