"""Whether a file is a function definition of OSCAR: ``functions`` with ``oscar`` below, whatever it is called."""

from __future__ import annotations

import re

_BELOW = rb"[ \t]*(?:\#.*)?\r?\n(?:[ \t]*(?:\#.*)?\r?\n)*[ \t]+"
_FUNCTIONS = re.compile(
    rb"^[{ \t]*[\"']?functions[\"']?\s*:(?:[ \t]*\{\s*|" + _BELOW + rb")[\"']?oscar[\"']?\s*:", re.MULTILINE
)


def detect(path: str, data: bytes) -> bool:
    """By content."""
    return b"oscar" in data and _FUNCTIONS.search(data) is not None
