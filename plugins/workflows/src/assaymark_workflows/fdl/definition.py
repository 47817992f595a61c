"""One document of functions while it is judged."""

from __future__ import annotations

from assaymark.api import Context
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Node


class Definition:
    """``names`` are the services met so far; ``used`` the clusters that services are defined for."""

    def __init__(self, path: str, root: Node, context: Context, problems: Problems) -> None:
        self.path = path
        self.root = root
        self.context = context
        self.say = problems.add
        self.names: set[tuple[str, str]] = set()
        self.clusters = keys_of(root.get("clusters"))
        self.providers = _providers(root.get("storage_providers"))
        self.used = _used(root)


def objects_of(node: Node | None) -> list[Node]:
    """The members of a list that are objects."""
    return [e for e in node.elements if e.is_object] if node is not None else []


def keys_of(node: Node | None) -> tuple[str, ...]:
    """The keys of an object."""
    return tuple(key.text for key, _ in node.items) if node is not None else ()


def _providers(node: Node | None) -> dict[str, tuple[str, ...]]:
    return {key.text: keys_of(group) for key, group in node.items} if node is not None else {}


def _used(root: Node) -> set[str]:
    """Clusters for which services are defined."""
    functions = root.get("functions")
    oscar = functions.get("oscar") if functions is not None else None
    return {key.text for entry in objects_of(oscar) for key, _ in entry.items}
