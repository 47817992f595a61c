"""The one comment on a pull request: found by its mark and its author, changed in place, quiet without news."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assaymark.forge.client import Client, ForgeProblem
from assaymark.github.comment_body import mark_of

if TYPE_CHECKING:
    from assaymark.github.comment_body import Mark

BOT = "github-actions[bot]"
MOST = 3_000  # comments looked through
Json = dict[str, Any]


class Done(StrEnum):
    """What became of the comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    QUIET = "quiet"


def upsert(client: Client, number: int, body: str, *, author: str | None = None, news: bool = True) -> Done:
    """Make the pull request ``number`` show ``body``, in one comment of ours.

    A comment counts as ours when its first line is our mark with the same key *and* ``author`` wrote it (default: the
    account of the token). Without ``news`` none is begun. Raises ForgeProblem.
    """
    mark = mark_of(body)
    if mark is None:
        raise ValueError("the body of a comment begins with its mark")
    author = author or client.login() or BOT
    mine = _ours(client, number, mark, author)
    if not mine:
        if not news:
            return Done.QUIET
        made = _create(client, number, body, mark, author)
        _clear_up(client, number, mark, made)
        return Done.CREATED
    first, *others = mine
    for other in others:  # two runs at once may both have begun one
        client.delete(f"/issues/comments/{other['id']}")
    known = mark_of(str(first.get("body")))
    if known == mark and not others:
        return Done.UNCHANGED
    client.patch(f"/issues/comments/{first['id']}", {"body": body})
    return Done.UPDATED


def _create(client: Client, number: int, body: str, mark: Mark, author: str) -> Json:
    """A new comment; after an answer that leaves open whether it is there, it is looked for first."""
    try:
        return client.post(f"/issues/{number}/comments", {"body": body})
    except ForgeProblem as problem:
        if not problem.uncertain:
            raise
    there = _ours(client, number, mark, author)
    return there[0] if there else client.post(f"/issues/{number}/comments", {"body": body})


def _clear_up(client: Client, number: int, mark: Mark, made: Json) -> None:
    """Take away what the same account wrote before, where it turns out to be another than was thought."""
    for older in _ours(client, number, mark, _login(made)):
        if older["id"] != made.get("id"):
            client.delete(f"/issues/comments/{older['id']}")


def _ours(client: Client, number: int, mark: Mark, author: str) -> list[Json]:
    """Our comments with that key, the oldest first."""
    found = []
    for comment in client.pages(f"/issues/{number}/comments", most=MOST):
        body, id = comment.get("body"), comment.get("id")
        if not isinstance(body, str) or not isinstance(id, int) or _login(comment) != author:
            continue
        known = mark_of(body)
        if known is not None and known.key == mark.key:
            found.append(comment)
    return sorted(found, key=lambda c: int(c["id"]))


def _login(comment: Json) -> str:
    user = comment.get("user")
    return str(user.get("login", "")) if isinstance(user, dict) else ""
