"""Safe changes: each mends what it says, a second run has nothing to do, and nothing else of the text changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from assaymark.validation.model import Validation
from assaymark.validity import Request, mend

FDL = """\
functions:
  oscar:
    - main:
        name: greeter
        image: ghcr.io/example/greeter:1.2
        script: script.sh
        {}
"""
TOOL = """\
cwlVersion: {version}
class: CommandLineTool
label: a tool
{more}baseCommand: echo
inputs:
  text: {{ type: string, inputBinding: {{ position: 1 }} }}
outputs: []
"""
CASES = {
    "a slip in a field of OSCAR": ("a.yaml", FDL.format("memmory: 1Gi"), FDL.format("memory: 1Gi")),
    "the old name of the port": (
        "a.yaml",
        FDL.format("expose: { port: 80, min_scale: 1 }"),
        FDL.format("expose: { api_port: 80, min_scale: 1 }"),
    ),
    "a tab": ("a.yaml", FDL.format("cpu: 1\n\tmemory: 1Gi"), None),
    "a version that is a number": (
        "a.cwl",
        TOOL.format(version="1.2", more=""),
        TOOL.format(version="v1.2", more=""),
    ),
    "a slip in a field of CWL": (
        "a.cwl",
        TOOL.format(version="v1.2", more="successCode: [0]\n"),
        TOOL.format(version="v1.2", more="successCodes: [0]\n"),
    ),
}


def mended(folder: Path) -> tuple[Validation, str]:
    return mend(Request(paths=(str(folder),), cache=False), keep=True)


@pytest.mark.parametrize(("path", "before", "after"), CASES.values(), ids=CASES)
def test_mended_once_and_for_all(path: str, before: str, after: str | None, tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text("true\n", encoding="utf-8")
    place = tmp_path / path
    place.write_text(before, encoding="utf-8")
    mended(tmp_path)
    first = place.read_text(encoding="utf-8")
    if after is not None:
        assert first == after
    again, difference = mended(tmp_path)
    assert difference == ""
    assert place.read_text(encoding="utf-8") == first
    if after is not None:
        assert [p for p in again.problems if p.edits] == []


def test_a_field_that_is_there_twice_by_two_names_is_left_to_people(tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text("true\n", encoding="utf-8")
    text = FDL.format("memory: 1Gi\n        memmory: 2Gi")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert mended(tmp_path)[1] == ""
