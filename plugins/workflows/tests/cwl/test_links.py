"""Links between steps: which types fit, with merging, picking, scattering and conditions; versions mixed."""

from __future__ import annotations

from typing import Any

import pytest

from assaymark_workflows.cwl import types

REQUIREMENTS = (
    "requirements:\n  ScatterFeatureRequirement: {}\n  MultipleInputFeatureRequirement: {}\n"
    "  StepInputExpressionRequirement: {}\n  InlineJavascriptRequirement: {}\n"
)


def workflow(source_type: str, link: str, sink_type: str, step: str = "", tool: str = "v1.2") -> dict[str, str]:
    """One value flows from an input ``a`` into the input ``x`` of a tool."""
    return {
        "main.cwl": (
            f"cwlVersion: v1.2\nclass: Workflow\n{REQUIREMENTS}inputs:\n  a: {source_type}\n  b: {source_type}\n"
            f"outputs: {{}}\nsteps:\n  s:\n    run: tool.cwl\n{step}    in:\n      x: {link}\n    out: []\n"
        ),
        "tool.cwl": (
            f"cwlVersion: {tool}\nclass: CommandLineTool\nbaseCommand: echo\ninputs:\n  x: {sink_type}\noutputs: {{}}\n"
        ),
    }


def said(problems: Any) -> list[str]:
    return [p.finding.rule for p in problems if p.finding.rule.startswith(("CWL-T", "CWL-R", "CWL-S"))]


@pytest.mark.parametrize(
    ("source", "link", "sink", "step", "rules"),
    [
        ("string", "a", "string", "", []),
        ("string", "a", "Any", "", []),
        ("Any", "a", "File", "", []),
        ("int", "a", "string", "", ["CWL-T001"]),
        ("int", "a", "long", "", ["CWL-T001"]),
        ("int?", "a", "int", "", ["CWL-T002"]),
        ("int", "a", "int?", "", []),
        ("int?", "{source: a, default: 3}", "int", "", []),
        ("int", "{source: a, valueFrom: $(1)}", "string", "", []),
        ("File[]", "a", "File", "", ["CWL-T001"]),
        ("File[]", "a", "File", "    scatter: x\n", []),
        ("File", "a", "File", "    scatter: x\n", ["CWL-T001"]),
        ("File", "[a, b]", "File[]", "", []),
        ("File", "[a, b]", "File", "", ["CWL-T001", "CWL-T001"]),
        ("File[]", "{source: [a, b], linkMerge: merge_flattened}", "File[]", "", []),
        ("File[]", "[a, b]", "File[]", "", ["CWL-T001", "CWL-T001"]),
        ("File", "[a]", "File", "", []),
        ("File?", "{source: [a, b], pickValue: first_non_null}", "File", "", []),
        ("File?", "{source: [a, b], pickValue: all_non_null}", "File[]", "", []),
        ("File?", "{source: [a, b], pickValue: all_non_null}", "File", "", ["CWL-T001", "CWL-T001"]),
        ("string", "{default: 5}", "string", "", ["CWL-T003"]),
        ("string", "{default: five}", "string", "", []),
        ("string", "", "string?", "", ["CWL-S002"]),
        ("string", "{source: }", "string?", "", ["CWL-S002"]),
        ("{type: enum, symbols: [p, q]}", "a", "string", "", ["CWL-S001", "CWL-S004"]),
    ],
)
def test_what_fits(judge: Any, source: str, link: str, sink: str, step: str, rules: list[str]) -> None:
    found = said(judge(workflow(source, link, sink, step)))
    if source.startswith("{"):
        assert found, "an inline record of a parameter is no type"
    else:
        assert found == rules


RECORD_A = ("record", {"p": "int", "q": "string"})


@pytest.mark.parametrize(
    ("source", "sink", "strict", "answer"),
    [
        (RECORD_A, ("record", {"p": "int"}), True, True),
        (RECORD_A, ("record", {"p": "string"}), True, False),
        (RECORD_A, ("record", {"r": "int"}), True, False),
        (RECORD_A, ("record", {"r": types.union(["null", "int"])}), True, True),
        (("array", "int"), ("array", types.union(["int", "string"])), True, True),
        (types.union(["int", "File"]), "int", True, False),
        (types.union(["int", "File"]), "int", False, True),
        (types.union(["null", "File"]), "int", False, False),
        (types.union(["null"]), types.union(["null", "int"]), True, True),
    ],
)
def test_types_that_fit(source: types.Type, sink: types.Type, strict: bool, answer: bool) -> None:
    assert types.fits(source, sink, strict) is answer


def test_a_nested_crossproduct_nests(judge: Any) -> None:
    files = {
        "main.cwl": (
            f"cwlVersion: v1.2\nclass: Workflow\n{REQUIREMENTS}inputs:\n  a: string[]\n  b: string[]\noutputs:\n"
            "  o:\n    type: {type: array, items: {type: array, items: File}}\n    outputSource: s/o\n"
            "  flat:\n    type: File[]\n    outputSource: s/o\n"
            "steps:\n  s:\n    run: tool.cwl\n    scatter: [x, y]\n    scatterMethod: nested_crossproduct\n"
            "    in: {x: a, y: b}\n    out: [o]\n"
        ),
        "tool.cwl": (
            "cwlVersion: v1.0\nclass: CommandLineTool\nbaseCommand: echo\ninputs: {x: string, y: string}\n"
            "outputs: {o: stdout}\n"
        ),
    }
    assert [(p.finding.rule, p.finding.location.line) for p in judge(files) if p.finding.rule == "CWL-T001"] == [
        ("CWL-T001", 17)
    ]


def test_versions_are_mixed_and_each_document_is_judged_by_its_own(judge: Any) -> None:
    files = workflow("string", "a", "string", tool="v1.0")
    assert said(judge(files)) == []
    files["tool.cwl"] += "intent: [x]\n"
    assert said(judge(files)) == ["CWL-R013"]
    assert said(judge(files, "tool.cwl")) == []
    assert [p.finding.rule for p in judge(files, "tool.cwl") if p.finding.severity.value == "error"] == ["CWL-D003"]


PACKED = """cwlVersion: v1.2
$graph:
  - class: Workflow
    id: "#flow"
    requirements: {{}}
    inputs:
      - {{id: "#flow/word", type: string}}
    outputs:
      - {{id: "#flow/said", type: File, outputSource: "#flow/say/{output}"}}
    steps:
      - id: "#flow/say"
        run: "#{run}"
        in:
          - {{id: "#flow/say/word", source: "#flow/word"}}
        out: ["#flow/say/said"]
  - class: CommandLineTool
    id: "#tool"
    baseCommand: echo
    inputs:
      - {{id: "#tool/word", type: string, inputBinding: {{}}}}
    outputs:
      - {{id: "#tool/said", type: {kind}}}
"""


@pytest.mark.parametrize(
    ("output", "run", "kind", "place"),
    [
        ("said", "tool", "stdout", None),
        ("sad", "tool", "stdout", ("CWL-R010", 9)),
        ("said", "tol", "stdout", ("CWL-R001", 12)),
        ("said", "tool", "stdot", ("CWL-R006", 22)),
    ],
)
def test_every_entry_of_a_packed_document_is_judged(
    judge: Any, output: str, run: str, kind: str, place: tuple[str, int] | None
) -> None:
    problems = judge(PACKED.format(output=output, run=run, kind=kind))
    errors = [(p.finding.rule, p.finding.location.line) for p in problems if p.finding.severity.value == "error"]
    assert errors == ([place] if place else [])


def test_what_is_handed_down_counts(judge: Any) -> None:
    tool = (
        "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\ninputs: {x: {type: string, inputBinding: "
        "{valueFrom: $(self + 1)}}}\noutputs: {}\n"
    )
    assert [p.finding.rule for p in judge(tool) if p.finding.severity.value == "error"] == ["CWL-S020"]
    caller = workflow("string", "a", "string")["main.cwl"]
    careless = caller.replace("  InlineJavascriptRequirement: {}\n", "")
    files = {"main.cwl": caller, "tool.cwl": tool}
    assert severities(judge(files, "tool.cwl")) == ["note"]
    assert severities(judge(files)) == []
    files["other.cwl"] = careless
    assert severities(judge(files, "tool.cwl")) == ["warning"]
    assert severities(judge(files)) == []
    assert severities(judge(files, "other.cwl")) == ["error"]


def severities(problems: Any) -> list[str]:
    return [p.finding.severity.value for p in problems if p.finding.rule in ("CWL-S020", "CWL-R013")]


def test_a_circle_is_told_with_its_way(judge: Any) -> None:
    steps = "".join(
        f"  {name}:\n    run: tool.cwl\n    in: {{x: {before}/o}}\n    out: [o]\n"
        for name, before in (("one", "three"), ("two", "one"), ("three", "two"))
    )
    files = {
        "main.cwl": f"cwlVersion: v1.2\nclass: Workflow\ninputs: {{}}\noutputs: {{}}\nsteps:\n{steps}",
        "tool.cwl": (
            "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: cat\ninputs: {x: File}\noutputs: {o: stdout}\n"
        ),
    }
    (problem,) = [p.finding for p in judge(files) if p.finding.rule == "CWL-G001"]
    assert problem.message == "steps wait for one another: one <- three <- two <- one"


@pytest.mark.parametrize(
    ("kind", "default", "column"),
    [
        ("int", "many", 14),
        ("int?", "many", 14),
        ("string[]", "[a, 5]", 18),
        ("string[]?", "[a, 5]", 18),
        ("{type: record, fields: {n: int}}", "{n: x}", 18),
        ("{type: record, fields: {n: int}}", "{m: 1}", 14),
        ("{type: enum, symbols: [a, b]}", "c", 14),
        ("File", "data.txt", 14),
        ("File", "{class: Directory}", 14),
        ("float", "5", None),
        ("Any", "5", None),
        ("string?", "null", None),
        ("['null', {type: enum, symbols: [a, b]}]", "a", None),
        ("File", "{class: File, contents: x}", None),
    ],
)
def test_a_default_is_told_where_it_does_not_fit(judge: Any, kind: str, default: str, column: int | None) -> None:
    text = (
        "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\noutputs: {}\ninputs:\n  x:\n"
        f"    type: {kind}\n    default: {default}\n    inputBinding: {{}}\n"
    )
    found = [p.finding.location for p in judge(text) if p.finding.rule == "CWL-T003"]
    assert [(w.line, w.column) for w in found] == ([(8, column)] if column else [])


@pytest.mark.parametrize(("link", "level"), [("{default: 5}", "error"), ("{source: a, default: 5}", "warning")])
def test_a_default_that_does_not_fit_only_counts_without_a_value(judge: Any, link: str, level: str) -> None:
    found = [p.finding for p in judge(workflow("string", link, "string")) if p.finding.rule == "CWL-T003"]
    assert [finding.severity for finding in found] == [level]


@pytest.mark.parametrize(
    ("kind", "link", "step", "told"),
    [
        ("int", "a", "", True),
        ("string?", "a", "", True),
        ("boolean", "a", "", False),
        ("boolean?", "a", "", False),
        ("Any", "a", "", False),
        ("[int, boolean]", "a", "", False),
        ("int", "{source: a, valueFrom: $(self > 1)}", "", False),
        ("int", "{source: a, default: true}", "", False),
        ("boolean[]", "a", "    scatter: x\n", False),
        ("int[]", "a", "    scatter: x\n", True),
        ("nothing", "a", "", False),
    ],
)
def test_a_condition_that_is_one_input_has_the_type_of_what_flows_there(
    judge: Any, kind: str, link: str, step: str, told: bool
) -> None:
    found = [p.finding for p in judge(workflow(kind, link, "Any", step + "    when: $(inputs.x)\n"))]
    assert [f.location.line for f in found if f.rule == "CWL-X009" and f.location] == (
        [15 + bool(step)] if told else []
    )


def test_a_file_that_a_step_falls_back_on_exists(judge: Any) -> None:
    files = workflow("File", "{default: {class: File, location: gone.txt}}", "File")
    assert [p.finding.rule for p in judge(files) if p.finding.rule.startswith("CWL-V")] == ["CWL-V011"]
    assert [p.finding.rule for p in judge({**files, "gone.txt": ""}) if p.finding.rule == "CWL-V011"] == []
