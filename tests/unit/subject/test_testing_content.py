from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.checks.unit_testing import apart
from assaymark.model import Outcome
from assaymark.subject.testing_content import holds_a_test
from assaymark.testing import evidence_of, tree_of


@pytest.mark.parametrize(
    "text",
    [
        "def test_height():\n    height()\n",
        "class TestTide:\n    def test_height(self):\n        pass\n",
        "from base import Case\n\nclass Tide(Case):\n    level = 3\n",
        "from tide import height\n\nif height(1) != 2:\n    raise SystemExit(1)\n",
        "import tide\n\ntide.run('demo')\n",
        "result = simulate()\n",
        "from tide.tests import *\n",
        "import pytest\n\n@pytest.mark.slow\ndef check_it():\n    pass\n",
        '"""\n>>> 1 + 1\n2\n"""\n',
        "print 'python 2'\n",
        "x = (" * 300,
    ],
)
def test_it_holds_a_test(text: str) -> None:
    assert holds_a_test("Python", text)


NONE = [
    "",
    " \n\n",
    "x = 1\n",
    '"""Tests of the tide."""\n',
    "import tide\n",
    "# later\npass\n",
    "def helper():\n    return 3\n",
    "class Config:\n    level = 3\n",
]


@pytest.mark.parametrize("text", NONE)
def test_it_holds_none(text: str) -> None:
    assert not holds_a_test("Python", text)


def test_other_languages_are_taken_by_their_names() -> None:
    assert holds_a_test("Fortran", "program test_tide\nend program\n")
    assert not holds_a_test("Fortran", "\n")


@given(st.text(max_size=200))
def test_no_garbage_breaks_it(text: str) -> None:
    holds_a_test("Python", text)


def test_files_without_a_test_are_none() -> None:
    code = {"tide/model.py": "def height():\n    return 2\n"}
    found = evidence_of(apart, tree=tree_of(code | {"tests/test_a.py": "x = 1\n", "tests/test_b.py": "\n"}))
    assert found.outcome is Outcome.FAILED
    assert found.message == "2 test files and no test in them"
    one = evidence_of(
        apart, tree=tree_of(code | {"tests/test_a.py": "x = 1\n", "tests/test_b.py": "def test(): ...\n"})
    )
    assert one.outcome is Outcome.PASSED
