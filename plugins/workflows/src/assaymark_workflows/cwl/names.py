"""Identifiers: unique in their scope and without the marks that divide them; names of types that are defined."""

from __future__ import annotations

from assaymark.api import Severity
from assaymark_workflows.cwl import schema
from assaymark_workflows.cwl.model import Process, short
from assaymark_workflows.cwl.report import Report, nearest, replaced
from assaymark_workflows.cwl.structure import TYPE, Structure, entries
from assaymark_workflows.source import Node

_WORDS = sorted({*schema.PRIMITIVES, "Any"})


def check_names(process: Process, structure: Structure, report: Report) -> None:
    """All identifiers and type names of one process."""
    for field, subject in (("inputs", "id"), ("outputs", "id"), ("steps", "id")):
        _unique(process.node.get(field), subject, f"in {field}", report)
    for step in process.steps.values():
        _unique(step.node.get("in"), "id", f"in the step {step.name!r}", report)
        _outputs(step.node.get("out"), report)
    _types(process, structure, report)


def _unique(node: Node | None, subject: str, where: str, report: Report) -> None:
    if node is None:
        return
    seen: set[str] = set()
    for name, key, _ in entries(node, subject):
        last = short(name)
        if last in seen and not (node.is_object and name == last):
            report.add("CWL-R011", key, f"the id {last!r} is there twice {where}")
        seen.add(last)
        if node.is_object and last and name != last:
            report.add("CWL-R012", key, f"the id {name!r} has a mark in it that divides identifiers")
        if not last:
            report.add("CWL-R012", key, f"an empty id {where}", severity=Severity.ERROR)


def _outputs(node: Node | None, report: Report) -> None:
    seen: set[str] = set()
    for element in node.elements if node is not None else []:
        name = element.get("id") if element.is_object else element
        if name is not None and name.is_string:
            if short(name.value) in seen:
                report.add("CWL-R011", name, f"the id {short(name.value)!r} is there twice in out")
            seen.add(short(name.value))


def _types(process: Process, structure: Structure, report: Report) -> None:
    """Type names are those of CWL, or of types that are defined with a name."""
    for parameter in (*process.inputs.values(), *process.outputs.values()):
        stack: list[Node | None] = [parameter.type_node]
        while stack:
            node = stack.pop()
            if node is None:
                continue
            if node.is_string:
                _name(node, process, structure, report)
                continue
            stack += node.elements
            if node.is_object:
                stack += [node.get("items"), *_field_types(node.get("fields"))]


def _field_types(node: Node | None) -> list[Node | None]:
    return [
        value.get("type") if value.is_object and "type" in value else value for _, _, value in entries(node, "name")
    ]


def _name(node: Node, process: Process, structure: Structure, report: Report) -> None:
    match = TYPE.fullmatch(node.value)
    base = match[1] if match else node.value
    reference = "#" in base or "/" in base or ":" in base
    if not reference and id(node) not in structure.unknown:
        return
    if short(base) in process.named or process.undefined:
        return
    guess = nearest(base, _WORDS) or nearest(short(base), process.named)
    short_form = base in _WORDS
    if short_form:
        message = f"{node.value!r} is a short form, which is not read here; write the type in full"
    else:
        message = f"there is no type {base!r}" + (f"; did you mean {guess!r}?" if guess else "")
    edits = [replaced(node, node.value.replace(base, guess, 1))] if guess and not node.quoted and not reference else []
    report.add("CWL-R006", node, message, edits=edits)
