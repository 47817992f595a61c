"""Text of others inside GitHub's Markdown and fields, beyond what `assaymark.wording` does for every Markdown."""

from __future__ import annotations

import re

from assaymark.wording import markdown, one_line

# GitHub turns what may be a commit into a link; a zero-width space after six signs is not seen and ends that.
_COMMIT = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{6})(?=[0-9a-f]{1,58}(?![0-9A-Za-z]))", re.IGNORECASE)


def safe(text: str, limit: int = 600) -> str:
    """One line for a table cell or a sentence: nobody is mentioned, nothing is linked, no markup is left."""
    return _COMMIT.sub("\\1\u200b", markdown(one_line(text, limit)))


def code(text: str, limit: int = 300) -> str:
    """One line as code."""
    return f"<code>{safe(text, limit)}</code>"


def size(text: str) -> int:
    """Characters as the strictest reader of GitHub's limits counts them: those beyond the first plane are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_bytes(text: str, limit: int) -> str:
    """Text of at most ``limit`` bytes of UTF-8, cut between characters."""
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= limit else data[: limit - 3].decode("utf-8", "ignore") + "..."
