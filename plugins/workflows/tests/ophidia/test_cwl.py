"""CWL that Ophidia's converter would turn into tasks: what of it is seen, and what is left to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Unreachable
from assaymark_workflows.ophidia.cwl import validate
from assaymark_workflows.ophidia.detect import detect_cwl

HEAD = "cwlVersion: v1.0\nclass: CommandLineTool\n"
REDUCE = (
    HEAD + "baseCommand: [cwl2oph, oph_reduce]\ninputs:\n"
    "  experiment: {type: File, inputBinding: {prefix: --experiment}}\n"
    "  name: {type: string, inputBinding: {prefix: --name}}\n"
    "  operation: {type: string, inputBinding: {prefix: --operation}}\n"
    "outputs: {experiment: stdout}\n"
)
STEP = (
    "  {id}:\n    run: {run}\n"
    "    in: {{experiment: {parent}, name: {{default: {id}}}, operation: {operation}}}\n"
    "    out: [experiment]\n"
)
WORKFLOW = (
    "cwlVersion: v1.0\nclass: Workflow\ninputs: {first: File}\n"
    "outputs: {outputexperiment: {type: File, outputSource: a/experiment}}\nsteps:\n"
)


class Files:
    """A context that knows some files."""

    def __init__(self, **files: str) -> None:
        self.files = files
        self.settings: Mapping[str, Any] = {}
        self.made: dict[str, Any] = {}

    def read(self, path: str) -> bytes:
        """A file, or Unreachable."""
        if path.replace(".", "_") not in self.files:
            raise Unreachable("it is not there")
        return self.files[path.replace(".", "_")].encode()

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Made once."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def check_time(self) -> None:
        """There is no hurry."""


def step(id: str, parent: str, operation: str = "{default: max}", run: str = "reduce.cwl") -> str:
    return STEP.format(id=id, parent=parent, operation=operation, run=run)


def said(text: str, **files: str) -> list[tuple[str, int]] | None:
    found = validate("workflow.cwl", text.encode(), Files(**files))  # type: ignore[arg-type]
    if found is None:
        return None
    return [(p.finding.rule, p.finding.location.line or 0) for p in found if p.finding.location]


def test_a_value_of_a_step_is_checked_where_it_is_given() -> None:
    text = WORKFLOW + step("a", "first") + step("b", "a/experiment", "{default: most}")
    assert said(text, reduce_cwl=REDUCE) == [("OPH-T003", 12)]


def test_values_that_only_the_run_knows_are_left_alone() -> None:
    for operation in ("first", "{source: first, default: most}", "{valueFrom: most}"):
        assert said(WORKFLOW + step("a", "first", operation), reduce_cwl=REDUCE) == []


def test_a_packed_document_is_read_and_so_is_a_tool_in_place() -> None:
    indented = "".join(f"    {line}\n" for line in REDUCE.splitlines())
    body = "".join(
        f"    {line}\n" for line in (WORKFLOW + step("a", "first", "{default: most}", "'#tool'")).splitlines()
    )
    packed = "cwlVersion: v1.0\n$graph:\n  -\n    id: main\n" + body + "  -\n    id: tool\n" + indented
    assert [rule for rule, _ in said(packed) or []] == ["OPH-T003"]
    inside = "\n" + "".join(f"      {line}\n" for line in REDUCE.splitlines())
    assert [rule for rule, _ in said(WORKFLOW + step("a", "first", "{default: most}", inside)) or []] == ["OPH-T003"]


@pytest.mark.parametrize("run", ["missing.cwl", "../outside.cwl", "https://example.org/x.cwl", "reduce.cwl#other"])
def test_a_tool_that_cannot_be_read_is_no_operator(run: str) -> None:
    assert said(WORKFLOW + step("a", "first", run=run), reduce_cwl=REDUCE) is None


def test_other_workflows_are_left_alone() -> None:
    other = HEAD + "baseCommand: echo\ninputs: {experiment: File}\noutputs: {experiment: stdout}\n"
    assert said(WORKFLOW + step("a", "first"), reduce_cwl=other) is None
    assert said(other) is None
    assert said("a: [b") is None
    assert not detect_cwl("x.cwl", other.encode())


def test_a_circle_of_steps_is_not_ours_to_tell() -> None:
    assert said(WORKFLOW + step("a", "b/experiment") + step("b", "a/experiment"), reduce_cwl=REDUCE) == []


def test_branches_with_one_name_that_never_meet_are_fine() -> None:
    text = WORKFLOW + step("a", "first") + step("b", "first") + step("c", "a/experiment")
    assert said(text.replace("default: b", "default: a"), reduce_cwl=REDUCE) == []
    assert said(text.replace("default: c", "default: a"), reduce_cwl=REDUCE) == [("OCW-G001", 16)]


PIECES = st.sampled_from(
    ["[]", "{}", "null", "5", "a/experiment", "[a, b]", "{default: []}", "{source: [1]}", "{default: {}}"]
)


@given(PIECES, PIECES, PIECES)
def test_no_shape_makes_it_fall(first: str, second: str, third: str) -> None:
    said(WORKFLOW + step("a", first, second) + f"  b: {third}\n", reduce_cwl=REDUCE)
    said(WORKFLOW + step("a", "first"), reduce_cwl=REDUCE.replace("stdout", second).replace("--name", first))
    said(f"cwlVersion: v1.0\nclass: Workflow\ninputs: {first}\noutputs: {second}\nsteps: {third}\n# experiment\n")
    said(HEAD + f"baseCommand: [cwl2oph, {first}]\narguments: {second}\ninputs: {third}\n")
