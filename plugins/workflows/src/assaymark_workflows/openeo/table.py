"""What each predefined openEO process takes and gives: the shipped table, read on first use.

The table is a reduced form of the openEO Processes (see ``_attribution`` in the file).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("processes.json")

Schema = Mapping[str, Any]
Schemas = tuple[Schema, ...]


class Parameter(NamedTuple):
    """One parameter; ``schemas`` are alternatives, empty when anything goes."""

    name: str
    required: bool
    schemas: Schemas
    default: Any = None
    has_default: bool = False
    deprecated: bool = False


class Process(NamedTuple):
    """One process. ``open`` when it may take arguments that are not listed; ``legacy`` maps a parameter that is gone
    to the last release that had it."""

    id: str
    parameters: Mapping[str, Parameter]
    returns: Schemas
    open: bool = False
    experimental: bool = False
    deprecated: bool = False
    side_effect: bool = False
    legacy: Mapping[str, str] = {}


class Processes:
    """Processes by id. ``closed`` when there are no others; ``gone`` maps an id to the last release that had it."""

    def __init__(self, raw: Mapping[str, Any], gone: Mapping[str, str], *, closed: bool = False) -> None:
        self._raw = dict(raw)
        self._made: dict[str, Process] = {}
        self.gone = gone
        self.closed = closed
        self.prefixes: tuple[str, ...] = ()

    def get(self, id: str) -> Process | None:
        """A process by its id."""
        known = self._made.get(id)
        if known is None:
            if id in self._raw:
                known = self._made[id] = process(id, self._raw[id])
            elif id.startswith(self.prefixes or "\0"):
                known = self._made[id] = Process(id, {}, (), open=True, side_effect=True)
        return known

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids."""
        return tuple(self._raw)

    def extended(self, raw: Mapping[str, Any], prefixes: tuple[str, ...] = ()) -> Processes:
        """These and more, and no others."""
        made = Processes(self._raw | dict(raw), self.gone, closed=True)
        made.prefixes = prefixes
        return made


@functools.cache
def predefined() -> Processes:
    """The processes of the shipped table."""
    raw = json.loads(_FILE.read_text(encoding="utf-8"))
    return Processes(raw["processes"], raw["legacy_processes"])


def schemas(raw: Any) -> Schemas:
    """Alternatives from one schema or a list of them; empty when anything goes."""
    listed = raw if isinstance(raw, list) else [raw]
    made = tuple(schema for schema in listed if isinstance(schema, dict))
    return () if any(not schema for schema in made) else made


def parameter(raw: Mapping[str, Any]) -> Parameter:
    """From a definition as back-ends publish it (``optional``) or as the table has it (``required``)."""
    required = raw["required"] if isinstance(raw.get("required"), bool) else not raw.get("optional", False)
    return Parameter(
        name=str(raw.get("name", "")),
        required=required,
        schemas=schemas(raw.get("schema", {})),
        default=raw.get("default"),
        has_default="default" in raw or not required,
        deprecated=raw.get("deprecated") is True,
    )


def process(id: str, raw: Mapping[str, Any]) -> Process:
    """From a definition as back-ends publish it, as users write it, or as the table has it."""
    listed = raw.get("parameters")
    made = [parameter(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    returns = raw.get("returns") or {}
    if isinstance(returns, dict) and "schema" in returns:
        returns = returns["schema"]
    categories = raw.get("categories")
    words = [str(word) for word in categories] if isinstance(categories, list) else []
    return Process(
        id=id,
        parameters={one.name: one for one in made},
        returns=schemas(returns),
        open=raw.get("open") is True,
        experimental=raw.get("experimental") is True or raw.get("proposal") is True,
        deprecated=raw.get("deprecated") is True,
        side_effect="export" in words or "development" in words,
        legacy=raw.get("legacy_parameters", {}),
    )
