"""Edits mend what they should and nothing else: no overlap, no half file, no link, no new error."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark import validity
from assaymark.api import Edit
from assaymark.errors import InputError
from assaymark.validation.fix import apply, write

Folder = Callable[[dict[str, str | bytes]], Path]


def edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit(line=line, column=column, end_line=end_line, end_column=end_column, text=text)


@pytest.mark.parametrize(
    ("groups", "after", "used"),
    [
        ([(edit(1, 1, 1, 3, "X"),)], "X\ncd\n", 1),
        ([(edit(1, 1, 1, 3, "X"),), (edit(1, 2, 1, 3, "Y"),)], "X\ncd\n", 1),
        ([(edit(1, 1, 1, 3, "X"),), (edit(1, 1, 1, 3, "X"),)], "X\ncd\n", 2),
        ([(edit(1, 1, 1, 2, "X"), edit(2, 1, 2, 2, "Y"))], "Xb\nYd\n", 1),
        ([(edit(1, 3, 2, 1, " "),)], "ab cd\n", 1),
        ([(edit(3, 1, 3, 1, "e"),)], "ab\ncd\ne", 1),
        ([(edit(1, 1, 1, 1, "X"),), (edit(1, 1, 1, 1, "Y"),)], "Xab\ncd\n", 1),
        ([(edit(9, 1, 9, 2, "X"),), (edit(1, 9, 1, 9, "X"),), (edit(2, 1, 1, 1, "X"),)], "ab\ncd\n", 0),
    ],
)
def test_apply(groups: list[tuple[Edit, ...]], after: str, used: int) -> None:
    assert apply("ab\ncd\n", groups) == (after, used)


@given(st.text(alphabet="ab\n", max_size=20), st.lists(st.tuples(*[st.integers(0, 5)] * 4), max_size=4))
def test_any_edits_leave_what_they_do_not_touch(text: str, spans: list[tuple[int, int, int, int]]) -> None:
    after, used = apply(text, [(edit(*span, "X"),) for span in spans])
    assert after.count("X") <= used <= len(spans)
    assert used or after == text


@pytest.mark.usefixtures("only_toy")
def test_files_are_mended_and_judged_again(folder: Folder) -> None:
    root = folder({"a.toy": "bad fixable\nbad x\r\npoor", "b.toy": "bad x", "sub/ü.toy": "bad fixable"})
    (root / "a.toy").chmod(0o755)
    request = validity.Request(paths=(str(root),))
    shown, difference = validity.mend(request, keep=False)
    assert len(shown.problems) == 5
    assert "-bad fixable\n+good fixable\n bad x" in difference
    assert "--- a/sub/ü.toy\n+++ b/sub/ü.toy\n" in difference
    assert "fixable" in (root / "a.toy").read_text()
    after, same = validity.mend(request, keep=True)
    assert same == difference
    assert (root / "a.toy").read_bytes() == b"toy: 1\ngood fixable\nbad x\r\npoor\n"
    assert stat.S_IMODE((root / "a.toy").stat().st_mode) == 0o755
    assert [p.finding.message for p in after.problems] == ["bad x", "poor", "bad x"]
    assert sorted(p.name for p in root.iterdir()) == ["a.toy", "b.toy", "sub"]
    assert validity.mend(request, keep=True)[1] == ""


@pytest.mark.usefixtures("only_toy")
def test_an_edit_that_breaks_something_is_not_made(folder: Folder) -> None:
    # Two findings of which the edit of the first makes a line that is worse.
    root = folder({"a.toy": "bad fixable"})
    assert validity.mend(validity.Request(paths=(str(root),)), keep=False)[1]
    validity_worse = validity._worse
    try:
        validity._worse = lambda *a: True  # type: ignore[assignment]
        assert validity.mend(validity.Request(paths=(str(root),)), keep=True)[1] == ""
    finally:
        validity._worse = validity_worse
    assert "bad fixable" in (root / "a.toy").read_text()


def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "out").symlink_to("/tmp")
    for path in ("link", "out/x", "../x", "absent"):
        with pytest.raises(InputError):
            write(tmp_path, path, "y")
    assert (tmp_path / "target").read_text() == "x"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "out", "target"]
