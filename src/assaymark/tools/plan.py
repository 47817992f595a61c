"""Which tools run on this subject, and which of its languages none of them covers.

For each language and group, the tools that the project itself configured judge it; without any, the default tool
does. A sub-criterion about source code is ``unknown`` for a language that is present and has no tool; languages with a
small part in the code (below `MINOR`) are named and not held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assaymark.api import Check, Entry, Evidence, Options, Plugin, Tree, not_applicable, unknown
from assaymark.records import NamedTuple
from assaymark.subject.tree import compile_globs
from assaymark.tools import sanitise
from assaymark.tools.ingest import ingested_checks
from assaymark.tools.manifest import Kind, Manifest, load
from assaymark.tools.measured import measured_checks
from assaymark.tools.standing import standing, unable

if TYPE_CHECKING:
    from typing import Protocol

    from assaymark.subject.languages import Languages
    from assaymark.tools.found import Reports
    from assaymark.tools.run import Job
    from assaymark.tools.workspace import Workspace

    class Settings(Protocol):
        """What of the configuration matters here (`assaymark.config.Config` has it)."""

        @property
        def exclude(self) -> tuple[str, ...]:
            """Globs of files that no tool is given."""

        @property
        def steps(self) -> tuple[Mapping[str, Any], ...]:
            """The ``[[tool.assaymark.step]]`` tables."""


MINOR = 0.05
_BY_LANGUAGE = (Kind.STYLE, Kind.SECURITY, Kind.DOCUMENTATION_STYLE)
_Locate = Callable[[Manifest], bool]


class Chosen(NamedTuple):
    """A tool that is to run, on which files, and the languages of these that it covers."""

    manifest: Manifest
    files: tuple[Entry, ...]
    configuration: sanitise.Configuration | None
    languages: tuple[str, ...]


def tool_checks(
    plugins: Iterable[Plugin], languages: Languages, tree: Tree, conf: Settings, options: Options
) -> tuple[Check, ...]:
    """The checks that attach themselves to sub-criteria for this subject.

    ``tool.<name>`` runs a tool (fact: ``workspace``), ``tools.uncovered.<id>`` names languages without one,
    ``tool.junit`` and ``tool.coverage-report`` read reports that lie there, ``step.<name>`` is a step of the project's
    own, ``ingested.<digest>`` a report that was handed in.
    Raises InputError when a manifest is malformed.
    """
    plugins = tuple(plugins)
    formats = {name: parser for plugin in plugins for name, parser in plugin.parsers.items()}
    manifests = load((folder for plugin in plugins for folder in plugin.tools), formats)
    available = _available(options)
    useful = [m for m in manifests if m.kind is not Kind.TYPES or options.trust_repository]
    chosen = choose(useful, languages, tree, conf.exclude, available)
    ingested = ingested_checks(options.root, tree)
    elsewhere = standing(options, tree, conf.steps)
    replaced = {
        c.manifest.name
        for c in chosen
        if not c.manifest.kind.runs_tests
        and elsewhere.replaces(c.manifest, manifests)
        and unable(c.manifest, options, available=available(c.manifest))
    }
    return (
        *_tool_checks([c for c in chosen if c.manifest.name not in replaced], options, formats),
        *map(_replaced, (c for c in chosen if c.manifest.name in replaced)),
        *measured_checks(manifests, chosen, languages, options, conf.steps),
        *uncovered_checks(manifests, chosen, languages, frozenset(filter(elsewhere.covers, _ids(manifests)))),
        *_steps(conf, options),
        *ingested,
    )


def _steps(conf: Settings, options: Options) -> tuple[Check, ...]:
    if not conf.steps:
        return ()
    from assaymark.tools.steps import step_checks

    return step_checks(conf.steps, options)


def _ids(manifests: Iterable[Manifest]) -> frozenset[str]:
    return frozenset(id for m in manifests for id in m.subcriteria)


def _replaced(chosen: Chosen) -> Check:
    name = chosen.manifest.name

    def function() -> Evidence:
        """A report that was handed in, or a step of the project's own, stands for a tool that cannot run here."""
        return not_applicable(f"{name} was not run: evidence that was handed in stands for it")

    reads = _kinds_of(chosen.files)
    return Check(id=f"tool.{name}", function=function, needs=(), reads=reads, subcriteria=chosen.manifest.subcriteria)


def choose(
    manifests: Sequence[Manifest],
    languages: Languages,
    tree: Tree,
    exclude: Collection[str] = (),
    available: _Locate = lambda manifest: True,
) -> tuple[Chosen, ...]:
    """The tools that apply, in order of name. Pure but for ``available``."""
    excluded = compile_globs(exclude) if exclude else None
    by_manifest = {m.name: _files(m, languages, tree, excluded) for m in manifests}
    configured = {
        m.name: sanitise.find(tree, m.config.files, m.config.mentions) for m in manifests if by_manifest[m.name]
    }
    manifests = [m for m in manifests if configured.get(m.name) or not (m.unless and tree.find(*m.unless))]
    found = []
    for manifest in manifests:
        files = by_manifest[manifest.name]
        wanted = {
            part: entries
            for part, entries in files.items()
            if _wins(manifest, part, manifests, by_manifest, configured, available)
        }
        if wanted:
            entries = tuple(sorted({e for part in wanted.values() for e in part}, key=lambda e: e.path))
            names = tuple(part for part in wanted if part)
            found.append(Chosen(manifest, entries, configured[manifest.name], names))
    return tuple(found)


def _files(manifest: Manifest, languages: Languages, tree: Tree, excluded: Any) -> dict[str, tuple[Entry, ...]]:
    """The files of a tool by language; those of its globs under ''."""
    parts = {name: languages.files.get(name, ()) for name in manifest.languages}
    if manifest.files:
        foreign = {e.path for e in languages.foreign}
        parts[""] = tuple(e for e in tree.glob(*manifest.files) if e.path not in foreign)
    left_out = compile_globs(manifest.exclude, own=True) if manifest.exclude and any(parts.values()) else None
    for pattern in (excluded, left_out):
        if pattern is not None:
            parts = {part: tuple(e for e in found if not pattern.fullmatch(e.path)) for part, found in parts.items()}
    return {part: found for part, found in parts.items() if found}


def _wins(
    manifest: Manifest,
    part: str,
    manifests: Sequence[Manifest],
    files: Mapping[str, Mapping[str, Any]],
    configured: Mapping[str, sanitise.Configuration | None],
    available: _Locate,
) -> bool:
    """Whether the tool judges this language: configured by the project, or the default where nothing is."""
    if configured.get(manifest.name):
        return True
    if not manifest.default:
        return False
    rivals = [m for m in manifests if m.group == manifest.group and part in files[m.name]] if part else [manifest]
    if any(configured.get(m.name) for m in rivals):
        return False
    defaults = [m for m in rivals if m.default]
    return len(defaults) == 1 or manifest is next((m for m in defaults if available(m)), defaults[0])


def _available(options: Options) -> _Locate:
    def available(manifest: Manifest) -> bool:
        from assaymark.tools.locate import locate
        from assaymark.tools.provision import provisioned

        if locate(manifest.program, options.root, trusted=options.trust_repository):
            return True
        return bool(manifest.pypi) and (
            options.provision or provisioned(manifest.name, manifest.program, manifest.pypi) is not None
        )

    return available


def _tool_checks(chosen: Sequence[Chosen], options: Options, parsers: Mapping[str, Any]) -> Iterator[Check]:
    names = {c.manifest.name for c in chosen}
    refused = {c.manifest.name for c in chosen if _refused(c.manifest, options)}
    # What starts programs is only loaded when one may be started.
    jobs = _jobs(chosen, options, parsers) if names - refused else {}
    for one in chosen:
        if one.manifest.after is None or one.manifest.after in names:
            yield _tool_check(one, None if one.manifest.name in refused else jobs[one.manifest.name])


def _refused(manifest: Manifest, options: Options) -> bool:
    return not options.tools or (manifest.kind.runs_tests and not options.run_tests)


def _jobs(chosen: Sequence[Chosen], options: Options, parsers: Mapping[str, Any]) -> dict[str, Job]:
    """The jobs by name; a tool that another one follows, and its followers, have one session."""
    from dataclasses import replace

    from assaymark.tools.run import Job, Session

    jobs = {
        c.manifest.name: Job(
            manifest=c.manifest,
            files=c.files,
            configuration=c.configuration,
            trusted=options.trust_repository,
            run_tests=options.run_tests,
            provision=options.provision,
            remember=options.cache,
            parsers=parsers,
        )
        for c in chosen
    }
    sessions = {
        m.after: Session(jobs[m.after]) for m in (c.manifest for c in chosen) if m.after is not None and m.after in jobs
    }
    return {name: replace(job, session=sessions.get(job.manifest.after or name)) for name, job in jobs.items()}


def _tool_check(chosen: Chosen, job: Job | None) -> Check:
    """The check that runs one tool, or says why it does not."""
    manifest = chosen.manifest
    function = _running(job) if job else _not_running(manifest)
    function.__doc__ = f"{manifest.about} {manifest.home}".strip()
    return Check(
        id=f"tool.{manifest.name}",
        function=function,
        needs=function.__code__.co_varnames[: function.__code__.co_argcount],
        reads=(
            *_kinds_of(chosen.files),
            *(place.partition("#")[0] for place in (*manifest.config.files, *manifest.config.mentions)),
        ),
        subcriteria=manifest.subcriteria,
        external=job is not None,
        weight=sum(max(0, e.size) for e in chosen.files),
    )


def _running(job: Job) -> Callable[..., Evidence]:
    from assaymark.tools.run import run_tool

    def run(workspace: Workspace) -> Evidence:
        return run_tool(job, workspace)

    return run


def _not_running(manifest: Manifest) -> Callable[..., Evidence]:
    def without_tools() -> Evidence:
        return unknown(
            f"{manifest.name} was not run (--no-tools)", remedy="run without --no-tools, or hand in a report of it"
        )

    def without_tests(reports_found: Reports) -> Evidence:
        wanted = "coverage" if manifest.kind is Kind.COVERAGE else "tests"
        if reports_found.usable(wanted):
            return not_applicable(f"{manifest.name} was not run: a report of the project's own run stands for it")
        return unknown(
            f"{manifest.name} was not run: the project's tests are only executed on request",
            remedy="run with --run-tests, or assess after your CI's test run where its reports lie in the checkout",
        )

    return without_tests if manifest.kind.runs_tests else without_tools


def _kinds_of(files: Iterable[Entry]) -> tuple[str, ...]:
    """Globs of the files by ending: also right for a file that a change removed."""
    endings = {("." + e.name.rpartition(".")[2]) if "." in e.name[1:] else e.name for e in files}
    return tuple(sorted(f"**/*{ending}" if ending.startswith(".") else f"**/{ending}" for ending in endings))


def uncovered_checks(
    manifests: Iterable[Manifest], chosen: Iterable[Chosen], languages: Languages, handed_in: Collection[str] = ()
) -> tuple[Check, ...]:
    """For each sub-criterion that tools judge by language, the check that names the languages without a tool."""
    kinds: dict[str, Manifest] = {}
    for manifest in manifests:
        for id in manifest.subcriteria:
            if manifest.kind in _BY_LANGUAGE:
                kinds.setdefault(id, manifest)
    covered: dict[str, set[str]] = {}
    for one in chosen:
        for id in one.manifest.subcriteria:
            covered.setdefault(id, set()).update(one.languages)
    return tuple(
        _uncovered(id, manifest.kind, covered.get(id, set()), languages, id in handed_in)
        for id, manifest in sorted(kinds.items())
    )


def _uncovered(id: str, kind: Kind, covered: Collection[str], languages: Languages, handed_in: bool) -> Check:
    def function() -> tuple[Evidence, ...]:
        """A language that is present and that no tool looks at leaves the answer open."""
        return uncovered(id, kind, covered, languages, handed_in)

    return Check(id=f"tools.uncovered.{id}", function=function, needs=(), subcriteria=(id,))


def uncovered(
    id: str, kind: Kind, covered: Collection[str], languages: Languages, handed_in: bool
) -> tuple[Evidence, ...]:
    """``unknown`` for each language without a tool; ``not-applicable`` when there is none."""
    prose = kind is Kind.DOCUMENTATION_STYLE
    present = languages.prose() if prose else languages.code()
    left = [name for name in present if name not in covered]
    if not present:
        return (not_applicable("there are no documentation files" if prose else "there is no program code"),)
    if handed_in:
        return (not_applicable("evidence that was handed in stands for the languages without a tool"),)
    minor = [] if prose else [n for n in left if n != present[0] and languages.share[n] < MINOR]
    major = [name for name in left if name not in minor]
    if not major:
        said = f"; not looked at: {', '.join(_count(languages, n) for n in minor)}" if minor else ""
        return (not_applicable(f"every language with a considerable part of the files has a tool{said}"),)
    return tuple(
        unknown(
            f"{_count(languages, name)}: there is no {kind} tool for this language here",
            remedy=f"hand in the SARIF of one (assaymark ingest FILE --for {id}), or install a plugin that knows one",
        )
        for name in major
    )


def _count(languages: Languages, name: str) -> str:
    number = len(languages.files[name])
    return f"{name} ({number} file{'s' if number != 1 else ''})"
