"""JSON and TOML files: what is broken, and what only looks so."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Outcome, Severity
from assaymark.testing import evidence_of, tree_of
from assaymark_linters.data_files import Fault, data_files, json_fault, toml_fault, without_comments

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [('{"a": 1,\n "b" 2}', 2), ("", 1), ("[1, 2", 1), ('{"a": "b}\n', 1), ("<html></html>", 1), ("{'a': 1}", 1)],
)
def test_broken_json_is_found_with_its_line(text: str, line: int) -> None:
    fault = json_fault(text)
    assert fault is not None
    assert (fault.rule, fault.line) == ("syntax", line)


def test_a_repeated_key_is_found() -> None:
    text = '{"type": 0, "a": [{"type": "}"}],\n"b": {"type": 1, "\\"type": 2,\n "type": 3}}'
    message = "the key 'type' is repeated within an object: only one of the values is read"
    assert json_fault(text) == Fault("repeated-key", message, 3)
    assert json_fault('[{"a": 1}, {"a": 1}]') is None


@pytest.mark.parametrize(
    "text",
    [
        '{\n  // as in tsconfig.json\n  "a": 1, /* or here */\n}',
        '/* first */ {"a": "// no comment, \\" and /* none */"}',
        '{"a": [1, 2, ], }',
        '{"a": 1}\n{"a": 2}\n',
        '{"name": "{{ cookiecutter.name }}", {% if x %}"a": 1{% endif %}}',
        "[" * 100_000,
        '"' + '\\"' * 50,
    ],
)
def test_what_is_not_meant_to_be_strict_json_is_let_be(text: str) -> None:
    if text.startswith('"'):
        assert json_fault(text) is not None  # a string that never ends
    else:
        assert json_fault(text) is None


@given(JSON_VALUES)
def test_json_that_python_writes_is_json(value: object) -> None:
    assert json_fault(json.dumps(value)) is None


@given(JSON_VALUES)
def test_taking_comments_away_keeps_the_values(value: object) -> None:
    text = json.dumps(value, indent=1).replace("\n", " // ] , \n")
    assert json.loads(without_comments(text)) == value


@given(st.text(alphabet='{}[]",:/*\\ \n1a'))
def test_no_text_breaks_the_reader(text: str) -> None:
    json_fault(text)
    toml_fault(text)


@pytest.mark.parametrize("piece", ['\\"', "/*", ",", "/", '","', "[", "a.", "{,"])
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (900_000 // len(piece))
    start = time.process_time()
    json_fault('"' + text)
    json_fault(text)
    toml_fault(text + " = 1")
    assert time.process_time() - start < 10


@pytest.mark.parametrize(("text", "line"), [("a = 1\na = 2\n", 2), ("a = \n", 1), ("[a\n", 1), ("a = [1,\n", None)])
def test_broken_toml_is_found_with_its_line(text: str, line: int | None) -> None:
    fault = toml_fault(text)
    assert fault is not None
    assert fault.line == line


def test_toml_that_is_whole_or_a_template_is_let_be() -> None:
    assert toml_fault('[a]\nb = ["c"]\n') is None
    assert toml_fault('name = "{{ name }}"\n{% if x %}\na = 1\n{% endif %}\n') is None


def test_the_evidence_names_the_place() -> None:
    evidence = evidence_of(data_files, tree=tree_of({"src/a.json": '{"a": 1,\n!}', "b.toml": "x = 1\n"}))
    assert evidence.outcome is Outcome.FAILED
    assert [(f.location.path, f.location.line) for f in evidence.findings if f.location] == [("src/a.json", 2)]
    assert evidence.remedy
    assert "src/a.json:2" in evidence.remedy


def test_a_repeated_key_is_reported_and_does_not_fail() -> None:
    evidence = evidence_of(data_files, tree=tree_of({"a.json": '{"a": 1,\n"a": 2}', "b.toml": "x = 1\n"}))
    assert evidence.outcome is Outcome.PASSED
    assert [(f.location.line, f.severity) for f in evidence.findings if f.location] == [(2, Severity.WARNING)]
    assert "1 with a repeated key" in evidence.message


def test_files_among_tests_and_templates_are_not_judged() -> None:
    broken = {"tests/data/broken.json": "{", "templates/x.json": "{", "{{name}}/a.json": "{", "package-lock.json": "{"}
    broken |= {"files/inputs/comments.json": "!", "schemas/invalid-example.json": "{", "invalid/a.toml": "="}
    assert evidence_of(data_files, tree=tree_of(broken)).outcome is Outcome.NOT_APPLICABLE
    assert evidence_of(data_files, tree=tree_of(broken | {"a.json": "{}"})).outcome is Outcome.PASSED


def test_files_of_more_than_a_megabyte_are_data_and_not_judged() -> None:
    assert evidence_of(data_files, tree=tree_of({"big.json": "[" * 1_000_001})).outcome is Outcome.NOT_APPLICABLE


def test_a_mark_at_the_beginning_and_bytes_that_are_no_text_do_not_matter() -> None:
    files = {"bom.json": b'\xef\xbb\xbf{"a": 1}', "latin.json": b'{"a": "\xe9"}'}
    assert evidence_of(data_files, tree=tree_of(files)).outcome is Outcome.PASSED
