"""The main job: a path -> an `Assessment`. The documented Python API behind ``assaymark assess``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark import __version__, catalogue, config, engine, policy, registry, scoring
from assaymark.api import Fact, Options
from assaymark.errors import InputError, Undetermined
from assaymark.executed import believed, refuse_other, self_reported, taken_over
from assaymark.model import (
    Assessment,
    Evidence,
    Finding,
    Level,
    Profile,
    Progress,
    RunFacts,
    SubcriterionResult,
    Subject,
)
from assaymark.plan import Plan, plan
from assaymark.records import NamedTuple
from assaymark.values import dataclass

if TYPE_CHECKING:
    from assaymark.api import Tree
    from assaymark.config import Config
    from assaymark.subject.base import Base
    from assaymark.subject.checkout import Opened
    from assaymark.validation.model import Judgement

# As much as is read of any report: an assessment may hold a thousand findings of a tool.
REPORT_LIMIT = 20_000_000
MANIFESTS = (".toml",)
_NOT_YET = RunFacts(started="", duration=0.0, host="", assaymark=__version__, python="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to assess and how; None and empty mean "as the configuration says, else the default".

    ``gate`` is only read here, so that a mistake in it shows before anything is looked at; callers keep it.
    """

    path: str = "."
    ref: str | None = None
    profile: str | None = None
    gate: str | None = None
    config: str | None = None
    select: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    changed_since: str | None = None
    tools: bool = True
    run_tests: bool = False
    run_steps: bool = False
    trust_repository: bool = False
    provision: bool = False
    forge: bool = False
    allow_hosts: tuple[str, ...] = ()
    as_of: date | None = None
    jobs: int | None = None
    cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An assessment with the profile and configuration behind it, as the gate needs them.

    ``baseline`` is the text of the file that the configuration names, when a commit has it. ``manifests`` are the
    paths below ``root`` that may be manifests of plugins; none when the files are not on disk.
    """

    assessment: Assessment
    profile: Profile
    config: config.Config
    baseline: str | None = None
    root: Path | None = None
    manifests: tuple[str, ...] = ()


class Asked(NamedTuple):
    """What a request comes to before anything is looked at: the subject, and the policy that holds for it.

    ``manifests`` are those of `Judged`.
    """

    opened: Opened
    conf: config.Config
    warnings: tuple[Finding, ...]
    base: Base | None
    profile: Profile
    manifests: tuple[str, ...]


def assess(path: str | Path = ".", **request: Any) -> Assessment:
    """Assess a checkout, a bare repository, a folder or an archive; keywords are the fields of `Request`.

    Raises InputError when the path, the configuration or an argument is wrong. Whatever breaks during the assessment
    itself is inside the answer, as ``unknown`` or ``error``.
    """
    return judge(Request(path=str(path), **request)).assessment


def judge(request: Request, progress: Progress | None = None, executed: tuple[Assessment, str] | None = None) -> Judged:
    """The same, with the profile and the configuration that were used.

    ``executed`` is another assessment of the same commit, with the name of its file, from which only the evidence of
    executed code is taken over. Raises InputError when it is of something else.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    wanted = asked(request)
    opened, conf, profile = wanted.opened, wanted.conf, wanted.profile
    options = _options(request, opened)
    if executed:
        refuse_other(opened.subject, profile.digest, *executed)
    brought = self_reported(executed[0]) if executed else {}

    def fresh() -> Assessment:
        return _assess(request, opened, conf, profile, options, wanted.warnings, progress, brought)

    if request.cache and not executed:
        from assaymark import remembered

        key = remembered.key(asdict(replace(request, gate=None)), opened, conf, profile, options)
        found, cached = remembered.recall(key, fresh) if key else (fresh(), False)
    else:
        found, cached = fresh(), False
    run = run_facts(started, time.perf_counter() - clock, found.run.durations, cached=cached)
    return _judged(request, wanted, replace(found, run=run))


def asked(request: Request) -> Asked:
    """Subject and policy of a request. Raises InputError when path, configuration, profile or gate is wrong."""
    from assaymark.subject.checkout import open_subject

    opened = open_subject(request.path, request.ref)
    conf, warnings, base = configuration(opened, request.config)
    profile = _profile(request, conf, opened, base)
    if gate := request.gate or conf.gate:
        policy.check_gate(gate, profile, catalogue.load().subcriteria(profile))
    on_disk = opened.root if request.ref is None else None
    manifests = _manifests(opened.tree, conf.exclude) if on_disk else ()
    return Asked(opened, conf, warnings, base, profile, manifests)


def judged_elsewhere(request: Request, wanted: Asked, found: Assessment) -> Judged:
    """An assessment that was made on another machine, with the policy as it stands on this one: the gate is kept here.

    Raises Undetermined when it is about something else than what lies here.
    """
    here = (wanted.opened.subject, wanted.profile.digest, wanted.conf.digest)
    if (found.subject, found.profile_digest, found.config_digest) != here:
        raise Undetermined(
            "what came back is not about what lies here, or was judged by another policy",
            where=request.path,
            hint="is the same assaymark there, and did nothing change meanwhile?",
        )
    return _judged(request, wanted, found)


def _judged(request: Request, wanted: Asked, found: Assessment) -> Judged:
    conf = wanted.conf
    named = conf.baseline
    return Judged(
        assessment=found,
        profile=wanted.profile,
        config=conf,
        baseline=_named(named, request, wanted.opened, wanted.base, REPORT_LIMIT) if named else None,
        root=wanted.opened.root if request.ref is None else None,
        manifests=wanted.manifests,
    )


def _manifests(tree: Tree, exclude: tuple[str, ...]) -> tuple[str, ...]:
    """Paths that may be manifests of plugins and are the project's own work."""
    from assaymark.subject.globs import compile_globs
    from assaymark.subject.languages import is_foreign

    left_out = compile_globs(exclude)
    paths = (e.path for e in tree if e.path.endswith(MANIFESTS))
    return tuple(path for path in paths if not is_foreign(path) and not left_out.fullmatch(path))


def run_facts(started: datetime, seconds: float, durations: Mapping[str, float], *, cached: bool = False) -> RunFacts:
    """What differs between two runs: when, how long, where, by what."""
    return RunFacts(
        started=started.isoformat(timespec="seconds"),
        duration=round(seconds, 3),
        host=os.uname().nodename,
        assaymark=__version__,
        python=sys.version.split()[0].rstrip("+"),
        cached=cached,
        durations=durations,
    )


def _assess(
    request: Request,
    opened: Opened,
    conf: config.Config,
    profile: Profile,
    options: Options,
    warnings: Sequence[Finding],
    progress: Progress | None,
    brought: Mapping[str, tuple[Evidence, ...]],
) -> Assessment:
    from assaymark.subject.history import history
    from assaymark.subject.licences import licences

    given = {"tree": opened.tree, "subject": opened.subject, "options": options}
    slow = (history, licences)
    facts = engine.Facts(slow, given | {"opened": opened, "settings": conf.policy, "exclude": conf.exclude})
    for fact in slow:
        facts.begin(fact.name)  # other processes do that work while this one loads the checks
    from assaymark.tools.plan import tool_checks

    definitions = catalogue.load().subcriteria(profile)
    parts = registry.load_for(name for d in definitions.values() for name in d.checks)
    facts.offer(parts.facts.values())
    facts.offer([Fact("validation", lambda: partial(_validated, conf), ())])
    for fact in parts.facts.values():
        if "opened" in fact.needs:
            facts.begin(fact.name)  # these ask Git
    attached = tool_checks(parts.plugins, facts.get("languages"), opened.tree, conf, options)
    changed = _changed(request, opened)
    laid = plan(
        definitions,
        parts.checks | {c.id: c for c in attached},
        select=request.select or conf.select,
        skip=request.skip or conf.skip,
        changed=changed,
    )
    if brought:
        ids = {id: frozenset(check.id for check in checks) for id, checks in laid.checks.items()}
        brought = believed(brought, ids, _running(parts))
    evidence = engine.run(laid.units, facts, jobs=options.jobs, progress=progress)
    results = {
        i: policy.result_of(
            d,
            taken_over(_collected(laid, evidence, i), brought.get(i, ())),
            conf.attestations,
            conf.waivers,
            options.as_of,
        )
        for i, d in laid.definitions.items()
    }
    results = policy.with_rolled_up(results)
    made = concluded(opened.subject, conf, profile, options.as_of, laid, results, warnings)
    return replace(made, changed=tuple(sorted(changed))) if changed else made


def _validated(conf: Config, tree: Tree) -> tuple[Judgement, ...] | None:
    """What validators say of the documents of a tree; they are loaded when a check asks."""
    from assaymark.validity import of_tree

    return of_tree(tree, conf)


def _running(parts: registry.Registry) -> frozenset[str]:
    """Ids of the checks that execute the project's tests when they may."""
    from assaymark.tools.manifest import load

    formats = [name for plugin in parts.plugins for name in plugin.parsers]
    manifests = load((folder for plugin in parts.plugins for folder in plugin.tools), formats)
    return frozenset(f"tool.{m.name}" for m in manifests if m.kind.runs_tests)


def concluded(
    subject: Subject,
    conf: config.Config,
    profile: Profile,
    as_of: date,
    laid: Plan,
    results: Mapping[str, SubcriterionResult],
    warnings: Sequence[Finding],
) -> Assessment:
    """The assessment that results come to: level, what is missing, notices about the policy. Without run facts."""
    level = scoring.level_of(profile, results)
    first = _first_levels(profile)
    known = catalogue.load().subcriteria(profile)
    titles = catalogue.load().titles(r.definition.criterion for r in results.values())
    notices = policy.notices(conf.waivers, conf.attestations, results, as_of, conf.source, partial=bool(laid.partial))
    return Assessment(
        subject=subject,
        profile=profile.id,
        profile_version=profile.version,
        profile_digest=profile.digest,
        config_digest=conf.digest,
        as_of=as_of,
        level=level,
        missing={rule.level: scoring.missing_for(profile, rule.level, results) for rule in profile.levels},
        criteria=scoring.criterion_results(profile, titles, known, results),
        results=tuple(replace(r, required_for=first.get(i)) for i, r in results.items()),
        notices=(*warnings, *notices, *policy.step_notices(conf.steps, known, conf.source)),
        attested=scoring.attested_count(profile, Level.GOLD, results),
        partial=laid.partial,
        run=replace(_NOT_YET, durations=_durations(results)),
        withheld={rule.level: scoring.limits_exceeded(profile, rule.level, results) for rule in profile.levels},
    )


def _first_levels(profile: Profile) -> dict[str, Level]:
    """The lowest level that requires each sub-criterion."""
    highest_first = sorted(profile.levels, key=lambda rule: -rule.level.rank)
    return {id: rule.level for rule in highest_first for id in rule.require}


def _collected(laid: Plan, evidence: Mapping[str, tuple[Evidence, ...]], id: str) -> list[Evidence]:
    return [e for check in laid.checks[id] for e in evidence[check.id]]


def _durations(results: Mapping[str, SubcriterionResult]) -> dict[str, float]:
    spent = {e.check: e.duration for r in results.values() for e in r.evidence if e.duration is not None}
    return {name: round(seconds, 3) for name, seconds in sorted(spent.items()) if seconds >= 0.001}


def configuration(opened: Opened, file: str | None) -> tuple[config.Config, tuple[Finding, ...], Base | None]:
    """The configuration (``file`` instead of the repository's own), findings about it, and the base it came from."""
    if file:
        return config.from_file(Path(file)), (), None
    from assaymark.subject.base import base_tree

    base = base_tree(opened)
    if base is None:
        return config.from_tree(opened.tree), (), None
    return *config.from_base(base.tree, opened.tree, base.problem), base


def _profile(request: Request, conf: config.Config, opened: Opened, base: Base | None) -> Profile:
    name = request.profile or conf.profile or config.DEFAULT_PROFILE
    if not request.profile and name.endswith(".toml"):
        text = _named(name, request, opened, base)
        if text is not None:
            return catalogue.read_profile(text, name)
    return catalogue.profile(name)


def _named(name: str, request: Request, opened: Opened, base: Base | None, limit: int = 1_000_000) -> str | None:
    """A file that the repository's own configuration names; what --config names lies where the user says."""
    if request.config:
        return None
    from assaymark.subject.base import named_file

    return named_file(opened, base, name, limit)


def _options(request: Request, opened: Opened) -> Options:
    jobs = request.jobs or os.cpu_count() or 2
    if jobs < 1:
        raise InputError("--jobs must be 1 or more")
    return Options(
        as_of=request.as_of or datetime.now(UTC).date(),
        root=opened.root,
        tools=request.tools,
        run_tests=request.run_tests,
        run_steps=request.run_steps,
        trust_repository=request.trust_repository,
        provision=request.provision,
        forge=request.forge,
        allow_hosts=request.allow_hosts,
        jobs=jobs,
        cache=request.cache,
    )


def _changed(request: Request, opened: Opened) -> frozenset[str] | None:
    if request.changed_since is None:
        return None
    from assaymark.subject.base import changed_since

    return changed_since(opened, request.changed_since)
