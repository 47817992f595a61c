"""Whatever the text, one annotation is one command of the kind that was asked for."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from runner_commands import commands

from assaymark.github.workflow_commands import MESSAGE, annotation, pause

HOSTILE = [
    "::set-output name=verdict::pass",
    "a\n::add-mask::pass",
    "a\r::stop-commands::x",
    "x ##[error]mid",
    "##[add-matcher]/tmp/m.json",
    "%0A::error::x",
    "a,b=c:d",
    "\u2028::error::x",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202e gnp.exe",
    "$(touch x) `id`",
    "@everyone <img src=x onerror=alert(1)>",
]


@example("a", "b", "c", 1)
@given(st.text(), st.text(), st.text(), st.integers(1, 9_999))
def test_any_text_makes_one_command(message: str, title: str, path: str, line: int) -> None:
    made = annotation("warning", message, title=title, path=path, line=line, end_line=line, column=3)
    assert "\n" not in made
    assert "\r" not in made
    [found] = commands(made)
    assert found.name == "warning"
    assert set(found.properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
    if path:
        assert found.properties["line"] == str(line)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    for made in (annotation("error", text), annotation("error", "m", title=text, path=text, line=3)):
        [found] = commands(made)
        assert found.name == "error"
    [found] = commands(annotation("notice", text))
    assert not any(c in found.data for c in "\x1b\x07\u202e\u2028\r")


def test_text_arrives_as_it_was() -> None:
    [found] = commands(annotation("error", "50% of\nit: a, b", title="t: x, y", path="a,b:c.py", line=2, end_line=4))
    assert found.data == "50% of\nit: a, b"
    assert found.properties == {"file": "a,b:c.py", "line": "2", "endLine": "4", "title": "t: x, y"}


def test_columns_only_within_one_line() -> None:
    [several] = commands(annotation("error", "m", path="a", line=1, end_line=2, column=3, end_column=4))
    assert set(several.properties) == {"file", "line", "endLine"}
    [one] = commands(annotation("error", "m", path="a", line=1, column=3, end_column=4))
    assert set(one.properties) == {"file", "line", "col", "endColumn"}


def test_long_messages_are_cut() -> None:
    [found] = commands(annotation("error", "x" * 100_000))
    assert len(found.data) == MESSAGE


def test_nothing_counts_during_a_pause() -> None:
    hold, resume = pause()
    log = [hold, *HOSTILE, "::error::no", "##[error]no", "::stop-commands::other", "::other::", resume, "::error::yes"]
    found = commands("\n".join(log))
    assert [(c.name, c.data) for c in found[1:]] == [("error", "yes")]
    assert pause() != pause()
