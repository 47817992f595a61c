from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assessed import HEAD, assessment, failing, finding

from assaymark.comparison import difference
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github.comment import Done, upsert
from assaymark.github.comment_body import Report, render

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")


def body(*findings: int, key: str = "assaymark", head: str = HEAD) -> str:
    after = failing(*(finding(n) for n in findings), commit=head)
    return render(Report(assessment=after, change=difference(assessment(), after), key=key, head=head))


@pytest.fixture(autouse=True)
def a_pull_request(fake_github: FakeGitHub) -> None:
    fake_github.state.pull(7, HEAD)
    for n in range(120):  # ours is not on the first page
        fake_github.state.comment(7, f"talk {n}", "ada")


def ours(fake: FakeGitHub) -> list[str]:
    return [b for b in fake.state.bodies(7) if b.startswith("<!-- assaymark")]


def test_one_comment_that_changes_in_place(fake_github: FakeGitHub, client: Client) -> None:
    assert upsert(client, 7, body(1)) is Done.CREATED
    assert upsert(client, 7, body(1)) is Done.UNCHANGED
    assert upsert(client, 7, body(1, head="b" * 40)) is Done.UNCHANGED
    assert upsert(client, 7, body(1, 2)) is Done.UPDATED
    assert ours(fake_github) == [body(1, 2)]
    assert len(fake_github.asked("POST")) == 1
    assert len(fake_github.asked("PATCH")) == 1


def test_quiet_without_news(fake_github: FakeGitHub, client: Client) -> None:
    assert upsert(client, 7, body(), news=False) is Done.QUIET
    upsert(client, 7, body(1))
    assert upsert(client, 7, body(), news=False) is Done.UPDATED  # the findings went away


def test_a_mark_in_the_comment_of_another_is_not_ours(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.comment(7, body(1), "mallory")
    fake_github.state.comment(7, "Look:\n" + body(1), "github-actions[bot]")
    assert upsert(client, 7, body(2)) is Done.CREATED
    assert upsert(client, 7, body(1)) is Done.UPDATED
    assert [c["edits"] for c in fake_github.state.comments if c["login"] == "mallory"] == [0]


def test_each_package_has_its_comment(fake_github: FakeGitHub, client: Client) -> None:
    for key in ("core", "docs", "core"):
        upsert(client, 7, body(1, key=key))
    assert len(ours(fake_github)) == 2


def test_duplicates_are_taken_away(fake_github: FakeGitHub, client: Client) -> None:
    for n in (1, 2, 3):
        fake_github.state.comment(7, body(n))
    assert upsert(client, 7, body(4)) is Done.UPDATED
    assert ours(fake_github) == [body(4)]


def test_a_duplicate_that_somebody_else_takes_away_first_does_no_harm(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.comment(7, body(1))
    twin = fake_github.state.comment(7, body(2))

    def gone() -> None:
        fake_github.state.comments = [c for c in fake_github.state.comments if c["id"] != twin]

    fake_github.before("DELETE", f"/issues/comments/{twin}", gone)
    assert upsert(client, 7, body(3)) is Done.UPDATED
    assert ours(fake_github) == [body(3)]


@pytest.mark.parametrize("after", [True, False])
def test_a_lost_answer_does_not_double_the_comment(fake_github: FakeGitHub, client: Client, after: bool) -> None:
    fake_github.fail("POST", "/issues/7/comments", 502, b"<html>", after=after)
    assert upsert(client, 7, body(1)) is Done.CREATED
    assert ours(fake_github) == [body(1)]


def test_the_account_is_asked_where_it_may_be(fake_github: FakeGitHub, client: Client) -> None:
    account = fake_github.state.accounts["t0ken"]
    account.login, account.installation = "ada", False
    fake_github.state.comment(7, body(1), "github-actions[bot]")
    assert upsert(client, 7, body(2)) is Done.CREATED
    assert upsert(client, 7, body(3)) is Done.UPDATED
    assert ours(fake_github) == [body(1), body(3)]


def test_an_app_that_cannot_be_asked_still_has_one_comment(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.accounts["t0ken"].login = "lab-quality[bot]"
    for n in (1, 2):
        upsert(client, 7, body(n))
    assert ours(fake_github) == [body(2)]
    assert upsert(client, 7, body(3), author="lab-quality[bot]") is Done.UPDATED


def test_a_token_that_may_only_read(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.accounts["t0ken"].may = frozenset()
    with pytest.raises(ForgeProblem, match="Resource not accessible") as problem:
        upsert(client, 7, body(1))
    assert problem.value.trouble is Trouble.REFUSED
    assert len(fake_github.asked("POST")) == 1


def test_a_body_without_a_mark_is_a_bug(client: Client) -> None:
    with pytest.raises(ValueError, match="mark"):
        upsert(client, 7, "hello")
