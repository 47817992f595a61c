"""What a verb of a plugin examined -> an `Assessment`: the same engine, policy and scoring as for a repository.

The repository in which the case lies gives identity, waivers and attestations; profile and gate come from the command
line alone, since those in a repository's configuration are about its software.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from assaymark import assessment, catalogue, config, engine, policy, registry
from assaymark.api import Case, Options
from assaymark.model import EMPTY, Finding, Progress, Subcriterion, Subject
from assaymark.plan import plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How to judge a case; None and empty mean the default."""

    profile: str | None = None
    config: str | None = None
    select: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    as_of: date | None = None
    options: Mapping[str, object] = field(default_factory=lambda: EMPTY)


def judge(case: Case, request: Request, progress: Progress | None = None) -> assessment.Judged:
    """The assessment of a case; ``options`` of the request are fields of `assaymark.api.Options`.

    Raises InputError when profile, configuration or an id is wrong.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    profile = catalogue.profile(request.profile or case.profile)
    definitions = catalogue.load().subcriteria(profile)
    subject, conf, warnings = _surroundings(case, request, definitions)
    options = Options(as_of=request.as_of or started.date(), **request.options)  # type: ignore[arg-type]
    parts = registry.load()
    given = {"subject": subject, "options": options, "settings": conf.policy, **case.facts}
    facts = engine.Facts(parts.facts.values(), given)
    laid = plan(definitions, parts.checks, select=request.select, skip=request.skip)
    evidence = engine.run(laid.units, facts, jobs=options.jobs, progress=progress)
    results = {
        i: policy.result_of(
            d,
            [e for check in laid.checks[i] for e in evidence[check.id]],
            conf.attestations,
            conf.waivers,
            options.as_of,
        )
        for i, d in laid.definitions.items()
    }
    found = assessment.concluded(subject, conf, profile, options.as_of, laid, policy.with_rolled_up(results), warnings)
    run = assessment.run_facts(started, time.perf_counter() - clock, found.run.durations)
    run = replace(run, facts=dict(case.run))
    return assessment.Judged(assessment=replace(found, run=run), profile=profile, config=conf)


def _surroundings(
    case: Case, request: Request, definitions: Mapping[str, Subcriterion]
) -> tuple[Subject, config.Config, tuple[Finding, ...]]:
    """The subject with the repository it lies in, and what that repository decided about these criteria."""
    from assaymark.subject.checkout import locate, open_subject

    subject = Subject(kind=case.kind, path=case.name, digest=case.digest)
    found = locate(case.folder) if case.folder else None
    warnings: tuple[Finding, ...] = ()
    conf = config.read("", None)
    if found and found[0].work_tree:
        opened = open_subject(found[0].work_tree)
        around = opened.subject
        subject = replace(
            subject,
            path=_within(found[1], case),
            repository=around.repository,
            commit=around.commit,
            ref=around.ref,
            dirty=around.dirty,
        )
        conf, warnings, _ = assessment.configuration(opened, request.config)
    elif request.config:
        conf = config.from_file(Path(request.config))
    return subject, _about(conf, definitions), warnings


def _within(prefix: str, case: Case) -> str:
    return f"{prefix}{case.name}" if case.file else case.name


def _about(conf: config.Config, definitions: Mapping[str, Subcriterion]) -> config.Config:
    """The configuration without what it says of other kinds of subject, and without profile and gate."""
    known = set(definitions) | {d.criterion for d in definitions.values()}
    return replace(
        conf,
        profile=None,
        gate=None,
        select=(),
        skip=(),
        baseline=None,
        steps=(),
        waivers=tuple(w for w in conf.waivers if w.id in known),
        attestations=tuple(a for a in conf.attestations if a.id in known),
    )
