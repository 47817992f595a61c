from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.github import outputs, summary


def parsed(text: str) -> dict[str, str]:
    """As the runner reads the file."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, mark = line.split("<<", 1)
        value = []
        for other in lines:
            if other == mark:
                break
            value.append(other)
        found[name] = "\n".join(value)
    return found


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(st.characters(codec="utf-8"))))
def test_no_value_becomes_another_output(values: dict[str, str]) -> None:
    text = "".join(outputs.entry(name, value) for name, value in values.items())
    assert parsed(text) == values


def test_outputs_are_added(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before=1\n")
    outputs.write({"GITHUB_OUTPUT": str(file)}, {"x": "a\nverdict=pass"})
    assert re.fullmatch(r"before=1\nx<<(end-[0-9a-f]{32})\na\nverdict=pass\n\1\n", file.read_text())
    outputs.write({}, {"x": "nowhere to go"})


def test_a_value_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="output x"):
        outputs.entry("x", "y" * (outputs.LIMIT + 1))


def test_a_single_line() -> None:
    assert outputs.single("a\nb\rc") == "a b\\x0dc"


def test_a_summary_is_added_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    summary.append({"GITHUB_STEP_SUMMARY": str(file)}, "one\n")
    summary.append({"GITHUB_STEP_SUMMARY": str(file)}, "two\n")
    assert file.read_text() == "one\ntwo\n"
    summary.append({}, "nowhere to go")


def test_a_summary_never_grows_beyond_what_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * (summary.LIMIT - 200))
    summary.append({"GITHUB_STEP_SUMMARY": str(file)}, "a line of text\n" * 1_000)
    assert file.stat().st_size <= summary.LIMIT
    assert file.read_text().endswith("a line of text\n\n\nThe rest did not fit here: see the report.\n")
    summary.append({"GITHUB_STEP_SUMMARY": str(file)}, "b" * 200)
    assert file.stat().st_size <= summary.LIMIT


@given(st.text(), st.integers(0, 200))
def test_what_fits_is_whole_lines(text: str, room: int) -> None:
    data = summary.fitting(text, room)
    assert len(data) <= room
    data.decode()
