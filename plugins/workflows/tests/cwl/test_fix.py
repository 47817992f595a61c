"""What `--fix` makes of documents that lack several things at one place."""

from __future__ import annotations

from pathlib import Path

from assaymark import validity

WORKFLOW = """\
cwlVersion: v1.2
class: Workflow
inputs:
  files: File[]
  n: int
outputs:
  out:
    type: File[]
    outputSource: one/out
steps:
  one:
    run: sub.cwl
    scatter: file
    in:
      file: files
      k:
        source: n
        valueFrom: $(self + 1)
    out: [out]
"""
SUB = """\
cwlVersion: v1.2
class: Workflow
inputs:
  file: File
  k: int
outputs:
  out:
    type: File
    outputSource: file
steps: {}
"""


def test_all_that_is_missing_comes_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "w.cwl").write_text(WORKFLOW)
    (tmp_path / "sub.cwl").write_text(SUB)
    request = validity.Request(paths=(str(tmp_path),), cache=False)
    _, shown = validity.mend(request, keep=False)
    assert (tmp_path / "w.cwl").read_text() == WORKFLOW
    after, difference = validity.mend(request, keep=True)
    assert difference == shown
    added = [line[1:].strip() for line in difference.splitlines() if line.startswith("+ ")]
    assert sorted(added) == [
        *("InlineJavascriptRequirement: {}", "ScatterFeatureRequirement: {}"),
        *("StepInputExpressionRequirement: {}", "SubworkflowFeatureRequirement: {}"),
    ]
    assert [p.finding.rule for p in after.problems if p.edits] == []
    assert validity.mend(request, keep=True)[1] == ""
