"""Coverage that was not measured is never passed, whatever else was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from assaymark.api import Options, Outcome
from assaymark.engine import Facts, run_check
from assaymark.scoring import outcome_of
from assaymark.subject.languages import languages
from assaymark.subject.tree import IndexedTree
from assaymark.tools.found import Report, Reports, report_of
from assaymark.tools.manifest import Kind
from assaymark.tools.measured import measured_checks, unmeasured
from assaymark.tools.plan import choose

Trees = Callable[..., IndexedTree]
NOW = Options(as_of=date(2026, 11, 21))
JUNIT = b'<testsuite tests="1"><testcase name="a"/></testsuite>'


def lcov(*names: str, hit: int = 1) -> bytes:
    return "".join(f"SF:/src/{n}\nDA:1,{hit}\nend_of_record\n" for n in names).encode()


def cobertura(*names: str) -> bytes:
    classes = "".join(
        f'<class name="x" line-rate="1" filename="{n}"><lines><line number="1" hits="1"/></lines></class>'
        for n in names
    )
    return f"<coverage><packages><package><classes>{classes}</classes></package></packages></coverage>".encode()


JACOCO = b"""<report name="x"><package name="p"><sourcefile name="A.kt"/><sourcefile name="B.java"/></package>
<counter type="LINE" missed="0" covered="3"/></report>"""


def report(data: bytes, path: str = "coverage.xml") -> Report:
    return report_of(data, path, None)


@pytest.fixture
def judge(lint: Any, tree: Trees) -> Callable[..., Outcome]:
    """The outcome of all checks on reports (and on what no report says) for some files."""

    def run(files: Mapping[str, str], *reports: Report, python_ran: bool = False) -> Outcome:
        manifests = [
            replace(lint(kind="tests", subcriteria=["QC.Uni01"]), name="t", kind=Kind.TESTS),
            replace(lint(kind="tests", subcriteria=["QC.Uni01"]), name="c", kind=Kind.COVERAGE, group="c"),
        ]
        found = tree(files)
        known = languages.provide(found)
        options = replace(NOW, run_tests=python_ran)
        checks = measured_checks(manifests, choose(manifests, known, found), known, options)
        facts = Facts([], {"reports_found": Reports(reports)})
        return outcome_of(e for c in checks for e in run_check(c, facts))

    return run


def test_tests_that_pass_tell_nothing_of_coverage(judge: Callable[..., Outcome]) -> None:
    assert judge({"m.go": "x"}, report(JUNIT)) is Outcome.UNKNOWN


@pytest.mark.parametrize("files", [{"m.go": "x"}, {"m.py": "x"}])
def test_a_report_decides_whatever_the_language(files: dict[str, str], judge: Callable[..., Outcome]) -> None:
    [name] = files
    assert judge(files, report(lcov(name))) is Outcome.PASSED
    assert judge(files, report(lcov(name, hit=0))) is Outcome.FAILED
    assert judge(files, report(lcov(name, hit=0)), report(JUNIT)) is Outcome.FAILED


def test_the_coverage_of_one_language_is_not_that_of_another(judge: Callable[..., Outcome]) -> None:
    files = {"big.go": "x" * 900, "m.py": "x" * 100}
    assert judge(files, report(cobertura("m.py"))) is Outcome.UNKNOWN
    assert judge(files, report(cobertura("m.py")), report(lcov("big.go"), "lcov.info")) is Outcome.PASSED
    assert judge(files, python_ran=True) is Outcome.UNKNOWN
    assert judge(files, report(lcov("big.go"), "lcov.info"), python_ran=True) is Outcome.PASSED


def test_glue_and_small_parts_are_not_held_against_it(judge: Callable[..., Outcome]) -> None:
    files = {"m.py": "x" * 500, "run.sh": "x" * 300, "a.c": "x" * 10}
    assert judge(files, report(cobertura("m.py"))) is Outcome.PASSED
    assert judge({"run.sh": "x"}, report(JUNIT)) is Outcome.UNKNOWN


def test_without_code_there_is_nothing_to_cover(judge: Callable[..., Outcome]) -> None:
    assert judge({"README.md": "x"}) is Outcome.NOT_APPLICABLE


def test_an_old_report_is_not_believed_and_not_missed_after_a_run(judge: Callable[..., Outcome]) -> None:
    old = report(lcov("m.py"))._replace(stale="it is older than the commit")
    assert judge({"m.py": "x"}, old) is Outcome.UNKNOWN
    assert judge({"m.py": "x"}, old, python_ran=True) is Outcome.NOT_APPLICABLE


def test_the_message_names_the_language_and_the_way_out(tree: Trees) -> None:
    [answer] = unmeasured("QC.Uni01", languages.provide(tree({"a.jl": "x"})), (), (), ran=False)
    assert "Julia (100% of the code)" in answer.message
    assert "--for QC.Uni01" in (answer.remedy or "")


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (lcov("a.rs", "b.ts"), {"Rust", "TypeScript"}),
        (cobertura("a/b.py", "c.cpp", "noextension"), {"Python", "C++"}),
        (cobertura("src\\\\x.cs"), {"C#"}),
        (JACOCO, {"Kotlin", "Java"}),
        (JUNIT, set()),
        (b'<coverage lines-covered="1" lines-valid="1"/>', set()),
    ],
)
def test_a_report_knows_the_languages_of_its_files(data: bytes, names: set[str]) -> None:
    assert report(data).languages == names
