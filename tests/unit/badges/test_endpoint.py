from __future__ import annotations

import json
import re
from typing import Any

import pytest

from assaymark.badges.endpoint import render
from assaymark.badges.model import Badge, Kind, State, aged

# https://shields.io/badges/endpoint-badge: what it knows; anything else is refused.
KNOWN = {
    *("schemaVersion", "label", "message", "color", "labelColor", "isError", "namedLogo", "logoSvg", "logoColor"),
    *("logoWidth", "logoSize", "style", "cacheSeconds"),
}


def badge(**more: Any) -> Badge:
    usual: dict[str, Any] = {"kind": Kind.LEVEL, "state": State.ASSESSED, "label": "l", "message": "m", "title": "t"}
    return Badge(**usual | more)


def document(b: Badge) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(b))
    return found


@pytest.mark.parametrize("state", list(State))
def test_only_keys_and_types_that_shields_knows(state: State) -> None:
    found = document(badge(state=state))
    assert set(found) <= KNOWN
    assert found["schemaVersion"] == 1
    assert found["label"] == "l"
    assert re.fullmatch("[0-9a-f]{6}", found["color"])
    assert re.fullmatch("[0-9a-f]{6}", found["labelColor"])
    assert found["cacheSeconds"] >= 300
    assert found["logoSvg"].startswith("<svg ")


def test_the_commit_is_part_of_the_message() -> None:
    assert document(badge(message="gold", metal="gold", commit="3f2a9c1" * 6))["message"] == "gold | 3f2a9c1"
    assert document(badge(message="gold", metal="gold"))["message"] == "gold"


def test_what_does_not_hold_cannot_be_painted_over_by_who_embeds_it() -> None:
    assert document(badge(state=State.FAILING))["isError"] is True
    assert document(aged(badge(), "old"))["isError"] is True
    assert document(badge())["isError"] is False


def test_hostile_text_stays_text() -> None:
    found = document(badge(label="\x1b[2J" * 100, message='"}\n::error::x ##[x] \udcff'))
    assert len(found["label"]) <= 40
    assert "\x1b" not in found["label"]
    raw = render(badge(message="##[error]x"))
    assert "##[" not in raw
    assert raw.isascii()
