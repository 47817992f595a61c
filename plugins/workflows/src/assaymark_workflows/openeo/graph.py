"""One process graph and the child graphs in it: nodes, references, results, and how values fit together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from assaymark.api import Context
from assaymark_workflows.openeo.order import Node, check_cycles, check_orphans, result_of
from assaymark_workflows.openeo.subtypes import is_reference
from assaymark_workflows.openeo.table import Parameter, Process, Processes, Schema, Schemas, parameter, schemas
from assaymark_workflows.openeo.types import described, fits, kinds, may_fit
from assaymark_workflows.openeo.values import check
from assaymark_workflows.problems import Problems, hint, is_slip, nearest, replace
from assaymark_workflows.source import Place, Pointer

_FIELDS = ("process_id", "arguments", "namespace", "description", "result")
_ID = re.compile(r"\w+")
_DEEPEST = 40


class Scope(NamedTuple):
    """Parameters that can be referred to. ``open`` when there may be others that we do not know of."""

    parameters: Mapping[str, Schemas]
    open: bool
    outer: Scope | None = None
    nodes: frozenset[str] = frozenset()


class Graphs:
    """Checks a graph and all graphs in it. ``beside`` finds a process that the repository itself defines."""

    def __init__(
        self,
        problems: Problems,
        processes: Processes,
        context: Context,
        *,
        beside: Callable[[str], Process | None] = lambda id: None,
        lenient: bool = False,
        strict: bool = False,
    ) -> None:
        self._problems = problems
        self._processes = processes
        self._context = context
        self._beside = beside
        self._lenient = lenient
        self._strict = strict
        self._elsewhere: set[str] = set()
        self.used: set[str] = set()

    def check(self, graph: Any, pointer: Pointer, scope: Scope, depth: int = 0) -> Schemas:
        """Report everything about a graph; gives the schemas of its result."""
        self._context.check_time()
        if not isinstance(graph, dict):
            self._problems.add("OEO-S006", "a process graph has to be an object of nodes", pointer)
            return ()
        if not graph:
            self._problems.add("OEO-S001", "the process graph is empty", pointer)
            return ()
        if depth > _DEEPEST:
            message = f"child graphs are nested more than {_DEEPEST} deep; this one is not looked into"
            self._problems.add("OEO-C001", message, pointer)
            return ()
        nodes = {id: self._node(id, raw, (*pointer, id)) for id, raw in graph.items()}
        inside = scope._replace(nodes=frozenset(nodes))
        for id, raw in graph.items():
            if isinstance(raw, dict):
                self._arguments(nodes, nodes[id], raw, inside, depth)
        result = result_of(self._problems, graph, pointer)
        check_cycles(self._problems, nodes)
        if result is not None and not any(node.broken for node in nodes.values()):
            check_orphans(self._problems, nodes, result)
        known = nodes[result].process if result is not None else None
        return known.returns if known else ()

    # Nodes

    def _node(self, id: str, raw: Any, pointer: Pointer) -> Node:
        node = Node(id, pointer)
        if not isinstance(raw, dict):
            self._problems.add(
                "OEO-S002", f"the node {id!r} has to be an object with process_id and arguments", pointer
            )
            return node
        name = raw.get("process_id")
        if "process_id" not in raw:
            self._problems.add("OEO-S002", f"the node {id!r} has no process_id", pointer)
        elif not isinstance(name, str) or not _ID.fullmatch(name):
            message = "process_id has to be a name of letters, digits and underscores"
            self._problems.add("OEO-S002", message, (*pointer, "process_id"))
        elif raw.get("namespace") is None:
            node.process = self._process(name, (*pointer, "process_id"))
        if "arguments" not in raw:
            self._problems.add(
                "OEO-S003", f"the node {id!r} has no arguments; without any it is an empty object", pointer
            )
        elif not isinstance(raw["arguments"], dict):
            self._problems.add("OEO-S003", "arguments has to be an object", (*pointer, "arguments"))
        self._fields(raw, pointer)
        return node

    def _fields(self, raw: dict[str, Any], pointer: Pointer) -> None:
        if "result" in raw and not isinstance(raw["result"], bool):
            self._problems.add("OEO-S004", "result has to be true or false", (*pointer, "result"))
        for key in ("namespace", "description"):
            if raw.get(key) is not None and not isinstance(raw[key], str):
                self._problems.add("OEO-S004", f"{key} has to be a string", (*pointer, key))
        for key in raw:
            if key in _FIELDS:
                continue
            near = nearest(key, _FIELDS)
            at = Place((*pointer, key), key=True)
            message = f"{key!r} is no field of a node and is ignored"
            message += f"; did you mean {near!r}?" if near is not None and near not in raw else ""
            mend = near is not None and near not in raw and is_slip(key, near)
            edits = [replace(self._problems.span(at), f'"{near}"')] if mend else []
            self._problems.add("OEO-S005", message, at, fix=f"write {near}" if mend else None, edits=edits)

    def _process(self, name: str, at: Pointer) -> Process | None:
        found = self._processes.get(name)
        if found is not None:
            if found.deprecated:
                self._problems.add("OEO-D003", f"{name} is deprecated", at)
            elif found.experimental:
                self._problems.add(
                    "OEO-P001", f"{name} is a proposal: not every back-end has it, and it may change", at
                )
            return found
        own = self._beside(name)
        if own is not None:
            return own
        if name in self._processes.gone and not self._processes.closed:
            last = self._processes.gone[name]
            self._problems.add("OEO-D001", f"{name} is gone from openEO; release {last} was the last with it", at)
            return None
        known = hint(name, self._processes.ids)
        if self._processes.closed:
            self._problems.add("OEO-R006", f"the back-end has no process {name!r}{known}", at)
        else:
            message = f"{name!r} is no predefined process, so only some back-ends or users have it{known}"
            self._problems.add("OEO-R005", message, at)
        return None

    # Arguments

    def _arguments(self, nodes: dict[str, Node], node: Node, raw: dict[str, Any], scope: Scope, depth: int) -> None:
        given = raw.get("arguments")
        if not isinstance(given, dict):
            return
        process = node.process
        for name, value in given.items():
            at = (*node.pointer, "arguments", name)
            known = process.parameters.get(name) if process else None
            if process and known is None:
                self._unknown(process, name, given, at)
            walk = _Walk(self, nodes, node, scope, depth, known is not None)
            walk.value(value, at, known.schemas if known else ())
            if known is not None:
                self._literal(known, value, at)
        for known in process.parameters.values() if process else ():
            if known.required and known.name not in given and process:
                self._missing(process, known, (*node.pointer, "arguments"))

    def _missing(self, process: Process, known: Parameter, at: Pointer) -> None:
        """What may be null is taken for null by many back-ends, and proposals change their arguments."""
        message = f"{process.id} needs the argument {known.name}"
        # Null as an alternative of its own means "no limit"; beside a number it means a missing value.
        unlimited = any(schema.get("type") == "null" for schema in known.schemas)
        if self._strict or not (process.experimental or unlimited):
            self._problems.add("OEO-R008", message, at)
            return
        why = (
            "it may be null, which some back-ends assume"
            if not process.experimental
            else "it is a proposal and may change"
        )
        self._problems.add("OEO-R010", f"{message}; {why}", at)

    def _unknown(self, process: Process, name: str, given: Mapping[str, Any], at: Pointer) -> None:
        place = Place(at, key=True)
        if name in process.legacy:
            message = f"{name} is gone from {process.id}; release {process.legacy[name]} was the last with it"
            self._problems.add("OEO-D002", message, place)
        elif not process.open:
            near = nearest(name, process.parameters)
            missing = any(known.required and known.name not in given for known in process.parameters.values())
            mistaken = not process.experimental and (missing or near is not None)
            rule = "OEO-R007" if self._strict or (mistaken and not self._lenient) else "OEO-R009"
            message = f"{process.id} has no argument {name!r}{hint(name, process.parameters)}"
            self._problems.add(rule, message, place)

    def _literal(self, known: Parameter, value: Any, at: Pointer) -> None:
        if known.deprecated:
            self._problems.add("OEO-D003", f"the argument {known.name} is deprecated", Place(at, key=True))
        if value is None and (known.default is None and known.has_default):
            return
        if (
            value is None
            and known.schemas
            and not known.required
            and not any("null" in kinds(schema) for schema in known.schemas)
        ):
            message = f"{known.name} is null; leave it out for its default, {json.dumps(known.default)}"
            self._problems.add("OEO-T005", message, at)
            return
        for fault in check(value, known.schemas):
            message = f"{known.name}: {fault.message}" if fault.pointer else f"{known.name} {fault.message}"
            if not fault.pointer and not fault.message.startswith(("ha", "cannot")):
                message = f"{known.name}: {fault.message}"
            self._problems.add(fault.rule, message, (*at, *fault.pointer))

    # References

    def reference(
        self, value: dict[str, Any], at: Pointer, wanted: Schemas, nodes: dict[str, Node], node: Node, scope: Scope
    ) -> None:
        """Report what is wrong with ``{"from_node": …}`` or ``{"from_parameter": …}``."""
        word = "from_node" if "from_node" in value else "from_parameter"
        if len(value) > 1:
            node.broken = True
            others = ", ".join(key for key in value if key != word)
            self._problems.add("OEO-S007", f"{word} has to stand alone, without {others}", at)
            return
        name = value[word]
        if word == "from_node" and type(name) is int and str(name) in nodes:
            span = self._problems.span((*at, word))
            message = f'from_node names a node with a string: "{name}"'
            self._problems.add(
                "OEO-S009", message, span, fix="put quotes around it", edits=[replace(span, f'"{name}"')]
            )
            name = str(name)
        if not isinstance(name, str):
            node.broken = True
            self._problems.add("OEO-S007", f"{word} has to name one with a string", (*at, word))
        elif word == "from_node":
            self._from_node(name, (*at, word), wanted, nodes, node, scope)
        else:
            self._from_parameter(name, (*at, word), wanted, node, scope)

    def _from_node(
        self, name: str, at: Pointer, wanted: Schemas, nodes: dict[str, Node], node: Node, scope: Scope
    ) -> None:
        source = nodes.get(name)
        if source is None:
            node.broken = True
            outer = scope.outer
            while outer is not None and name not in outer.nodes:
                outer = outer.outer
            if outer is not None or name in self._elsewhere:
                where = "around this one" if outer is not None else "inside a node"
                message = f"{name!r} is a node of the graph {where}; only nodes of the same graph can be referred to"
                self._problems.add("OEO-R002", message, at)
            else:
                self._problems.add("OEO-R001", f"there is no node {name!r} in this graph{hint(name, nodes)}", at)
            return
        node.sources.setdefault(name, at)
        if source.process and not fits(source.process.returns, wanted):
            given = source.process.returns
            message = f"{source.process.id} gives {described(given)}, but {described(wanted)} is wanted"
            doubtful = source.process.experimental or (node.process is not None and node.process.experimental)
            self._mismatch("OEO-T002", message, at, given, wanted, doubtful=doubtful)

    def _from_parameter(self, name: str, at: Pointer, wanted: Schemas, node: Node, scope: Scope) -> None:
        self.used.add(name)
        current: Scope | None = scope
        names: list[str] = []
        while current is not None:
            if name in current.parameters:
                given = current.parameters[name]
                if not fits(given, wanted):
                    message = f"the parameter {name!r} is {described(given)}, but {described(wanted)} is wanted"
                    # What a document declares of its own parameters is a promise of the author, not of a process.
                    self._mismatch("OEO-T002", message, at, given, wanted, doubtful=current.outer is None)
                return
            names += current.parameters
            if current.open:
                if current.outer is None:
                    message = f"no parameter {name!r} is declared{hint(name, names)}; the caller has to give it"
                    self._problems.add("OEO-R004", message, at)
                return
            current = current.outer
        there = f"; there {'are' if len(names) > 1 else 'is'} {', '.join(names)}" if names else ""
        near = hint(name, names)
        # Back-ends hand the data of a child graph to code of users whatever it is called.
        handed = node.process is not None and node.process.id == "run_udf" and scope.outer is not None
        rule = "OEO-R011" if handed and not self._strict else "OEO-R003"
        self._problems.add(rule, f"there is no parameter {name!r} here{near or there}", at)

    def callback(
        self, value: dict[str, Any], at: Pointer, wanted: Schemas, known: bool, scope: Scope, depth: int
    ) -> None:
        """Check a child graph, with the parameters that the process around it gives."""
        child = next((schema for schema in wanted if schema.get("subtype") == "process-graph"), None)
        inside = Scope(_received(child), child is None or not known, scope)
        before = len(self._elsewhere)
        result = self.check(value["process_graph"], (*at, "process_graph"), inside, depth + 1)
        if isinstance(value["process_graph"], dict) and before < 10_000:
            self._elsewhere.update(value["process_graph"])
        if child is None:
            return
        returns = schemas(child.get("returns", {}))
        if not fits(result, returns):
            message = f"the child graph gives {described(result)}, but {described(returns)} is wanted"
            self._mismatch(
                "OEO-T003", message, _result_of(value["process_graph"], (*at, "process_graph")), result, returns
            )

    def _mismatch(
        self, rule: str, message: str, at: Pointer, given: Schemas, wanted: Schemas, *, doubtful: bool = False
    ) -> None:
        doubtful = not self._strict and (doubtful or may_fit(given, wanted))
        self._problems.add("OEO-T004" if doubtful else rule, message, at)


class _Walk(NamedTuple):
    """The values of one argument, at any depth."""

    graphs: Graphs
    nodes: dict[str, Node]
    node: Node
    scope: Scope
    depth: int
    known: bool

    def value(self, value: Any, at: Pointer, wanted: Schemas) -> None:
        """References and child graphs in a value."""
        if isinstance(value, dict):
            if is_reference(value):
                self.graphs.reference(value, at, wanted, self.nodes, self.node, self.scope)
            elif "process_graph" in value:
                self.graphs.callback(value, at, wanted, self.known, self.scope, self.depth)
            elif value.get("type") not in _GEOJSON:
                for key, inner in value.items():
                    self.value(inner, (*at, key), _inside(wanted, "additionalProperties", key))
        elif isinstance(value, list) and value and not isinstance(value[0], int | float | str):
            inner_wanted = _inside(wanted, "items")
            for number, inner in enumerate(value):
                if isinstance(inner, dict | list):
                    self.value(inner, (*at, number), inner_wanted)
        elif isinstance(value, list):
            inner_wanted = _inside(wanted, "items")
            for number, inner in enumerate(value):
                if isinstance(inner, dict):
                    self.value(inner, (*at, number), inner_wanted)


_GEOJSON = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")


def _inside(wanted: Schemas, word: str, key: str | None = None) -> Schemas:
    """Alternatives for what is inside an array or object."""
    found: list[Schema] = []
    for schema in wanted:
        inner = schema.get(word)
        properties = schema.get("properties")
        if key is not None and isinstance(properties, dict) and isinstance(properties.get(key), dict):
            inner = properties[key]
        if isinstance(inner, dict):
            if isinstance(inner.get("anyOf"), list):
                found += [one for one in inner["anyOf"] if isinstance(one, dict)]
            else:
                found.append(inner)
    return () if any(not schema for schema in found) else tuple(found)


def _received(child: Schema | None) -> dict[str, Schemas]:
    """The parameters that a child graph gets."""
    listed = child.get("parameters") if child else None
    made = [parameter(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {one.name: one.schemas for one in made}


def _result_of(graph: Any, pointer: Pointer) -> Pointer:
    if isinstance(graph, dict):
        for id, raw in graph.items():
            if isinstance(raw, dict) and raw.get("result") is True:
                return (*pointer, id, "process_id")
    return pointer
