"""What each Ophidia operator takes, release by release: the shipped table, read on first use."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("operators.json")

Release = tuple[int, ...]


class ArgumentSpec(NamedTuple):
    """One argument of an operator. ``values`` is empty when anything goes; ``since`` is the first release with it."""

    name: str
    type: str
    mandatory: bool
    default: str | None
    values: tuple[str, ...]
    legacy_values: Mapping[str, str]
    minimum: float | None
    maximum: float | None
    multivalue: bool
    since: str

    @property
    def is_number(self) -> bool:
        """Whether the framework reads it as a number."""
        return self.type in ("int", "real")


class Operator(NamedTuple):
    """One operator. ``removed`` maps an argument to the last release that had it."""

    name: str
    since: str
    arguments: Mapping[str, ArgumentSpec]
    removed: Mapping[str, str]
    mandatory: tuple[str, ...]


class Table:
    """All operators of all releases."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw: Mapping[str, Any] = raw["operators"]
        self._made: dict[str, Operator] = {}
        server = raw["server"]
        self.releases: tuple[str, ...] = tuple(raw["releases"])
        self.gone: Mapping[str, str] = {name: entry["last"] for name, entry in raw["removed_operators"].items()}
        self.forbidden = frozenset(server["forbidden_args"])
        self.injected = frozenset(server["injected_args"])
        self.alone = frozenset(server["single_command_operators"])
        self.flow = frozenset(server["flow_control_operators"])
        self.control = frozenset(server["control_task_operators"])
        self.tolerated = frozenset(server["flow_control_tolerated_args"])
        self.extra: Mapping[str, tuple[str, ...]] = {name: tuple(args) for name, args in server["extra_args"].items()}
        self.builtin = frozenset(server["builtin_variables"])
        self.massive: str = server["massive_filter_operator"]

    @property
    def names(self) -> tuple[str, ...]:
        """Every operator of the newest release."""
        return tuple(self._raw)

    def operator(self, name: str) -> Operator | None:
        """An operator by its name in lower case."""
        known = self._made.get(name)
        if known is None and name in self._raw:
            known = self._made[name] = _operator(name, self._raw[name])
        return known


def _operator(name: str, entry: Mapping[str, Any]) -> Operator:
    arguments = {key: _argument(key, value, entry["since"]) for key, value in entry["args"].items()}
    mandatory = tuple(key for key, spec in arguments.items() if spec.mandatory)
    return Operator(name, entry["since"], arguments, entry.get("legacy_args", {}), mandatory)


def _argument(name: str, entry: Mapping[str, Any], since: str) -> ArgumentSpec:
    return ArgumentSpec(
        name=name,
        type=entry["type"],
        mandatory=entry["mandatory"],
        default=entry.get("default"),
        values=tuple(entry.get("values", ())),
        legacy_values=entry.get("legacy_values", {}),
        minimum=entry.get("min"),
        maximum=entry.get("max"),
        multivalue=entry.get("multivalue", False),
        since=entry.get("since", since),
    )


@functools.cache
def table() -> Table:
    """The table of this distribution."""
    return Table(json.loads(_FILE.read_text(encoding="utf-8")))


def release(text: str) -> Release:
    """A release as numbers that can be compared; empty for what is none."""
    parts = text.strip().removeprefix("v").split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()
