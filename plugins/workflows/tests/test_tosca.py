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
    "a storage with the name that 1.3 gives it": "topology_template:\n  node_templates:\n    s:\n"
    "      type: tosca.nodes.Storage.BlockStorage\n      properties: {name: disk, size: 1 GB}\n",
    "a number without a digit before its point": "topology_template:\n  inputs:\n"
    "    t: {type: scalar-unit.time, default: .5 d}\n    f: {type: float, default: '.5'}\n"
    "  outputs:\n    o: {value: {concat: [{get_input: t}, {get_input: f}]}}\n",
    "a word of the metadata that is there twice": "metadata:\n  target: one\n  target: two\n",
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


SECOND = """\
tosca_definitions_version: tosca_2_0
profile: org.example.web:1.0
imports:
  - url: types.yaml
    namespace: own
  - profile: org.oasis-open.simple:2.0
functions:
  twice: {signatures: [{arguments: [{type: integer}], result: {type: integer}}]}
service_template:
  node_templates:
    server: {type: own:Server, count: 2}
"""


def test_of_the_second_version_the_frame_is_checked_and_the_rest_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SECOND, encoding="utf-8")
    (tmp_path / "types.yaml").write_text(HEAD + "node_types:\n  Server: {}\n", encoding="utf-8")
    [judgement] = assaymark.validate(tmp_path / "template.yaml", root=tmp_path, cache=False).judgements
    assert [p.finding.rule for p in judgement.problems] == ["TOS-E001"]
    assert judgement.state.value == "undetermined"
    (tmp_path / "types.yaml").unlink()
    wrong = SECOND.replace("functions:", "function:").replace("  node_templates:", "  nodes:")
    (tmp_path / "template.yaml").write_text(wrong, encoding="utf-8")
    [judgement] = assaymark.validate(tmp_path / "template.yaml", root=tmp_path, cache=False).judgements
    told = [(p.finding.rule, p.finding.location.line) for p in judgement.problems if p.finding.location]
    assert told == [("TOS-E001", 1), ("TOS-R004", 4), ("TOS-S001", 7), ("TOS-S001", 10)]
    assert judgement.state.value == "invalid"
    draft = "tosca_definitions_version: tosca_2_0\ntopology_template:\n  inputs: {}\n"
    (tmp_path / "template.yaml").write_text(draft, encoding="utf-8")
    [judgement] = assaymark.validate(tmp_path / "template.yaml", root=tmp_path, cache=False).judgements
    assert [p.finding.rule for p in judgement.problems] == ["TOS-E001"]


def test_a_library_is_read_once_however_many_templates_import_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assaymark_workflows.tosca import imports as module

    read = []
    plain = module.parse_yaml
    monkeypatch.setattr(module, "parse_yaml", lambda data, limits: read.append(data) or plain(data, limits))
    (tmp_path / "types.yaml").write_text(HEAD + "node_types:\n  my.A: {derived_from: tosca.nodes.Root}\n")
    use = "imports: [types.yaml]\ntopology_template:\n  node_templates:\n    a: {type: my.A}\n    b: {type: my.B}\n"
    for number in range(5):
        (tmp_path / f"use{number}.yaml").write_text(HEAD + use, encoding="utf-8")
    found = assaymark.validate(tmp_path, root=tmp_path, cache=False).problems
    assert [p.finding.rule for p in found] == ["TOS-R001"] * 5
    assert len(read) == 1


def test_a_circle_of_imports_is_told_at_the_import_that_leads_into_it(tmp_path: Path) -> None:
    first = "imports: [one.yaml]\n"
    others = {"one": "imports: [two.yaml]\n", "two": "imports: [template.yaml, one.yaml]\n"}
    assert said(tmp_path, first, **others) == [("TOS-G001", "warning", 2)]
