from __future__ import annotations

import json
from pathlib import Path

import pytest
from runner_commands import commands

from assaymark.errors import GateNotMet
from assaymark.github.actions import Ended, publish
from assaymark.github.findings import PER_KIND


def log(folder: Path, number: int) -> None:
    """A SARIF log with so many errors, each in a line of its own."""
    results = [
        {
            "ruleId": "r",
            "level": "error",
            "message": {"text": f"m{n}"},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": n + 1}}},
            ],
        }
        for n in range(number)
    ]
    (folder / "report.sarif").write_text(json.dumps({"runs": [{"results": results}]}), encoding="utf-8")


@pytest.mark.parametrize(("code", "findings"), [(0, PER_KIND), (GateNotMet.code, PER_KIND - 1)])
def test_why_a_step_failed_takes_its_place_among_the_errors(tmp_path: Path, code: int, findings: int) -> None:
    log(tmp_path, 12)
    lines = publish("validate", Ended(code, "the gate is not met", tmp_path, tmp_path), {"RUNNER_TEMP": str(tmp_path)})
    errors = [c for line in lines for c in commands(line) if c.name == "error"]
    assert len(errors) == PER_KIND
    assert sum("file" in c.properties for c in errors) == findings
    assert lines[-1].startswith(f"{12 - findings} more findings")
