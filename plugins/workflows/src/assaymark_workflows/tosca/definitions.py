"""The types that a template defines: their parents exist."""

from __future__ import annotations

from assaymark.api import Severity
from assaymark_workflows.problems import hint
from assaymark_workflows.source import Kind
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.template import Template
from assaymark_workflows.tosca.types import KINDS


def check_type_definitions(template: Template) -> None:
    """Every type that is defined here derives from one that there is."""
    for kind in KINDS:
        for _, definition in template.table(template.root, f"{kind}_types"):
            parent = definition.get("derived_from") if definition.is_object else None
            if parent is None or parent.kind is not Kind.STRING or not template.types.closed:
                continue
            simple = kind == "data" and parent.text in values.SIMPLE
            if not simple and template.types.find(kind, parent.text) is None:
                near = hint(parent.text, template.types.names(kind))
                # Below the wrong heading nothing uses it; who imports a mere library may import the rest as well.
                elsewhere = any(template.is_type(other, parent.text) for other in KINDS)
                library = template.root.get("topology_template") is None and template.root.get("imports") is None
                level = Severity.WARNING if elsewhere or library else None
                template.say("TOS-R001", f"there is no {kind} type {parent.text!r}{near}", parent, severity=level)
