"""The workflows that `init` writes: clean for the linters of our own, and they run."""

from __future__ import annotations

from pathlib import Path

import pytest
from act import COMMIT
from linters import LINTERS, lint

from assaymark.init import WORKFLOWS, Wanted, render
from assaymark.init.pin import Pin


@pytest.mark.service(*LINTERS)
def test_linters_are_content_with_every_template(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for file, _ in WORKFLOWS.values():
        (folder / file).write_text(render(file, Wanted(pin=Pin(COMMIT, "v1.2.3"))), encoding="utf-8")
    assert lint(workflows=sorted(folder.iterdir())) == ""
