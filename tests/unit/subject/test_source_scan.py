from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.double_libraries import DOUBLES
from assaymark.subject.languages import languages
from assaymark.subject.source_scan import _PYTHON, SourceScan, source_scan
from assaymark.testing import tree_of


def scanned(files: dict[str, str]) -> SourceScan:
    tree = tree_of(files)
    return source_scan.provide(tree, languages.provide(tree))


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        # These are texts of samples; no exception is made here.
        ("a.py", "import os  # noqa: F401", False),
        ("a.py", "import os  # noqa: F401 re-exported for users", True),
        ("a.py", "x = f()  # noqa: B008  # see #12", True),
        ("a.py", "def f():  # pylint: disable=too-many-locals", False),
        # The text of a sample.
        ("a.py", "# fmt: off", False),
        ("a.cpp", "int x; // NOLINT(readability-magic-numbers)", False),
        ("a.cpp", "int x; // NOLINT: the standard fixes this number", True),
        ("a.ts", "// eslint-disable-next-line no-console -- a command line", True),
        ("a.ts", "// prettier-ignore", False),
        ("a.go", "f() //nolint:errcheck // closing cannot fail", True),
        ("a.rs", "#[allow(dead_code)]", False),
        ("a.rs", "#[allow(dead_code)] // used by the tests only", True),
        ("A.java", '@SuppressWarnings("unchecked")', False),
        ("a.sh", "# shellcheck disable=SC2086", False),
        ("a.R", "x <- 1 # nolint", False),
        ("a.f90", "call x ! allow(C001)", False),
    ],
)
def test_an_exception_is_seen_with_its_reason(path: str, line: str, reason: bool) -> None:
    found = scanned({path: f"\n{line}\n"}).suppressions
    assert [(s.path, s.line, s.reason) for s in found] == [(path, 2, reason)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "x = f()  # type: ignore[misc]"),
        ("a.py", "x = f()  # pyright: ignore"),
        ("a.ts", "// @ts-expect-error"),
    ],
)
def test_an_exception_to_a_type_checker_is_none_to_the_style(path: str, line: str) -> None:
    assert scanned({path: f"{line}\n"}).suppressions == ()


@given(
    st.sampled_from(["", " ", "\t ", "\u00a0", "\u2003 ", "ruff: ", "flake8: ", " flake8=\u00a0", "# x "]),
    st.sampled_from(
        ["noqa", "noqa:E501", "pylint: disable=x", "fmt: skip", "yapf: disable", "isort:skip", "isort: off"]
    ),
)
def test_no_exception_of_python_is_passed_over_for_lack_of_its_hint(before: str, mark: str) -> None:
    line = f"x = 1  #{before}{mark}"
    assert bool(_PYTHON.mark.search(line)) <= _PYTHON.may_be_in(line.encode())
    assert len(scanned({"a.py": line}).suppressions) == bool(_PYTHON.mark.search(line))


def test_a_comment_above_holds_for_a_run_of_lines() -> None:
    text = (
        # The text of a sample.
        "# offered to users of the package\nimport a  # noqa: F401\nimport b  # noqa: F401\n\nimport c  # noqa: F401\n"
    )
    assert [s.reason for s in scanned({"a.py": text}).suppressions] == [True, True, False]


def test_words_in_other_places_are_no_exceptions() -> None:
    assert not scanned({"a.py": "noqa = 'type: ignore'\n"}).suppressions


def test_vendored_code_is_left_out() -> None:
    # The text of a sample.
    assert scanned({"vendor/a.py": "import os  # noqa\n"}).files == 0


@pytest.mark.parametrize(
    ("path", "text", "library"),
    [
        ("tests/test_a.py", "from unittest.mock import Mock\n", "unittest.mock"),
        ("tests/test_a.py", "def test(monkeypatch):\n    monkeypatch.setattr(a, 'b', 1)\n", "monkeypatch.setattr"),
        ("tests/test_a.py", "class FakeClock:\n    pass\n", "FakeClock"),
        ("src/test/java/ATest.java", "import static org.mockito.Mockito.when;\n", "org.mockito.Mockito.when"),
        ("a.test.ts", "const f = jest.fn();\n", "jest.fn"),
        ("a_test.go", 'import "github.com/stretchr/testify/mock"\n', "github.com/stretchr/testify/mock"),
        ("tests/a.rs", "use mockall::predicate;\n", "mockall"),
        ("tests/a_test.cpp", "#include <gmock/gmock.h>\n", "gmock/gmock.h"),
    ],
)
def test_a_double_is_seen(path: str, text: str, library: str) -> None:
    found = scanned({path: text}).doubles
    assert [(d.path, d.library) for d in found] == [(path, library)]


def test_the_name_of_a_variable_is_no_double() -> None:
    assert not scanned({"tests/test_a.py": "mockery = responses = 1\n"}).doubles


def test_tests_inside_rust_sources() -> None:
    assert scanned({"src/lib.rs": "#[cfg(test)]\nmod t {\n#[test]\nfn a() {}\n}\n"}).inline_tests == ("src/lib.rs",)


@given(st.text(alphabet="# noqatype:ignor\n()[]=,NOLI", max_size=300))
def test_lines_are_within_the_file(text: str) -> None:
    for found in scanned({"a.py": text, "a.cpp": text}).suppressions:
        assert 1 <= found.line <= text.count("\n") + 1


@given(
    before=st.text(" \tax.", max_size=4),
    statement=st.sampled_from(["import ", "from ", "from\t", "import  ", "class ", "x = ", "# "]),
    word=st.sampled_from(
        [w.decode() for w in DOUBLES["Python"].words] + ["requests_mock", "unittest.mock", "mocker.spy"]
    ),
    after=st.sampled_from(["", "X", "Mock", "Thing(Base):", " import Fake", ".setattr(x)", "Stub:"]),
)
def test_no_double_of_python_is_passed_over_for_lack_of_its_hint(
    before: str, statement: str, word: str, after: str
) -> None:
    line = f"{before}{statement}{word}{after}".encode()
    double = DOUBLES["Python"]
    if double.expression.search(line) and any(word in line for word in double.words):
        assert double.may_be_in(b"a = 1\n" + line + b"\n")
