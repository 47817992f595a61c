from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from assaymark.errors import InputError
from assaymark.forge import read
from assaymark.forge.client import MAX_REQUESTS, Client, ForgeProblem, Trouble, connect
from assaymark.subject.forge import Forge

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")


def test_the_reader_of_the_forge_keeps_to_the_description(fake_github: FakeGitHub) -> None:
    forge = Forge.from_json(read("github.com/lab/tide", fake_github.environment))
    assert forge.repository == "lab/tide"
    assert forge.missing == {}
    assert forge.protection is not None
    assert not fake_github.asked("P")


def test_lists_are_read_to_their_end_and_no_further_than_allowed(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.pull(7, "a" * 40)
    for n in range(250):
        fake_github.state.comment(7, f"comment {n}")
    assert len(list(client.pages("/issues/7/comments"))) == 250
    assert len(fake_github.asked("GET")) == 3
    assert len(list(client.pages("/issues/7/comments", most=120))) == 120


def test_endless_pages_end(fake_github: FakeGitHub, client: Client) -> None:
    link = {"Link": f'<{fake_github.base}/x?page=2>; rel="next"'}
    fake_github.fail("GET", "/issues/7/comments", 200, [{"id": 1}] * 100, headers=link, times=99_999)
    assert len(list(client.pages("/issues/7/comments", most=500))) == 500
    assert len(fake_github.asked("GET")) == 5
    fake_github.faults.clear()
    fake_github.fail("GET", "/issues/7/comments", 200, [], headers=link, times=99_999)
    assert list(client.pages("/issues/7/comments")) == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait"),
    [
        (429, {"message": "Too many"}, {"Retry-After": "7"}, 7.0),
        (403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "3"}, 3.0),
        (403, {"message": "You have exceeded a secondary rate limit."}, {}, 60.0),
        (429, b"<html>slow down</html>", {"Retry-After": "1"}, 1.0),
    ],
)
def test_a_limit_is_waited_for_and_even_what_adds_is_sent_again(
    fake_github: FakeGitHub,
    client: Client,
    naps: list[float],
    status: int,
    body: Any,
    headers: dict[str, str],
    wait: float,
) -> None:
    fake_github.state.pull(7, "a" * 40)
    fake_github.fail("POST", "/issues/7/comments", status, body, headers=headers)
    client.post("/issues/7/comments", {"body": "hello"})
    assert naps == [wait]
    assert fake_github.state.bodies(7) == ["hello"]


def test_patience_ends(fake_github: FakeGitHub, client: Client, naps: list[float]) -> None:
    fake_github.fail("GET", "", 429, headers={"Retry-After": "3600"})
    with pytest.raises(ForgeProblem, match="tried again in 3600 s") as problem:
        client.get("")
    assert problem.value.trouble is Trouble.LIMITED
    assert naps == []
    fake_github.fail("GET", "", 429, headers={"Retry-After": "40"}, times=3)
    with pytest.raises(ForgeProblem, match="rate limit"):
        client.get("")
    assert sum(naps) <= 90


def test_the_primary_limit_says_when_it_ends(fake_github: FakeGitHub, client: Client, naps: list[float]) -> None:
    reset = str(int(time.time()) + 20)
    fake_github.fail("GET", "", 403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})
    assert client.table("")["full_name"] == "lab/tide"
    assert 15 < naps[0] <= 20


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, None),
        (502, b"<html>bad gateway</html>"),
        (503, None),
        (200, b'{"full_name": "la'),
        (200, b"<html></html>"),
    ],
)
def test_reading_is_tried_again_and_ends(
    fake_github: FakeGitHub, client: Client, naps: list[float], status: int, body: Any
) -> None:
    fake_github.fail("GET", "", status, body, times=2)
    assert client.table("")["full_name"] == "lab/tide"
    assert naps == [0.5, 1.0]
    fake_github.fail("GET", "", status, body, times=9)
    with pytest.raises(ForgeProblem) as problem:
        client.get("")
    assert problem.value.trouble is Trouble.UNREACHABLE
    assert len(fake_github.asked("GET")) == 3 + 4


@pytest.mark.parametrize(("status", "after"), [(500, False), (502, True), (200, True)])
def test_what_adds_something_is_not_sent_twice(
    fake_github: FakeGitHub, client: Client, status: int, after: bool
) -> None:
    fake_github.state.pull(7, "a" * 40)
    fake_github.fail("POST", "/issues/7/comments", status, b'{"id": 1', after=after)
    with pytest.raises(ForgeProblem) as problem:
        client.post("/issues/7/comments", {"body": "hello"})
    assert problem.value.uncertain
    assert len(fake_github.state.bodies(7)) == after


def test_a_server_that_does_not_answer_in_time(fake_github: FakeGitHub, naps: Callable[[float], None]) -> None:
    client = connect(fake_github.name, fake_github.environment, sleep=naps, timeout=1)
    fake_github.fail("GET", "", 0, sleep=1.4)
    fake_github.fail("POST", "/git/blobs", 0, sleep=1.4)
    assert client.table("")["full_name"] == "lab/tide"
    with pytest.raises(ForgeProblem, match="in time") as problem:
        client.post("/git/blobs", {"content": "x"})
    assert problem.value.uncertain


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, Trouble.REFUSED),
        (403, Trouble.REFUSED),
        (404, Trouble.ABSENT),
        (410, Trouble.ABSENT),
        (409, Trouble.CONFLICT),
        (422, Trouble.INVALID),
    ],
)
def test_what_will_not_change_is_not_tried_again(
    fake_github: FakeGitHub, client: Client, status: int, trouble: Trouble
) -> None:
    fake_github.fail("GET", "", status, {"message": "No t0ken here", "errors": [{"code": "bad"}]}, times=9)
    with pytest.raises(ForgeProblem) as problem:
        client.get("")
    assert problem.value.trouble is trouble
    assert not problem.value.uncertain
    assert "t0ken" not in problem.value.text
    assert len(fake_github.asked("GET")) == 1


def test_words_of_others_in_an_error_are_one_harmless_line(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("GET", "", 422, {"message": "No ref: x\n::error::y\r##[error]z \x1b[31m\u202e", "errors": "odd"})
    with pytest.raises(ForgeProblem) as problem:
        client.get("")
    assert problem.value.text == "GitHub refuses the request (HTTP 422): No ref: x ::error::y ## [error]z [31m"


def test_requests_are_counted(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("GET", "", 404, times=10_000)
    for _ in range(5):
        with pytest.raises(ForgeProblem):
            client.get("")
    client._left = 0
    with pytest.raises(ForgeProblem, match="too many requests"):
        client.get("")
    assert len(fake_github.asked("GET")) == 5
    assert MAX_REQUESTS > 100


def test_a_redirection_to_another_host_is_not_followed(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("GET", "", 301, headers={"Location": "https://evil.example/repos/lab/tide"})
    with pytest.raises(ForgeProblem, match="somewhere else"):
        client.get("")


def test_who_asks(fake_github: FakeGitHub, client: Client) -> None:
    assert client.login() is None
    fake_github.state.accounts["t0ken"].installation = False
    assert client.login() == "github-actions[bot]"


@pytest.mark.parametrize("name", ["", "lab", "lab/../x", "lab/t/x/y", "lab/t?x=1", "lab/t\n", "-/x", "lab/..", "lab/."])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        connect(name, {"GITHUB_API_URL": "http://127.0.0.1:9"})


def test_the_token_is_not_sent_where_it_could_be_read() -> None:
    with pytest.raises(InputError, match="not an https address"):
        connect("lab/tide", {"GITHUB_API_URL": "http://api.github.example", "GITHUB_TOKEN": "t0ken"})
    with pytest.raises(InputError, match="is not one"):
        connect("lab/tide", {"GITHUB_TOKEN": "t0ken\r\nX: y"})
    with pytest.raises(InputError, match="only GitHub"):
        connect("gitlab.com/lab/tide", {"GITHUB_TOKEN": "t0ken"})
