"""What is legal and could be better: notes, none of which makes a document invalid."""

from __future__ import annotations

import re

from assaymark_workflows.cwl.links import Workflow
from assaymark_workflows.cwl.model import Process
from assaymark_workflows.cwl.report import Report
from assaymark_workflows.cwl.values import bound
from assaymark_workflows.source import Node

_WORD = re.compile(r"\w+")
_WHOLE = re.compile(r"\binputs\b(?!\s*[.\[])|\binputs\s*\[\s*[^'\"\s]")


def check_practice(process: Process, report: Report, texts: list[str], workflow: Workflow | None) -> None:
    """Images, inputs and steps that nothing uses, words for people. ``texts`` are the expressions of the process."""
    for node in (process.requirements.get("DockerRequirement"), process.hints.get("DockerRequirement")):
        if node is not None and node.is_object:
            _image(node.get("dockerPull"), report)
    network = process.requirements.get("NetworkAccess")
    allowed = network.get("networkAccess") if network is not None and network.is_object else None
    if allowed is not None and allowed.value is True:
        report.add("CWL-P005", allowed, "the tool may use the network")
    if not process.embedded and all(process.node.get(name) is None for name in ("label", "doc")):
        at = process.node.get("class")
        if at is not None:
            report.add("CWL-P004", at, f"the {at.value} has neither label nor doc")
    _unused(process, report, texts, workflow)


def _image(node: Node | None, report: Report) -> None:
    if node is None or not node.is_string or "$(" in node.value:
        return
    name = node.value.strip()
    last = name.rpartition("/")[2]
    if "@" in name:
        return
    tag = last.partition(":")[2]
    if not tag:
        report.add("CWL-P001", node, f"the image {name} has no tag")
    elif tag == "latest":
        report.add("CWL-P001", node, f"the image {name} is whatever is newest")


def _unused(process: Process, report: Report, texts: list[str], workflow: Workflow | None) -> None:
    if process.kind == "Operation":
        return
    together = "\n".join(texts)
    words = frozenset(_WORD.findall(together))
    whole = _WHOLE.search(together) is not None
    for name, parameter in process.inputs.items():
        if workflow is not None:
            used = name in workflow.used_inputs
        else:
            placed = bound(parameter.node) or (parameter.type_node is not None and parameter.type_node.value == "stdin")
            # A file may be there only to be staged beside another one.
            used = placed or whole or _may_be_staged(parameter.type)
        if not used and name not in words and (_WORD.fullmatch(name) or name not in together):
            report.add("CWL-P002", parameter.key, f"nothing uses the input {name!r}")
    if workflow is None:
        return
    for step in process.steps.values():
        if step.outputs and not any((step.name, output) in workflow.used_outputs for output in step.outputs):
            report.add("CWL-P003", step.key, f"nothing uses what step {step.name!r} gives")


def _may_be_staged(kind: object) -> bool:
    if isinstance(kind, tuple):
        return any(_may_be_staged(part) for part in (kind[1].values() if isinstance(kind[1], dict) else kind[1:]))
    return kind in ("File", "Directory", "Any")
