from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.github.event import Event, read

A, B = "a" * 40, "b" * 40
PULL = {
    "pull_request": {
        "number": 7,
        "base": {"sha": A, "repo": {"full_name": "lab/tide"}},
        "head": {"sha": B, "repo": {"full_name": "lab/tide"}},
    }
}


def of(tmp_path: Path, payload: Any, name: str = "pull_request", **more: str) -> Event:
    file = tmp_path / "event.json"
    file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return read({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_REPOSITORY": "lab/tide", **more})


def test_a_pull_request(tmp_path: Path) -> None:
    assert of(tmp_path, PULL) == Event("pull_request", "lab/tide", A, B, 7, False)


@pytest.mark.parametrize("repo", [None, {"full_name": "someone/tide"}, {}, "x"])
def test_a_fork_is_a_fork_also_when_it_was_deleted(tmp_path: Path, repo: Any) -> None:
    payload = {"pull_request": PULL["pull_request"] | {"head": {"sha": B, "repo": repo}}}
    assert of(tmp_path, payload).fork


def test_a_push(tmp_path: Path) -> None:
    assert of(tmp_path, {"before": A}, "push", GITHUB_SHA=B) == Event("push", "lab/tide", A, B)
    assert of(tmp_path, {"before": "0" * 40}, "push", GITHUB_SHA=B).base is None


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"pull_request": 3}', "[" * 100_000, '{"before": "; id"}'])
def test_rubbish_says_nothing(tmp_path: Path, text: str) -> None:
    found = of(tmp_path, text)
    assert (found.base, found.head, found.number) == (None, None, None)


def test_no_event() -> None:
    assert read({}) == Event()
    assert read({"GITHUB_EVENT_PATH": "/"}) == Event()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["base", "head", "sha", "repo", "full_name", "number"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_shape_is_survived(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    found = of(tmp_path_factory.mktemp("event"), {"pull_request": value, "before": value})
    assert found.base is None or len(found.base) in (40, 64)
    assert found.number is None or found.number > 0
