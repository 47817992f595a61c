"""One template while it is judged: what it defines and brings in, and the shapes that every part of it has."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Context
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.types import Types


class Template:
    """``types``, ``inputs``, ``nodes`` and ``relationships`` are its own and those that imports and parents bring."""

    def __init__(self, path: str, root: Node, context: Context, problems: Problems) -> None:
        self.path = path
        self.root = root
        self.context = context
        self.say = problems.add
        self.types = Types()
        self.used: set[str] = set()
        self.inputs: dict[str, Node] = {}
        self.nodes: dict[str, Node] = {}
        self.relationships: dict[str, Node] = {}
        self.whole = True  # whether all nodes and inputs are known: parents may lie elsewhere
        self.imported: set[tuple[str, str]] = set()
        topology = root.get("topology_template")
        self.replaces = topology is not None and topology.get("substitution_mappings") is not None

    def known(self, node: Node, names: tuple[str, ...], what: str) -> None:
        """Say which keys of ``node`` are none of ``names``."""
        for key, _ in node.items:
            if key.text not in names and not key.text.startswith("x-") and key.text != "<<":
                self.say("TOS-S001", f"{key.text!r} is no key of {what}{hint(key.text, names)}", key)

    def shape(self, node: Node, name: str, expected: str) -> None:
        """Say that ``node`` is not what is expected there."""
        self.say("TOS-S003", f"{name} must be {expected}", node)

    def table(self, node: Node | None, name: str) -> Iterator[tuple[Node, Node]]:
        """The entries of a map of maps, after the say about one that is none."""
        found = node.get(name) if node is not None and node.is_object else None
        if found is None or found.kind is Kind.NULL:
            return
        if not found.is_object:
            self.shape(found, name, "a map")
            return
        yield from found.items

    def collect(self, topology: Node) -> None:
        """Take up inputs, nodes and relationships of a topology."""
        for name, into in (
            ("inputs", self.inputs),
            ("node_templates", self.nodes),
            ("relationship_templates", self.relationships),
        ):
            table = topology.get(name)
            if table is not None and table.is_object:
                into.update({key.text: value for key, value in table.items})

    def is_data_type(self, name: str) -> bool:
        """Whether a value may have a type of this name."""
        return name in values.SIMPLE or self.types.find("data", name) is not None or not self.types.closed

    def is_type(self, kind: str, name: str) -> bool:
        """Whether there is a type of a kind and name."""
        return self.types.find(kind, name) is not None
