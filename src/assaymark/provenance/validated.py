"""A validation as an account of a run: each document, by which rules, with what answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from assaymark.api import Severity
from assaymark.provenance.account import Account, Artifact, Result, Step, Tool, Work
from assaymark.provenance.assessed import subject_of, zulu
from assaymark.provenance.collect import run_of
from assaymark.validation.model import Judgement, State, Validation
from assaymark.wording import count, one_line, utf8

REPORT = "validation.json"
_OUTCOMES = {State.VALID: "passed", State.INVALID: "failed", State.UNDETERMINED: "unknown"}
_LONGEST = 500


def account_of(
    validation: Validation, report: bytes, environment: Mapping[str, str], *, started: datetime, ended: datetime
) -> Account:
    """The account of one validation; ``report`` are the bytes of its ``validation.json``."""
    digest = hashlib.sha256(report).hexdigest()
    steps = tuple(_step(judgement, validation) for judgement in validation.judgements)
    results = tuple(_result(j, step) for j, step in zip(validation.judgements, steps, strict=True))
    plans = tuple(_plans(validation))
    subject = subject_of(validation.subject) if validation.subject else Artifact(name="source", kind="source")
    return Account(
        work=Work.VALIDATION,
        subject=subject,
        run=run_of(environment, started=zulu(started), ended=zulu(ended), report=digest),
        version=validation.version,
        report=Artifact(name=REPORT, kind="report", sha256=digest, media_type="application/json"),
        plans=plans,
        steps=steps,
        results=results,
        verdict=verdict(validation),
        content=_digest(
            {
                "subject": [subject.uri, subject.commit, subject.sha256],
                "plans": [plan.sha256 for plan in plans],
                "evidence": [step.evidence.sha256 for step in steps],
            }
        ),
    )


def verdict(validation: Validation) -> str:
    """Invalid with one invalid document; valid only when each was examined to its end; with none, nothing is said."""
    states = {j.state for j in validation.judgements}
    if not states:
        return "nothing to validate"
    return next(s.value for s in (State.INVALID, State.UNDETERMINED, State.VALID) if s in states)


def _plans(validation: Validation) -> Iterable[Artifact]:
    rules = [[r.id, r.title, r.severity.value, r.why, r.remedy] for _, r in sorted(validation.rules.items())]
    yield Artifact(name=f"{count(len(rules), 'rule')} of validators", kind="rules", sha256=_digest(rules))
    yield Artifact(
        name="configuration",
        kind="configuration",
        sha256=validation.configuration.removeprefix("sha256:") or _digest({}),
    )


def _step(judgement: Judgement, validation: Validation) -> Step:
    path = utf8(judgement.path)
    digest = _digest(_evidence(judgement, validation))
    errors = sum(p.finding.severity is Severity.ERROR for p in judgement.problems)
    told = f"{path}: {judgement.state}, {count(errors, 'error')} in {count(len(judgement.problems), 'finding')}"
    blob = validation.contents.get(judgement.path)
    document = Artifact(name=path, kind="document", uri=f"swh:1:cnt:{blob}") if blob and len(blob) == 40 else None
    return Step(
        id=f"validate-{judgement.format}-{digest[:16]}",
        outcome=_OUTCOMES[judgement.state],
        message=one_line(told)[:_LONGEST],
        evidence=Artifact(name=f"findings on {path}", kind="evidence", sha256=digest),
        tool=Tool(
            name=f"assaymark validator {judgement.format}", version=validation.versions.get(judgement.format) or None
        ),
        used=(document,) if document else (),
        facts={"findings": len(judgement.problems), "suppressed": len(judgement.suppressed)},
    )


def _result(judgement: Judgement, step: Step) -> Result:
    path = utf8(judgement.path)
    return Result(
        id=f"{judgement.format}:{path}",
        text=f"{path} is valid {judgement.format}",
        requirement="MUST",
        outcome=step.outcome,
        grade="measured",
        steps=(step.id,),
    )


def _evidence(judgement: Judgement, validation: Validation) -> dict[str, Any]:
    """What was found, and in what: the document and all it refers to, by their content."""
    return {
        "path": utf8(judgement.path),
        "content": validation.contents.get(judgement.path),
        "format": judgement.format,
        "state": judgement.state,
        "reads": sorted([utf8(path), digest] for path, digest in judgement.reads.items()),
        "findings": [
            [
                p.finding.rule,
                p.finding.severity,
                utf8(p.finding.message),
                [utf8(p.finding.location.path), p.finding.location.line] if p.finding.location else None,
            ]
            for p in judgement.problems
        ],
        "suppressed": [[s.problem.finding.rule, utf8(s.reason)] for s in judgement.suppressed],
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
