"""Files that GitHub's API hands out through a storage elsewhere: bounded, and the token stays with the API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from requests import Response

_CHUNK = 65_536
_HOPS = 3
_DEADLINE = 120.0
_REDIRECTS = (301, 302, 303, 307, 308)


def fetch(address: str, token: str, most: int, *, timeout: int, accept: str = "application/vnd.github+json") -> bytes:
    """The bytes behind an address of the API. Redirections are followed by hand, without the token and only by https.

    Raises ForgeProblem.
    """
    import requests

    from assaymark.forge.client import ForgeProblem, Trouble

    headers = {"Accept": accept, "User-Agent": "assaymark"}
    if token:
        headers["Authorization"] = f"token {token}"
    try:
        with requests.Session() as session:
            session.trust_env = True
            session.auth = _no_netrc
            for _ in range(_HOPS):
                answer = session.get(address, headers=headers, timeout=timeout, stream=True, allow_redirects=False)
                with answer:
                    if answer.status_code not in _REDIRECTS:
                        return _body(answer, most)
                    following = urljoin(address, answer.headers.get("Location", ""))
                if not _allowed(address, following):
                    raise ForgeProblem(Trouble.UNREACHABLE, "the download leads to an address that is not https")
                address = following
                headers.pop("Authorization", None)
    except requests.exceptions.RequestException as problem:
        raise ForgeProblem(Trouble.UNREACHABLE, "the download was not finished", uncertain=True) from problem
    raise ForgeProblem(Trouble.UNREACHABLE, "the download leads round in circles")


def _no_netrc(request: Any) -> Any:
    return request


def _allowed(before: str, after: str) -> bool:
    """https only; a test's API without it may lead to a storage without it on the same machine."""
    old, new = urlsplit(before), urlsplit(after)
    return new.scheme == "https" or (old.scheme == new.scheme == "http" and old.hostname == new.hostname)


def _body(answer: Response, most: int) -> bytes:
    from assaymark.forge.client import ForgeProblem, Trouble

    status = answer.status_code
    if status in (404, 410):
        raise ForgeProblem(Trouble.ABSENT, f"the file is not there, or no longer (HTTP {status})", status=status)
    if status in (401, 403):
        raise ForgeProblem(Trouble.REFUSED, f"the token may not download it (HTTP {status})", status=status)
    if status != 200:
        again = status >= 500 or status == 429
        raise ForgeProblem(Trouble.UNREACHABLE, f"the download gave HTTP {status}", status=status, uncertain=again)
    parts: list[bytes] = []
    size = 0
    ends = time.monotonic() + _DEADLINE
    for part in answer.iter_content(_CHUNK):
        size += len(part)
        if time.monotonic() > ends:
            raise ForgeProblem(Trouble.UNREACHABLE, "the download takes too long")
        if size > most:
            raise ForgeProblem(Trouble.INVALID, f"the download is larger than {most / 1_000_000:.0f} MB")
        parts.append(part)
    return b"".join(parts)
