"""QC.Uni: tests that lie apart from the code, and coverage that continuous integration measures on each change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.automation import Automation, named
from assaymark.subject.coverage_config import CoverageConfig
from assaymark.subject.languages import Languages
from assaymark.subject.purposes import COVERAGE, TEST
from assaymark.subject.testing_content import LIMIT, holds_a_test
from assaymark.subject.testing_layout import BESIDE, TestsFound

GENERAL = 70.0  # percent, what the standard asks of all code
_SHOWN = 30
_APART_SHARE = 0.25  # tests that may lie beside the code before the layout counts as mixed
_THIRD_PARTY = late(
    r"^(?:[^/]+/){0,3}?(?:vendors?|vendored|third[-_]?party[\w-]*|3rd[-_]?party|bundled|extern(?:al)?s?|submodules|_vendor)/",
    re.IGNORECASE,
)


@check("tests.apart")
def apart(tests_found: TestsFound, tree: Tree) -> Evidence:
    """Tests are in the repository and apart from the code, in the way of each language.

    A folder of tests counts, and so does what a language's own tools expect (``*_test.go``, tests inside Rust sources,
    ``*.test.ts``). Test files scattered among the code do not, nor do files without a test in them.
    """
    if not tests_found.files:
        if not tests_found.code:
            return not_applicable("there is no source code to test")
        return failed(
            f"{tests_found.code} source files and no tests",
            remedy="add a folder 'tests' with a first test of what users rely on most",
            metrics={"source files": tests_found.code, "tests": 0},
        )
    if not any(holds_a_test(t.language, tree.text(t.path, LIMIT)) for t in tests_found.files):
        return failed(
            f"{_files(len(tests_found.files))} and no test in {'it' if len(tests_found.files) == 1 else 'them'}",
            findings=[_note("no-test", f"{t.path} holds no test", t.path) for t in tests_found.files[:_SHOWN]],
            remedy="write a first test of what users rely on most",
        )
    mixed = [t for t in tests_found.files if t.layout == BESIDE]
    metrics = {"source files": tests_found.code, "tests": len(tests_found.files)}
    said = f"{_files(len(tests_found.files))} ({', '.join(tests_found.languages)})"
    if len(mixed) > _APART_SHARE * len(tests_found.files):
        return failed(
            f"{len(mixed)} of {said} lie among the code",
            findings=[_note("mixed-test", f"{t.path} is a test beside the code", t.path) for t in mixed[:_SHOWN]],
            remedy="move the tests to a folder of their own, such as 'tests'",
            metrics=metrics,
        )
    return passed(f"{said} apart from {tests_found.code} source files", metrics=metrics)


@check("tests.coverage_on_change", reads=(".*", ".*/**", "*"))
def coverage_on_change(automation: Automation, tests_found: TestsFound) -> Evidence:
    """A push or a pull request starts a job that measures test coverage.

    Task runners and scripts are followed, so ``tox`` counts when the environment that it runs measures coverage.
    """
    if not tests_found.code and not tests_found.files:
        return not_applicable("there is no source code to test")
    found = automation.doing(COVERAGE, on_change=True)
    if found:
        return passed(f"every change is measured by {named(COVERAGE, found)}", metrics={"commands": len(found)})
    later = automation.doing(COVERAGE)
    if not later and (blind := automation.blind(on_change=True)):
        return _cannot_see(blind)
    message = (
        f"coverage is measured, but not on a change ({named(COVERAGE, later)})"
        if later
        else "nothing measures coverage on a change"
    )
    return failed(message, findings=_tests_without(automation), remedy=_remedy(automation))


@check("tests.coverage_automated", reads=(".*", ".*/**", "*"))
def coverage_automated(automation: Automation, tests_found: TestsFound) -> Evidence:
    """Continuous integration measures test coverage by itself, whatever starts it (a change, a schedule, a release)."""
    if not tests_found.code and not tests_found.files:
        return not_applicable("there is no source code to test")
    found = automation.doing(COVERAGE)
    if found:
        return passed(f"coverage is measured by {named(COVERAGE, found)}", metrics={"commands": len(found)})
    if blind := automation.blind():
        return _cannot_see(blind)
    if not automation.files:
        return failed(
            "there is no definition of continuous integration, so nothing measures coverage", remedy=_remedy(automation)
        )
    return failed("no job measures coverage", findings=_tests_without(automation), remedy=_remedy(automation))


@check("tests.critical_coverage", reads=("*", ".*"))
def critical_coverage(coverage_config: CoverageConfig, languages: Languages, settings: Mapping[str, Any]) -> Evidence:
    """Code on which more depends is held to a higher coverage than the rest.

    Thresholds by path are read from the configuration of Codecov, Jest, Vitest and JaCoCo, and from the policy
    ``coverage-thresholds`` (a table of path globs and percentages). At least one must exceed the general one.
    """
    if not languages.code():
        return not_applicable("there is no source code to test")
    declared = settings.get("coverage-thresholds")
    own = {k: float(v) for k, v in declared.items() if isinstance(v, int | float)} if isinstance(declared, dict) else {}
    by_path = [
        *((p, v, "", 0) for p, v in own.items()),
        *((t.pattern, t.percent, t.path, t.line) for t in coverage_config.by_path),
    ]
    general = max([GENERAL, *([coverage_config.general] if coverage_config.general is not None else [])])
    if not by_path:
        return unknown(
            "no threshold by path is configured, so what counts as critical code is not said",
            remedy="name critical paths with a threshold of their own in the coverage configuration or in the "
            "policy 'coverage-thresholds'",
        )
    higher = [t for t in by_path if t[1] > general]
    if higher:
        return passed(
            f"{', '.join(f'{p}: {v:g} %' for p, v, _, _ in higher[:5])}, where {general:g} % holds for the rest",
            metrics={"thresholds": len(by_path)},
        )
    findings = [
        Finding(
            rule="low-critical-threshold",
            message=f"{p}: {v:g} %",
            location=Location(path=path, line=line) if path else None,
        )
        for p, v, path, line in by_path[:_SHOWN]
    ]
    return failed(
        f"thresholds by path are configured, but none is above the general {general:g} %",
        findings=findings,
        remedy=f"set the threshold of critical paths above {general:g} %",
    )


@check("tests.third_party", reads=("*", ".*", "**/third_party/**"))
def third_party(coverage_config: CoverageConfig, tree: Tree) -> Evidence:
    """Third-party code may be covered less: passed when the coverage configuration leaves the vendored code out.

    It never fails: the standard allows this, it does not ask for it.
    """
    folders = sorted(set(_foreign_folders(tree)))
    if not folders:
        return not_applicable("no folder is called as those for third-party code are (vendor, third_party, external …)")
    out = [
        e
        for e in coverage_config.excluded
        if any(f.rstrip("/").rpartition("/")[2].lower() in e.pattern.lower() for f in folders)
    ]
    if out:
        return passed(f"{out[0].path}:{out[0].line} leaves {out[0].pattern} out of the coverage")
    return not_applicable(f"{', '.join(folders[:3])} holds third-party code, and no coverage configuration names it")


def _foreign_folders(tree: Tree) -> Iterator[str]:
    for entry in tree:
        found = _THIRD_PARTY.match(entry.path + ("/" if entry.is_submodule else ""))
        if found:
            yield found[0]


def _tests_without(automation: Automation) -> list[Finding]:
    """The test commands to which coverage can be added."""
    return [
        _note("tests-without-coverage", "these tests run without coverage", c.path, c.line)
        for c in automation.doing(TEST)[:_SHOWN]
    ]


def _remedy(automation: Automation) -> str:
    tests = automation.doing(TEST, on_change=True) or automation.doing(TEST)
    at = f" at {tests[0]}" if tests else " in a job on pull_request"
    return (
        f"measure coverage where the tests run{at} (pytest --cov, go test -cover, gcovr, cargo llvm-cov, covr, JaCoCo)"
    )


def _cannot_see(blind: str) -> Evidence:
    return unknown(
        f"no measurement of coverage was found, but {blind}",
        remedy="measure coverage in a workflow of this repository, or attest it",
    )


def _note(rule: str, message: str, path: str, line: int | None = None) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.NOTE, location=Location(path=path, line=line))


def _files(count: int) -> str:
    return "1 test file" if count == 1 else f"{count} test files"
