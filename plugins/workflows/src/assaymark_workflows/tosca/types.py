"""Types of TOSCA by name: the normative ones, and those that templates and what they import define."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from assaymark_workflows.tosca.values import SIMPLE

KINDS = ("node", "relationship", "capability", "data", "interface", "artifact", "policy", "group")
_PREFIX = {
    "node": "tosca.nodes.",
    "relationship": "tosca.relationships.",
    "capability": "tosca.capabilities.",
    "data": "tosca.datatypes.",
    "interface": "tosca.interfaces.",
    "artifact": "tosca.artifacts.",
    "policy": "tosca.policies.",
    "group": "tosca.groups.",
}
# Short names may stand for types of the network as well: PortDef, Bindable.
_SHORT = {kind: (_PREFIX[kind], f"{_PREFIX[kind]}network.") for kind in ("data", "capability", "node")}
_LONGEST_CHAIN = 50
# Of the requirements of normative types only a host has to be there.
_REQUIRED = frozenset({"host"})
_INTERFACE = frozenset(
    {"derived_from", "from", "type", "version", "metadata", "description", "inputs", "operations", "notifications"}
)
Definition = dict[str, Any]


class Property(NamedTuple):
    """What a type says of a property. ``entry`` is the type of the entries of a list or map."""

    type: str
    required: bool
    default: bool
    entry: str | None
    constraints: tuple[Any, ...]


@cache
def normative() -> Mapping[str, Mapping[str, Definition]]:
    """The types that every template knows."""
    table: dict[str, Any] = json.loads(Path(__file__).with_name("types.json").read_text(encoding="utf-8"))
    return {kind: table[kind] for kind in KINDS}


class Types:
    """All types that a template can name. ``closed`` is False when some of them lie where nobody looked."""

    def __init__(self) -> None:
        self.own: dict[str, dict[str, Definition]] = {kind: {} for kind in KINDS}
        self.closed = True

    def add(self, template: Mapping[str, Any]) -> None:
        """The type definitions of one document, as plain values."""
        for kind in KINDS:
            table = template.get(f"{kind}_types")
            if isinstance(table, dict):
                for name, definition in table.items():
                    self.own[kind].setdefault(str(name), definition if isinstance(definition, dict) else {})

    def find(self, kind: str, name: str) -> Definition | None:
        """A type by its name, its short name (``Compute``) or its qualified name (``tosca:Compute``)."""
        short = name.removeprefix("tosca:")
        for candidate in (name, *(prefix + short for prefix in _SHORT.get(kind, (_PREFIX[kind],)))):
            found = self.own[kind].get(candidate) or normative()[kind].get(candidate)
            if found is not None:
                return found
            if candidate in self.own[kind]:
                return {}
        return None

    def names(self, kind: str) -> list[str]:
        """All names of a kind, for suggestions."""
        return [*self.own[kind], *normative()[kind]]

    def chain(self, kind: str, name: str) -> tuple[list[Definition], bool]:
        """The type and those that it derives from; whether the chain is whole."""
        found: list[Definition] = []
        current: str | None = name
        while current is not None and len(found) < _LONGEST_CHAIN:
            definition = self.find(kind, current)
            if definition is None or any(definition is seen for seen in found):
                return found, False
            found.append(definition)
            parent = definition.get("derived_from", definition.get("from"))
            current = parent if isinstance(parent, str) else None
        return found, current is None

    def is_a(self, kind: str, name: str, wanted: str) -> bool | None:
        """Whether a type is or derives from another; None when that is not known."""
        chain, whole = self.chain(kind, name)
        target = self.find(kind, wanted)
        if target is None:
            return None
        if any(definition is target for definition in chain):
            return True
        return False if whole else None

    def properties(self, kind: str, name: str) -> tuple[dict[str, Property], bool]:
        """Properties by name, those of the type itself over inherited ones; whether that is all of them."""
        chain, whole = self.chain(kind, name)
        found: dict[str, Property] = {}
        for definition in reversed(chain):
            table = definition.get("properties")
            for key, value in table.items() if isinstance(table, dict) else ():
                found[str(key)] = _property(value)
        return found, whole

    def keys(self, kind: str, name: str, part: str) -> tuple[set[str], bool]:
        """Names of attributes, capabilities, requirements or interfaces; whether that is all of them."""
        chain, whole = self.chain(kind, name)
        found: set[str] = set()
        for definition in chain:
            found |= set(_named(definition.get(part)))
        return found, whole

    def plain(self, prop: Property) -> Property:
        """A property whose type derives from a simple one, as that one with all constraints on the way."""
        constraints = list(prop.constraints)
        chain, _ = self.chain("data", prop.type) if prop.type not in SIMPLE else ([], True)
        for definition in chain:
            own = definition.get("constraints")
            constraints += own if isinstance(own, list) else []
            parent = definition.get("derived_from", definition.get("from"))
            if parent in SIMPLE:
                return prop._replace(type=parent, constraints=tuple(constraints))
        return prop

    def needed(self, name: str) -> list[str]:
        """The requirements that every node of a type has to give; none when not all of the type is known."""
        chain, whole = self.chain("node", name)
        found: dict[str, bool] = {}
        for definition in chain:
            normal = any(definition is known for known in normative()["node"].values())
            for key, value in _pairs(definition.get("requirements")):
                occurrences = value.get("occurrences") if isinstance(value, dict) else None
                least = occurrences[0] if isinstance(occurrences, list) and occurrences else 1
                found.setdefault(key, key in _REQUIRED if normal else least != 0)
        return [key for key, wanted in found.items() if wanted] if whole else []

    def operations(self, name: str) -> set[str] | None:
        """Operations and notifications of an interface type, or None when not all are known."""
        chain, whole = self.chain("interface", name)
        found: set[str] = set()
        for definition in chain:
            found |= {str(key) for key in definition if key not in _INTERFACE}
            for part in ("operations", "notifications"):
                found |= set(_named(definition.get(part)))
        return found if whole else None

    def part(self, kind: str, name: str, part: str, key: str) -> Any:
        """One capability or requirement definition, from the type itself or the nearest that has it."""
        for definition in self.chain(kind, name)[0]:
            for found, value in _pairs(definition.get(part)):
                if found == key:
                    return value
        return None


def _property(value: Any) -> Property:
    if not isinstance(value, dict):
        return Property("string", False, False, None, ())
    entry = value.get("entry_schema", value.get("entry"))
    entry = entry.get("type") if isinstance(entry, dict) else entry
    constraints = value.get("constraints")
    return Property(
        type=str(value.get("type", "string")),
        required=value.get("required", True) is not False,
        default="default" in value,
        entry=entry if isinstance(entry, str) else None,
        constraints=tuple(constraints) if isinstance(constraints, list) else (),
    )


def _pairs(table: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(table, dict):
        yield from ((str(key), value) for key, value in table.items())
    elif isinstance(table, list):
        for item in table:
            if isinstance(item, dict):
                yield from ((str(key), value) for key, value in item.items())
            elif isinstance(item, str):
                yield item, None


def _named(table: Any) -> list[str]:
    return [key for key, _ in _pairs(table)]
