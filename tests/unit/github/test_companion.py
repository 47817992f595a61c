from __future__ import annotations

from typing import Any

import pytest
from assessed import HEAD, assessment
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.forge.client import ForgeProblem
from assaymark.github.companion import Origin, origin_of, pulls_of, restated, shown

RUN = {
    "id": 55,
    "event": "pull_request",
    "head_sha": HEAD,
    "head_branch": "fix",
    "conclusion": "success",
    "head_repository": {"full_name": "ana/tide"},
    "html_url": "https://github.com/lab/tide/actions/runs/55",
}
EVENT = {"workflow_run": RUN, "repository": {"full_name": "Lab/Tide"}}
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(HEAD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RUN, "full_name", "x"]), inner),
    max_leaves=8,
)


def pull(number: int = 7, sha: str = HEAD, there: str | None = "ana/tide", state: str = "open") -> dict[str, Any]:
    head = {"sha": sha, "repo": {"full_name": there} if there else None}
    return {"number": number, "state": state, "head": head, "base": {"repo": {"full_name": "lab/tide"}}}


class Answers:
    """A client that knows the answers to two questions."""

    def __init__(self, of_commit: list[Any] | ForgeProblem, of_branch: list[Any]) -> None:
        self.of_commit, self.of_branch, self.asked = of_commit, of_branch, list[dict[str, Any]]()

    def pages(self, path: str, **wanted: Any) -> list[Any]:
        self.asked.append(wanted)
        if path == "/pulls":
            return self.of_branch
        if isinstance(self.of_commit, ForgeProblem):
            raise self.of_commit
        return self.of_commit


def numbers(of_commit: Any, of_branch: Any = (), origin: Origin | None = None) -> list[int]:
    client: Any = Answers(of_commit, list(of_branch))
    return [p.number for p in pulls_of(client, origin or origin_of(EVENT, "lab/tide"))]


def test_the_event_is_read() -> None:
    origin = origin_of(EVENT, "lab/tide")
    assert (origin.run, origin.head, origin.head_repository, origin.branch) == (55, HEAD, "ana/tide", "fix")


@given(st.dictionaries(st.sampled_from(["workflow_run", "repository", "x"]), VALUES))
def test_any_payload_is_read_or_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        origin_of(payload, "lab/tide")


@given(st.sampled_from([*RUN]), VALUES)
def test_any_wrong_part_is_refused_or_harmless(key: str, value: Any) -> None:
    try:
        origin = origin_of({**EVENT, "workflow_run": {**RUN, key: value}}, "lab/tide")
    except InputError:
        return
    assert origin.head == HEAD
    assert origin.run > 0
    assert all(isinstance(x, str) for x in (origin.branch, origin.conclusion, origin.url))


def test_only_the_newest_commit_of_an_open_pull_request_counts() -> None:
    assert numbers([pull()]) == [7]
    assert numbers([pull(sha="a" * 40), pull(state="closed"), pull(there="mallory/tide"), pull(there=None)]) == []
    assert numbers([pull() | {"base": {"repo": {"full_name": "mallory/tide"}}}]) == []
    assert numbers([], [pull(9), pull(8)]) == [8, 9]
    assert numbers([pull()], [pull()]) == [7]
    assert len(numbers([pull(n) for n in range(1, 50)])) == 5


def test_rubbish_from_the_forge_fits_nothing() -> None:
    assert numbers([{}, {"number": "7"}, {"number": 7, "head": 3}, {"head": {"sha": HEAD}}]) == []


def test_a_gone_fork_is_not_asked_for_by_branch() -> None:
    origin = origin_of({**EVENT, "workflow_run": RUN | {"head_repository": None}}, "lab/tide")
    assert numbers([pull(there=None)], [pull()], origin) == [7]


def test_who_cannot_be_told_counts_as_a_stranger() -> None:
    assert shown(pull()).fork
    assert shown(pull(there=None)).fork
    assert not shown(pull(there="Lab/Tide")).fork
    with pytest.raises(ForgeProblem):
        shown({"number": 7})


def test_the_assessment_speaks_of_what_github_says() -> None:
    made = restated(assessment(commit="e" * 40), "github.com", origin_of(EVENT, "lab/tide"))
    assert (made.subject.commit, made.subject.repository, made.subject.dirty) == (HEAD, "github.com/lab/tide", False)
