"""What a verb of a plugin examined -> an `Assessment`: the same engine, policy and scoring as for a repository.

An assessment of a repository also holds what its manifests (of models and the like) come to: `included` adds the
verdicts on them, which no level of the repository asks for.

The repository in which the case lies gives identity, waivers and attestations; profile and gate come from the command
line alone, since those in a repository's configuration are about its software.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from assaymark import assessment, catalogue, config, engine, policy, registry, scoring
from assaymark.api import Case, Options
from assaymark.errors import InputError
from assaymark.model import (
    EMPTY,
    Assessment,
    CriterionResult,
    Evidence,
    Finding,
    Location,
    Progress,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
)
from assaymark.plan import plan
from assaymark.values import dataclass

MOST_CASES = 50


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


def assess(path: str | Path = ".", **request: Any) -> Assessment:
    """Assess a checkout, a bare repository, a folder, an archive, or a manifest of a plugin (a model, say).

    Keywords are the fields of `assaymark.assessment.Request`; of a manifest those of `Request`. What a manifest names
    is read and never executed. Raises InputError when the path, the configuration or an argument is wrong. Whatever
    breaks during the assessment itself is inside the answer, as ``unknown`` or ``error``.
    """
    if (place := Path(path)).is_file() and (case := case_at(place)):
        return judge(case, Request(**request)).assessment
    return included(assessment.judge(assessment.Request(path=str(path), **request))).assessment


def case_at(place: Path) -> Case | None:
    """What a plugin makes of a file; None when it is no manifest. InputError when it is a wrong one."""
    for plugin in registry.plugins():
        if plugin.cases and (found := registry.Point(plugin.name, plugin.cases).load()(place)):  # type: ignore[operator]
            return cast(Case, found)
    return None


def included(judged: assessment.Judged) -> assessment.Judged:
    """The same with the verdicts on the manifests that lie in the repository; those of one kind are put together.

    Only of a whole assessment of files on disk: what is selected, skipped or at another commit is left as it is.
    """
    found = judged.assessment
    if judged.root is None or found.partial:
        return judged
    cases, wrong = _cases(judged.root, judged.manifests)
    if not cases and not wrong:
        return judged
    request = Request(as_of=found.as_of)
    paths = [_path(case, judged.root) for case in cases]
    answers = [_placed(judge(case, request).assessment, path) for case, path in zip(cases, paths, strict=True)]
    told = [_told(case, answer) for case, answer in zip(cases, answers, strict=True)]
    results, criteria = _together(list(zip(paths, answers, strict=True)))
    whole = replace(
        found,
        results=(*found.results, *results),
        criteria=(*found.criteria, *criteria),
        notices=(*found.notices, *told, *wrong),
    )
    return replace(judged, assessment=whole)


def _cases(root: Path, paths: Iterable[str]) -> tuple[list[Case], list[Finding]]:
    cases, wrong = [], []
    for path in paths:
        place = root / path
        if place.is_symlink() or not place.resolve().is_relative_to(root.resolve()) or not place.is_file():
            continue
        try:
            case = case_at(place)
        except InputError as problem:
            said = " ".join(str(problem).split())[:500]
            wrong.append(Finding(rule="manifest/wrong", message=said, location=Location(path=path)))
            continue
        if case is not None:
            cases.append(case)
        if len(cases) == MOST_CASES:
            said = f"only the first {MOST_CASES} manifests are judged"
            wrong.append(Finding(rule="manifest/many", message=said))
            break
    return cases, wrong


def _path(case: Case, root: Path) -> str:
    return (case.folder / case.name).resolve().relative_to(root.resolve()).as_posix() if case.folder else case.name


def _placed(found: Assessment, path: str) -> Assessment:
    """The same with its places seen from what was judged, where the manifest is at ``path``.

    They were told from the root of the repository, or from the manifest's own folder where there is none.
    """
    own = found.subject.path
    lost = own[: -len(path)] if own.endswith(path) else ""
    added = path[: -len(own)] if path.endswith(own) else ""

    def moved(f: Finding) -> Finding:
        if f.location is None:
            return f
        inside = f.location.path.startswith(lost)  # else it lies beside what was judged, where no report can point
        new = replace(f.location, path=added + f.location.path.removeprefix(lost)) if inside else None
        return replace(f, location=new)

    def of(e: Evidence) -> Evidence:
        return replace(e, findings=tuple(moved(f) for f in e.findings))

    results = tuple(replace(r, evidence=tuple(of(e) for e in r.evidence)) for r in found.results)
    return replace(found, subject=replace(found.subject, path=path), results=results)


def _told(case: Case, found: Assessment) -> Finding:
    return Finding(
        rule=f"{case.kind}/level",
        message=f"{case.kind} {case.name}: level {found.level} of the profile {found.profile} {found.profile_version}",
        severity=Severity.NOTE,
        location=Location(path=found.subject.path),
    )


def _together(
    found: Sequence[tuple[str, Assessment]],
) -> tuple[list[SubcriterionResult], list[CriterionResult]]:
    """The verdicts of several assessments as one: all their evidence, each with the manifest that it is about."""
    by_id: dict[str, list[tuple[str, SubcriterionResult]]] = {}
    for path, one in found:
        for result in one.results:
            by_id.setdefault(result.definition.id, []).append((path, result))
    results = []
    for same in by_id.values():
        evidence = tuple(replace(e, message=f"{path}: {e.message}") for path, r in same for e in r.evidence)
        outcome = scoring.outcome_of(e for _, r in same for e in _standing(r))
        results.append(
            SubcriterionResult(
                definition=same[0][1].definition,
                outcome=outcome,
                grade=scoring.grade_of(evidence, outcome),
                evidence=evidence,
            )
        )
    titles = {c.id: c.title for _, one in found for c in one.criteria}
    criteria = [
        CriterionResult(
            id=id,
            title=title,
            outcome=scoring.outcome_of(
                Evidence(outcome=r.outcome, message="") for r in results if r.definition.criterion == id
            ),
            required_for=None,
            missing=(),
        )
        for id, title in titles.items()
    ]
    return results, criteria


def _standing(result: SubcriterionResult) -> tuple[Evidence, ...]:
    """One piece of evidence that stands for a verdict: an attestation or the policy may have changed it."""
    return (Evidence(outcome=result.outcome, message=""),)


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
