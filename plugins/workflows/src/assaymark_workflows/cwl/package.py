"""The OGC Application Package (best practice 20-089): one workflow, its tools, and what a platform needs to deploy it.

A package is known by descriptive terms of schema.org beside ``$graph``, or by the setting ``profile``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Severity
from assaymark_workflows.cwl.document import Document
from assaymark_workflows.cwl.model import Process, short
from assaymark_workflows.cwl.report import Report
from assaymark_workflows.cwl.types import Type
from assaymark_workflows.source import Kind, Node

PROFILE = "application-package"
_SCHEMA_ORG = ("https://schema.org", "http://schema.org")


def check_package(document: Document, processes: list[Process], report: Report, settings: Mapping[str, Any]) -> None:
    """Check the profile where it applies; what breaks it is an error only when the profile was asked for."""
    asked = settings.get("profile") == PROFILE
    if not asked and not _is_package(document, processes):
        return
    _Package(document, processes, report, Severity.ERROR if asked else Severity.WARNING).check()


def _is_package(document: Document, processes: list[Process]) -> bool:
    root = document.root
    if root is None or root.get("$graph") is None or not any(p.kind == "Workflow" for p in processes):
        return False
    return bool(_described(root))


def _described(root: Node) -> dict[str, Node]:
    """Terms of schema.org beside ``$graph``, by their name without the prefix."""
    namespaces = root.get("$namespaces")
    prefixes = {
        key.text
        for key, value in (namespaces.items if namespaces is not None else [])
        if isinstance(value.value, str) and value.value.startswith(_SCHEMA_ORG)
    }
    found = {}
    for key, value in root.items:
        prefix, colon, name = key.text.partition(":")
        if colon and prefix in prefixes:
            found[name] = value
        elif key.text.startswith(_SCHEMA_ORG):
            found[short(key.text)] = value
    return found


class _Package:
    def __init__(self, document: Document, processes: list[Process], report: Report, severity: Severity) -> None:
        self.document = document
        self.processes = processes
        self.report = report
        self.severity = severity

    def check(self) -> None:
        root = self.document.root
        assert root is not None
        start = root.get("cwlVersion") or root
        workflows = [p for p in self.processes if p.kind == "Workflow"]
        tools = [p for p in self.processes if p.kind == "CommandLineTool"]
        run = {
            short(step.run.value)
            for p in workflows
            for step in p.steps.values()
            if step.run is not None and step.run.is_string
        }
        entries = [p for p in workflows if p.fragment not in run]
        if not workflows:
            self._say("CWL-S101", start, "an application package has a Workflow; there is none")
        for extra in entries[1:]:
            at = extra.node.get("id") or extra.node
            self._say(
                "CWL-S101", at, f"an application package has one entry Workflow; {entries[0].fragment!r} is one already"
            )
        if not tools:
            self._say("CWL-S102", start, "an application package has a CommandLineTool; there is none")
        for tool in tools:
            self._tool(tool)
        for workflow in entries[:1]:
            self._workflow(workflow)
        described = _described(root) | {
            name: node for p in entries[:1] for name, node in self._own_terms(p, root).items()
        }
        version = described.get("softwareVersion")
        if version is None or version.kind is Kind.NULL:
            self._say("CWL-S107", start, "an application package says its softwareVersion (of schema.org)")

    @staticmethod
    def _own_terms(process: Process, root: Node) -> dict[str, Node]:
        return {key.text.rpartition(":")[2]: value for key, value in process.node.items if ":" in key.text}

    def _tool(self, tool: Process) -> None:
        at = tool.node.get("id") or tool.node.get("class") or tool.node
        name = tool.fragment or "the tool"
        if tool.node.get("baseCommand") is None:
            self._say("CWL-S103", at, f"{name} has no baseCommand")
        if "DockerRequirement" not in tool.requirements and "DockerRequirement" not in tool.hints:
            self._say("CWL-S104", at, f"{name} has no DockerRequirement: nothing says which container it runs in")

    def _workflow(self, workflow: Process) -> None:
        at = workflow.node.get("id") or workflow.node.get("class") or workflow.node
        for field in ("label", "doc"):
            if workflow.node.get(field) is None:
                self._say(
                    "CWL-S105", at, f"the Workflow has no {field}, which becomes its {_MEANT[field]} on the platform"
                )
        for parameter in workflow.inputs.values():
            if "File" in _parts(parameter.type):
                message = f"{parameter.name!r} is a File; data are staged in as a Directory with a catalogue"
                self.report.add("CWL-P101", parameter.key, message)
            missing = [f for f in ("label", "doc") if not parameter.node.is_object or parameter.node.get(f) is None]
            if missing:
                self._say("CWL-S106", parameter.key, f"the input {parameter.name!r} has no {' and no '.join(missing)}")
        if not any("Directory" in _parts(output.type) for output in workflow.outputs.values()):
            self._say(
                "CWL-S108", workflow.node.key("outputs") or at, "no output is a Directory, so nothing is staged out"
            )
        for step in workflow.steps.values():
            if step.scatter and step.node.get("scatterMethod") is None:
                self.report.add("CWL-P102", step.scatter[0], "a package that fans out says its scatterMethod")

    def _say(self, rule: str, at: Node, message: str) -> None:
        self.report.add(rule, at, message, severity=self.severity)


_MEANT = {"label": "title", "doc": "description"}


def _parts(kind: Type) -> set[str]:
    found: set[str] = set()
    stack = [kind]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            found.add(one)
        elif one[0] == "union":
            stack += one[1]
        elif one[0] == "array":
            stack.append(one[1])
    return found
