from __future__ import annotations

import pytest

from assaymark.subject.languages import languages
from assaymark.subject.source_scan import source_scan
from assaymark.subject.testing_layout import APART, BESIDE, CONVENTION, TestsFound, tests_found
from assaymark.subject.testing_names import in_tests
from assaymark.testing import tree_of


def found(*paths: str, text: str = "x\n") -> TestsFound:
    tree = tree_of(dict.fromkeys(paths, text))
    known = languages.provide(tree)
    return tests_found.provide(tree, known, source_scan.provide(tree, known))


@pytest.mark.parametrize(
    ("path", "layout"),
    [
        ("tests/test_a.py", APART),
        ("tide/tests/unit/a.py", APART),
        ("src/test/java/org/ATest.java", APART),
        ("test/runtests.jl", APART),
        ("tests/testthat/test-a.R", APART),
        ("test/check_tides.f90", APART),
        ("end-to-end_tests/run.py", APART),
        ("a_test.go", CONVENTION),
        ("src/a.spec.ts", CONVENTION),
        ("src/test_a.py", BESIDE),
        ("src/a_test.cpp", BESIDE),
    ],
)
def test_where_a_test_lies(path: str, layout: str) -> None:
    assert [(t.path, t.layout) for t in found(path).files] == [(path, layout)]


@pytest.mark.parametrize(
    "path", ["src/a.py", "tests/conftest.py", "tests/__init__.py", "tests/fixtures/load.py", "tide/testing/tools.py"]
)
def test_what_is_no_test(path: str) -> None:
    assert found(path).files == ()


def test_an_empty_file_is_no_test() -> None:
    assert found("tests/test_a.py", text="").files == ()


def test_fixtures_and_scenarios() -> None:
    seen = found(
        "tests/fixtures/a.json",
        "tests/fixtures/b.json",
        "tests/conftest.py",
        "features/a.feature",
        "src/fixtures/c.json",
    )
    assert seen.fixtures == ("tests/conftest.py", "tests/fixtures")
    assert seen.requirements == ("features/a.feature",)


def test_files_of_doubles_belong_to_the_tests() -> None:
    assert in_tests("pkg/fake.go")
    assert in_tests("src/app/auth.mock.ts")
    assert not in_tests("src/mockingbird.py")
    assert not in_tests("src/contest/a.py")


def test_scenarios_of_others_state_no_requirements_of_ours() -> None:
    tree = tree_of({"features/a.feature": "x\n", "vendor/b.feature": "x\n", "examples/c.feature": "x\n"})
    known = languages.provide(tree, ("examples/**",))
    seen = tests_found.provide(tree, known, source_scan.provide(tree, known))
    assert seen.requirements == ("features/a.feature",)
