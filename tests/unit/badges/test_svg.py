from __future__ import annotations

import re
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from assaymark.badges.model import Badge, Kind, State, aged
from assaymark.badges.palette import palette
from assaymark.badges.svg import MAX_LABEL, MAX_MESSAGE, render

SVG = "{http://www.w3.org/2000/svg}"
COMMIT = "3f2a9c1" + "0" * 33


def badge(**more: Any) -> Badge:
    usual: dict[str, Any] = {
        "kind": Kind.LEVEL,
        "state": State.ASSESSED,
        "label": "assaymark",
        "message": "gold",
        "metal": "gold",
        "title": "assaymark: level gold; github.com/o/n at 3f2a9c1",
        "commit": COMMIT,
    }
    return Badge(**usual | more)


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in fromstring(svg).iter(f"{SVG}text")]


def test_what_is_written_on_it() -> None:
    assert texts(render(badge())) == ["assaymark", "gold", "3f2a9c1"]
    assert texts(render(badge(dirty=True)))[-1] == "3f2a9c1+"
    assert texts(render(badge(commit=""))) == ["assaymark", "gold"]


def test_it_is_read_aloud_as_one_picture_with_its_whole_sentence() -> None:
    root = fromstring(render(badge()))
    assert root.get("role") == "img"
    assert root.get("aria-label") == badge().title
    assert [t.text for t in root.iter(f"{SVG}title")] == [badge().title]


def test_the_same_badge_gives_the_same_bytes_and_another_one_others() -> None:
    assert render(badge()) == render(badge())
    others = [badge(message="silver", metal="silver"), badge(label="x"), badge(commit="a" * 40), badge(title="t")]
    assert len({render(b) for b in [badge(), *others]}) == 5


def test_its_height_fits_a_row_and_nothing_sticks_out() -> None:
    for b in (badge(), badge(commit=""), badge(label="l" * 90, message="m" * 90)):
        root = fromstring(render(b))
        wide = float(root.get("width", ""))
        assert root.get("height") == "20"
        assert root.get("viewBox") == f"0 0 {wide:g} 20"
        ends = [float(t.get("x", "")) + float(t.get("textLength", "")) for t in root.iter(f"{SVG}text")]
        starts = [float(t.get("x", "")) for t in root.iter(f"{SVG}text")]
        assert all(later > end for end, later in zip(ends, [*starts[1:], wide - 4], strict=True))


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("metal", ["", "bronze", "silver", "gold"])
def test_every_state_has_a_plate(state: State, metal: str) -> None:
    b = badge(state=state, metal=metal)
    assert palette().plates[b.tone].second in render(b)
    assert (b.tone == metal) is bool(metal and state is State.ASSESSED)


def test_what_is_old_is_grey_says_so_and_why() -> None:
    old = aged(badge(), "it expired on 2027-02-19")
    assert old.tone == "stale"
    assert texts(render(old))[1] == "gold, stale"
    assert old.title.endswith("; stale: it expired on 2027-02-19")
    assert aged(old, "again") == old
    nothing = badge(state=State.NOT_ASSESSED)
    assert aged(nothing, "it expired") == nothing


HOSTILE = (
    *("</text><script>alert(1)</script>", "a&b;", '"><image href="https://evil.example/x"/>', "<!--", "]]>"),
    *(
        "\x00\x1b[31m\x07",
        "\u202egnp.exe",
        "\udcff",
        "\ufffe",
        "a\nb\r\nc",
        "\u0301" * 300,
        "x" * 10_000,
        "$label ${x}",
    ),
    *("::error::x", "##[error]x", "@everyone", "مرحبا", "日本語のラベル", "", "   "),
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    svg = render(badge(label=text, message=text, title=text, commit=text))
    root = fromstring(svg)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {
        *("svg", "title", "style", "linearGradient", "stop", "path", "rect", "g", "text")
    }
    assert len(list(root.iter(f"{SVG}text"))) == (3 if text.strip() or text else 2)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", svg)
    assert len(svg) < 6_000
    assert not re.search(r"^\s*::|##\[", svg, re.MULTILINE)


@given(st.text(), st.text(), st.text())
def test_any_text_gives_a_whole_picture(label: str, message: str, title: str) -> None:
    root = fromstring(render(badge(label=label, message=message, title=title)))
    shown = [t.text or "" for t in root.iter(f"{SVG}text")]
    assert len(shown[0]) <= MAX_LABEL
    assert len(shown[1]) <= MAX_MESSAGE
    assert all(float(t.get("textLength", "")) >= 0 for t in root.iter(f"{SVG}text"))


def test_nothing_is_fetched_and_nothing_runs() -> None:
    svg = render(badge())
    assert set(re.findall(r"""(?:https?:)?//[^\s"']+""", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|\bon\w+=|href=|@import|url\((?!#)", svg)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_can_be_read_on_its_ground() -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 or more, anywhere on the gradient."""
    pairs = {(t, c): contrast(p.ink, c) for t, p in palette().plates.items() for c in (p.first, p.second)}
    label = palette().label
    pairs |= {("label", c): contrast(label.ink, c) for c in (label.ground, label.dark)}
    assert {pair: round(c, 2) for pair, c in pairs.items() if c < 4.5} == {}


def test_a_state_is_never_told_by_colour_alone() -> None:
    plates = palette().plates
    told = ("passed", "failing", "partial", "stale", "unassessed")
    assert len({plates[tone].sign for tone in told}) == len(told)
    assert len({plates[tone].shape for tone in ("bronze", "silver", "gold")}) == 3
