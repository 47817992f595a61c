"""Whether a file is a Nextflow script: by extension, and by a process, a workflow or an include in it."""

from __future__ import annotations

import re

_WORDS = re.compile(rb"^\s*(?:process\s+\w+\s*\{|workflow(?:\s+\w+)?\s*\{|include\s*\{|nextflow\.)", re.M)


def detect(path: str, data: bytes) -> bool:
    """By content."""
    return _WORDS.search(data) is not None
