"""The workflows that `init` writes: clean for the linters of our own (that they run: test_whole and test_comment)."""

from __future__ import annotations

from pathlib import Path

import pytest
from act import COMMIT
from linters import LINTERS, lint

from assaymark.data import folder
from assaymark.init import WORKFLOWS, Wanted, render
from assaymark.init.pin import Pin


@pytest.mark.service(*LINTERS)
def test_linters_are_content_with_every_template(tmp_path: Path) -> None:
    place = tmp_path / ".github" / "workflows"
    place.mkdir(parents=True)
    names = [file.name for file in folder("pipelines/templates").glob("*.yml")]
    assert {name for name, _ in WORKFLOWS.values()} < set(names)
    one, several = (Wanted(pin=Pin(COMMIT, "v1.2.3"), projects=paths) for paths in ((), ("packages/tide", "wave")))
    for name in names:
        (place / name).write_text(render(name, one), encoding="utf-8")
        (place / f"several-{name}").write_text(render(name, several), encoding="utf-8")
    assert lint(workflows=sorted(place.iterdir())) == ""
