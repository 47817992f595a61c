"""The topology of a template: inputs, nodes, relationships, outputs, groups and policies."""

from __future__ import annotations

from assaymark_workflows.problems import hint
from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.functions import check_functions
from assaymark_workflows.tosca.nodes import check_node
from assaymark_workflows.tosca.properties import check_properties, check_value, type_of
from assaymark_workflows.tosca.template import Template
from assaymark_workflows.tosca.types import Property

MAPPINGS = ("node_type", "node", "properties", "attributes", "capabilities", "requirements", "interfaces",
            "substitution_filter")  # fmt: skip # many short items
INPUT = ("type", "description", "required", "default", "status", "constraints", "entry_schema", "key_schema", "value",
         "metadata", "tag", "immutable", "hidden", "display_name", "group")  # fmt: skip # many short items


def check_topology(template: Template, topology: Node) -> None:
    """All of a topology, its own inputs being used at the end."""
    own_inputs = list(template.table(topology, "inputs"))
    for key, value in own_inputs:
        _input(template, key, value)
    for key, node in template.table(topology, "node_templates"):
        template.context.check_time()
        check_node(template, key, node)
    for key, relationship in template.table(topology, "relationship_templates"):
        if relationship.is_object:
            kind = type_of(template, relationship, "relationship", key)
            if kind is not None:
                check_properties(template, relationship, "relationship", kind, key, complete=True)
            check_functions(template, relationship, None)
    for key, output in template.table(topology, "outputs"):
        if output.is_object:
            check_functions(template, output, None, outside=True)
        elif output.kind is not Kind.NULL:
            template.shape(output, f"the output {key.text}", "a map with a value")
    _members(template, topology)
    mappings = topology.get("substitution_mappings")
    if mappings is not None:
        template.known(mappings, MAPPINGS, "substitution_mappings")
        check_functions(template, mappings, None)
    for key, _ in own_inputs:
        if key.text not in template.used and template.whole:
            template.say("TOS-P001", f"the input {key.text!r} is not used", key)


def _input(template: Template, key: Node, value: Node) -> None:
    if not value.is_object:
        template.shape(value, f"the input {key.text}", "a map with a type")
        return
    template.known(value, INPUT, "an input")
    kind, default = value.get("type"), value.get("default")
    if kind is None:
        return
    if not template.is_data_type(kind.text):
        template.say("TOS-R001", f"there is no type {kind.text!r}{hint(kind.text, values.SIMPLE)}", kind)
    elif default is not None:
        constraints = value.get("constraints")
        plain = tuple(constraints.plain()) if constraints is not None and constraints.is_array else ()
        entry = value.get("entry_schema")
        entry_type = entry.get("type") if entry is not None and entry.is_object else entry
        prop = Property(kind.text, True, True, entry_type.text if entry_type is not None else None, plain)
        check_value(template, default, prop, f"the default of {key.text}", inner=True)


def _members(template: Template, topology: Node) -> None:
    groups = {key.text for key, _ in template.table(topology, "groups")}
    for key, group in template.table(topology, "groups"):
        if group.is_object:
            kind = type_of(template, group, "group", key)
            if kind is not None:
                check_properties(template, group, "group", kind, key, complete=True)
            _all_exist(template, group.get("members"), set(template.nodes))
            check_functions(template, group, None)
    policies = topology.get("policies")
    for entry in policies.elements if policies is not None else ():
        for key, policy in entry.items:
            if policy.is_object:
                kind = type_of(template, policy, "policy", key)
                if kind is not None:
                    check_properties(template, policy, "policy", kind, key, complete=True)
                _all_exist(template, policy.get("targets"), {*template.nodes, *groups})
                check_functions(template, policy, None)


def _all_exist(template: Template, names: Node | None, known: set[str]) -> None:
    for name in names.elements if names is not None else ():
        if name.kind is Kind.STRING and name.text not in known and template.whole:
            template.say("TOS-R002", f"there is no node {name.text!r}{hint(name.text, known)}", name)
