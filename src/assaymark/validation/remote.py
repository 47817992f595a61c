"""Files behind addresses whose host the user allowed: bounded in size and time, redirected only to allowed hosts."""

from __future__ import annotations

from collections.abc import Callable

from assaymark.api import Unreachable

MAX_SIZE = 5_000_000
MAX_REQUESTS = 200


def fetcher(hosts: tuple[str, ...]) -> Callable[[str], bytes]:
    """What reads addresses of these hosts, at most `MAX_REQUESTS` of them."""
    left = [MAX_REQUESTS]

    def fetch(address: str) -> bytes:
        from assaymark.web import is_allowed

        if not is_allowed(address, hosts):
            raise Unreachable(f"{address} was not fetched: its host is not allowed", remote=True)
        left[0] -= 1
        if left[0] < 0:
            raise Unreachable(f"{address} was not fetched: more than {MAX_REQUESTS} requests", remote=True)
        return _fetched(address, hosts)

    return fetch


def _fetched(address: str, hosts: tuple[str, ...]) -> bytes:
    from assaymark import web

    try:
        answer = web.ask_web(address, most=MAX_SIZE, follow=web.only_to(hosts))
    except web.Silent as problem:
        raise Unreachable(f"{address} was not fetched: it {problem.text}", remote=True) from problem
    if answer.status != 200:
        raise Unreachable(f"{address} answered {answer.status}", remote=True)
    return answer.body
