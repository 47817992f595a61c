from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assaymark.badges.widths import width


def test_known_widths() -> None:
    """In thousandths of an em, as the font's own table has them: a = 613, g = 635, space = 318; bold a = 675."""
    assert width("aaaaaaaaaa", 100) == 613.0
    assert width("g", 100) == 63.5
    assert width("a a", 100) == 154.4
    assert width("a", 100, bold=True) == 67.5
    assert width("", 11) == 0


def test_what_was_not_measured_is_estimated_by_its_kind() -> None:
    assert width("日", 10) == 10
    assert width("e\u0301", 10) == width("e", 10)
    assert 0 < width("\u0e01", 10) < 10


@given(st.text(max_size=80), st.text(max_size=80))
def test_widths_add_up(one: str, two: str) -> None:
    assert abs(width(one + two, 11) - width(one, 11) - width(two, 11)) < 0.11
