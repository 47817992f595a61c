"""Whether a file is a TOSCA template: it names the version of TOSCA that it is written in."""

from __future__ import annotations

import re

_VERSION = re.compile(rb"^[\"']?tosca_definitions_version[\"']?\s*:", re.M)


def detect(path: str, data: bytes) -> bool:
    """By content."""
    return _VERSION.search(data) is not None
