"""actions/validate as a user's workflow sees it, run by act."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from act import OURS, Act

pytestmark = pytest.mark.service("act")
Make = Callable[[Mapping[str, str | bytes]], Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
TOOL = "cwlVersion: v1.2\nclass: CommandLineTool\nlabel: Says it\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"
BROKEN = TOOL.replace("baseCommand", "baseComand")
GRAPH = '{"a": {"process_id": "absolut", "arguments": {"x": 1}, "result": true}}'
AFTER = """\
- id: after
  if: always()
  shell: bash
  env: { SARIF: "${{ steps.judge.outputs.sarif }}", JUNIT: "${{ steps.judge.outputs.junit }}" }
  run: test -s "$SARIF" && test -s "$JUNIT" && echo "reports are there\""""


def workflow(given: Mapping[str, str]) -> str:
    """Checkout, validate with these inputs, and a step that looks at the reports."""
    lines = "".join(f"          {name}: {json.dumps(value)}\n" for name, value in given.items())
    after = "".join(f"      {line}\n" for line in AFTER.splitlines())
    return f"""\
on: push
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("validate")}
        with:
          plugins: workflows
{lines}{after}"""


def test_valid_documents_are_green_and_leave_all_reports(act: Act, repository: Make) -> None:
    ran = act.run(repository({"echo.cwl": TOOL}), workflow({}))
    assert ran.code == 0, ran.told()
    assert ran.outputs("judge")["outcome"] == "passed"
    kept = {f.name for f in ran.artifact("assaymark-validation").iterdir()}
    assert {"validation.json", "report.sarif", "junit.xml", "summary.md", "provenance.json"} <= kept
    assert "reports are there" in ran.log()


def test_an_error_is_red_and_stands_at_its_line(act: Act, repository: Make) -> None:
    ran = act.run(repository({"wf/echo.cwl": BROKEN, "graph.json": GRAPH}), workflow({}))
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "failed"
    errors = [(where["file"], where["line"]) for kind, _, where in ran.annotations() if "file" in where]
    assert ("wf/echo.cwl", "4") in errors
    assert "reports are there" in ran.log()
    assert "baseComand" in ran.summary()
    report = json.loads((ran.artifact("assaymark-validation") / "validation.json").read_text())
    assert [f["path"] for f in report["files"]] == ["graph.json", "wf/echo.cwl"]


def test_only_what_is_asked_for_is_judged(act: Act, repository: Make) -> None:
    root = repository({"wf/echo.cwl": BROKEN, "graphs/a.json": GRAPH, "good/echo.cwl": TOOL})
    ran = act.run(root, workflow({"paths": "graphs\ngood", "only": "cwl\nopeneo", "artifact": ""}))
    assert ran.code == 0, ran.told()
    ran = act.run(root, workflow({"paths": "graphs", "only": "openeo", "profile": "strict", "artifact": ""}))
    assert ran.code == 1
    assert "absolut" in ran.log()


def test_no_input_becomes_a_command(act: Act, repository: Make) -> None:
    marks = {"paths": 'wf"; touch "$STANDIN_DIR/forged"; "', "param": "1=$(touch $STANDIN_DIR/forged)"}
    root = repository({"wf/echo.cwl": TOOL})
    for name, value in marks.items():
        ran = act.run(root, workflow({name: value, "artifact": ""}))
        assert not (act.folder / "standins" / "forged").exists(), ran.told()
