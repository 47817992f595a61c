from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.tasks.line import shell


def commands(text: str) -> list[tuple[int, str]]:
    return [(c.line, c.text) for c in shell(text, "x.sh", 10, block=False)]


def test_continued_lines_are_one_command_and_do_not_shift_the_rest() -> None:
    assert commands("pytest \\\n  --cov \\\n  -q\nruff check") == [(10, "pytest    --cov    -q"), (13, "ruff check")]


def test_commands_are_separated() -> None:
    assert [t for _, t in commands("set -e; pytest && ruff check || mypy")] == [
        "set -e",
        "pytest",
        "ruff check",
        "mypy",
    ]


def test_comments_and_output_are_left_out() -> None:
    assert commands("# pytest\necho pytest\npip install pytest\n") == []


def test_words_of_the_shell_before_a_command_are_dropped() -> None:
    assert [t for _, t in commands("if true; then pytest; fi")] == ["pytest"]


@given(st.text(max_size=300))
def test_nothing_breaks_it_and_lines_stay_within_the_text(text: str) -> None:
    for line, command in commands(text):
        assert command
        assert 10 <= line <= 10 + text.count("\n")
