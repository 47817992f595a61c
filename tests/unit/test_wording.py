"""Text that others wrote is neutral wherever it is shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.model import Grade, Level, Location, Outcome, Severity, Subject
from assaymark.wording import (
    GRADE_WORDS,
    LEVEL_WORDS,
    MARKS,
    OUTCOME_WORDS,
    PLAIN_MARKS,
    SEVERITY_ORDER,
    branch,
    count,
    json_safe,
    log_safe,
    markdown,
    markup,
    named,
    one_line,
    place,
    utf8,
    visible,
)

ANY = st.text(st.characters(codec=None), max_size=60)


@given(ANY)
def test_utf8_can_be_encoded_and_is_done_once(text: str) -> None:
    clean = utf8(text)
    clean.encode()
    assert utf8(clean) == clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\udce9", r"caf\xe9"),
        ("lone \ud800", r"lone \ud800"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u202eb", r"a\u202eb"),
        ("tab\there\nline", "tab\there\nline"),
        ("a\r\nb\rc", "a\nb\\x0dc"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("naïve – 日本語 ✓ \ufffd", "naïve – 日本語 ✓ \ufffd"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY)
def test_visible_is_idempotent_and_agrees_with_utf8(text: str) -> None:
    assert visible(visible(text)) == visible(text) == visible(utf8(text))


@given(ANY, st.integers(4, 30))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    flat = one_line(text, limit)
    assert len(flat) <= limit
    assert len(flat.splitlines()) <= 1


@given(st.lists(st.sampled_from([":", "::", "#", "[", "##[", "\n", " ", "\t", "x", "error"]), max_size=12))
def test_log_safe_leaves_no_command(parts: list[str]) -> None:
    safe = log_safe("".join(parts))
    assert "##[" not in safe
    assert not any(re.match(r"\s*::", line) for line in safe.splitlines())


@given(st.lists(st.sampled_from([":", "::", "#", "[", "<", ">", "&", "'", '"', "\n", "x", "&lt;"]), max_size=12))
def test_markup_is_neutral_and_loses_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    safe = markup(text)
    assert not re.search("[<>\"']", safe)
    assert "##[" not in safe
    assert "::" not in safe
    assert unescape(safe) == text


@given(st.lists(st.sampled_from(["#", "[", "\\", '"', "x"]), max_size=12))
def test_json_safe_changes_no_value(parts: list[str]) -> None:
    text = "".join(parts)
    safe = json_safe(json.dumps({"key": text}))
    assert "##[" not in safe
    assert json.loads(safe) == {"key": text}


@pytest.mark.parametrize(
    "text", ["@octocat", "a@b.org", "#12", "lab/x#3", "GH-4", "gh-4", "https://x.org", "www.x.org", "mailto:a"]
)
def test_markdown_breaks_references(text: str) -> None:
    assert "\u200b" in markdown(text)


@pytest.mark.parametrize("text", ["*a*", "_a_", "`a`", "[a](b)", "a|b", "~~a~~", "$a$", "\\", "# a"])
def test_markdown_escapes_marks(text: str) -> None:
    assert re.sub(r"\\[\\`*_\[\]#|~$]", "", markdown(text)).isascii()
    assert re.findall(r"(?<!\\)(?:\\\\)*[`*_\[\]|~$]", markdown(text)) == []


def test_markdown_leaves_prose_alone() -> None:
    assert markdown("Add a licence: 3 of 4 files (75 %) lack one - see 'docs'.") == (
        "Add a licence: 3 of 4 files (75 %) lack one - see 'docs'."
    )


def test_every_word_is_there_and_marks_differ() -> None:
    assert set(MARKS) == set(PLAIN_MARKS) == set(OUTCOME_WORDS) == set(Outcome)
    assert len(set(MARKS.values())) == len(set(PLAIN_MARKS.values())) == len(Outcome)
    assert set(GRADE_WORDS) == set(Grade)
    assert set(LEVEL_WORDS) == set(Level)
    assert set(SEVERITY_ORDER) == set(Severity)


def test_count() -> None:
    assert count(1, "finding") == "1 finding"
    assert count(0, "finding") == "0 findings"
    assert count(1234, "criterion", "criteria") == "1,234 criteria"


def test_subjects_have_names_that_people_use() -> None:
    here = Subject(kind="software", path=".")
    assert named(here) == "this folder"
    assert named(replace(here, path="src/x")) == "src/x"
    assert named(replace(here, repository="github.com/lab/tide")) == "github.com/lab/tide"
    assert named(replace(here, repository="github.com/lab/tide", path="src/x")) == "github.com/lab/tide, src/x"
    assert branch(here) == ""
    assert branch(replace(here, ref="refs/heads/fix/one")) == "fix/one"
    assert branch(replace(here, ref="refs/tags/v1")) == "v1"
    assert branch(replace(here, ref="refs/pull/7/merge")) == "refs/pull/7/merge"


def test_place() -> None:
    assert place(None) == ""
    assert place(Location(path="a.py")) == "a.py"
    assert place(Location(path="a.py", line=3)) == "a.py:3"
    assert place(Location(path="a.py", line=3, column=7)) == "a.py:3:7"
    assert place(Location(path="a.py", column=7)) == "a.py"
