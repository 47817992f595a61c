"""The fake has teeth: what GitHub's description or GitHub itself refuses, it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from assessed import HEAD

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
ANNOTATION = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}
TWO_LINES = ANNOTATION | {"end_line": 2, "start_column": 1}
CHECK = {"name": "x", "head_sha": HEAD}
LONG = "x" * 65_537


def ask(fake: FakeGitHub, verb: str, path: str, body: Any = None, token: str = "t0ken") -> requests.Response:
    headers = {"Authorization": f"token {token}"} if token else {}
    return requests.request(verb, f"{fake.base}/repos/lab/tide{path}", json=body, headers=headers, timeout=5)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/check-runs", {"name": "x"}),
        ("/check-runs", CHECK | {"conclusion": "good"}),
        ("/check-runs", CHECK | {"output": {"title": "t", "summary": "s", "annotations": [ANNOTATION] * 51}}),
        ("/check-runs", CHECK | {"output": {"title": "t", "summary": "s", "annotations": [{"path": "a.py"}]}}),
        ("/check-runs", CHECK | {"output": {"title": "t"}}),
        ("/check-runs", CHECK | {"output": {"title": "t", "summary": LONG}}),
        (f"/statuses/{HEAD}", {"state": "green"}),
        ("/issues/7/comments", {}),
        ("/issues/7/comments", {"body": 3}),
        ("/code-scanning/sarifs", {"commit_sha": HEAD, "sarif": "x"}),
        ("/code-scanning/sarifs", {"commit_sha": "main", "ref": "refs/heads/main", "sarif": "x"}),
        ("/git/trees", {"tree": "x"}),
        ("/git/refs", {"ref": "refs/heads/x"}),
        ("/actions/workflows/assaymark.yml/dispatches", {"inputs": {}}),
    ],
)
def test_what_the_description_refuses_is_refused_and_fails_the_test(
    fake_github: FakeGitHub, path: str, body: Any
) -> None:
    assert ask(fake_github, "POST", path, body).status_code == 422
    assert len(fake_github.violations) == 1
    fake_github.violations.clear()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/check-runs", CHECK | {"status": "completed"}),
        ("/check-runs", CHECK | {"output": {"title": "t", "summary": "s", "annotations": [TWO_LINES]}}),
        (f"/statuses/{HEAD}", {"state": "success", "description": "x" * 141}),
        ("/statuses/main", {"state": "success"}),
        ("/issues/7/comments", {"body": LONG}),
        ("/issues/7/comments", {"body": " "}),
        ("/git/refs", {"ref": "refs/heads/main", "sha": HEAD}),
        ("/git/commits", {"message": "m", "tree": HEAD}),
    ],
)
def test_what_only_github_itself_refuses_is_refused_too(fake_github: FakeGitHub, path: str, body: Any) -> None:
    fake_github.state.pull(7, HEAD)
    assert ask(fake_github, "POST", path, body).status_code == 422
    assert not fake_github.state.checks
    assert not fake_github.state.bodies(7)


def test_what_it_does_not_know_fails_the_test(fake_github: FakeGitHub) -> None:
    assert ask(fake_github, "GET", "/traffic/views").status_code == 404
    assert fake_github.violations == ["GET /repos/lab/tide/traffic/views: the fake does not know it"]
    fake_github.violations.clear()


def test_an_answer_of_its_own_that_breaks_the_description_fails_the_test(fake_github: FakeGitHub) -> None:
    fake_github.state.pull(7, HEAD)
    fake_github.state.comment(7, "x")
    fake_github.state.comments[0]["body"] = 3
    ask(fake_github, "GET", "/issues/7/comments")
    assert "answer to GET" in fake_github.violations[0]
    fake_github.violations.clear()


def test_rights_are_kept(fake_github: FakeGitHub) -> None:
    fake_github.state.pull(7, HEAD)
    assert ask(fake_github, "POST", "/issues/7/comments", {"body": "x"}, token="").status_code == 403
    assert ask(fake_github, "POST", "/issues/7/comments", {"body": "x"}, token="wrong").status_code == 401
    fake_github.state.accounts["t0ken"].may = frozenset({"checks"})
    assert ask(fake_github, "POST", "/issues/7/comments", {"body": "x"}).status_code == 403
    assert ask(fake_github, "POST", "/check-runs", CHECK).status_code == 201


def test_releases_and_their_files(fake_github: FakeGitHub) -> None:
    made = ask(fake_github, "POST", "/releases", {"tag_name": "v1"})
    assert made.status_code == 201
    upload = made.json()["upload_url"].partition("{")[0]
    headers = {"Authorization": "token t0ken", "Content-Type": "application/octet-stream"}
    for status in (201, 422):
        sent = requests.post(f"{upload}?name=badge.svg", data=b"<svg/>", headers=headers, timeout=5)
        assert sent.status_code == status
    assert ask(fake_github, "POST", "/releases", {"tag_name": "v1"}).status_code == 422
    assert ask(fake_github, "GET", "/releases/tags/v1").json()["assets"][0]["name"] == "badge.svg"
    assert ask(fake_github, "GET", "/releases/tags/v2").status_code == 404
    assert len(ask(fake_github, "GET", "/releases").json()) == 1
