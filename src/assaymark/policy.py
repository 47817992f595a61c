"""What a project decided about its verdicts: attestations, waivers and the gate. Pure.

Waivers quiet the gate and never raise the level; attestations answer only what may be attested, and both expire.
Where an attestation may answer, so may what the project shows by a step or a report of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from assaymark.errors import InputError
from assaymark.model import (
    Assessment,
    Attestation,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    Location,
    Outcome,
    Profile,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Waiver,
)
from assaymark.scoring import grade_of, limits_exceeded, missing_for, outcome_of, required_up_to
from assaymark.values import dataclass

NO_REGRESSION = "no-regression"
_OWN = ("step.", "ingested.")
_TOOLS = ("tool.", "tools.")
_OPEN = (Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN)


def result_of(
    definition: Subcriterion,
    evidence: Sequence[Evidence],
    attestations: Iterable[Attestation],
    waivers: Iterable[Waiver],
    as_of: date,
) -> SubcriterionResult:
    """The verdict on one sub-criterion: evidence, a valid attestation, and a waiver that covers it.

    Where a person's word may answer, so may a step or a report of the project's own; both stand only for ``unknown``.
    """
    words = [_word(a, as_of) for a in attestations if a.id == definition.id and _holds(a.on, a.until, as_of)]
    if words and DecidedBy.ATTESTED in definition.decided_by:
        # The person answers what could not be determined; what was measured stays and decides.
        evidence = [e for e in evidence if e.outcome is not Outcome.UNKNOWN] + words
    elif DecidedBy.ATTESTED in definition.decided_by:
        evidence = _answered(evidence)
    if not evidence:
        evidence = [_nobody_looked(definition)]
    outcome = outcome_of(evidence)
    result = SubcriterionResult(
        definition=definition, outcome=outcome, grade=grade_of(evidence, outcome), evidence=tuple(evidence)
    )
    if outcome not in _OPEN:
        return result
    covering = next((w for w in waivers if w.until >= as_of and covers(w, result)), None)
    return replace(result, waiver=covering)


def _word(attestation: Attestation, as_of: date) -> Evidence:
    return Evidence(
        outcome=Outcome.PASSED,
        grade=Grade.ATTESTED,
        check="attestation",
        message=f"{attestation.by} attested on {attestation.on} (until {attestation.until}): {attestation.statement}",
        link=attestation.link,
    )


def _answered(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """The evidence, where a step or report of the project's own stands for what our checks could not determine.

    What failed or broke stays, and so does what tools leave open: for them `assaymark.tools.standing` decides.
    """
    if not any(e.outcome is Outcome.PASSED and e.check.startswith(_OWN) for e in evidence):
        return evidence
    left = [e for e in evidence if e.outcome is Outcome.UNKNOWN and not e.check.startswith((*_OWN, *_TOOLS))]
    said = f" (in place of: {'; '.join(e.message for e in left)})" if left else ""
    return [
        replace(e, message=e.message + said) if e.outcome is Outcome.PASSED and e.check.startswith(_OWN) else e
        for e in evidence
        if e not in left
    ]


def _nobody_looked(definition: Subcriterion) -> Evidence:
    if DecidedBy.ATTESTED in definition.decided_by:
        return Evidence(
            outcome=Outcome.UNKNOWN,
            check="attestation",
            message="no machine can decide this, and nobody has attested it",
            remedy=f'add an [[tool.assaymark.attestation]] for "{definition.id}" (by, on, until, statement, link)',
        )
    if DecidedBy.TOOLS in definition.decided_by:
        return Evidence(
            outcome=Outcome.UNKNOWN,
            check="tools",
            message="no installed tool looks at this",
            remedy='install tools (pip install "assaymark[python,linters]") or ingest a report: '
            f"assaymark ingest FILE --for {definition.id}",
        )
    return Evidence(outcome=Outcome.UNKNOWN, check="none", message="no installed check looks at this")


def with_rolled_up(results: Mapping[str, SubcriterionResult]) -> dict[str, SubcriterionResult]:
    """The results, where a sub-criterion that sums up others (``QC.Doc06``) shares the waivers of its parts.

    It is waived when every check against it is against a part (``QC.Doc06.1``) that is waived as a whole.
    """
    return {i: r if r.waiver else replace(r, waiver=_of_parts(r, results)) for i, r in results.items()}


def _of_parts(whole: SubcriterionResult, results: Mapping[str, SubcriterionResult]) -> Waiver | None:
    against = _against(whole)
    parts = [r for i, r in results.items() if r.waiver and i.startswith(f"{whole.definition.id}.")]
    excused = {check for part in parts for check in _against(part)}
    return parts[0].waiver if parts and against and against <= excused else None


def _against(result: SubcriterionResult) -> set[str]:
    return {e.check for e in result.evidence if e.outcome in _OPEN}


def covers(waiver: Waiver, result: SubcriterionResult) -> bool:
    """Whether the waiver excuses the whole verdict: by id, or because it matches every failing finding."""
    if waiver.id not in (result.definition.id, result.definition.criterion):
        return False
    if waiver.rule is None and waiver.path is None:
        return True
    failing = [e for e in result.evidence if e.outcome is Outcome.FAILED]
    findings = [f for e in failing for f in e.findings if f.severity is not Severity.NOTE]
    return bool(findings) and all(e.findings for e in failing) and all(covers_finding(waiver, f) for f in findings)


def covers_finding(waiver: Waiver, finding: Finding) -> bool:
    """Whether a narrowed waiver matches one finding."""
    if waiver.rule is not None and waiver.rule != finding.rule:
        return False
    if waiver.path is None:
        return True
    return finding.location is not None and fnmatchcase(finding.location.path, waiver.path)


def notices(
    waivers: Iterable[Waiver],
    attestations: Iterable[Attestation],
    results: Mapping[str, SubcriterionResult],
    as_of: date,
    source: str | None,
    *,
    partial: bool = False,
) -> tuple[Finding, ...]:
    """Findings about the policy itself: what expired, what is unused, what names nothing that exists."""
    known = set(results) | {r.definition.criterion for r in results.values()}
    out: list[Finding] = []
    for w in waivers:
        place = Location(path=source, line=w.line) if source else None
        if w.until < as_of:
            out.append(_notice("waiver-expired", f"the waiver for {w.id} ended on {w.until}: {w.reason}", place))
        elif w.id not in known:
            if not partial:
                out.append(_notice("waiver-unknown-id", f"the waiver names {w.id}, which does not exist", place))
        elif not any(_used(w, r) for r in results.values()):
            out.append(_notice("waiver-unused", f"the waiver for {w.id} excuses nothing: take it out", place))
    for a in attestations:
        place = Location(path=source, line=a.line) if source else None
        if a.until < as_of:
            out.append(_notice("attestation-expired", f"the attestation for {a.id} ended on {a.until}", place))
        elif a.on > as_of:
            out.append(_notice("attestation-future", f"the attestation for {a.id} is dated {a.on}", place))
        elif a.id not in results:
            if not partial:
                out.append(
                    _notice("attestation-unknown-id", f"the attestation names {a.id}, which does not exist", place)
                )
        elif DecidedBy.ATTESTED not in results[a.id].definition.decided_by:
            out.append(_notice("attestation-not-allowed", f"{a.id} is measured and cannot be attested", place))
    return tuple(out)


def step_notices(steps: Iterable[Mapping[str, Any]], known: Iterable[str], source: str | None) -> tuple[Finding, ...]:
    """A finding for each step that gives evidence for something that does not exist, and so never runs."""
    ids, place = set(known), Location(path=source) if source else None
    lost = [s for s in steps if s["criterion"] not in ids]
    text = "the step {!r} is for {}, which is no sub-criterion here: it never runs"
    return tuple(_notice("step-unknown-id", text.format(s["name"], s["criterion"]), place) for s in lost)


def _used(waiver: Waiver, result: SubcriterionResult) -> bool:
    if result.waiver == waiver:
        return True
    if waiver.id not in (result.definition.id, result.definition.criterion) or result.outcome not in _OPEN:
        return False
    narrowed = waiver.rule is not None or waiver.path is not None
    return narrowed and any(covers_finding(waiver, f) for e in result.evidence for f in e.findings)


def _notice(rule: str, message: str, place: Location | None) -> Finding:
    return Finding(rule=f"assaymark/{rule}", message=message, severity=Severity.WARNING, location=place)


def _holds(start: date, end: date, as_of: date) -> bool:
    return start <= as_of <= end


class GateOutcome(StrEnum):
    """What the gate says; UNDETERMINED when an unknown could still change the answer."""

    MET = "met"
    NOT_MET = "not met"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The gate's outcome and, for each reason, the sub-criterion it is about."""

    outcome: GateOutcome
    reasons: tuple[str, ...] = ()


def check_gate(text: str, profile: Profile, ids: Iterable[str]) -> tuple[str, ...]:
    """The parts of a gate: levels, criterion or sub-criterion ids, ``no-regression``; separated by commas.

    Raises InputError for a part that names nothing.
    """
    parts = tuple(p.strip() for p in text.split(",") if p.strip())
    if not parts:
        raise InputError("the gate is empty", hint="use a level (silver), ids (QC.Sec,QC.Lic01) or no-regression")
    known = set(ids)
    levels = {rule.level.value for rule in profile.levels}
    for part in parts:
        if part in levels or part == NO_REGRESSION or part in known or _is_family(part, known):
            continue
        from difflib import get_close_matches

        close = get_close_matches(part, [*known, *levels, NO_REGRESSION], 1)
        raise InputError(
            f"the gate {part!r} is neither a level, an id nor {NO_REGRESSION}",
            hint=f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list",
        )
    return parts


def _is_family(part: str, ids: Iterable[str]) -> bool:
    """A criterion (``QC.Doc``) or, where that is a family of its own beside the standard, all of it (``WFL``)."""
    return any(_belongs(i, part) for i in ids)


def _belongs(id: str, part: str) -> bool:
    rest = id[len(part) :] if id.startswith(part) else ""
    return rest[:1].isdigit() or (rest[:1] == "." and rest[1:2].isalpha())


def gate(
    parts: Sequence[str],
    profile: Profile,
    ids: Iterable[str],
    assessment: Assessment,
    regressions: Sequence[tuple[str, Outcome]] | None = None,
    unseen: Sequence[str] = (),
) -> GateAnswer:
    """Whether the gate is met. A known failure wins over an unknown; a waived item does not count.

    ``ids`` are all that the profile knows: what a partial run did not look at is unknown. ``regressions`` are the
    sub-criteria that got worse than the baseline, None when there is no baseline; ``unseen`` those that may have, which
    a partial run did not look at.
    """
    results = {r.definition.id: r for r in assessment.results}
    known = tuple(ids)
    against: list[tuple[str, Outcome]] = []
    for part in parts:
        if part == NO_REGRESSION:
            if regressions is None:
                raise InputError("the gate no-regression needs a baseline", hint="give one: --baseline assessment.json")
            against += [(f"{i} got worse", o) for i, o in regressions]
            against += [(_unseen(unseen, assessment.partial), Outcome.UNKNOWN)] if unseen else []
        elif part in list(Level):
            against += _against_level(Level(part), profile, results)
        else:
            against += _against_ids(_asked_for(part, profile, known), results)
    failures = [reason for reason, outcome in against if outcome is Outcome.FAILED]
    if failures:
        return GateAnswer(GateOutcome.NOT_MET, tuple(dict.fromkeys(failures)))
    open_ = [reason for reason, _ in against]
    return GateAnswer(GateOutcome.UNDETERMINED if open_ else GateOutcome.MET, tuple(dict.fromkeys(open_)))


def _unseen(ids: Sequence[str], partial: Sequence[str]) -> str:
    return (
        f"this run is partial ({'; '.join(partial)}) and did not look at {len(ids)} of the baseline's verdicts, which "
        f"may have got worse: {', '.join(ids)}; run it whole, or gate on the ids that it looks at"
    )


def _against_level(
    level: Level, profile: Profile, results: Mapping[str, SubcriterionResult]
) -> list[tuple[str, Outcome]]:
    out = [_reason(i, results.get(i)) for i in missing_for(profile, level, results) if not _waived(results.get(i))]
    return out + [(reason, Outcome.FAILED) for reason in limits_exceeded(profile, level, results)]


def _asked_for(part: str, profile: Profile, known: Sequence[str]) -> list[str]:
    """The ids that a part of a gate is about: itself, or of a family those that a level requires, else all."""
    if part in known:
        return [part]
    members = [i for i in known if _belongs(i, part)]
    required = required_up_to(profile, Level.GOLD)
    return [i for i in members if i in required] or members


def _against_ids(ids: Iterable[str], results: Mapping[str, SubcriterionResult]) -> list[tuple[str, Outcome]]:
    found = ((i, results.get(i)) for i in ids)
    return [_reason(i, r) for i, r in found if r is None or (r.outcome in _OPEN and not _waived(r))]


def _reason(id: str, result: SubcriterionResult | None) -> tuple[str, Outcome]:
    if result is None:
        return f"{id} was not looked at", Outcome.UNKNOWN
    return f"{id} is {result.outcome}", result.outcome


def _waived(result: SubcriterionResult | None) -> bool:
    return result is not None and result.waiver is not None
