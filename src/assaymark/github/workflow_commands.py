"""Workflow commands: the lines of a step's log that GitHub's runner acts on.

Whatever others wrote goes into one of them only through `annotation`, and into the log only after `pause`.
"""

from __future__ import annotations

import secrets
from typing import Literal

from assaymark.wording import one_line, visible

Kind = Literal["error", "warning", "notice"]
# A title has room for 255 characters; messages are cut long before the 64 kB that GitHub takes.
TITLE = 250
MESSAGE = 4_000


def annotation(
    kind: Kind,
    message: str,
    *,
    title: str = "",
    path: str = "",
    line: int | None = None,
    end_line: int | None = None,
    column: int | None = None,
    end_column: int | None = None,
) -> str:
    """One line that makes an annotation. Columns only count when it lies on a single line, as GitHub has it."""
    single = line is not None and end_line in (None, line)
    given = {
        "file": visible(path),
        "line": str(line or "") if path else "",
        "endLine": str(end_line or "") if path and line else "",
        "col": str(column or "") if path and single else "",
        "endColumn": str(end_column or "") if path and single and column else "",
        "title": one_line(title, TITLE),
    }
    properties = ",".join(f"{name}={_property(value)}" for name, value in given.items() if value)
    command = f"{kind} {properties}" if properties else kind
    return f"::{command}::{_data(_cut(visible(message)))}"


def pause() -> tuple[str, str]:
    """Two lines: after the first no line of the log is a command, until the second, which nobody can guess."""
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"


def _cut(text: str) -> str:
    return text if len(text) <= MESSAGE else text[: MESSAGE - 3] + "..."


def _data(text: str) -> str:
    """The part after the second ``::``. The legacy form ``##[`` counts anywhere in a line, so none is left."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace("##[", "## [")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
