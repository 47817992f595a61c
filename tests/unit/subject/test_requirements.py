from __future__ import annotations

from typing import Any

import pytest

from assaymark.subject.languages import languages
from assaymark.subject.requirements import Requirements, requirements
from assaymark.subject.source_scan import source_scan
from assaymark.subject.testing_layout import tests_found
from assaymark.testing import tree_of

DOCUMENT = "# Requirements\n\nREQ-1 metres\nREQ-12 UTC, see REQ-1\n"
POLICY = {"prefix": "REQ-", "documents": ["docs/*.md"]}


def found(test: str, policy: Any = POLICY) -> Requirements:
    tree = tree_of({"docs/a.md": DOCUMENT, "tests/test_a.py": test})
    known = languages.provide(tree)
    tests = tests_found.provide(tree, known, source_scan.provide(tree, known))
    return requirements.provide(tree, {"requirements": policy}, tests)


def test_requirements_are_listed_once_with_their_place() -> None:
    assert [(r.id, r.path, r.line) for r in found("x\n").listed] == [
        ("REQ-1", "docs/a.md", 3),
        ("REQ-12", "docs/a.md", 4),
    ]


@pytest.mark.parametrize(
    ("test", "tested"),
    [
        ("def test_req_1_metres(): ...\n", {"REQ-1"}),
        ("def test_utc():\n    '''REQ-12'''\n", {"REQ-12"}),
        ("# REQ-1, REQ-12\n", {"REQ-1", "REQ-12"}),
        ("# REQ-123\n", set()),
        ("# FREQ-1\n", set()),
    ],
)
def test_which_of_them_a_test_names(test: str, tested: set[str]) -> None:
    assert found(test).tested == tested


@pytest.mark.parametrize(
    "policy",
    [
        {"prefix": "(a+)+$", "documents": ["docs/*.md"]},
        {"prefix": "REQ-"},
        {"prefix": "REQ-", "documents": ["nowhere/*.md"]},
    ],
)
def test_a_declaration_that_leads_nowhere_is_a_problem(policy: Any) -> None:
    assert found("x\n", policy).problem


def test_nothing_is_declared() -> None:
    assert found("x\n", None) == Requirements()
