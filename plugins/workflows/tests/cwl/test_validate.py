"""Documents as a whole: what is one, hostile ones, fixes that mend, and answers that depend on what they read."""

from __future__ import annotations

import time
from typing import Any

import pytest

from assaymark.api import Edit, Severity
from assaymark.validation.context import RunContext, World, offline
from assaymark_workflows.cwl.detect import detect
from assaymark_workflows.cwl.validate import validate

TOOL = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"


@pytest.mark.parametrize(
    ("path", "data", "answer"),
    [
        ("a.cwl", b"", True),
        ("a.yml", TOOL.encode(), True),
        ("a.json", b'{"cwlVersion": "v1.2", "class": "Workflow"}', True),
        ("a.json", b'{"$graph": [], "cwlVersion": "v1.2"}', True),
        ("a.json", b'{"tasks": []}', False),
        ("a.yml", b"note: the cwlVersion is v1.2\n", False),
        ("a.yml", b"on: push\njobs: {}\n", False),
        ("a.yml", b"class: File\n", False),
    ],
)
def test_documents_are_known_by_what_they_say(path: str, data: bytes, answer: bool) -> None:
    assert detect(path, data) is answer


@pytest.mark.parametrize("text", ["", "a: 1\n", "- 1\n", "just words\n", "word:\n  type: string\n", "class: File\n"])
def test_fragments_are_left_alone(judge: Any, text: str) -> None:
    assert judge(text) is None


def rules(problems: Any) -> list[str]:
    return [p.finding.rule for p in problems if p.finding.severity.value != "note" or p.finding.rule == "WF-C002"]


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
HOSTILE = {
    "aliases": (TOOL + BOMB, "CWL-Y001"),
    "nesting": (TOOL + "doc: " + "[" * 10_000 + "]" * 10_000 + "\n", "CWL-Y001"),
    "nested blocks": (TOOL + "doc:\n" + "".join(" " * n + "a:\n" for n in range(1, 1_000)), "CWL-Y001"),
    "passwords": (TOOL.replace("inputs: {}", "inputs: {$import: /etc/passwd}"), "WF-C001"),
    "climbing": (TOOL.replace("inputs: {}", "inputs: {$import: ../../etc/passwd}"), "WF-C001"),
    "included": (TOOL + "doc: {$include: /etc/passwd}\n", "WF-C001"),
    "loopback": (TOOL.replace("inputs: {}", "inputs: {$import: 'http://127.0.0.1:1/x'}"), "WF-C002"),
    "file": (TOOL.replace("inputs: {}", "inputs: {$import: 'file:///etc/passwd'}"), "WF-C001"),
    "itself": (TOOL.replace("inputs: {}", "inputs: [{$import: main.cwl}]"), "CWL-G003"),
    "merges itself": (TOOL + "doc: &a {<<: *a}\n", "CWL-Y001"),
    "a tag": (TOOL + "doc: !!python/object/apply:os.system [id]\n", None),
    "a long number": (TOOL + "successCodes: [" + "9" * 100_000 + "]\n", "CWL-S003"),
    "many brackets": (TOOL + "arguments: ['$" + "(" * 50_000 + "']\n", "CWL-X005"),
    "deep script": (
        TOOL
        + "requirements: {InlineJavascriptRequirement: {}}\narguments: ['$("
        + "[" * 20_000
        + "]" * 20_000
        + ")']\n",
        None,
    ),
    "a type of itself": (
        TOOL.replace("inputs: {}", "inputs: {a: t}")
        + "requirements:\n  SchemaDefRequirement:\n    types:\n"
        + "      - {name: t, type: record, fields: {a: 't?', b: 't[]', c: t, d: t}}\n",
        None,
    ),
    "types that double": (
        TOOL.replace("inputs: {}", "inputs: {a: {type: t25, default: {a: 1}}}")
        + "requirements:\n  SchemaDefRequirement:\n    types:\n      - {name: t0, type: record, fields: {a: int}}\n"
        + "".join(
            f"      - {{name: t{n}, type: record, fields: {{a: t{n - 1}, b: t{n - 1}}}}}\n" for n in range(1, 26)
        ),
        None,
    ),
    "much code": (
        TOOL
        + "requirements: {InlineJavascriptRequirement: {}}\narguments:\n  - valueFrom: |\n      ${ return "
        + "+".join(["inputs.zz"] * 8_000)
        + "; }\n",
        "CWL-X001",
    ),
    "no text": (b"\xff\xff\x00\x01", "CWL-Y001"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_documents_end_at_once(judge: Any, name: str) -> None:
    text, rule = HOSTILE[name]
    judge(TOOL)
    begin = time.perf_counter()
    found = judge(text)
    assert time.perf_counter() - begin < 2
    if rule is not None:
        assert rule in rules(found)


def test_files_that_run_and_import_one_another_end(judge: Any) -> None:
    flow = (
        "cwlVersion: v1.2\nclass: Workflow\nrequirements: {{SubworkflowFeatureRequirement: {{}}}}\ninputs: {{}}\n"
        "outputs: {{}}\nsteps:\n  s: {{run: {}, in: {{}}, out: []}}\n"
    )
    files = {"main.cwl": flow.format("other.cwl"), "other.cwl": flow.format("main.cwl")}
    assert rules(judge(files)) == ["CWL-G002"]
    assert rules(judge(files, "other.cwl")) == ["CWL-G002"]
    own = {"main.cwl": TOOL.replace("inputs: {}", "inputs: [{$import: '#a'}]"), "b.yml": "- $import: main.cwl\n"}
    assert rules(judge(own)) != []


def test_a_merge_key_is_carried_out(judge: Any) -> None:
    text = TOOL.replace(
        "inputs: {}",
        "inputs:\n  a: &a {type: string, inputBinding: {}}\n  b: {<<: *a, doc: b}\n  c: {<<: *a, type: strng}",
    )
    assert [(p.finding.rule, p.finding.location.line) for p in judge(text) if p.finding.rule != "CWL-P004"] == [
        ("CWL-R006", 7)
    ]


def mended(text: str, edits: list[Edit]) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: (e.line, e.column), reverse=True):
        head = lines[edit.line - 1][: edit.column - 1]
        tail = lines[edit.end_line - 1][edit.end_column - 1 :]
        lines[edit.line - 1 : edit.end_line] = (head + edit.text + tail).split("\n")
    return "\n".join(lines)


STEP = "steps:\n  s:\n    run: tool.cwl\n    scatter: x\n    in: {{x: a}}\n    out: []\n"
WORKFLOW = "cwlVersion: v1.2\nclass: Workflow\n{}inputs: {{a: 'string[]'}}\noutputs: {{}}\n" + STEP
OTHER = TOOL.replace("inputs: {}", "inputs: {x: {type: string, inputBinding: {}}}")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("CWL-Y003", TOOL.replace("inputs: {}", "inputs:\n\ta: string")),
        ("CWL-S001", TOOL + "stdot: x\n"),
        ("CWL-S001", TOOL.replace("class:", "clas:")),
        ("CWL-S004", TOOL.replace("CommandLineTool", "CommandlineTool")),
        ("CWL-S003", TOOL + "requirements:\n  InlineJavascriptRequirement:\n"),
        ("CWL-S007", TOOL + "requirements:\n  InlineJavaScriptRequirement: {}\n"),
        ("CWL-S012", TOOL.replace("v1.2", "1.2")),
        ("CWL-S012", TOOL.replace("v1.2", "'1.2'")),
        ("CWL-R006", TOOL.replace("inputs: {}", "inputs: {a: strng?}")),
        ("CWL-S020", WORKFLOW.format("")),
        ("CWL-S020", WORKFLOW.format("requirements: {}\n")),
        ("CWL-S020", WORKFLOW.format("requirements: []\n")),
        ("CWL-S020", WORKFLOW.format("requirements: {InlineJavascriptRequirement: {}}\n")),
        ("CWL-S020", WORKFLOW.format("requirements: [{class: InlineJavascriptRequirement}]\n")),
        ("CWL-S020", WORKFLOW.format("requirements:\n  InlineJavascriptRequirement: {}\n")),
        ("CWL-S020", WORKFLOW.format("requirements:\n  - class: InlineJavascriptRequirement\n")),
        ("CWL-S020", WORKFLOW.format("requirements:\n-   class: InlineJavascriptRequirement\n")),
    ],
)
def test_an_edit_mends_what_it_belongs_to(judge: Any, rule: str, text: str) -> None:
    files = {"main.cwl": text, "tool.cwl": OTHER}
    (problem,) = [p for p in judge(files) if p.finding.rule == rule]
    assert problem.edits
    files["main.cwl"] = mended(text, list(problem.edits))
    assert [p.finding for p in judge(files) if p.finding.severity.value == "error"] == []


def test_pointers_name_the_value(judge: Any) -> None:
    text = TOOL.replace("inputs: {}", "inputs:\n  a/b:\n    type: 5\n")
    (problem,) = [p for p in judge(text) if p.finding.rule == "CWL-S005"]
    assert problem.pointer == "/inputs/a~1b/type"


def test_what_is_wrong_in_an_imported_file_is_told_there(judge: Any) -> None:
    text = TOOL.replace("inputs: {}", "inputs: {$import: inputs.yml}")
    (problem,) = [
        p
        for p in judge({"main.cwl": text, "inputs.yml": "- id: a\n  type: 5\n"})
        if p.finding.severity.value == "error"
    ]
    where = problem.finding.location
    assert (problem.finding.rule, where.path, where.line, where.column) == ("CWL-S005", "inputs.yml", 2, 9)


def test_the_order_of_documents_changes_nothing(repository: Any) -> None:
    files = {"a.cwl": WORKFLOW.format("").replace("tool.cwl", "b.cwl"), "b.cwl": OTHER.replace("echo", "5")}
    answers = []
    for order in (["a.cwl", "b.cwl"], ["b.cwl", "a.cwl"]):
        world = repository(files, {})
        answers.append({path: validate(path, world.files[path], world) for path in order})
    assert answers[0] == answers[1]


class Files:
    """Files as the core's context wants them."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> bytes:
        return self.files[path].encode()

    def digest(self, path: str) -> str | None:
        return str(hash(self.files[path])) if path in self.files else None

    def exists(self, path: str) -> bool:
        return path in self.files


def test_what_a_tool_of_a_tool_says_is_part_of_the_answer() -> None:
    head = "cwlVersion: v1.2\nclass: Workflow\nrequirements: {SubworkflowFeatureRequirement: {}}\n"
    flow = head + "inputs: {}\noutputs: {}\nsteps:\n  s: {run: %s, in: {}, out: []}\n"
    files = {"a.cwl": flow % "b.cwl", "b.cwl": flow % "c.cwl", "c.cwl": TOOL}
    for order in (("c.cwl", "b.cwl", "a.cwl"), ("b.cwl", "a.cwl"), ("a.cwl",)):
        world = World(Files(files), tuple(files), offline)  # type: ignore[arg-type]
        for path in order:
            context = RunContext(world, {})
            assert validate(path, files[path].encode(), context) is not None
        assert {"b.cwl", "c.cwl"} <= set(context.reads), order


def test_a_profile_that_was_asked_for_is_an_error_where_it_is_broken(judge: Any) -> None:
    graph = "cwlVersion: v1.2\n$graph:\n- {class: Workflow, id: main, inputs: {}, outputs: {}, steps: {}}\n"
    assert [p.finding.rule for p in judge(graph) if p.finding.rule.startswith("CWL-S1")] == []
    strict = judge(graph, profile="application-package")
    assert {p.finding.rule for p in strict if p.finding.severity.value == "error"} == {
        "CWL-S102",
        "CWL-S105",
        "CWL-S107",
        "CWL-S108",
    }


def test_types_that_lie_where_nothing_is_fetched_are_not_doubted(judge: Any) -> None:
    text = TOOL.replace(
        "inputs: {}",
        "requirements:\n  SchemaDefRequirement:\n    types:\n      - $import: https://example.org/types.yml\n"
        "inputs:\n  where: {type: 'https://example.org/types.yml#Box', inputBinding: {}}\n",
    )
    assert {p.finding.rule for p in judge(text)} - {"CWL-P004"} == {"WF-C002"}
    assert "CWL-R006" in rules(judge(text.replace("      - $import: https://example.org/types.yml\n", "      []\n")))


@pytest.mark.parametrize(
    "written", ["{$import: 'https://example.org/x.yml'}", "[{$import: 'https://example.org/x.yml'}]"]
)
def test_nothing_is_concluded_from_what_was_not_fetched(judge: Any, written: str) -> None:
    tool = TOOL.replace("inputs: {}", f"inputs: {written}") + "stdout: $(inputs.x.path)\n"
    assert rules(judge(tool)) == ["WF-C002"]
    assert rules(judge(TOOL + f"requirements: {written}\n")) == ["WF-C002"]
    assert rules(judge(TOOL + f"arguments: {written}\n")) == ["WF-C002"]
    flow = (
        f"cwlVersion: v1.2\nclass: Workflow\ninputs: {written}\noutputs: {{}}\nsteps:\n"
        "  s: {run: tool.cwl, in: {x: a, y: a}, out: []}\n"
    )
    assert rules(judge({"main.cwl": flow, "tool.cwl": tool})) == ["WF-C002"]
    remote = (
        "cwlVersion: v1.2\nclass: Workflow\ninputs: {a: string}\noutputs: {o: {type: File, outputSource: s/o}}\n"
        "steps:\n  s: {run: 'https://example.org/t.cwl', in: {x: a}, out: [o]}\n"
    )
    assert rules(judge(remote)) == ["WF-C002"]


def test_a_text_that_is_included_into_itself_is_told(judge: Any) -> None:
    problems = judge(TOOL + "doc: {$include: main.cwl}\n")
    assert [p.finding.rule for p in problems or [] if p.finding.severity is Severity.WARNING] == ["CWL-G003"]


def test_what_is_told_is_bounded_and_an_error_is_never_crowded_out(judge: Any) -> None:
    notes = "".join(f"  unused{n}: string\n" for n in range(2_500))
    problems = judge(TOOL.replace("inputs: {}\n", f"inputs:\n{notes}") + "wrong: 1\n")
    assert problems is not None
    assert "CWL-S001" in [p.finding.rule for p in problems]
    assert len(problems) < 2_100
    many = judge(TOOL + "".join(f"wrong{n}: 1\n" for n in range(2_500)))
    assert many is not None
    assert len(many) <= 2_000


def test_what_runs_a_document_that_was_not_checked_was_not_checked_either(judge: Any) -> None:
    files = {
        "main.cwl": "cwlVersion: v1.2\nclass: Workflow\ninputs: {}\noutputs: {}\n"
        "steps:\n  one:\n    run: tool.cwl\n    in: {}\n    out: []\n",
        "tool.cwl": TOOL.replace("v1.2", "v1.3.0-dev1"),
    }
    told = [p.finding for p in judge(files) if p.finding.severity is Severity.ERROR]
    assert [(f.rule, f.location.line) for f in told if f.location] == [("CWL-E001", 7)]


def test_a_name_and_a_place_are_text(judge: Any) -> None:
    listed = (
        "inputs:\n  - id:\n    type: string\n  - id: d\n    type: File\n    default: {class: File, location: [a]}\n"
    )
    told = [p.finding for p in judge(TOOL.replace("inputs: {}\n", listed)) if p.finding.severity is Severity.ERROR]
    assert [(f.rule, f.location.line) for f in told if f.location] == [("CWL-S002", 5), ("CWL-S003", 9)]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ("$namespaces: {s: http://schema.org/}\ns:author:\n  - s:name: a\n    s:name: b\n", "CWL-Y002"),
        ("hints:\n  Unknown: {a: {b: 1, b: 2}}\n", "CWL-Y002"),
    ],
)
def test_keys_that_are_there_twice_are_found_in_what_nobody_reads(judge: Any, more: str, rule: str) -> None:
    assert [p.finding.rule for p in judge(TOOL + more) if p.finding.severity is Severity.ERROR] == [rule]


def test_a_record_has_fields(judge: Any) -> None:
    problems = judge(TOOL.replace("inputs: {}", "inputs: {r: {type: {type: array, items: {type: record}}}}"))
    assert "CWL-S002" in [p.finding.rule for p in problems]


@pytest.mark.parametrize(
    ("path", "leaves"),
    [
        ("../a", True),
        ("..", True),
        ("a/../../b", True),
        ("./../$(inputs.x)", True),
        ("a/../b", False),
        ("a/..", False),
        ("..a/b..", False),
        ("$(inputs.x)/../b", False),
        ("a/$(inputs.x)/../../b", False),
        ("a/$(inputs.x ? '/../..' : '')", False),
    ],
)
def test_a_path_leaves_its_directory_only_where_it_surely_does(judge: Any, path: str, leaves: bool) -> None:
    text = TOOL.replace("outputs: {}", f'outputs: {{o: {{type: File, outputBinding: {{glob: "{path}"}}}}}}').replace(
        "inputs: {}", "inputs: {x: string}"
    )
    text += "requirements:\n  InlineJavascriptRequirement: {}\n  InitialWorkDirRequirement:\n    listing:\n"
    text += f'      - {{entryname: "{path}", entry: a}}\n'
    found = [p.finding.rule for p in judge(text) if p.finding.rule in ("CWL-V005", "CWL-V006")]
    assert found == (["CWL-V005", "CWL-V006"] if leaves else [])
