"""Text of others inside GitHub's Markdown and fields, beyond what `assaymark.wording` does for every Markdown."""

from __future__ import annotations

import re

from assaymark.wording import markdown, one_line

# GitHub turns what may be a commit into a link: a zero-width space after every six signs is not seen and ends that.
_COMMIT = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{7,40}(?![0-9A-Za-z])", re.IGNORECASE)
# GitHub draws :tada: as a picture, and :white_check_mark: as one that looks like a verdict.
_PICTURE = re.compile(r":(?=[a-z0-9_+\\-]{1,90}:)", re.IGNORECASE)
# So much longer than it may be shown is a text looked at: one of megabytes costs nothing.
_BLANKS = 8


def safe(text: str, limit: int = 600) -> str:
    """One line for a table cell or a sentence: nobody is mentioned, nothing is linked, no markup is left."""
    return _PICTURE.sub(":\u200b", _COMMIT.sub(_broken, markdown(one_line(text[: limit * _BLANKS], limit))))


def _broken(match: re.Match[str]) -> str:
    return "\u200b".join(match[0][n : n + 6] for n in range(0, len(match[0]), 6))


def code(text: str, limit: int = 300) -> str:
    """One line as code, in which nothing is linked anyway."""
    return f"<code>{markdown(one_line(text[: limit * _BLANKS], limit))}</code>"


def path(text: str, limit: int = 160) -> str:
    """A path as code that may be broken after each folder, so that a table stays narrow."""
    return f"<code>{markdown(one_line(text[: limit * _BLANKS], limit)).replace('/', '/<wbr>')}</code>"


def size(text: str) -> int:
    """Characters as the strictest reader of GitHub's limits counts them: those beyond the first plane are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_bytes(text: str, limit: int) -> str:
    """Text of at most ``limit`` bytes of UTF-8, cut between characters."""
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= limit else data[: limit - 3].decode("utf-8", "ignore") + "..."
