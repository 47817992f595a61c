"""Types and properties of templates: they exist, have what they need, and keep to their constraints."""

from __future__ import annotations

from assaymark_workflows.problems import hint
from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.template import Template
from assaymark_workflows.tosca.types import Property


def type_of(template: Template, node: Node, kind: str, key: Node) -> str | None:
    """The name of the type of a template, after the say about it."""
    name = node.get("type")
    if name is None:
        template.say("TOS-S002", f"{key.text!r} needs a type", key)
        return None
    if template.types.find(kind, name.text) is None:
        if template.types.closed:
            near = hint(name.text, template.types.names(kind))
            template.say("TOS-R001", f"there is no {kind} type {name.text!r}{near}", name)
        return None
    return name.text


def check_properties(template: Template, node: Node, kind: str, name: str, key: Node, *, complete: bool) -> None:
    """The properties of one template of a type; ``complete`` when those that are required must be there."""
    known, whole = template.types.properties(kind, name)
    given = node.get("properties")
    if given is not None and given.kind is not Kind.NULL and not given.is_object:
        template.shape(given, "properties", "a map")
        return
    for prop_key, value in given.items if given is not None else ():
        prop = known.get(prop_key.text)
        if prop is None:
            if whole and template.types.closed:
                text = f"{name} has no property {prop_key.text!r}{hint(prop_key.text, known)}"
                template.say("TOS-V001", text, prop_key)
            continue
        check_value(template, value, prop, prop_key.text)
    if complete and template.whole:
        for missing, prop in known.items():
            if prop.required and not prop.default and (given is None or given.get(missing) is None):
                template.say("TOS-V002", f"{name} needs the property {missing!r}", key)


def check_value(template: Template, value: Node, prop: Property, name: str, *, inner: bool = False) -> None:
    """One value of a property; ``inner`` when it is a part of one."""
    prop = template.types.plain(prop)
    # Engines take a number for a text where it is the property itself, and not in the parts of one.
    wrong = values.fault(value, prop.type) if inner or prop.type != "string" else values.no_text(value)
    if wrong is not None:
        template.say("TOS-V003", f"{name}: {wrong}", value)
        return
    broken = values.broken(value, prop.type, prop.constraints)
    if broken is not None:
        template.say("TOS-V004", f"{name}: {broken}", value)
    if values.is_function(value):
        return
    if prop.entry is not None:
        entry = Property(prop.entry, True, False, None, ())
        for child in (*value.elements, *(item for _, item in value.items)):
            check_value(template, child, entry, name, inner=True)
    elif prop.type not in values.SIMPLE and value.is_object:
        _data(template, value, prop.type, name)
    elif value.kind is not Kind.NULL and template.types.closed and template.types.properties("data", prop.type)[0]:
        template.say("TOS-V003", f"{name}: a map is expected, the parts of {prop.type}", value)


def _data(template: Template, value: Node, kind: str, name: str) -> None:
    known, whole = template.types.properties("data", kind)
    if not known or not whole or not template.types.closed:
        return
    for key, item in value.items:
        prop = known.get(key.text)
        if prop is None:
            template.say("TOS-V001", f"{kind} has no property {key.text!r}{hint(key.text, known)}", key)
        else:
            check_value(template, item, prop, f"{name}.{key.text}", inner=True)
