"""Whether a file is a Snakefile: by name, and by a rule in it."""

from __future__ import annotations

import re

_RULE = re.compile(rb"^[ \t]*(?:rule|checkpoint)\b[^\n]*:|^(?:configfile|include|module|workdir|use rule)\b", re.M)


def detect(path: str, data: bytes) -> bool:
    """By content; an empty Snakefile is none."""
    return _RULE.search(data) is not None
