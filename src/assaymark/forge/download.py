"""Files that GitHub's API hands out through a storage elsewhere: bounded, and the token stays with the API."""

from __future__ import annotations

from urllib.parse import urlsplit

from assaymark import web

_DEADLINE = 120.0


def fetch(address: str, token: str, most: int, *, timeout: int, accept: str = "application/vnd.github+json") -> bytes:
    """The bytes behind an address of the API. Redirections are followed without the token and only by https.

    Raises ForgeProblem.
    """
    from assaymark.forge.client import ForgeProblem, Trouble

    headers = {"Accept": accept, **({"Authorization": f"token {token}"} if token else {})}
    try:
        answer = web.ask_web(address, headers=headers, most=most, quiet=timeout, longest=_DEADLINE, follow=_follow)
    except web.Silent as problem:
        raise ForgeProblem(Trouble.UNREACHABLE, f"the download {problem.text}", uncertain=True) from problem
    status = answer.status
    if status in (404, 410):
        raise ForgeProblem(Trouble.ABSENT, f"the file is not there, or no longer (HTTP {status})", status=status)
    if status in (401, 403):
        raise ForgeProblem(Trouble.REFUSED, f"the token may not download it (HTTP {status})", status=status)
    if status != 200:
        again = status >= 500 or status == 429
        raise ForgeProblem(Trouble.UNREACHABLE, f"the download gave HTTP {status}", status=status, uncertain=again)
    return answer.body


def _follow(before: str, after: str) -> str:
    """https only; a test's API without it may lead to a storage without it on the same machine."""
    old, new = urlsplit(before), urlsplit(after)
    if new.scheme == "https" or (old.scheme == new.scheme == "http" and old.hostname == new.hostname):
        return ""
    return "leads to an address that is not https"
