"""What a run elsewhere executed: taken over by a run that executes nothing, and never believed further than that.

A run with the right to sign must not run code of the judged repository. It looks at the commit itself, and takes from
the run before it only what came out of executed code: tests, steps. That stays ``self-reported``, and it stands only
where this run could not determine anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from assaymark.errors import InputError
from assaymark.model import Assessment, Evidence, Grade, Outcome, Subject


def self_reported(assessment: Assessment) -> Mapping[str, tuple[Evidence, ...]]:
    """By sub-criterion, the evidence that came out of executed code; findings, messages and metrics as told."""
    return {
        result.definition.id: tuple(e for e in result.evidence if e.grade is Grade.SELF_REPORTED)
        for result in assessment.results
        if any(e.grade is Grade.SELF_REPORTED for e in result.evidence)
    }


def believed(
    brought: Mapping[str, Sequence[Evidence]], mine: Mapping[str, Collection[str]], running: Collection[str]
) -> Mapping[str, tuple[Evidence, ...]]:
    """What of it can have come out of executed code: the answers of checks that this run has for the same
    sub-criterion (``mine``, ids) and that execute something: steps, and the tools in ``running``.

    Whoever wrote the other report may have put anything in it; nothing else of it raises a level.
    """
    kept = {
        id: tuple(
            e for e in told if e.check in mine.get(id, ()) and (e.check in running or e.check.startswith("step."))
        )
        for id, told in brought.items()
    }
    return {id: told for id, told in kept.items() if told}


def refuse_other(subject: Subject, profile_digest: str, executed: Assessment, where: str) -> None:
    """Raise InputError when the other run did not judge this very commit, these files, by this profile."""
    theirs = executed.subject
    for what, one, other in (
        ("commit", subject.commit, theirs.commit),
        ("files", subject.digest, theirs.digest),
        ("profile", profile_digest, executed.profile_digest),
    ):
        if not one or one != other:
            raise InputError(f"was made of another {what}: {other or 'none'} instead of {one or 'none'}", where=where)


def taken_over(evidence: Sequence[Evidence], executed: Sequence[Evidence]) -> list[Evidence]:
    """Our evidence for one sub-criterion, with what was executed elsewhere in place of our own ``unknown``.

    What this run determined stays, whatever the other says of the same check.
    """
    decided = {e.check for e in evidence if e.outcome is not Outcome.UNKNOWN}
    brought = [replace(e, grade=Grade.SELF_REPORTED) for e in executed if e.check not in decided]
    answered = {e.check for e in brought}
    return [e for e in evidence if e.check not in answered] + brought
