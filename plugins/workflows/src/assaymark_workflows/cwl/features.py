"""Features that must be declared before they are used, and the edit that declares them."""

from __future__ import annotations

from assaymark.api import Edit, Severity
from assaymark_workflows.cwl.model import Process, Step
from assaymark_workflows.cwl.report import Report
from assaymark_workflows.cwl.workspace import Workspace
from assaymark_workflows.source import Node

NEEDED = " in requirements"


def demand(
    name: str, at: Node, why: str, process: Process, report: Report, workspace: Workspace, step: Step | None = None
) -> None:
    """Say so if a requirement that ``why`` needs is not in force."""
    if process.requires(name) or (step is not None and name in step.requirements):
        return
    every, some = (frozenset(), frozenset()) if process.embedded else workspace.handed(process.document.path)
    if name in process.hints or (step is not None and name in step.hints):
        report.add("CWL-S021", at, f"{why} needs {name} in requirements; as a hint it may be passed over")
        return
    # What some of its callers declare works there: only alone, and with the others, does it fail.
    severity = Severity.NOTE if name in every else Severity.WARNING if name in some else None
    report.add("CWL-S020", at, f"{why} needs {name}{NEEDED}", edits=declaration(name, process), severity=severity)


def declaration(name: str, process: Process) -> list[Edit]:
    """The edit that adds a requirement to a process; none where its place cannot be told for certain."""
    if id(process.node) in process.document.imported or not process.node.items:
        return []
    present = process.node.get("requirements")
    lines = process.document.lines()
    if present is None:
        return _new_field(name, process.node, lines)
    first = present.items[0][0] if present.items else present.elements[0] if present.elements else None
    line = lines[present.span.line - 1] if present.span.line <= len(lines) else ""
    flow = line[present.span.column - 1 : present.span.column] in ("{", "[")
    if first is None:
        if not flow:
            return []
        text = f'{{"{name}": {{}}}}' if present.is_object else f'[{{"class": "{name}"}}]'
        span = present.span
        return [Edit(line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column, text=text)]
    before = lines[first.span.line - 1][: first.span.column - 1]
    if flow:
        text = f'"{name}": {{}}, ' if present.is_object else f'{{"class": "{name}"}}, '
    elif present.is_object and not before.strip():
        text = f"{name}: {{}}\n{before}"
    elif present.is_array and before.strip() == "-":
        text = f"class: {name}\n{before}"
    else:
        return []
    return [_insert(first, text)]


def _new_field(name: str, node: Node, lines: list[str]) -> list[Edit]:
    key = node.key("inputs") or node.items[0][0]
    before = lines[key.span.line - 1][: key.span.column - 1]
    if key.quoted:
        return [_insert(key, f'"requirements": {{"{name}": {{}}}}, ')]
    if before.strip():
        return []
    return [_insert(key, f"requirements:\n{before}  {name}: {{}}\n{before}")]


def _insert(at: Node, text: str) -> Edit:
    line, column = at.span.line, at.span.column
    return Edit(line=line, column=column, end_line=line, end_column=column, text=text)
