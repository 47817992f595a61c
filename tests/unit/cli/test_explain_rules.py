"""``assaymark explain`` knows the rules of validators."""

from __future__ import annotations

import pytest

from assaymark.__main__ import main


def test_a_rule_is_explained(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "WF-C001"]) == 0
    page = capfd.readouterr().out
    assert page.startswith("WF-C001  error\n\nA reference leaves the repository.\n\nWhy\n")
    assert "What to do\n  Copy the file into the repository" in page


def test_a_misspelt_rule_is_suggested(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "WF-C0O1"]) == 2
    assert "did you mean 'WF-C001'?" in capfd.readouterr().err
