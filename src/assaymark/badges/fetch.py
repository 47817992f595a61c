"""Small files from hosts that the user allowed: HTTPS only, nothing is followed, nothing is sent along."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.client import HTTPResponse

LIMIT = 2_000_000
TIMEOUT = 10.0  # seconds that one answer to the socket may take
PATIENCE = 30.0  # seconds for all of it
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
    import http.client
    import ssl

    connection = http.client.HTTPSConnection(host, timeout=TIMEOUT, context=ssl.create_default_context())
    try:
        connection.request("GET", path, headers={"Accept": "*/*", "User-Agent": "assaymark"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise NotFetched(f"{host} answered {answer.status}")
        content = _read(answer)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise NotFetched(f"{host} did not answer: {type(problem).__name__}") from problem
    finally:
        connection.close()
    if len(content) > LIMIT:
        raise NotFetched(f"what {host} answered is larger than {LIMIT // 1_000_000} MB")
    return content


def _read(answer: HTTPResponse) -> bytes:
    content, end = b"", time.monotonic() + PATIENCE
    while len(content) <= LIMIT and (part := answer.read1(65_536)):
        content += part
        if time.monotonic() > end:
            raise NotFetched("the answer takes too long")
    if answer.length and len(content) <= LIMIT:
        raise NotFetched("the answer was cut off")
    return content
