"""What the catalogue's examples leave out of the checks of style, tests, security, delivery and deployment."""

from __future__ import annotations

import pytest

from assaymark.api import Outcome
from assaymark.checks import delivery, deployment, security, style, test_harness, unit_testing
from assaymark.model import Subject
from assaymark.testing import evidence_of, tree_of

CODE = {"src/tide/model.py": "x = 1\n"}
BROKEN = {".github/workflows/ci.yml": "on: [push\n"}


@pytest.mark.parametrize(
    "check",
    [
        style.on_change,
        unit_testing.coverage_on_change,
        unit_testing.coverage_automated,
        security.scanning,
        security.review_fed,
    ],
    ids=lambda c: c.id,
)
def test_a_definition_that_cannot_be_read_is_no_failure(check: object) -> None:
    evidence = evidence_of(check, tree=tree_of({**CODE, "tests/test_a.py": "x = 1\n", **BROKEN}))  # type: ignore[arg-type]
    assert evidence.outcome is Outcome.UNKNOWN
    assert "could not be read" in evidence.message


@pytest.mark.parametrize("check", [style.known_base, style.documented, style.justified], ids=lambda c: c.id)
def test_a_style_that_cannot_be_read_is_unknown(check: object) -> None:
    evidence = evidence_of(check, tree=tree_of({**CODE, "pyproject.toml": "[tool.ruff\n"}))  # type: ignore[arg-type]
    assert evidence.outcome is Outcome.UNKNOWN


def test_findings_name_the_line() -> None:
    # The text of a sample.
    evidence = evidence_of(style.justified, tree=tree_of({"a.py": "import os  # noqa: F401\n"}))
    assert [(f.location.path, f.location.line) for f in evidence.findings if f.location] == [("a.py", 1)]


def test_a_limit_of_the_policy_is_kept() -> None:
    # The text of a sample.
    tree = tree_of({"a.py": "import os  # noqa: F401\n" * 8})
    assert evidence_of(style.exceptions, tree=tree).outcome is Outcome.FAILED
    settings = {"suppressions-per-1000-lines": 1000}
    assert evidence_of(style.exceptions, tree=tree, settings=settings).outcome is Outcome.PASSED


@pytest.mark.parametrize("nonsense", ["many", True, -1, None])
def test_a_limit_that_is_none_is_left_aside(nonsense: object) -> None:
    settings = {"suppressions-per-1000-lines": nonsense}
    assert evidence_of(style.exceptions, tree=tree_of(CODE), settings=settings).outcome is Outcome.PASSED


def test_a_selection_in_one_job_is_no_fault() -> None:
    steps = "jobs:\n  a:\n    steps:\n      - run: pytest -k fast\n      - run: pytest\n"
    tree = tree_of({**CODE, "tests/test_a.py": "x = 1\n", ".github/workflows/ci.yml": f"on: push\n{steps}"})
    assert evidence_of(test_harness.whole_suite, tree=tree).outcome is Outcome.PASSED


@pytest.mark.parametrize("reason", ["", "none", 3, True])
def test_a_reason_that_says_nothing_declares_nothing(reason: object) -> None:
    tree = tree_of({**CODE, "tests/test_a.py": "x = 1\n"})
    evidence = evidence_of(test_harness.doubles, tree=tree, settings={"no-test-doubles": reason})
    assert evidence.outcome is Outcome.FAILED


def test_a_scanner_of_another_language_tells_nothing() -> None:
    tree = tree_of(
        {
            "a.cpp": "int x;\n" * 99,
            ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: bandit -r .\n",
        }
    )
    assert evidence_of(security.guide_rules, tree=tree).outcome is Outcome.UNKNOWN
    assert evidence_of(security.review_fed, tree=tree).outcome is Outcome.FAILED


def test_an_empty_repository_is_never_passed() -> None:
    for check in (
        style.on_change,
        unit_testing.apart,
        test_harness.on_change,
        delivery.artefact,
        delivery.registered,
        deployment.automated,
    ):
        assert evidence_of(check, tree=tree_of({})).outcome is Outcome.NOT_APPLICABLE, check.id


@pytest.mark.parametrize(
    ("repository", "outcome"),
    [
        ("https://github.com/example/tide-deploy.git", Outcome.PASSED),
        ("git@github.com:example/tide-deploy", Outcome.PASSED),
        ("https://gitlab.com/example/tide-deploy", Outcome.FAILED),
    ],
)
def test_the_owner_of_the_deployment(repository: str, outcome: Outcome) -> None:
    subject = Subject(kind="software", path=".", repository="github.com/example/tide")
    settings = {"deployment-repository": repository}
    evidence = evidence_of(deployment.official, tree=tree_of(CODE), subject=subject, settings=settings)
    assert evidence.outcome is outcome
