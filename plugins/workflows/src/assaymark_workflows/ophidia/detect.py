"""Whether a text is an Ophidia workflow: by what stands in it, never by its name."""

from __future__ import annotations

import re
from typing import Any

_OPERATOR = re.compile(rb'"operator"\s*:\s*"(?i:oph_)')
_LINK = re.compile(rb"/experiment\b")
_TASK_KINDS = ("cdo", "generic", "control")
_MOST = 5_000
# Fields of a workflow that tell it from other lists of tasks when it has none.
_TELLING = ("exec_mode", "on_exit", "on_error", "ncores", "nthreads", "host_partition", "abstract", "cdd")
_TELLING_BYTES = tuple(f'"{key}"'.encode() for key in _TELLING)
_ENOUGH = 2


def detect(path: str, data: bytes) -> bool:
    """Cheap: the words of a workflow are there."""
    if b'"tasks"' in data:
        return b'"operator"' in data or sum(word in data for word in _TELLING_BYTES) >= _ENOUGH
    return b'"operator"' in data and _OPERATOR.search(data) is not None


def detect_cwl(path: str, data: bytes) -> bool:
    """Cheap: a wrapper of the converter, or a workflow that hands an experiment on."""
    return b"cwl2oph" in data or (b"cwlVersion" in data and _LINK.search(data) is not None)


def is_workflow(value: Any) -> bool:
    """An object with a list of tasks, of which one says what only Ophidia says."""
    if not isinstance(value, dict):
        return False
    if value.get("tasks") == []:
        return sum(key in value for key in _TELLING) >= _ENOUGH
    lists = (
        [value["tasks"]] if isinstance(value.get("tasks"), list) else [v for v in value.values() if isinstance(v, list)]
    )
    return any(_is_task(element) for elements in lists for element in elements[:_MOST])


def _is_task(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("operator"), str):
        return False
    if value["operator"].strip().lower().startswith("oph_"):
        return True
    arguments = value.get("arguments")
    pairs = isinstance(arguments, list) and any(isinstance(text, str) and "=" in text for text in arguments)
    edges = value.get("dependencies")
    linked = isinstance(edges, list) and any(isinstance(edge, dict) and "task" in edge for edge in edges)
    return pairs or linked or value.get("type") in _TASK_KINDS
