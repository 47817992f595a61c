"""What our own profile asks of our own files, as far as the files alone can tell: gold is lost quietly otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

import assaymark
from assaymark.api import Outcome

# What a hurried change breaks first: an exception without a reason, a mode for everyone, a document that lacks a topic.
ASKED = ("QC.Doc06", "QC.Lic01", "QC.Sec04", "QC.Sty02.1", "QC.Sty03", "QC.Sty03.1", "QC.Sty04", "QC.Uni02")


def test_our_files_pass_what_files_decide(checkout: Path) -> None:
    if not (checkout / ".git").exists():
        pytest.skip("not a Git checkout")
    found = assaymark.assess(checkout, select=ASKED, tools=False)
    bad = [
        f"{s.definition.id}: {e.message}: {[str(f.location) for f in e.findings]}"
        for s in found.results
        for e in s.evidence
        if e.outcome not in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    ]
    assert bad == []
    assert {s.definition.id for s in found.results} >= set(ASKED)
