"""A node template: its type, and the capabilities and operations that it has."""

from __future__ import annotations

from collections.abc import Sequence

from assaymark_workflows.problems import hint
from assaymark_workflows.source import Node
from assaymark_workflows.tosca.files import check_files
from assaymark_workflows.tosca.functions import check_functions
from assaymark_workflows.tosca.properties import check_properties, type_of
from assaymark_workflows.tosca.requirements import check_requirements
from assaymark_workflows.tosca.template import Template

NODE = ("type", "description", "metadata", "directives", "properties", "attributes", "requirements", "capabilities",
        "interfaces", "artifacts", "node_filter", "copy")  # fmt: skip # many short items
_PARTS = ("operations", "notifications")


def check_node(template: Template, key: Node, node: Node) -> None:
    """One node template with all that hangs on it."""
    if not node.is_object:
        template.shape(node, f"the node {key.text}", "a map with a type")
        return
    template.known(node, NODE, "a node template")
    copied = node.get("copy")
    if copied is not None:
        if copied.text not in template.nodes and template.whole:
            template.say(
                "TOS-R002", f"there is no node {copied.text!r} to copy{hint(copied.text, template.nodes)}", copied
            )
        return
    extended = node.get("type") is None and not template.whole
    kind = None if extended else type_of(template, node, "node", key)
    check_functions(template, node, kind)
    check_requirements(template, node, kind)
    check_files(template, node)
    if kind is None:
        return
    selected = node.get("directives") is not None or node.get("node_filter") is not None
    check_properties(template, node, "node", kind, key, complete=not selected)
    _capabilities(template, node, kind)
    _operations(template, node, kind)
    if not selected and template.types.closed and template.whole and not template.replaces:
        given = {name.text for entry in _elements(node.get("requirements")) for name, _ in entry.items}
        for missing in template.types.needed(kind):
            if missing not in given:
                template.say("TOS-R008", f"{key.text!r} ({kind}) names no target for its requirement {missing!r}", key)


def _capabilities(template: Template, node: Node, kind: str) -> None:
    known, whole = template.types.keys("node", kind, "capabilities")
    for key, capability in template.table(node, "capabilities"):
        if key.text not in known:
            if whole and template.types.closed:
                template.say("TOS-V001", f"{kind} has no capability {key.text!r}{hint(key.text, known)}", key)
            continue
        definition = template.types.part("node", kind, "capabilities", key.text)
        name = definition.get("type") if isinstance(definition, dict) else definition
        if isinstance(name, str) and capability.is_object and template.types.find("capability", name) is not None:
            check_properties(template, capability, "capability", name, key, complete=False)


def _operations(template: Template, node: Node, kind: str) -> None:
    """Operations that an interface of a known type does not have."""
    for key, interface in template.table(node, "interfaces"):
        definition = template.types.part("node", kind, "interfaces", key.text)
        if not isinstance(definition, dict) or not interface.is_object or not template.types.closed:
            continue
        name = definition.get("type")
        known = (
            template.types.operations(name) if isinstance(name, str) and template.is_type("interface", name) else None
        )
        if known is None:
            continue
        known |= {str(word) for word in definition}
        for part in ("operations", "notifications"):
            known |= set(definition[part]) if isinstance(definition.get(part), dict) else set()
        for operation, _ in interface.items:
            if operation.text not in known and operation.text not in ("type", "inputs", *_PARTS):
                near = hint(operation.text, known)
                template.say("TOS-V001", f"{name} has no operation {operation.text!r}{near}", operation)


def _elements(node: Node | None) -> Sequence[Node]:
    return node.elements if node is not None else ()
