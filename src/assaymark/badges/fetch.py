"""Small files from hosts that the user allowed: HTTPS only, nothing is followed, nothing is sent along."""

from __future__ import annotations

import re
from collections.abc import Collection

LIMIT = 2_000_000
_ADDRESS = re.compile(r"https://((?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?)(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")


class NotFetched(Exception):
    """It was not asked for, or did not come; the text says why."""


def fetch(url: str, allowed: Collection[str]) -> bytes:
    """The content. Raises `NotFetched` for any other answer than 200, and for hosts that are not allowed."""
    match = _ADDRESS.fullmatch(url.partition("#")[0])
    if match is None or len(url) > 2_000:
        raise NotFetched("it is not a plain https address")
    host, path = match[1], match[2] or "/"
    if host not in allowed:
        raise NotFetched(f"{host} was not allowed: --allow-host {host}")
    return _get(host, path)


def _get(host: str, path: str) -> bytes:
    from assaymark import web

    try:
        answer = web.ask_web(f"https://{host}{path}", most=LIMIT)
    except web.Silent as problem:
        raise NotFetched(f"{host} {problem.text}") from problem
    if answer.status != 200:
        raise NotFetched(f"{host} answered {answer.status}")
    return answer.body
