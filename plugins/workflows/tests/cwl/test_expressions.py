"""Expressions are divided as engines divide them, and their places are exact."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark_workflows.cwl import javascript
from assaymark_workflows.cwl.expressions import Found, scan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cwl_utils.errors import SubstitutionError
    from cwl_utils.expression import scanner

TEXTS = st.text(alphabet="$({[\\'\"]})ab. \n", max_size=40)


@given(TEXTS)
def test_texts_are_divided_as_the_reference_does(text: str) -> None:
    theirs: list[str | None] = []
    rest = text
    try:
        while (found := scanner(rest)) is not None:
            piece = rest[found[0] : found[1]]
            if piece[:1] == "$":
                theirs.append(piece)
            rest = rest[found[1] :]
    except SubstitutionError:
        theirs.append(None)
    ours = [text[one.start : one.end] if isinstance(one, Found) else None for one in scan(text)]
    assert ours == theirs


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("inputs.x + 1", "expression", None),
        ("{a: 1}", "expression", None),
        ("function (x) { return x; }", "expression", None),
        ("inputs.x // a comment", "expression", None),
        ("return 1;", "expression", "unexpected"),
        ("a b", "expression", "unexpected"),
        ("a +", "expression", "missing"),
        ("if (a) { return 1; } else { return 2; }", "body", None),
        ("return [1, 2", "body", ""),
        ("var a = ;", "body", ""),
        ("", "body", None),
        ("function f(x) { return x; }", "program", None),
        ("function f(x { return x; }", "program", ""),
    ],
)
def test_syntax_of_javascript(code: str, kind: str, message: str | None) -> None:
    parsed = javascript.parse(code, kind)
    assert parsed is not None
    fault = javascript.fault(parsed, kind)
    if message is None:
        assert fault is None
    else:
        assert fault is not None
        assert message in fault.message
        assert 0 <= fault.start <= fault.end <= len(code)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("var f = function (x) { return x; }; return f(1);", None),
        ("return '=> let const `';", None),
        ("let x = 1; return x;", "let or const"),
        ("return [1].map(x => x);", "an arrow function"),
        ("return `a`;", "a template string"),
        ("for (var x of y) {}", "for … of"),
        ("return a ?? b;", None),
    ],
)
def test_what_is_newer_than_the_language_of_cwl(code: str, what: str | None) -> None:
    parsed = javascript.parse(code, "body")
    assert parsed is not None
    found = javascript.newer(parsed)
    assert (found.message if found else None) == what


def test_inputs_in_strings_comments_and_other_scopes_are_none() -> None:
    def names(code: str) -> list[str]:
        parsed = javascript.parse(code, "body")
        assert parsed is not None
        return [name for name, _, _ in javascript.inputs_used(parsed)]

    assert names("return inputs.a + inputs['b'];") == ["a", "b"]
    assert names("// inputs.a\nreturn 'inputs.b' + x.inputs.c;") == []
    assert names("return (function (inputs) { return inputs.a; })({});") == []


@given(st.text(max_size=60))
def test_any_code_is_parsed_or_faulty(code: str) -> None:
    for kind in ("expression", "body", "program"):
        parsed = javascript.parse(code, kind)
        assert parsed is not None
        fault = javascript.fault(parsed, kind)
        assert fault is None or 0 <= fault.start <= fault.end <= len(code)


def spans(problems: Any, rule: str) -> list[tuple[int, int, int, int]]:
    return [
        (w.line, w.column, w.end_line, w.end_column)
        for p in problems
        if p.finding.rule == rule and (w := p.finding.location)
    ]


TOOL = """cwlVersion: v1.2
class: CommandLineTool
requirements:
  InlineJavascriptRequirement: {{}}
baseCommand: echo
inputs:
  word: {{type: string, inputBinding: {{}}}}
outputs: {{}}
arguments:
{argument}
"""


@pytest.mark.parametrize(
    ("argument", "place"),
    [
        ("  - $(inputs.wrod.x)", (10, 5, 10, 21)),
        ("  - 'a$(inputs.wrod.x)'", (10, 7, 10, 23)),
        ('  - "\\u0041 $(inputs.wrod.x)"', (10, 13, 10, 29)),
        ("  - |\n    one\n      two $(inputs.wrod.x)", (12, 11, 12, 27)),
        ("  - >\n    one\n    two $(inputs.wrod.x)", (12, 9, 12, 25)),
        ("  - valueFrom:\n      one\n      $(inputs.wrod.x)", (12, 7, 12, 23)),
    ],
)
def test_the_place_within_a_text(judge: Any, argument: str, place: tuple[int, int, int, int]) -> None:
    found = judge(TOOL.format(argument=argument))
    assert spans(found, "CWL-X001") == [place]


def test_a_syntax_error_is_told_where_it_is(judge: Any) -> None:
    argument = "  - valueFrom: |\n      ${\n        var a = 1;\n        return a + * 2;\n      }"
    (place,) = spans(judge(TOOL.format(argument=argument)), "CWL-X007")
    assert place[:2] in ((13, 20), (13, 18))


def test_code_of_an_included_file_is_told_in_that_file(judge: Any) -> None:
    main = TOOL.format(argument="  - $(f())").replace(
        "InlineJavascriptRequirement: {}", "InlineJavascriptRequirement: {expressionLib: [{$include: lib.js}]}"
    )
    (problem,) = [
        p
        for p in judge({"main.cwl": main, "lib.js": "function f() {\n  return 1 +;\n}\n"})
        if p.finding.rule == "CWL-X007"
    ]
    assert problem.finding.location.path == "lib.js"
    assert problem.finding.location.line == 2


@pytest.mark.parametrize(
    ("reference", "javascript_is_on", "severity"),
    [
        ("inputs.wrod", False, "error"),
        ("inputs.wrod", True, "warning"),
        ("inputs.wrod.path", True, "error"),
        ("inputs.word", False, None),
        ("inputs['word']", False, None),
        ("inputs.word.length", True, None),
        ("inputs.word.length", False, "error"),
        ("inputs.file.nameroot", False, None),
        ("inputs.file.name", False, "error"),
        ("inputs.file.name", True, "warning"),
        ("inputs.files[0].path", False, None),
        ("inputs.files.path", False, "error"),
        ("inputs.files.length", False, None),
        ("inputs.record.a", False, None),
        ("inputs.record.b", False, "error"),
        ("runtime.cores", False, None),
        ("runtime.exitCode", False, "warning"),
        ("null", False, None),
        ("nothing", False, "error"),
    ],
)
def test_references_follow_declared_types(
    judge: Any, reference: str, javascript_is_on: bool, severity: str | None
) -> None:
    inputs = (
        "inputs:\n  word: {type: string, inputBinding: {}}\n  file: File\n  files: File[]\n"
        "  record:\n    type: {type: record, fields: {a: int}}\n"
    )
    head = "requirements: {InlineJavascriptRequirement: {}}\n" if javascript_is_on else ""
    text = (
        f"cwlVersion: v1.2\nclass: CommandLineTool\n{head}baseCommand: echo\n{inputs}outputs: {{}}\n"
        f"arguments:\n  - $({reference})\n"
    )
    found = [p.finding for p in judge(text) if p.finding.rule.startswith(("CWL-X", "CWL-S"))]
    assert [f.severity.value for f in found] == ([severity] if severity else []), found


@pytest.mark.parametrize(
    ("when", "severity"),
    [
        ("$(inputs.x > 1)", None),
        ("$(inputs.x)", "error"),
        ("$(!inputs.x)", None),
        ("$(inputs.x + 1)", "warning"),
        ("$([inputs.x])", "warning"),
        ("$(1)", "error"),
        ("$('yes')", "error"),
        ("is $(inputs.x)", "error"),
        ("${ return inputs.x > 1; }", None),
    ],
)
def test_a_condition_is_true_or_false(judge: Any, when: str, severity: str | None) -> None:
    text = (
        "cwlVersion: v1.2\nclass: Workflow\nrequirements: {InlineJavascriptRequirement: {}}\ninputs: {x: int}\n"
        f'outputs: {{}}\nsteps:\n  s:\n    run: t.cwl\n    when: "{when}"\n    in: {{x: x}}\n    out: []\n'
    )
    tool = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\ninputs: {x: int}\noutputs: {}\n"
    found = [p.finding.severity.value for p in judge({"main.cwl": text, "t.cwl": tool}) if p.finding.rule == "CWL-X009"]
    assert found == ([severity] if severity else [])


@pytest.mark.parametrize(("kind", "wrong"), [("stdout", False), ("stdout?", True), ("['null', stdout]", True)])
def test_a_stream_is_a_type_by_itself(judge: Any, kind: str, wrong: bool) -> None:
    text = f"cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\ninputs: {{}}\noutputs: {{o: {kind}}}\n"
    assert ("CWL-S005" in [p.finding.rule for p in judge(text)]) is wrong
