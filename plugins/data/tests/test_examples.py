"""A hand-written truth: small datasets, and what each criterion must say about them.

``examples/<SUB-CRITERION>/<outcome>[-name]/`` is one example; the outcome is ``pass``, ``fail``, ``na`` or ``unknown``.
Each file in it is a file of the dataset, except ``_seen.json`` (what the record's addresses answered, the fields of
`assaymark_data.seen.Seen`) and ``_made.json`` (binary files, by the names of `makers.MAKERS`).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from makers import MAKERS

from assaymark import catalogue
from assaymark.case import Request, judge
from assaymark.model import Outcome, SubcriterionResult
from assaymark_data.command import case_of
from assaymark_data.local import source
from assaymark_data.seen import Reply, Seen

HERE = Path(__file__).parent / "examples"
EXAMPLES = sorted(p for p in HERE.glob("*/*") if p.is_dir())
OUTCOMES = {
    "pass": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "na": Outcome.NOT_APPLICABLE,
    "unknown": Outcome.UNKNOWN,
}


def judged(folder: Path, id: str, seen: dict[str, Any] | None = None) -> SubcriterionResult:
    case = case_of(source(folder))
    facts = dict(case.facts)
    if seen is not None:
        replies = {name: Reply(**reply) for name, reply in seen.items()}
        facts["data_seen"] = Seen(day="2026-11-01", **replies)
    from dataclasses import replace

    found = judge(replace(case, profile="data", facts=facts), Request(select=(id,))).assessment
    return next(r for r in found.results if r.definition.id == id)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_example_is_judged_as_its_name_says(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(example, folder)
    seen = None
    if (folder / "_seen.json").exists():
        seen = json.loads((folder / "_seen.json").read_text(encoding="utf-8"))
        (folder / "_seen.json").unlink()
    if (folder / "_made.json").exists():
        for name, how in json.loads((folder / "_made.json").read_text(encoding="utf-8")).items():
            MAKERS[how](folder / name)
        (folder / "_made.json").unlink()
    result = judged(folder, example.parent.name, seen)
    said = "\n".join(f"  {e.check}: {e.outcome}: {e.message}" for e in result.evidence)
    assert result.outcome is OUTCOMES[example.name.partition("-")[0]], f"{result.definition.text}\n{said}"
    for piece in result.evidence:
        assert piece.message.strip()
        if piece.outcome is Outcome.FAILED:
            assert piece.remedy, "it says what to do"


def test_every_criterion_has_both_examples() -> None:
    found = {(e.parent.name, e.name.partition("-")[0]) for e in EXAMPLES}
    ids = catalogue.load().subcriteria(catalogue.profile("data"))
    wanted = {(i, kind) for i in ids for kind in ("pass", "fail")}
    assert sorted(wanted - found) == []
    assert sorted({i for i, _ in found} - ids.keys()) == []
