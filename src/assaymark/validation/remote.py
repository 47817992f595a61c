"""Files behind addresses whose host the user allowed: bounded in size and time, redirected only to allowed hosts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from assaymark.api import Unreachable
from assaymark.subject.docs_site import allowed, host_of

MAX_SIZE = 5_000_000
TIMEOUT = 10.0
MAX_REQUESTS = 200
_CHUNK = 65_536


def fetcher(hosts: tuple[str, ...]) -> Callable[[str], bytes]:
    """What reads addresses of these hosts, at most `MAX_REQUESTS` of them."""
    left = [MAX_REQUESTS]

    def fetch(address: str) -> bytes:
        if not allowed(address, hosts):
            raise Unreachable(f"{address} was not fetched: its host is not allowed", remote=True)
        left[0] -= 1
        if left[0] < 0:
            raise Unreachable(f"{address} was not fetched: more than {MAX_REQUESTS} requests", remote=True)
        return _fetched(address, hosts)

    return fetch


def _fetched(address: str, hosts: tuple[str, ...]) -> bytes:
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class OnlyAllowed(HTTPRedirectHandler):
        def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
            if not allowed(newurl, hosts):
                fp.close()
                raise URLError(f"it leads to {host_of(newurl) or 'another scheme'}, which is not allowed")
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    try:
        request = Request(address, headers={"User-Agent": "assaymark"})
        with build_opener(OnlyAllowed).open(request, timeout=TIMEOUT) as answer:
            return _body(answer, address)
    except HTTPError as problem:
        problem.close()
        raise Unreachable(f"{address} answered {problem.code}", remote=True) from problem
    except (URLError, OSError, ValueError) as problem:
        reason = " ".join(str(getattr(problem, "reason", problem)).split())[:200]
        raise Unreachable(f"{address} was not fetched: {reason or 'no answer'}", remote=True) from problem


def _body(answer: Any, address: str) -> bytes:
    end = time.monotonic() + TIMEOUT
    parts: list[bytes] = []
    size = 0
    while part := answer.read(_CHUNK):
        size += len(part)
        if size > MAX_SIZE or time.monotonic() > end:
            raise Unreachable(f"{address} is larger than {MAX_SIZE:,} bytes, or too slow", remote=True)
        parts.append(part)
    return b"".join(parts)
