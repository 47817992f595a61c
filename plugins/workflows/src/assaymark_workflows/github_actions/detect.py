"""Whether a file is a workflow (by where it lies) or the metadata of an action (by name and content)."""

from __future__ import annotations

import re

_RUNS = re.compile(rb"^[\"']?runs[\"']?\s*:", re.M)


def detect(path: str, data: bytes) -> bool:
    """By path for workflows; an ``action.yml`` must say how it runs."""
    folder, _, name = path.rpartition("/")
    if folder == ".github/workflows":
        return name.lower().endswith((".yml", ".yaml"))
    return name in ("action.yml", "action.yaml") and _RUNS.search(data) is not None
