"""A TOSCA template with what it imports and extends, from its text to its last reference."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import Context, Problem, Severity
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Kind, Malformed, Node, Span, parse_yaml
from assaymark_workflows.tosca.definitions import check_type_definitions
from assaymark_workflows.tosca.imports import LIMITS, add_parents, follow_imports, import_targets, types_of
from assaymark_workflows.tosca.template import Template
from assaymark_workflows.tosca.topology import check_topology
from assaymark_workflows.tosca.types import KINDS
from assaymark_workflows.tosca.versions import OTHER_PROFILES, SECOND, VERSIONS

RULES = Path(__file__).with_name("rules.toml")
TOP = ("tosca_definitions_version", "tosca_default_namespace", "namespace", "template_name", "template_author",
       "template_version", "description", "metadata", "imports", "dsl_definitions", "repositories",
       *(f"{kind}_types" for kind in KINDS), "relationship_templates", "topology_template")  # fmt: skip # short items
TOP_OF_SECOND = ("tosca_definitions_version", "profile", "description", "metadata", "dsl_definitions", "repositories",
                 "imports", "functions", "service_template",
                 *(f"{kind}_types" for kind in KINDS))  # fmt: skip # many short items
TOPOLOGY = ("description", "inputs", "node_templates", "relationship_templates", "outputs", "groups", "policies",
            "substitution_mappings", "workflows")  # fmt: skip # many short items


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one template; None when it is none after all."""
    problems = Problems(path, RULES)
    try:
        root = parse_yaml(data, LIMITS)
    except Malformed as wrong:
        problems.add("TOS-Y001", wrong.message, Span(wrong.line, wrong.column, wrong.line, wrong.column + 1))
        return problems.sorted()
    if not root.is_object or root.get("tosca_definitions_version") is None:
        return None
    _check(Template(path, root, context, problems))
    return problems.sorted()


def _check(template: Template) -> None:
    root = template.root
    _repeated(template)
    version = root.get("tosca_definitions_version")
    if version is not None and version.text == SECOND:
        _second(template, version)
        return
    template.known(root, TOP, "a template")
    _version(template)
    template.types.closed = version is not None and version.text in VERSIONS
    template.types.add(types_of(root))
    follow_imports(template, import_targets(root, template.path, template.context), (template.path,), None)
    topology = root.get("topology_template")
    add_parents(template)
    if topology is not None and topology.is_object:
        template.known(topology, TOPOLOGY, "topology_template")
        template.collect(topology)
        check_topology(template, topology)
    elif topology is not None and topology.kind is not Kind.NULL:
        template.shape(topology, "topology_template", "a map")
    check_type_definitions(template)


def _second(template: Template, version: Node) -> None:
    """TOSCA 2.0 is another language inside: its frame is checked, and that the rest is not is told."""
    # Drafts of it, which are in use, had the keys of the Simple Profile.
    template.known(template.root, (*TOP_OF_SECOND, *TOP), "a file of TOSCA 2.0")
    follow_imports(template, import_targets(template.root, template.path, template.context), (template.path,), None)
    for name in ("service_template", *(f"{kind}_types" for kind in KINDS)):
        list(template.table(template.root, name))
    service = template.root.get("service_template")
    if service is not None:
        template.known(service, (*TOPOLOGY, "metadata"), "service_template")
    template.say("TOS-E001", "of TOSCA 2.0 only keys, shapes and imports were checked", version)


def _repeated(template: Template) -> None:
    metadata = template.root.get("metadata")
    for node in template.root.walk():
        for key in node.repeated():
            if key.is_object or key.is_array:
                continue
            # No engine reads what is written there.
            level = Severity.WARNING if node is metadata else None
            message = f"the key {key.text!r} was there before; only the last one counts"
            template.say("TOS-Y002", message, key, severity=level)


def _version(template: Template) -> None:
    version = template.root.get("tosca_definitions_version")
    if version is not None and version.text not in VERSIONS and not version.text.startswith(OTHER_PROFILES):
        near = hint(version.text, VERSIONS)
        text = f"{version.text!r} is no version of TOSCA that is known here{near}"
        # Engines have versions of their own (cloudify_dsl_1_3); those of the standard are known.
        level = Severity.ERROR if version.text.startswith("tosca_") else None
        template.say("TOS-S004", text, version, severity=level)
