"""What stands around the JSON of a workflow, and texts that were built to hurt."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark_workflows.ophidia.detect import detect, is_workflow
from assaymark_workflows.ophidia.text import cleaned, substituted
from assaymark_workflows.ophidia.validate import RULES, validate
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Malformed

TASK = '{"name": "a", "operator": "oph_list", "arguments": ["level=1"]}'


class Settings:
    """A context with settings only."""

    def __init__(self, **settings: Any) -> None:
        self.settings: Mapping[str, Any] = settings

    def check_time(self) -> None:
        """There is no hurry."""


def rules_of(text: str | bytes, **settings: Any) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    found = validate("workflow.json", data, Settings(**settings))  # type: ignore[arg-type]
    assert found is not None
    return [problem.finding.rule for problem in found]


@given(st.text(alphabet='{}[]",:/*#$1\\ \n\tax', max_size=60))
def test_what_is_blanked_out_keeps_every_place(text: str) -> None:
    problems = Problems("x", RULES)
    made = cleaned(text.encode(), problems)
    assert len(made) == len(text)
    assert [i for i, mark in enumerate(made) if mark == "\n"] == [i for i, mark in enumerate(text) if mark == "\n"]


@given(st.recursive(st.none() | st.text(), lambda i: st.lists(i, max_size=3), max_leaves=6))
def test_plain_json_stays_as_it_is(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert cleaned(text.encode(), Problems("x", RULES)) == text


@pytest.mark.parametrize("mark", ["// note\n", "/* note\n */"])
def test_comments_are_read_and_strings_with_their_marks_are_none(mark: str) -> None:
    text = f'{{"name": "http://x/*y*/ #1", {mark} "tasks": [{TASK}]}}'
    assert rules_of(text) == []


def test_a_string_may_end_in_the_mark_of_a_comment() -> None:
    for end in ("#", "//", "/*", "\\\\ #"):
        assert rules_of(f'{{"name": "w{end}", "ncores": "$1", "tasks": [{TASK}]}}') == []


def test_values_of_parameters_are_checked() -> None:
    text = '{"name": "w", "ncores": "$1", "tasks": [{"name": "a", "operator": "$2", "arguments": ["${3}"]}]}'
    assert rules_of(text.replace("$2", "oph_list")) == []
    assert rules_of(text.replace("$2", "oph_list"), param={"1": "zero"}) == ["OPH-S008"]
    assert rules_of(text.replace("$2", "oph_list"), param=["1=2", "3=level=9"]) == ["OPH-T003"]
    assert rules_of(text.replace("$2", "oph_list").replace("$1", "$1x")) == ["OPH-S008"]
    assert rules_of(text.replace("$2", "oph_list").replace("$1", "$1${4}0")) == []
    assert substituted("a$1b${12}c$3", {"1": "x", "12": "y"}) == "axbyc$3"


def test_not_utf8() -> None:
    assert rules_of(b'{"name": "\xff", "tasks": [' + TASK.encode() + b"]}") == ["OPH-Y001"]


def test_what_follows_a_break_in_the_text_is_not_reported() -> None:
    text = f'{{"name": "w\n", "tasks": [{TASK}], "abstract": "# $ $1$2 //"}}'
    assert "OPH-Y004" not in rules_of(text)


@pytest.mark.parametrize(
    "data",
    [
        '{"tasks": [{"operator": "add", "name": "x"}], "name": "y"}',
        '{"tasks": [{"task": "build", "operator": 5}]}',
        '{"tasks": []}',
        '[{"operator": "oph_list"}]',
        '{"version": 2, "tasks": {"operator": "oph_list"}}',
        '{"cells": [{"source": ["\\"operator\\": \\"oph_list\\""]}], "tasks": []}',
        "null",
        '"tasks operator"',
    ],
)
def test_what_looks_similar_is_left_alone(data: str) -> None:
    assert not is_workflow(json.loads(data))
    assert not detect("x.json", data.encode()) or validate("x.json", data.encode(), Settings()) is None  # type: ignore[arg-type]


def test_text_that_no_reader_can_tell_is_left_alone() -> None:
    assert validate("x.json", b'{"tasks": [ "operator"', Settings()) is None  # type: ignore[arg-type]


BIG = 300_000


@pytest.mark.parametrize(
    "text",
    [
        '{"operator": "oph_x", "tasks": ' + "[" * BIG,
        '{"operator": "oph_x", "tasks": ' + "/" * BIG,
        '{"operator": "oph_x", "tasks": "' + "\\\\" * BIG,
        '{"operator": "oph_x", "tasks": ' + "/*" * BIG,
        '{"operator": "oph_x", "tasks": ' + '"' * BIG,
        '{"operator": "oph_x", "tasks": ' + ",\n" * BIG,
        f'{{"name": "w", "tasks": [{TASK.replace("level=1", "level=" + "@{" * 10_000)}]}}',
        f'{{"name": "w", "tasks": [{TASK.replace("level=1", "level=" + "[" * 10_000)}]}}',
        f'{{"name": "w", "tasks": [{TASK.replace("level=1", "level=" + "a|" * 10_000)}]}}',
        f'{{"name": "w", "tasks": [{TASK.replace("level=1", "level=" + "a@b" * 10_000)}]}}',
    ],
)
def test_texts_that_were_built_to_hurt_end_soon(text: str) -> None:
    begin = time.process_time()
    assert rules_of(text)
    assert time.process_time() - begin < 1


def test_many_loops_inside_one_another_end_soon() -> None:
    tasks = [{"name": f"f{i}", "operator": "oph_for", "arguments": [f"key=k{i}", "values=a"]} for i in range(1500)]
    for number, task in enumerate(tasks[1:]):
        task["dependencies"] = [{"task": f"f{number}"}]  # type: ignore[list-item]
    begin = time.process_time()
    assert set(rules_of(json.dumps({"name": "w", "tasks": tasks}))) == {"OPH-G003"}
    assert time.process_time() - begin < 1


@given(st.binary(max_size=80))
def test_no_bytes_make_it_fall(data: bytes) -> None:
    whole = b'{"name": "w", "tasks": [{"name": "a", "operator": "oph_for", "arguments": ["' + data + b'"]}]}'
    rules_of(whole)


@given(
    st.text(alphabet="@&{}[]|;=$,:.()ab1- ", max_size=40),
    st.sampled_from(["oph_for", "oph_set", "oph_if", "oph_reduce"]),
)
def test_no_argument_makes_it_fall(text: str, operator: str) -> None:
    keys = ["key", "values", "counter", "condition", "cube", "operation", "value", "src_path"]
    task = {"name": "a", "operator": operator, "arguments": [f"{key}={text}" for key in keys]}
    rules_of(json.dumps({"name": "w", "tasks": [task]}))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda i: st.lists(i, max_size=3), max_leaves=5
)


@given(st.dictionaries(st.sampled_from(["name", "ncores", "on_error", "run", "zzz"]), JUNK), st.data())
def test_no_shape_makes_it_fall(top: dict[str, Any], data: st.DataObject) -> None:
    keys = st.sampled_from(["name", "type", "arguments", "dependencies", "variables", "run"])
    shapes = JUNK | st.lists(
        st.dictionaries(st.sampled_from(["task", "type", "order", "key"]), JUNK, max_size=3), max_size=3
    )
    tasks = data.draw(st.lists(st.dictionaries(keys, shapes, max_size=4) | JUNK, max_size=3))
    tasks.append({"name": "a", "operator": "oph_list"})
    rules_of(json.dumps({**top, "tasks": tasks}))


def test_malformed_is_said_with_its_place() -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        cleaned(b"\xff", Problems("x", RULES))


def test_what_was_removed_is_fine_on_a_release_that_had_it() -> None:
    task = {"name": "a", "operator": "oph_importnc", "arguments": ["container=c", "measure=m", "src_path=/x", "ndb=1"]}
    gone = {"name": "b", "operator": "oph_importnc3", "arguments": []}
    text = json.dumps({"name": "w", "tasks": [task, gone]})
    assert rules_of(text) == ["OPH-D002", "OPH-D001"]
    assert rules_of(text, release="0.11.0") == []
    assert rules_of(text, release="v1.4.0") == ["OPH-D001"]


def test_a_dependency_that_leads_nowhere_is_said_and_not_what_would_follow_from_it() -> None:
    tasks = [
        {"name": "for", "operator": "oph_for", "arguments": ["key=k", "values=a|b"]},
        {"name": "a", "operator": "oph_list", "arguments": ["path=@k"], "dependencies": [{"task": "fr"}]},
        {"name": "end", "operator": "oph_endfor", "arguments": [], "dependencies": [{"task": "a"}]},
    ]
    assert rules_of(json.dumps({"name": "w", "tasks": tasks})) == ["OPH-R001"]
    tasks[1]["dependencies"] = [{"task": "for"}]
    assert rules_of(json.dumps({"name": "w", "tasks": tasks})) == []
