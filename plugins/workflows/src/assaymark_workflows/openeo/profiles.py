"""Which processes a back-end has: those of openEO, those of a profile, those of a list that the back-end publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Context, Unreachable
from assaymark_workflows.openeo.table import Processes, predefined
from assaymark_workflows.source import Malformed, read_json

# Processes that back-ends of interTwin add. How run_oscar takes its arguments differs between releases; a process
# that runs a CWL document takes whatever the document asks for.
_INTERTWIN: Mapping[str, Any] = {
    "run_oscar": {
        "parameters": [{"name": "service", "schema": {"type": "string"}}],
        "returns": {},
        "open": True,
        "categories": ["export"],
    },
}
_INTERTWIN_PREFIXES = ("run_cwl", "cwl_")
PROFILES = ("community", "intertwin", "strict")


class UnknownProfile(Exception):
    """The settings name a profile or list of processes that cannot be used; says why."""


def processes(context: Context) -> Processes:
    """What the settings ``profile`` and ``processes`` (a file in the repository) leave. Raises `UnknownProfile`."""
    settings = context.settings
    name = settings.get("profile")
    listed = settings.get("processes")
    if name is not None and name not in PROFILES:
        raise UnknownProfile(f"there is no openEO profile {name!r}; there are {', '.join(PROFILES)}")
    known = predefined()
    if name == "strict":
        known = known.extended({})
    elif name == "intertwin":
        known = known.extended(_INTERTWIN, _INTERTWIN_PREFIXES)
    if listed is not None:
        return _listed(known, str(listed), context)
    return known


def _listed(known: Processes, path: str, context: Context) -> Processes:
    def read() -> Mapping[str, Any]:
        try:
            raw = read_json(context.read(path).decode("utf-8")).value
        except (Unreachable, Malformed, UnicodeDecodeError) as error:
            raise UnknownProfile(f"the list of processes {path} cannot be read: {error}") from None
        entries = raw.get("processes") if isinstance(raw, dict) else raw
        if not isinstance(entries, list):
            raise UnknownProfile(f"{path} is no list of processes as a back-end gives it under /processes")
        return {str(one["id"]): one for one in entries if isinstance(one, dict) and "id" in one}

    made: Mapping[str, Any] = context.once(f"openeo-processes:{path}", read)
    return Processes(made, known.gone, closed=True)
