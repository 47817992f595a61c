"""An assessment as an account of a run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assaymark.findings import cleaned, metrics, order
from assaymark.model import Assessment, Evidence, SubcriterionResult, Subject
from assaymark.provenance.account import Account, Artifact, Result, Run, Step, Tool, Value, Work
from assaymark.provenance.collect import run_of
from assaymark.wording import one_line, utf8

_LONGEST = 500
_MOST_METRICS = 40
# What is judged, by the kind of subject; all that is not named here is an assessment like any other.
_WORK = {"model": Work.MODEL, "image": Work.SMOKE}


def account_of(
    assessment: Assessment,
    report: bytes,
    environment: Mapping[str, str],
    *,
    inputs: tuple[Artifact, ...] = (),
    outputs: tuple[Artifact, ...] = (),
    previous: Artifact | None = None,
) -> Account:
    """The account of one assessment; ``report`` are the bytes of its ``assessment.json``."""
    digest = hashlib.sha256(report).hexdigest()
    steps = tuple(_steps(assessment))
    results = tuple(_result(result) for result in assessment.results)
    return Account(
        work=_WORK.get(assessment.subject.kind, Work.ASSESSMENT),
        subject=subject_of(assessment.subject),
        run=_run(assessment, environment, digest),
        version=assessment.run.assaymark,
        report=Artifact(name="assessment.json", kind="report", sha256=digest, media_type="application/json"),
        plans=tuple(_plans(assessment)),
        steps=steps,
        results=results,
        verdict=assessment.level.value,
        content=_content(assessment, steps, results),
        inputs=inputs,
        outputs=outputs,
        missing=tuple(sorted({i for ids in assessment.missing.values() for i in ids})),
        partial=assessment.partial,
        previous=previous,
        facts={"asOf": assessment.as_of.isoformat(), "attested": assessment.attested},
    )


def subject_of(subject: Subject) -> Artifact:
    """The subject as an artefact: its tree's digest, its commit, where it is published."""
    uri = None
    if subject.repository:
        uri = f"https://{subject.repository}"
    facts = {k: v for k, v in (("ref", subject.ref), ("swhid", subject.swhid), ("dirty", subject.dirty or None)) if v}
    return Artifact(
        name=subject.repository or "source",
        kind="source",
        sha256=_plain(subject.digest),
        uri=uri,
        commit=subject.commit,
        facts=facts,
    )


def _run(assessment: Assessment, environment: Mapping[str, str], report: str) -> Run:
    started = datetime.fromisoformat(assessment.run.started).astimezone(UTC)
    ended = started + timedelta(seconds=assessment.run.duration)
    run = run_of(environment, started=zulu(started), ended=zulu(ended), report=report)
    # The machine that wrote this is never named; a node where the subject was tried may be, unless it is the same.
    tried = {
        f"tried{name.capitalize()}": one_line(value)[:_LONGEST]
        for name, value in assessment.run.facts.items()
        if re.fullmatch("[a-z]{1,30}", name) and not (assessment.run.host and assessment.run.host in value)
    }
    return replace(run, facts={**run.facts, **tried}) if tried else run


def zulu(moment: datetime) -> str:
    """A moment in UTC with milliseconds, ending in ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _plans(assessment: Assessment) -> Iterable[Artifact]:
    yield Artifact(
        name=f"profile {assessment.profile} {assessment.profile_version}",
        kind="profile",
        sha256=_plain(assessment.profile_digest),
    )
    yield Artifact(name="configuration", kind="configuration", sha256=_plain(assessment.config_digest))


def _steps(assessment: Assessment) -> Iterable[Step]:
    """Each check once, although several sub-criteria may rest on it; the same order for the same content."""
    seen: dict[str, Step] = {}
    for result in assessment.results:
        for evidence in result.evidence:
            step = _step(evidence, assessment.run.durations)
            seen.setdefault(step.id, step)
    return (seen[id] for id in sorted(seen))


def _step(evidence: Evidence, durations: Mapping[str, float]) -> Step:
    content = _evidence_content(evidence)
    digest = hashlib.sha256(content).hexdigest()
    tool = evidence.tool
    return Step(
        id=step_id(evidence, digest),
        outcome=evidence.outcome.value,
        message=one_line(evidence.message)[:_LONGEST],
        evidence=Artifact(name=evidence.check or "evidence", kind="evidence", sha256=digest),
        tool=Tool(name=tool.name, version=tool.version, sha256=_plain(tool.digest)) if tool else None,
        seconds=durations.get(evidence.check),
        link=evidence.link,
        facts={**_metrics(evidence), "findings": len(evidence.findings), "grade": evidence.grade.value},
    )


def _metrics(evidence: Evidence) -> dict[str, Value]:
    """What was measured: coverage, seeds, the scheduler's job, the device; names as parts of qualified names."""
    known = list(metrics(evidence).items())[:_MOST_METRICS]
    named = {re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-"): value for name, value in known}
    return {
        f"metric-{name}": one_line(value)[:_LONGEST] if isinstance(value, str) else value
        for name, value in named.items()
        if name
    }


def step_id(evidence: Evidence, digest: str) -> str:
    """The check's id; with the start of its evidence's digest, since one check may answer differently per criterion."""
    return f"{evidence.check or 'evidence'}-{digest[:16]}"


def _evidence_content(evidence: Evidence) -> bytes:
    """What the evidence says, as bytes that do not change between runs, and are the same before and after a report.

    A report has findings in an order of its own, and only text that can be encoded.
    """
    tool = evidence.tool
    told = sorted((cleaned(f) for f in evidence.findings), key=order)
    return json.dumps(
        {
            "check": utf8(evidence.check),
            "outcome": evidence.outcome,
            "grade": evidence.grade,
            "message": utf8(evidence.message),
            "metrics": metrics(evidence),
            "digest": utf8(evidence.digest) if evidence.digest else None,
            "tool": [utf8(part) if part else None for part in (tool.name, tool.version, tool.digest)] if tool else None,
            "findings": [
                [f.rule, f.message, f.severity, _place(f.location.path, f.location.line) if f.location else None]
                for f in told
            ],
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode("ascii")


def _place(path: str, line: int | None) -> str:
    return f"{path}:{line}" if line else path


def _result(result: SubcriterionResult) -> Result:
    steps = (step_id(e, hashlib.sha256(_evidence_content(e)).hexdigest()) for e in result.evidence)
    waiver = result.waiver
    return Result(
        id=result.definition.id,
        text=result.definition.text,
        requirement=result.definition.requirement.value,
        outcome=result.outcome.value,
        grade=result.grade.value,
        steps=tuple(dict.fromkeys(steps)),
        references=result.definition.references,
        required_for=result.required_for.value if result.required_for else None,
        waiver=f"until {waiver.until.isoformat()}: {one_line(waiver.reason)[:_LONGEST]}" if waiver else None,
    )


def _content(assessment: Assessment, steps: Iterable[Step], results: Iterable[Result]) -> str:
    """Digest of what is the same whenever the same subject is judged: no times, no host, no run."""
    stable = {
        "subject": [assessment.subject.repository, assessment.subject.commit, assessment.subject.digest],
        "plans": [assessment.profile_digest, assessment.config_digest, assessment.as_of.isoformat()],
        "evidence": [[s.id, s.evidence.sha256] for s in steps],
        "results": [[r.id, r.outcome, r.grade] for r in results],
        "level": assessment.level,
    }
    return hashlib.sha256(json.dumps(stable, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _plain(digest: str | None) -> str | None:
    """``sha256:abc`` as ``abc``; a digest of another kind is not claimed to be one."""
    if not digest:
        return None
    kind, colon, value = digest.rpartition(":")
    return value if kind in ("sha256", "") and (colon or len(value) == 64) else None
