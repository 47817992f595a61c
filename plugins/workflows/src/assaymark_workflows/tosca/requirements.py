"""The requirements of a node: they lead to nodes that offer what is asked."""

from __future__ import annotations

from typing import Any

from assaymark.api import Severity
from assaymark_workflows.problems import hint
from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca.template import Template

# What a computer offers got a name of its own in 1.2.
_SAME = frozenset({"tosca.capabilities.Compute", "tosca.capabilities.Container"})


def check_requirements(template: Template, node: Node, kind: str | None) -> None:
    """Every requirement of a node that ``kind`` is the type of; None when that is unknown."""
    requirements = node.get("requirements")
    if requirements is None or requirements.kind is Kind.NULL:
        return
    if not requirements.is_array:
        template.shape(requirements, "requirements", "a list: '- host: NODE'")
        return
    for entry in requirements.elements:
        if not entry.is_object or len(entry.items) != 1:
            template.shape(entry, "a requirement", "one name with its target: '- host: NODE'")
            continue
        name, target = entry.items[0]
        _requirement(template, name, target, kind)


def _requirement(template: Template, name: Node, target: Node, kind: str | None) -> None:
    definition: Any = None
    if kind is not None:
        known, whole = template.types.keys("node", kind, "requirements")
        if name.text not in known and whole and template.types.closed:
            # An engine may go by the relationship when one is named.
            told = target.is_object and target.get("relationship") is not None
            level = Severity.WARNING if told and not hint(name.text, known) else None
            text = f"{kind} has no requirement {name.text!r}{hint(name.text, known)}"
            template.say("TOS-V001", text, name, severity=level)
        definition = template.types.part("node", kind, "requirements", name.text)
    node = target.get("node") if target.is_object else target
    if node is None or node.kind is not Kind.STRING:
        return
    filtered = target.is_object and target.get("node_filter") is not None
    if node.text not in template.nodes:
        if filtered or template.types.find("node", node.text) is not None or not template.whole:
            return
        template.say("TOS-R002", f"there is no node {node.text!r}{hint(node.text, template.nodes)}", node)
        return
    _offered(template, node, definition, target)


def _offered(template: Template, node: Node, definition: Any, target: Node) -> None:
    """Whether the target has the capability that the requirement asks for."""
    wanted = definition.get("capability") if isinstance(definition, dict) else definition
    asked = target.get("capability") if target.is_object else None
    other = template.nodes[node.text].get("type") if template.nodes[node.text].is_object else None
    if other is None or not template.types.closed:
        return
    names, whole = template.types.keys("node", other.text, "capabilities")
    if not whole:
        return
    if asked is not None and asked.kind is Kind.STRING:
        if asked.text not in names and template.types.find("capability", asked.text) is None:
            text = f"{other.text} offers no capability {asked.text!r}{hint(asked.text, names)}"
            template.say("TOS-R003", text, asked)
        return
    if not isinstance(wanted, str) or wanted in ("tosca.capabilities.Node", "tosca.capabilities.Root"):
        return
    answers = [_capability_is(template, other.text, name, wanted) for name in names]
    if answers and all(answer is False for answer in answers):
        related = any(_capability_is(template, other.text, name, wanted, reverse=True) for name in names)
        level = Severity.WARNING if related else None  # a more general one may do
        template.say("TOS-R003", f"{node.text!r} ({other.text}) offers no {wanted}", node, severity=level)


def _capability_is(template: Template, node_type: str, name: str, wanted: str, *, reverse: bool = False) -> bool | None:
    definition = template.types.part("node", node_type, "capabilities", name)
    found = definition.get("type") if isinstance(definition, dict) else definition
    if not isinstance(found, str):
        return None
    if {found, wanted} == _SAME:
        return True
    if reverse:
        return found != "tosca.capabilities.Root" and template.types.is_a("capability", wanted, found)
    return template.types.is_a("capability", found, wanted)
