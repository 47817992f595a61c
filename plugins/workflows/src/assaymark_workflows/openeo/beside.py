"""Processes of users that lie beside a graph: ``my_process.json`` in the same folder defines ``my_process``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from assaymark.api import Context, Unreachable
from assaymark_workflows.openeo.detect import root
from assaymark_workflows.openeo.table import Process, process
from assaymark_workflows.source import Malformed, read_json


def beside(path: str, context: Context) -> Callable[[str], Process | None]:
    """A function from a process id to the definition in the folder of a document, None when there is none."""

    def find(id: str) -> Process | None:
        place = posixpath.join(posixpath.dirname(path), f"{id}.json")
        if place == path or not context.exists(place):
            return None
        found: Process | None = context.once(f"openeo-process:{place}", lambda: _read(place, id, context))
        return found

    return find


def _read(place: str, id: str, context: Context) -> Process | None:
    try:
        value = read_json(context.read(place).decode("utf-8")).value
    except (Unreachable, Malformed, UnicodeDecodeError):
        return None
    found = root(value)
    if found is None or found.process.get("id", id) != id or not isinstance(found.process.get("parameters"), list):
        return None
    return process(id, {key: found.process[key] for key in ("parameters", "returns") if key in found.process})
