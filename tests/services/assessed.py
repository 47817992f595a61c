"""Small assessments for tests of what is shown on GitHub."""

from __future__ import annotations

from datetime import date
from typing import Any

from assaymark.model import (
    Assessment,
    CriterionResult,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    Location,
    Outcome,
    Requirement,
    RunFacts,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
)

HEAD = "c0ffee" + "1" * 34
OUTCOMES = {"QC.Doc06.1": Outcome.PASSED, "QC.Lic01": Outcome.PASSED, "QC.Sty01.1": Outcome.PASSED}


def finding(n: int = 1, message: str = "line too long", **more: object) -> Finding:
    """A finding in its own file."""
    given = {"severity": Severity.WARNING, "location": Location(path=f"src/tide/m{n}.py", line=n, column=5)} | more
    return Finding(rule="E501", message=message, **given)


def result(id: str, outcome: Outcome, *findings: Finding, message: str = "") -> SubcriterionResult:
    """One verdict."""
    definition = Subcriterion(
        id=id,
        criterion=id[:6],
        requirement=Requirement.MUST,
        text=f"What {id} asks.",
        why="Because.",
        remedy=f"Mend {id}.",
        decided_by=(DecidedBy.TOOLS,),
    )
    evidence = Evidence(outcome=outcome, message=message or f"it {outcome}", check="tools.x", findings=findings)
    return SubcriterionResult(
        definition=definition, outcome=outcome, grade=Grade.MEASURED, evidence=(evidence,), required_for=Level.SILVER
    )


def assessment(
    level: Level = Level.BRONZE, *results: SubcriterionResult, commit: str = HEAD, **more: object
) -> Assessment:
    """An assessment of lab/tide; verdicts not given passed."""
    given = {r.definition.id: r for r in results}
    whole = [given.pop(id, None) or result(id, outcome) for id, outcome in OUTCOMES.items()]
    whole += given.values()
    against = tuple(r.definition.id for r in whole if r.outcome is not Outcome.PASSED)
    fields: dict[str, object] = {
        "subject": Subject(kind="software", path=".", repository="github.com/lab/tide", commit=commit),
        "profile": "assaymark",
        "profile_version": "1.0",
        "profile_digest": "sha256:" + "d" * 64,
        "config_digest": "",
        "as_of": date(2026, 11, 21),
        "level": level,
        "missing": {x: against if x.rank > level.rank else () for x in Level if x is not Level.NONE},
        "criteria": tuple(
            CriterionResult(id=c, title=c, outcome=Outcome.PASSED, required_for=None, missing=())
            for c in sorted({r.definition.criterion for r in whole})
        ),
        "results": tuple(whole),
        "notices": (),
        "attested": 0,
        "partial": (),
        "run": RunFacts(started="2026-11-21T10:00:00+00:00", duration=1.0, host="h", assaymark="0.1.0", python="3.11"),
    }
    return Assessment(**fields | more)


def failing(*findings: Finding, id: str = "QC.Sty01.1", **more: Any) -> Assessment:
    """An assessment with one verdict that failed."""
    return assessment(Level.BRONZE, result(id, Outcome.FAILED, *findings), **more)
