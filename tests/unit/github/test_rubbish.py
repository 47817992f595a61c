"""Whatever GitHub (or what stands in its place) answers: it works, or ends in an error that is meant for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from assessed import HEAD, failing, finding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github import checks, comment, companion, publish, remote, sarif_upload, statuses
from assaymark.github.comment_body import Report, render

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
BODY = render(Report(assessment=failing(finding())))
WORDS = (
    "id",
    "number",
    "sha",
    "object",
    "tree",
    "body",
    "user",
    "login",
    "status",
    "conclusion",
    "output",
    "artifacts",
    "annotations_count",
    "check_runs",
    "external_id",
    "workflow_runs",
    "jobs",
    "steps",
    "name",
    "size",
    "path",
    "type",
    "content",
    "default_branch",
    "head",
    "base",
    "repo",
    "full_name",
    "state",
    "workflow_run_id",
    "truncated",
    "expired",
)
TEXTS = ("", "x", HEAD, BODY, "blob", "completed", "open", "lab/tide")
LEAVES = st.sampled_from([None, True, 0, -1, 7, 2**70, 1.5, *TEXTS])
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=12,
)
CHECK = checks.Check(
    name="assaymark",
    commit=HEAD,
    conclusion="failure",
    title="t",
    summary="s",
    annotations=checks.annotations_of(failing(*(finding(n) for n in range(1, 130)))),
)
ORIGIN = companion.Origin(
    run=55, head=HEAD, conclusion="success", repository="lab/tide", head_repository="ana/tide", branch="fix", url=""
)
ACTS: dict[str, Callable[[Client], object]] = {
    "comment": lambda c: comment.upsert(c, 7, BODY),
    "check": lambda c: checks.post(c, CHECK),
    "status": lambda c: statuses.post(c, HEAD, "success", "x"),
    "sarif": lambda c: sarif_upload.upload(c, "{}", HEAD, "refs/heads/main"),
    "publish": lambda c: publish.publish({"a": b""}, repository="lab/tide", history={"h": b"{}"}, client=c),
    "baseline": lambda c: publish.fetch_baseline("lab/tide", client=c),
    "start": lambda c: remote.start(c),
    "runs": lambda c: remote.runs(c),
    "follow": lambda c: remote.follow(c, 7, lambda run, step: None),
    "fetch": lambda c: remote.fetch(c, 7),
    "pulls": lambda c: companion.pulls_of(c, ORIGIN),
}


class Rubbish(Client):
    """Answers in turn with what it was given; the last answer for ever."""

    def __init__(self, answers: list[Any]) -> None:
        super().__init__("https://api.github.com", "t", "lab/tide", requests=60, sleep=lambda _: None)
        self.answers = answers

    def _once(self, verb: str, url: str, body: Any, parameters: Mapping[str, Any]) -> tuple[Mapping[str, str], Any]:
        self._count()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ForgeProblem):
            raise answer
        return {"link": '<x>; rel="next"'}, answer

    def download(self, path: str, most: int) -> bytes:
        return b"PK"


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(ANSWERS, min_size=1, max_size=6))
def test_any_answer_ends_well(act: Callable[[Client], object], answers: list[Any]) -> None:
    with suppress(ForgeProblem, InputError):
        act(Rubbish(answers))


# What GitHub answers by the last words of the address; the test then breaks one part of it.
PULL = {
    "number": 7,
    "state": "open",
    "head": {"sha": HEAD, "repo": {"full_name": "ana/tide"}},
    "base": {"repo": {"full_name": "lab/tide"}},
}
RUN = {"id": 7, "status": "completed", "conclusion": "success", "head_sha": HEAD, "html_url": "x"}
CHECK_RUN = {"id": 7, "status": "in_progress", "external_id": CHECK.id, "output": {"annotations_count": 50}}
GOOD: dict[str, Any] = {
    "/user": {"login": "ada"},
    "/comments": [{"id": 1, "body": BODY, "user": {"login": "ada"}}, {"id": 2, "body": BODY, "user": {"login": "ada"}}],
    "/check-runs": {"check_runs": [CHECK_RUN]},
    "/check-runs/7": CHECK_RUN,
    "/sarifs": {"id": "x"},
    "/sarifs/x": {"processing_status": "complete"},
    "/heads/badges": {"object": {"sha": HEAD}},
    f"/commits/{HEAD}": {"tree": {"sha": HEAD}},
    f"/trees/{HEAD}": {"tree": [{"type": "blob", "path": "assessment.json", "sha": EMPTY, "size": 0}]},
    f"/blobs/{EMPTY}": {"content": "", "encoding": "base64"},
    "/blobs": {"sha": EMPTY},
    "/trees": {"sha": HEAD},
    "/commits": {"sha": HEAD},
    "/dispatches": {"workflow_run_id": 7},
    "/runs": {"workflow_runs": [RUN]},
    "/runs/7": RUN,
    "/jobs": {"jobs": [{"name": "assess", "steps": [{"name": "x", "status": "in_progress"}]}]},
    "/artifacts": {"artifacts": [{"id": 7, "name": "assaymark", "expired": False, "size_in_bytes": 7}]},
    "/pulls": [PULL],
    "/lab/tide": {"default_branch": "main"},
}


class Broken(Rubbish):
    """Good answers, but the part at ``place`` (counted over all answers) is something else."""

    def __init__(self, place: int, value: Any) -> None:
        super().__init__([None])
        self.place, self.value = place, value

    def _once(self, verb: str, url: str, body: Any, parameters: Mapping[str, Any]) -> tuple[Mapping[str, str], Any]:
        self._count()
        end = max((e for e in GOOD if url.endswith(e)), key=len, default="")
        return {}, self._changed(GOOD.get(end, {}))

    def _changed(self, node: Any) -> Any:
        self.place -= 1
        if self.place == 0:
            return self.value
        if isinstance(node, dict):
            return {key: self._changed(value) for key, value in node.items()}
        return [self._changed(value) for value in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", [name for name in ACTS if name != "fetch"])
def test_what_is_not_broken_works(name: str) -> None:
    ACTS[name](Broken(-1, None))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("value", [None, True, -1, 2**70, 1.5, "", "x", [], {}, [[]], [{}], {"x": [1]}], ids=repr)
def test_one_wrong_part_ends_well(act: Callable[[Client], object], value: Any) -> None:
    for place in range(60):
        with suppress(ForgeProblem, InputError):
            act(Broken(place, value))


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("trouble", Trouble)
def test_any_trouble_is_passed_on(name: str, trouble: Trouble) -> None:
    client = Rubbish([ForgeProblem(trouble, "no", uncertain=trouble is Trouble.UNREACHABLE)])
    if name == "pulls" and trouble in (Trouble.ABSENT, Trouble.INVALID, Trouble.CONFLICT):
        client.answers.append([])  # that the commit is not known here is an answer
        assert ACTS[name](client) == []
        return
    with pytest.raises(ForgeProblem) as problem:
        ACTS[name](client)
    assert problem.value.trouble in (trouble, Trouble.UNREACHABLE)
