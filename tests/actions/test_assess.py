"""actions/assess as a user's workflow sees it, run by act."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from act import OURS, Act

pytestmark = pytest.mark.service("act")
Make = Callable[[Mapping[str, str | bytes]], Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
FILES = {"README.md": "# Tide\n", "LICENSE": "no licence at all\n"}


def workflow(given: Mapping[str, str], *more: str) -> str:
    """Checkout, assess with these inputs, and further steps."""
    lines = "".join(f"          {name}: {json.dumps(value)}\n" for name, value in given.items())
    steps = "".join(f"      {line}\n" for step in more for line in step.splitlines())
    return f"""\
on: [push, pull_request]
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("assess")}
        with:
          no-tools: "true"
{lines}{steps}"""


AFTER = """\
- id: after
  if: always()
  shell: bash
  env: { LEVEL: "${{ steps.judge.outputs.level }}", OUTCOME: "${{ steps.judge.outcome }}" }
  run: echo "level=$LEVEL outcome=$OUTCOME\""""


def test_a_run_without_a_gate_is_green_and_leaves_everything(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), workflow({}, AFTER))
    assert ran.code == 0, ran.told()
    found = ran.outputs("judge")
    assert found["outcome"] == "passed"
    assert found["level"] == "none"
    assert found["next-level"] == "bronze"
    assert "QC.Lic01" in found["missing-for-next"].split(",")
    assert int(found["failed"]) > 3
    assert int(found["findings"]) > 0
    kept = ran.artifact("assaymark")
    names = {f.name for f in kept.iterdir()}
    assert {"assessment.json", "report.sarif", "report.html", "summary.md", "badge.svg"} <= names
    assert json.loads((kept / "assessment.json").read_text())["level"] == "none"
    assert Path(found["report-json"]).name == "assessment.json"
    assert Path(found["sarif"]).name == "report.sarif"
    assert "Missing for bronze" in ran.summary()
    assert "level=none outcome=success" in ran.log()


def test_a_failing_gate_still_leaves_every_file(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), workflow({"gate": "bronze"}, AFTER))
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "failed"
    assert (ran.artifact("assaymark") / "report.html").is_file()
    kind, message, _ = ran.annotations()[0]
    assert kind == "error"
    assert message.startswith("gate bronze: not met")
    assert "gate bronze: not met" in ran.summary()
    assert "level=none outcome=failure" in ran.log()


def test_annotations_lie_on_lines_of_files(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), workflow({}))
    files = {properties["file"] for _, _, properties in ran.annotations()}
    assert files == {"README.md", "LICENSE"}
    assert {p["line"] for _, _, p in ran.annotations() if p["file"] == "README.md"} == {"1"}


def test_what_cannot_be_done_is_an_error_with_a_reason(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), workflow({"path": "nowhere"}, AFTER))
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "error"
    assert ran.outputs("judge").get("level", "") == ""
    assert "there is nothing at this path" in ran.annotations()[0][1]
    assert "there is nothing at this path" in ran.summary()


def test_a_crash_is_an_error_and_says_where_to_report_it(
    act: Act, repository: Make, ours: Path, tmp_path: Path
) -> None:
    environment = broken_environment(tmp_path / "broken")
    ran = act.run(repository(FILES), workflow({}), env={"ASSAYMARK_ENVIRONMENT": str(environment)})
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "error"
    assert "a bug of ours" in ran.annotations()[0][2]["title"]
    assert "ZeroDivisionError" in ran.log()
    assert "issues/new" in ran.log()


def broken_environment(place: Path) -> Path:
    """An environment whose assaymark breaks in the middle of an assessment."""
    import sys

    place.joinpath("bin").mkdir(parents=True)
    program = place / "bin" / "python"
    breaking = (
        "import sys, assaymark.assessment as a; a.judge = lambda *x, **y: 1 / 0; sys.argv = ['x', 'action', 'assess']"
    )
    run = "from assaymark.__main__ import main; sys.exit(main())"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -c "{breaking}; {run}"\n')
    program.chmod(0o755)
    return place


def test_a_part_of_a_repository(act: Act, repository: Make) -> None:
    ran = act.run(repository({**FILES, "packages/a/README.md": "# A\n"}), workflow({"path": "packages/a"}))
    assert ran.code == 0, ran.told()
    report = json.loads((ran.artifact("assaymark-packages-a") / "assessment.json").read_text())
    assert report["subject"]["path"] == "packages/a"
    assert {p["file"] for _, _, p in ran.annotations()} == {"packages/a/README.md"}


def test_twice_in_a_job_annotates_once(act: Act, repository: Make) -> None:
    again = f'- id: again\n  uses: {OURS.format("assess")}\n  with: {{ no-tools: "true", artifact: "" }}'
    ran = act.run(repository(FILES), workflow({}, again))
    assert ran.code == 0, ran.told()
    said = [(message, p.get("file")) for _, message, p in ran.annotations()]
    assert len(said) == len(set(said)) > 0
    assert ran.outputs("judge")["report-json"] != ran.outputs("again")["report-json"]


def test_a_matrix(act: Act, repository: Make) -> None:
    text = workflow({"artifact": "report-${{ matrix.gate }}", "gate": "${{ matrix.gate }}"})
    text = text.replace(
        "    runs-on",
        "    strategy:\n      fail-fast: false\n      matrix:\n        gate: [bronze, QC.Acc01]\n    runs-on",
    )
    ran = act.run(repository(FILES), text)
    assert ran.code == 1
    assert len(ran.jobs()) == 2
    assert {p.name for p in ran.artifact(".").iterdir()} == {"report-bronze", "report-QC.Acc01"}


def pull_request(base: str, head: str, *, fork: bool = False, **more: Any) -> dict[str, Any]:
    """The payload of a pull request."""
    origin = "someone/tide" if fork else "lab/tide"
    return {
        "number": 7,
        "action": "synchronize",
        "repository": {"full_name": "lab/tide", "default_branch": "main"},
        "pull_request": {
            "number": 7,
            "base": {"sha": base, "ref": "main", "repo": {"full_name": "lab/tide"}},
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": origin, "fork": fork}},
            **more,
        },
    }
