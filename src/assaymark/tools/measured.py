"""What reports of tests and coverage prove, and for which languages nothing was measured.

That tests pass tells nothing of how much they reach, and the coverage of one language nothing of another: a
sub-criterion about coverage is ``unknown`` as long as a considerable language of the code is in no report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Check, Entry, Evidence, Options, not_applicable, unknown
from assaymark.tools.ingest import evidence_of
from assaymark.tools.manifest import Kind, Manifest

if TYPE_CHECKING:
    from typing import Protocol

    from assaymark.subject.languages import Languages
    from assaymark.tools.found import Report, Reports

    class _Chosen(Protocol):
        """A tool that is to run (`assaymark.tools.plan.Chosen`)."""

        @property
        def manifest(self) -> Manifest: ...

        @property
        def files(self) -> tuple[Entry, ...]: ...


MINOR = 0.05
# What starts, builds and plumbs: nobody measures its coverage, and it is no reason to doubt the rest.
_GLUE = frozenset(("Shell", "PowerShell", "Awk", "Dockerfile", "Makefile", "Meson", "M4", "Groovy"))


def measured_checks(
    manifests: Iterable[Manifest],
    chosen: Iterable[_Chosen],
    languages: Languages,
    options: Options,
    steps: Iterable[Mapping[str, Any]] = (),
) -> Iterator[Check]:
    """For each sub-criterion that tests and coverage decide: ``tool.junit``, ``tool.coverage-report``, and
    ``tools.uncovered.<id>``, which names the languages whose coverage nothing tells.

    A step of the project's own answers for all languages, unless all that it reports is whether tests pass.
    """
    told = {s["criterion"] for s in steps if s.get("format") != "junit"} if options.run_steps else set()
    tests = {i: None for m in manifests if m.kind is Kind.TESTS for i in m.subcriteria}
    coverage = {i: None for m in manifests if m.kind is Kind.COVERAGE for i in m.subcriteria}
    runs = [c for c in chosen if c.manifest.kind is Kind.COVERAGE]
    reached = _languages_of((e for c in runs for e in c.files), languages)
    ran = bool(runs) and options.tools and options.run_tests
    if tests:
        yield _reports_check("tool.junit", "tests", tuple(tests), ran)
    if coverage:
        yield _reports_check("tool.coverage-report", "coverage", tuple(coverage), ran)
    for id in (i for i in coverage if i not in told):
        yield _unmeasured(id, languages, reached, ran)


def _reports_check(name: str, kind: str, ids: tuple[str, ...], ran: bool) -> Check:
    def function(reports_found: Reports) -> tuple[Evidence, ...]:
        """Reports that the project's own test run left in the checkout; they may not be older than the commit."""
        lying = tuple(r for r in reports_found.reports if r.kind == kind and r.id is None)
        # An old report is of no interest when the tests have just been run.
        counted = tuple(r for r in lying if r.usable or not ran)
        what = "JUnit" if kind == "tests" else "coverage"
        return tuple(map(evidence_of, counted)) or (not_applicable(f"no {what} report lies in the checkout"),)

    return Check(id=name, function=function, needs=("reports_found",), subcriteria=ids)


def _unmeasured(id: str, languages: Languages, reached: Collection[str], ran: bool) -> Check:
    def function(reports_found: Reports) -> tuple[Evidence, ...]:
        """A language whose coverage neither a run of the tests nor a report tells leaves the answer open."""
        return unmeasured(id, languages, reports_found.usable("coverage"), reached, ran=ran)

    return Check(id=f"tools.uncovered.{id}", function=function, needs=("reports_found",), subcriteria=(id,))


def unmeasured(
    id: str, languages: Languages, reports: Collection[Report], reached: Collection[str], *, ran: bool
) -> tuple[Evidence, ...]:
    """``unknown`` for each language that is in no coverage report; ``not-applicable`` when there is none.

    ``reached`` are the languages of the tests that our own run measures: where it did not run and no report stands
    for it, it says so itself.
    """
    present = languages.code()
    if not present:
        return (not_applicable("there is no source code to test"),)
    known = {name for r in reports for name in (r.languages or present)}
    if ran or not reports:
        known |= set(reached)
    main = next((n for n in present if n not in _GLUE), present[0])
    left = [n for n in present if n not in known and (n == main or _counts(n, languages))]
    return tuple(_unknown(id, name, languages) for name in left) or (
        not_applicable("every considerable language of the code is measured, or the tool for it says why not"),
    )


def _counts(name: str, languages: Languages) -> bool:
    return name not in _GLUE and languages.share[name] >= MINOR


def _unknown(id: str, name: str, languages: Languages) -> Evidence:
    return unknown(
        f"{name} ({languages.share[name]:.0%} of the code): nothing tells how much of it the tests reach",
        remedy="assess after a test run that leaves a coverage report (Cobertura, LCOV, JaCoCo) in the checkout, "
        f"or hand one in: assaymark ingest FILE --for {id}",
    )


def _languages_of(files: Iterable[Entry], languages: Languages) -> frozenset[str]:
    paths = {e.path for e in files}
    return frozenset(name for name, entries in languages.files.items() if any(e.path in paths for e in entries))
