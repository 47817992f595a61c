"""Whether a JSON text is an openEO process graph: by what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from assaymark_workflows.source import Pointer


class Root(NamedTuple):
    """The graph of a document: where it stands, and the process that holds it (empty for a bare graph)."""

    graph: Any
    pointer: Pointer
    process: dict[str, Any]
    at: Pointer


def detect(path: str, data: bytes) -> bool:
    """Cheap: the words of a process graph are there."""
    return b'"process_id"' in data or b'"process_graph"' in data


def root(value: Any) -> Root | None:
    """The graph of a document in one of its three forms, None for anything else."""
    if not isinstance(value, dict):
        return None
    if "process_graph" in value and _is_process(value):
        return Root(value["process_graph"], ("process_graph",), value, ())
    inner = value.get("process")
    if isinstance(inner, dict) and "process_graph" in inner and _is_process(inner):
        return Root(inner["process_graph"], ("process", "process_graph"), inner, ("process",))
    if value and all(isinstance(node, dict) for node in value.values()) and _has_node(value):
        return Root(value, (), {}, ())
    return None


def _is_process(value: dict[str, Any]) -> bool:
    """Whether what holds a ``process_graph`` is a process, and no schema or record that uses the word."""
    graph = value["process_graph"]
    if isinstance(graph, dict) and graph:
        return _has_node(graph)
    return graph == {} and set(value) <= _FIELDS


def _has_node(graph: dict[str, Any]) -> bool:
    return any(isinstance(node, dict) and isinstance(node.get("process_id"), str) for node in graph.values())


_FIELDS = {
    *("process_graph", "id", "summary", "description", "parameters", "returns", "categories", "deprecated"),
    *("experimental", "exceptions", "examples", "links", "public"),
}
