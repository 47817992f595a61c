"""Is a file a CWL document? Told from its name or from words in it, cheaply and without raising."""

from __future__ import annotations

import re

_VERSION = re.compile(rb"""(?m)^\s*\{?\s*["']?cwlVersion["']?\s*:|[{,]\s*["']?cwlVersion["']?\s*:""")
_CLASS = re.compile(
    rb"""["']?class["']?\s*:\s*["']?(?:CommandLineTool|Workflow|ExpressionTool|Operation)\b|["']?\$graph["']?\s*:"""
)


def detect(path: str, data: bytes) -> bool:
    """``*.cwl`` always (what turns out to be a mere fragment is left alone later), others by what they say."""
    if path.endswith(".cwl"):
        return True
    return b"cwlVersion" in data and _VERSION.search(data) is not None and _CLASS.search(data) is not None
