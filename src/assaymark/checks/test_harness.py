"""QC.Har: test doubles, and a regression run over everything on each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.automation import Automation, Command, named
from assaymark.subject.purposes import TEST
from assaymark.subject.testing_layout import TestsFound
from assaymark.subject.testing_names import in_tests

_SHOWN = 30
# Options with which a runner leaves tests out.
_PARTIAL = late(
    r"pytest\b.*(?:\s-k[\s=]|\s-m[\s=]+(?!(?:pytest|coverage|unittest)\b)['\"]?\w|\s--deselect|\s--lf\b|\s--last-failed|"
    r"\s--testmon)|ctest\b.*\s-(?:R|E|L|LE|I)\s|go test\b.*\s-(?:run|skip)[\s=]|-Dtest=|--testNamePattern|"
    r"cargo test\b.*\s--(?:test|skip)\s|(?:jest|mocha|vitest)\b.*(?:\s-t\s|--grep|--changed|--onlyChanged)"
)


@check("harness.doubles")
def doubles(tests_found: TestsFound, settings: Mapping[str, Any]) -> Evidence:
    """Tests replace what is slow, remote or random with doubles (mocks, fakes, stubs).

    Recognised by the libraries that the tests use, and by classes named after what they are. A project whose code needs
    no doubles says so, with the reason, in the policy ``no-test-doubles``.
    """
    if reason := _declared(settings):
        return not_applicable(f"the project declares that it needs no test doubles: {reason}")
    if not tests_found.files:
        if not tests_found.code:
            return not_applicable("there is no source code to test")
        return failed(
            "there are no tests, so there are no test doubles",
            remedy="write tests first, then replace what is slow or remote by doubles",
        )
    used = [d for d in tests_found.doubles if in_tests(d.path)]
    if used:
        libraries = sorted({d.library for d in used})
        files = len({d.path for d in used})
        return passed(
            f"{'1 test file uses' if files == 1 else f'{files} test files use'} doubles "
            f"({', '.join(libraries[:5])}), the first at {used[0].path}:{used[0].line}",
            metrics={"files": files},
        )
    return failed(
        f"no test uses a mock, a fake or a stub ({len(tests_found.files)} looked at)",
        remedy="replace network, clock, disk or other services in tests by doubles, or say in the policy "
        "'no-test-doubles' why none is needed",
        metrics={"files": 0},
    )


@check("harness.doubles_apart")
def doubles_apart(tests_found: TestsFound) -> Evidence:
    """Doubles lie with the tests: code that users run uses no library of test doubles."""
    if not tests_found.doubles:
        return not_applicable("no test doubles are used")
    strayed = [d for d in tests_found.doubles if not d.own and not in_tests(d.path)]
    inside = [d for d in tests_found.doubles if in_tests(d.path)]
    if strayed:
        return failed(
            f"{len({d.path for d in strayed})} files outside the tests use test doubles",
            findings=[
                Finding(
                    rule="double-in-code",
                    message=f"{d.library} is used outside the tests",
                    location=Location(path=d.path, line=d.line),
                )
                for d in strayed[:_SHOWN]
            ],
            remedy=f"move the doubles of {strayed[0].path} to a folder of the tests",
        )
    if not inside:
        return not_applicable("no test doubles are used")
    where = f", with fixtures in {tests_found.fixtures[0]}" if tests_found.fixtures else ""
    return passed(f"all uses of test doubles lie in the tests{where}", metrics={"files": len({d.path for d in inside})})


@check("harness.whole_suite", reads=(".*", ".*/**", "*"))
def whole_suite(automation: Automation, tests_found: TestsFound, settings: Mapping[str, Any]) -> Evidence:
    """Continuous integration runs the whole suite: at least one job leaves no test out by an option.

    Selections such as ``pytest -k``, ``ctest -R`` or ``go test -run`` do not count as a run of everything.
    """
    answer = _nothing(tests_found)
    if answer:
        return answer
    runs = _runs(automation)
    whole = [c for c in runs if not _PARTIAL.search(c.text)]
    if whole:
        return passed(f"the whole suite is run by {named(TEST, whole)}", metrics={"commands": len(runs)})
    if not runs:
        return _none(automation, on_change=False)
    return failed(
        "every test command selects a part of the suite",
        findings=[_at("partial-suite", "this leaves tests out", c) for c in runs[:_SHOWN]],
        remedy="run the suite without a selection in at least one job",
        metrics={"commands": len(runs)},
    )


@check("harness.on_change", reads=(".*", ".*/**", "*"))
def on_change(automation: Automation, tests_found: TestsFound) -> Evidence:
    """Every push or pull request starts the tests."""
    answer = _nothing(tests_found)
    if answer:
        return answer
    runs = [c for c in _runs(automation) if c.on_change]
    if runs:
        lenient = [c for c in runs if c.may_fail]
        findings = [_at("tests-may-fail", "a failure here does not stop the change", c) for c in lenient[:_SHOWN]]
        if len(lenient) == len(runs):
            return failed(
                "tests run on each change, but no failure of theirs stops anything",
                findings=findings,
                remedy=f"remove continue-on-error (allow_failure) at {lenient[0]}",
            )
        return passed(
            f"every change is tested by {named(TEST, runs)}", findings=findings, metrics={"commands": len(runs)}
        )
    later = _runs(automation)
    if later:
        return failed(
            f"tests run, but not on a change ({named(TEST, later)})",
            findings=[_at("tests-not-on-change", "no push or pull request starts this", c) for c in later[:_SHOWN]],
            remedy=f"add 'pull_request' to what starts {later[0].file}",
        )
    return _none(automation, on_change=True)


def _runs(automation: Automation) -> tuple[Command, ...]:
    """Test commands; a task runner whose commands are known is told by these."""
    return automation.doing(TEST)


def _nothing(tests_found: TestsFound) -> Evidence | None:
    if tests_found.files:
        return None
    if not tests_found.code:
        return not_applicable("there is no source code to test")
    return failed("there are no tests to run", remedy="add tests, and a job on pull_request that runs them")


def _none(automation: Automation, *, on_change: bool) -> Evidence:
    if blind := automation.blind(on_change=on_change):
        return unknown(
            f"no test command was found, but {blind}",
            remedy="run the tests in a workflow of this repository, or attest it",
        )
    what = (
        "no job runs the tests"
        if automation.files
        else "there is no definition of continuous integration, so nothing runs the tests"
    )
    return failed(what, remedy="add a job on pull_request that runs the tests")


def _declared(settings: Mapping[str, Any]) -> str:
    reason = settings.get("no-test-doubles")
    return reason.strip() if isinstance(reason, str) and len(reason.strip()) >= 10 else ""


def _at(rule: str, message: str, command: Command) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.NOTE, location=command.location)
