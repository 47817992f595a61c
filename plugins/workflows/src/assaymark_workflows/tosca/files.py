"""The files that artifacts and operations of a node name."""

from __future__ import annotations

from assaymark_workflows.source import Kind, Node
from assaymark_workflows.tosca.imports import beside
from assaymark_workflows.tosca.template import Template

_SCRIPTS = (".sh", ".py", ".yaml", ".yml", ".pp", ".rb", ".bat", ".ps1")


def check_files(template: Template, node: Node) -> None:
    """Files of artifacts, and scripts that operations run, lie in the repository."""
    names = {key.text for key, _ in template.table(node, "artifacts")}
    for _, artifact in template.table(node, "artifacts"):
        file = artifact.get("file") if artifact.is_object else artifact
        if file is not None and not (artifact.is_object and artifact.get("repository") is not None):
            _file(template, file)
    for _, interface in template.table(node, "interfaces"):
        for _, operation in interface.items if interface.is_object else ():
            primary = operation.get("implementation") if operation.is_object else operation
            if primary is not None and primary.is_object:
                if primary.get("repository") is not None:
                    continue
                primary = primary.get("primary")
            if primary is not None and primary.text not in names and primary.text.endswith(_SCRIPTS):
                _file(template, primary)


def _file(template: Template, file: Node) -> None:
    text = file.text
    if file.kind is not Kind.STRING or "://" in text or not text or "{" in text or "." not in text:
        return
    place = beside(template.path, text)
    if text.startswith(("/", "~")) or place.startswith("../"):
        template.say("WF-C001", f"{text!r} lies outside the repository", file)
    elif "/" in text and not text.endswith(_SCRIPTS) and ":" in text:
        return  # the name of an image
    elif not template.context.exists(place):
        template.say("TOS-R005", f"there is no file {place!r}", file)
