"""Every criterion passes where it should, and fails when the one thing that it is about is spoilt."""

from __future__ import annotations

from typing import Any

from assaymark.model import Level, Outcome


def test_a_good_service_gets_gold(project: Any) -> None:
    found = project.assessment()
    said = {
        r.definition.id: (r.outcome, [e.message for e in r.evidence])
        for r in found.results
        if r.outcome != Outcome.PASSED and r.required_for
    }
    assert said == {}
    assert found.level is Level.GOLD
    assert found.subject.kind == "service"
