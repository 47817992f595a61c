"""Templates as they are written elsewhere, and parts of the standard that are easily got wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import assaymark
from assaymark.api import Severity

HEAD = "tosca_definitions_version: tosca_simple_yaml_1_2\n"
SERVER = "    server:\n      type: tosca.nodes.Compute\n"


def said(folder: Path, text: str, **others: str) -> list[tuple[str, str, int]]:
    """Rule, severity and line of all that is said of one template."""
    (folder / "template.yaml").write_text(HEAD + text, encoding="utf-8")
    for name, content in others.items():
        (folder / f"{name}.yaml").write_text(HEAD + content, encoding="utf-8")
    found = assaymark.validate(folder / "template.yaml", root=folder, cache=False).problems
    return [
        (p.finding.rule, p.finding.severity.value, p.finding.location.line or 0) for p in found if p.finding.location
    ]


def topology(*lines: str) -> str:
    return "topology_template:\n  node_templates:\n" + SERVER + "\n".join(lines) + "\n"


ACCEPTED = {
    "the root of interfaces": "interface_types:\n  my.Calls:\n    derived_from: tosca.interfaces.Root\n    ping:\n",
    "a short name of a type of the network": "topology_template:\n  inputs:\n    p: {type: PortDef, default: 80}\n"
    "  outputs:\n    q: {value: {get_input: p}}\n",
    "a type of data that derives from a simple one": "data_types:\n  my.Name:\n    derived_from: string\n",
    "a number for a text": "topology_template:\n  node_templates:\n    s:\n      type: tosca.nodes.DBMS\n"
    "      properties: {root_password: 1234}\n      requirements: [host: c]\n    c: {type: tosca.nodes.Compute}\n",
    "what a relationship has": topology(
        "  relationship_templates:",
        "    link: {type: tosca.relationships.ConnectsTo}",
        "  outputs:",
        "    o: {value: {get_attribute: [link, state]}}",
    ),
    "a computer by its later name": "node_types:\n  my.App:\n    derived_from: tosca.nodes.Root\n    requirements:\n"
    "      - host: {capability: tosca.capabilities.Compute}\n"
    + topology("    a: {type: my.App, requirements: [host: server]}"),
    "what an engine has in its catalogue": "imports:\n  - tosca-normative-types:1.0.0-ALIEN20\n"
    + topology("    a: {type: org.example.Thing}"),
    "a profile": "imports:\n  - profile: org.oasis-open.tosca.simple:2.0\n"
    + topology("    a: {type: org.example.Thing}"),
    "a library whose other half lies elsewhere": "node_types:\n  my.Node:\n    derived_from: other.Node\n",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_is_accepted(text: str, tmp_path: Path) -> None:
    assert [s for s in said(tmp_path, text) if s[1] == Severity.ERROR] == []


OUTPUT = "  outputs:\n    o:\n      value: "
REFUSED = {
    "no operation of the interface": (
        (
            "interface_types:\n  my.Calls:\n    derived_from: tosca.interfaces.Root\n    ping:\n"
            "node_types:\n  my.Node:\n    derived_from: tosca.nodes.Root\n    interfaces:\n"
            "      Calls: {type: my.Calls}\n"
            "topology_template:\n  node_templates:\n    n:\n      type: my.Node\n      interfaces:\n"
            "        Calls:\n          pong: a.sh\n"
        ),
        ("TOS-V001", 17),
    ),
    "a host of an output": (topology(OUTPUT + "{get_attribute: [HOST, public_address]}"), ("TOS-R006", 8)),
    "no such attribute": (topology(OUTPUT + "{get_attribute: [server, colour]}"), ("TOS-R006", 8)),
    "no property of the capability": (topology(OUTPUT + "{get_property: [server, os, colour]}"), ("TOS-R006", 8)),
    "nothing to join": (topology(OUTPUT + "{concat: []}"), ("TOS-S003", 8)),
    "a token of two": (topology(OUTPUT + "{token: ['a:b', ':']}"), ("TOS-S003", 8)),
    "a number that is no port": (
        topology("      capabilities:\n        endpoint:\n          properties: {port: 70000}"),
        ("TOS-V004", 8),
    ),
    "a part of a text": (
        "node_types:\n  my.Node:\n    derived_from: tosca.nodes.Root\n    properties:\n      a: {type: string}\n"
        "topology_template:\n  node_templates:\n    n:\n      type: my.Node\n      properties: {a: b}\n"
        + OUTPUT
        + "{get_property: [n, a, 0]}\n",
        ("TOS-R006", 14),
    ),
    "a number in the parts of a value": (
        (
            "data_types:\n  my.Person:\n    properties:\n      phone: {type: string}\n"
            "node_types:\n  my.Node:\n    derived_from: tosca.nodes.Root\n    properties:\n"
            "      who: {type: my.Person}\n"
            "topology_template:\n  node_templates:\n    n:\n      type: my.Node\n      properties:\n"
            "        who: {phone: 123}\n"
        ),
        ("TOS-V003", 16),
    ),
    "an input that is no text": (
        (
            "topology_template:\n  inputs:\n    p: {type: string, default: 80}\n"
            "  outputs:\n    q: {value: {get_input: p}}\n"
        ),
        ("TOS-V003", 4),
    ),
    "a policy without what it needs": (
        "policy_types:\n  my.Policy:\n    derived_from: tosca.policies.Root\n    properties:\n"
        "      most: {type: integer}\n" + topology("  policies:\n    - p:\n        type: my.Policy"),
        ("TOS-V002", 12),
    ),
    "a key that no mapping has": (topology("  substitution_mappings:\n    nod_type: a"), ("TOS-S001", 7)),
    "two inputs at once": (
        "topology_template:\n  inputs:\n    a: {type: string}\n  outputs:\n    o: {value: {get_input: [a, b]}}\n",
        ("TOS-S003", 6),
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_is_refused(text: str, expected: tuple[str, int], tmp_path: Path) -> None:
    errors = [(rule, line) for rule, level, line in said(tmp_path, text) if level == Severity.ERROR]
    assert errors == [expected]


def test_a_version_of_the_standard_is_known_and_others_may_be_of_an_engine(tmp_path: Path) -> None:
    for version, level in (("tosca_simple_yaml_9", Severity.ERROR), ("cloudify_dsl_1_3", Severity.WARNING)):
        (tmp_path / "t.yaml").write_text(f"tosca_definitions_version: {version}\n", encoding="utf-8")
        [problem] = assaymark.validate(tmp_path / "t.yaml", root=tmp_path, cache=False).problems
        assert (problem.finding.rule, problem.finding.severity) == ("TOS-S004", level)


def test_types_of_an_import_have_the_prefix_that_it_gives(tmp_path: Path) -> None:
    types = "node_types:\n  my.nodes.Log:\n    derived_from: tosca.nodes.Root\n"
    text = (
        "imports:\n  - logs: {file: types.yaml, namespace_prefix: other}\n"
        "node_types:\n  a:\n    derived_from: other.Log\n  b:\n    derived_from: other.Lag\n"
    )
    assert said(tmp_path, text, types=types) == [("TOS-R001", "error", 8)]


def test_a_more_general_capability_may_do(tmp_path: Path) -> None:
    text = (
        "topology_template:\n  node_templates:\n    app:\n      type: tosca.nodes.Container.Application.Docker\n"
        "      requirements:\n        - host: runtime\n    runtime: {type: tosca.nodes.Container.Runtime}\n"
    )
    assert ("TOS-R003", "warning", 7) in said(tmp_path, text)
