"""The nodes of one graph and how they hang together: one result, no circle, nothing that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assaymark_workflows.openeo.table import Process
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Place, Pointer

# They do something besides giving a value, so a node that leads nowhere else is right.
_EFFECTS = ("save_result", "export_workspace", "export_collection", "inspect", "debug", "run_udf")


@dataclass(slots=True)
class Node:
    """One node. ``process`` is None when nothing is known of it; ``sources`` are the nodes that it refers to, and it is
    ``broken`` when it refers to one that cannot be told."""

    id: str
    pointer: Pointer
    process: Process | None = None
    sources: dict[str, Pointer] = field(default_factory=dict)
    broken: bool = False


def result_of(problems: Problems, graph: dict[str, Any], pointer: Pointer) -> str | None:
    """The node that is the result, after the say about none and about several."""
    found = [id for id, raw in graph.items() if isinstance(raw, dict) and raw.get("result") is True]
    if not found:
        meant = [id for id, raw in graph.items() if isinstance(raw, dict) and raw.get("result")]
        if meant:
            return meant[0]  # of the wrong type, which is said there
        message = 'no node is the result: exactly one has to have "result": true'
        problems.add("OEO-G001", message, Place(pointer, key=True) if pointer else pointer)
        return None
    for id in found[1:]:
        message = f"{found[0]!r} is the result already; there can only be one"
        problems.add("OEO-G002", message, (*pointer, id, "result"))
    return found[0]


def check_cycles(problems: Problems, nodes: dict[str, Node]) -> None:
    """No node waits for itself."""
    state: dict[str, int] = {}
    for begin in nodes:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if begin not in state:
            state[begin] = 1
            path.append(begin)
            stack.append((begin, iter(nodes[begin].sources)))
        while stack:
            id, sources = stack[-1]
            source = next(sources, None)
            if source is None:
                state[id] = 2
                path.pop()
                stack.pop()
            elif source not in state:
                state[source] = 1
                path.append(source)
                stack.append((source, iter(nodes[source].sources)))
            elif state[source] == 1:
                circle = " ← ".join(repr(one) for one in [*path[path.index(source) :], source])
                problems.add("OEO-G003", f"the nodes wait for one another: {circle}", nodes[id].sources[source])


def check_orphans(problems: Problems, nodes: dict[str, Node], result: str) -> None:
    """Every node leads to the result or to something that is saved."""
    effects = [id for id, node in nodes.items() if node.process is None or _has_effect(node.process)]
    waiting = [result, *effects]
    reached: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += nodes[id].sources
    targets = {source for node in nodes.values() for source in node.sources}
    for id, node in nodes.items():
        if id not in reached and id not in targets:
            message = f"nothing uses the node {id!r}: neither the result nor anything that is saved depends on it"
            problems.add("OEO-G004", message, Place(node.pointer, key=True))


def _has_effect(process: Process) -> bool:
    return process.side_effect or process.id in _EFFECTS
