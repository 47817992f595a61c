"""Whether a file is a function definition of OSCAR: ``functions`` with ``oscar`` below, whatever it is called."""

from __future__ import annotations

import re

_FUNCTIONS = re.compile(
    rb"^[\"']?functions[\"']?\s*:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+[\"']?oscar[\"']?\s*:", re.M
)


def detect(path: str, data: bytes) -> bool:
    """By content."""
    return b"oscar" in data and _FUNCTIONS.search(data) is not None
