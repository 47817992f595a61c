"""One shell command with the place where it is written, and how shell text is cut into such commands."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.patterns import late
from assaymark.records import NamedTuple

LIMIT = 65_536  # bytes read of any file that holds tasks
_MAX_TEXT = 2_000  # characters of one command

# What only puts a tool in place (or talks about it) does not use it.
_IDLE = late(
    r"\s*(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+)?"
    r"(?:(?:uv\s+)?pip3?|pipx|conda|mamba|micromamba|apt|apt-get|brew|yum|dnf|apk|npm|yarn|pnpm|gem|cargo|go|choco"
    r"|uv\s+tool|uv|poetry|pdm|rustup(?:\s+component)?|luarocks|bundle)"
    r"\s+(?:-\S+\s+){0,6}(?:install|add|ci|i|get|sync|update|upgrade|inject)\b"
    r"|\s*(?:echo|printf|cat|cd|export|which|ls|mkdir|rm|cp|mv|touch|test|true|fi|done)(?:\s|$)"
    r"|.*\binstall\.packages\(|.*\b(?:remotes|pak|devtools|BiocManager)::(?:pkg_)?install"
)
_SEPARATOR = late(r"&&|\|\||;")
_LEADING = late(r"(?:(?:then|else|do|time|if|!)\s+|-\s+|[@'\"( ])+")


class Line(NamedTuple):
    """One command, where it is written."""

    text: str
    path: str
    line: int


def shell(text: str, path: str, line: int, *, block: bool | None = None) -> Iterator[Line]:
    """The commands of shell text whose first line is ``line``; ``block`` when the text starts on the line after it.

    Continued lines are joined; comments, installations and output are left out.
    """
    offset = 1 if (("\n" in text) if block is None else block) else 0
    for number, raw in enumerate(_continued(text).split("\n")):
        whole = raw.strip()
        if not whole or whole.startswith("#"):
            continue
        for part in _SEPARATOR.split(whole[:_MAX_TEXT]):
            command = _bare(part).rstrip("'\") ")
            if command and not _IDLE.match(command):
                yield Line(command, path, line + offset + number)


def _continued(text: str) -> str:
    """Join continued lines and put the lost line breaks after them."""
    out, owed = [], 0
    for part in text.split("\n"):
        stripped = part.rstrip()
        if stripped.endswith("\\"):
            out.append(stripped[:-1] + " ")
            owed += 1
            continue
        out.append(part + "\n" * (owed + 1))
        owed = 0
    return "".join(out)


def _bare(part: str) -> str:
    """The command without the words and marks of shell and make before it."""
    leading = _LEADING.match(part)
    return part[leading.end() :] if leading else part
