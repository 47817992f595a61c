"""How text that others wrote is made safe to show, and the words and marks of outcomes and levels.

Messages, paths and names come from the judged repository and from tools: hostile until escaped. `utf8` is the least
that every format needs, `visible` is for what a person reads, and each markup has its own function on top.
"""

from __future__ import annotations

import re

from assaymark.model import Grade, Level, Location, Outcome, Severity, Subject
from assaymark.patterns import late

MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.UNKNOWN: "?",
    Outcome.ERROR: "!",
}
PLAIN_MARKS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAIL",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.UNKNOWN: "?",
    Outcome.ERROR: "ERR",
}
OUTCOME_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.UNKNOWN: "unknown",
    Outcome.ERROR: "error",
}
GRADE_WORDS = {
    Grade.MEASURED: "measured",
    Grade.SELF_REPORTED: "self-reported: came out of the project's own code",
    Grade.ATTESTED: "attested: a person said so",
}
LEVEL_WORDS = {Level.NONE: "no level", Level.BRONZE: "bronze", Level.SILVER: "silver", Level.GOLD: "gold"}
SEVERITY_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

# Everything that moves the cursor, hides, reorders or is no character at all: C0 but tab and newline, DEL, C1, soft
# hyphen, bidirectional controls, separators, invisible operators, BOM, interlinear marks, tags, non-characters.
_INVISIBLE = late(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATE = late("[\ud800-\udfff]")
_MARKDOWN = late(r"([\\`*_\[\]#|~$])")
_MENTION = late(r"(@(?=\w)|#(?=\w)|\bGH-(?=\d))", re.IGNORECASE)
_AUTOLINK = late(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[:.])")
_COMMAND = late(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def utf8(text: str) -> str:
    """Text that can be encoded: a byte that was not UTF-8 becomes ``\\xNN``, as Git shows it."""
    return _SURROGATE.sub(_escaped, text) if not text.isascii() else text


def visible(text: str) -> str:
    """The same, with every control, invisible and reordering character shown by its number. Tabs and newlines stay."""
    return _INVISIBLE.sub(_escaped, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int | None = None) -> str:
    """Visible text with runs of blanks as one blank, cut to ``limit`` characters with an ellipsis."""
    flat = " ".join(visible(text).split())
    return flat if limit is None or len(flat) <= limit else flat[: limit - 3].rstrip() + "..."


def log_safe(text: str) -> str:
    """A whole document that may go into a CI log: no line is a workflow command (``::x::``, ``##[x]``)."""
    return _COMMAND.sub(r"\1: ", text).replace("##[", "## [")


def markup(text: str) -> str:
    """Text for HTML and XML, in content and in quoted attributes; never a workflow command."""
    safe = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return safe.replace("'", "&#39;").replace("::", ":&#58;").replace("##[", "##&#91;")


def markdown(text: str) -> str:
    """Text for one line or table cell of GitHub's Markdown: no markup, mention, reference, link or HTML of its own.

    Not for the start of a line, where a dash or a number would begin a list.
    """
    safe = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MENTION.sub("\\1\u200b", _AUTOLINK.sub("\\1\u200b", safe))
    return _MARKDOWN.sub(r"\\\1", safe)


def json_safe(text: str) -> str:
    """A JSON document in which no ``##[`` is left: it can only occur inside strings, where ``#`` may be escaped."""
    return text.replace("##[", "#\\u0023[")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 finding``, ``3 findings``, ``1,234 findings``; give the plural where it is not ``noun`` + s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def named(subject: Subject) -> str:
    """What a person calls the subject: its repository, and what of it was judged unless it is all."""
    path = "" if subject.path in ("", ".") else subject.path
    return ", ".join(filter(None, (subject.repository, path))) or "this folder"


def branch(subject: Subject) -> str:
    """The short name of the branch or tag; empty when there is none."""
    ref = subject.ref or ""
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def place(location: Location | None) -> str:
    """``path``, ``path:3`` or ``path:3:7``; empty without a location. The path is not escaped further than `utf8`."""
    if location is None:
        return ""
    parts = [utf8(location.path)]
    if location.line is not None:
        parts.append(str(location.line))
        if location.column is not None:
            parts.append(str(location.column))
    return ":".join(parts)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
