"""Where a subject was tried is told, but never the name of the machine that wrote the record."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from assaymark.assessment import assess
from assaymark.provenance import prov
from assaymark.provenance.assessed import account_of
from assaymark.reports.json import from_json, render


def test_the_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Something\n")
    found = assess(tmp_path, tools=False)
    facts = {"runner": "slurm", "engine": "charliecloud 0.31", "jobs": "12, 13", "nodes": "n1, writer", "Bad name": "x"}
    found = replace(found, run=replace(found.run, host="writer", facts=facts))
    text = render(found)
    assert json.loads(text)["run"]["facts"] == facts
    assert render(from_json(text, where="x")) == text
    record = prov.render(account_of(found, text.encode(), {}))
    assert "charliecloud 0.31" in record
    assert "12, 13" in record
    assert "writer" not in record
    assert "Bad" not in record


def test_nothing_is_told_of_what_was_not_tried(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Something\n")
    assert "facts" not in json.loads(render(assess(tmp_path, tools=False)))["run"]
