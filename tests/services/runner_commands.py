"""How GitHub's runner reads the log of a step, as an oracle for tests: which lines it takes for commands.

Two forms: ``::name key=value::data`` at the start of a line, after blanks, and ``##[name key=value;]data`` anywhere in
a line. After ``stop-commands`` with a token nothing counts but a line with that token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

NAMES = frozenset(
    (
        *("set-env", "set-output", "save-state", "add-mask", "add-path", "add-matcher", "remove-matcher", "debug"),
        *("warning", "error", "notice", "group", "endgroup", "echo", "stop-commands", "internal-set-repo-path"),
    )
)
_LINES = re.compile(r"\r\n|\n|\r")


class Command(NamedTuple):
    """One command as the runner understands it."""

    name: str
    properties: dict[str, str]
    data: str


def commands(log: str) -> list[Command]:
    """The commands that take effect."""
    found: list[Command] = []
    token: str | None = None
    for line in _LINES.split(log):
        command = new_form(line, token) or old_form(line, token)
        if command is None:
            continue
        if token is not None:
            if command.name == token:
                token = None
            continue
        if command.name == "stop-commands":
            token = command.data
        found.append(command)
    return found


def new_form(line: str, token: str | None) -> Command | None:
    text = line.lstrip()
    if not text.startswith("::"):
        return None
    end = text.find("::", 2)
    if end < 0:
        return None
    name, _, rest = text[2:end].partition(" ")
    if not _known(name, token):
        return None
    pairs = (pair.partition("=") for pair in rest.strip().split(",") if "=" in pair)
    unescape = _unescaper({"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"})
    return Command(name.lower(), {k.strip(): unescape(v) for k, _, v in pairs}, _data(text[end + 2 :]))


def old_form(line: str, token: str | None) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, rest = line[start + 3 : end].partition(" ")
    if not _known(name, token):
        return None
    pairs = (pair.partition("=") for pair in rest.split(";") if "=" in pair)
    return Command(name.lower(), {k.strip(): v for k, _, v in pairs}, line[end + 1 :])


def _known(name: str, token: str | None) -> bool:
    return name.lower() in NAMES or (token is not None and name == token)


def _data(text: str) -> str:
    return _unescaper({"%0D": "\r", "%0A": "\n", "%25": "%"})(text)


def _unescaper(table: dict[str, str]):  # type: ignore[no-untyped-def]
    pattern = re.compile("|".join(map(re.escape, table)))
    return lambda text: pattern.sub(lambda m: table[m[0]], text)


def harmless(found: Iterable[Command]) -> bool:
    """Whether there are only annotations, and pauses that were ended."""
    return {c.name for c in found} <= {"error", "warning", "notice", "stop-commands"}
