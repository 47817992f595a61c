"""``get_input``, ``get_property`` and the other functions: what they ask of whom."""

from __future__ import annotations

from collections.abc import Sequence

from assaymark_workflows.problems import hint
from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.template import Template
from assaymark_workflows.tosca.versions import VERSIONS

_ONE_INPUT = frozenset(VERSIONS[:-1])
_SELF = ("SELF", "HOST", "SOURCE", "TARGET", "ORCHESTRATOR")


def check_functions(template: Template, root: Node, kind: str | None, *, outside: bool = False) -> None:
    """Every function below ``root``; ``outside`` of nodes there is nothing that SELF or HOST could mean."""
    for node in root.walk():
        if values.is_function(node):
            _function(template, node.items[0][0], node.items[0][1], kind, outside=outside)


def _function(template: Template, name: Node, arguments: Node, kind: str | None, *, outside: bool) -> None:
    first = arguments.elements[0] if arguments.is_array and arguments.elements else arguments
    if name.text == "get_input":
        version = template.root.get("tosca_definitions_version")
        if len(arguments.elements) > 1 and version is not None and version.text in _ONE_INPUT:
            template.shape(arguments, "get_input", "the name of one input; parts of it can be asked for since 1.3")
        if first.kind is Kind.STRING:
            template.used.add(first.text)
            if first.text not in template.inputs and template.whole:
                template.say("TOS-R006", f"there is no input {first.text!r}{hint(first.text, template.inputs)}", first)
    elif name.text in ("get_property", "get_attribute", "get_operation_output"):
        if not arguments.is_array or len(arguments.elements) < 2:
            template.shape(arguments, name.text, "a list: a node and what is asked of it")
        elif outside and first.text in ("SELF", "HOST", "SOURCE", "TARGET"):
            template.say("TOS-R006", f"there is no {first.text} here: an output belongs to no node", first)
        elif first.kind is Kind.STRING and first.text in template.relationships:
            return
        elif (
            first.kind is Kind.STRING
            and first.text not in _SELF
            and first.text not in template.nodes
            and template.whole
        ):
            template.say("TOS-R006", f"there is no node {first.text!r}{hint(first.text, template.nodes)}", first)
        elif name.text in ("get_property", "get_attribute"):
            _property_of(template, name.text.removeprefix("get_"), arguments, first, kind)
    elif name.text == "concat":
        if not arguments.is_array or not arguments.elements:
            template.shape(arguments, "concat", "a list of what is joined")
    elif name.text == "token" and (not arguments.is_array or len(arguments.elements) != 3):
        template.shape(arguments, "token", "a list of three: a text, its separators and a number")


def _property_of(template: Template, what: str, arguments: Node, first: Node, kind: str | None) -> None:
    """``get_property: [NODE, NAME]`` or an attribute, where all that the node has is known."""
    asked = arguments.elements[1]
    if first.text == "SELF":
        name = kind
    else:
        other = template.nodes.get(first.text)
        given = other.get("type") if other is not None and other.is_object else None
        name = given.text if given is not None else None
    if name is None or not template.types.closed or asked.kind is not Kind.STRING:
        return
    known: set[str] = set()
    for part in ("properties", "attributes", "capabilities", "requirements"):
        names, whole = template.types.keys("node", name, part)
        if not whole:
            return
        known |= names
    other = template.nodes.get(first.text)
    known |= {key.text for key, _ in template.table(other, "attributes")}
    if asked.text not in known:
        template.say("TOS-R006", f"{name} has no {what} {asked.text!r}{hint(asked.text, known)}", asked)
    else:
        _deeper(template, what, name, asked, arguments.elements[2:])


def _deeper(template: Template, what: str, node: str, asked: Node, rest: Sequence[Node]) -> None:
    """What is asked of a capability, or of a part of a value."""
    if not rest or rest[0].kind not in (Kind.STRING, Kind.INTEGER):
        return
    prop = template.types.properties("node", node)[0].get(asked.text)
    plain = template.types.plain(prop).type if prop is not None else None
    if plain in values.SIMPLE and plain not in ("list", "map", "range"):
        template.say("TOS-R006", f"{asked.text!r} is {values.a(plain)}: nothing can be asked of it", rest[0])
    definition = template.types.part("node", node, "capabilities", asked.text)
    name = definition.get("type") if isinstance(definition, dict) else definition
    if not isinstance(name, str) or prop is not None:
        return
    known: set[str] = set()
    for part in ("properties", "attributes"):
        found, whole = template.types.keys("capability", name, part)
        own = definition.get(part) if isinstance(definition, dict) else None
        known |= found | set(own if isinstance(own, dict) else ())
        if not whole:
            return
    if rest[0].text not in known:
        template.say("TOS-R006", f"{name} has no {what} {rest[0].text!r}{hint(rest[0].text, known)}", rest[0])
