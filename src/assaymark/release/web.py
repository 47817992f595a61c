"""The door to registries of images and to Zenodo: bounded requests, and a token that goes to one host only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assaymark.errors import InputError
from assaymark.wording import one_line

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = 60
TRIES = 4
MAX_ANSWER = 20_000_000
_AGAIN = (429, 500, 502, 503, 504)


class WebProblem(Exception):
    """A request that failed for good; ``uncertain`` when it may have been done all the same."""

    def __init__(self, text: str, *, status: int = 0, uncertain: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.uncertain = uncertain


class Api:
    """JSON requests to one address in the name of one token. Reading and writing the same twice is tried again."""

    def __init__(self, base: str, token: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        guard(base)
        self.base = base.rstrip("/")
        self._token = token
        self._sleep = sleep

    def get(self, path: str, **parameters: str | int) -> Any:
        """The decoded answer. Raises WebProblem, as all of these do."""
        return self._ask("GET", path, parameters=parameters)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Add something; never sent twice."""
        return self._ask("POST", path, body=body or {}, again=False)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Write something that is the same when it is written twice."""
        return self._ask("PUT", path, body=body)

    def put_file(self, path: str, file: Path) -> Any:
        """Write a file's content."""
        return self._ask("PUT", path, file=file)

    def delete(self, path: str) -> None:
        """Take something away; that it is gone already is as good."""
        try:
            self._ask("DELETE", path)
        except WebProblem as problem:
            if problem.status not in (404, 410):
                raise

    def _ask(
        self,
        verb: str,
        path: str,
        *,
        parameters: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        file: Path | None = None,
        again: bool = True,
    ) -> Any:
        url = path if path.startswith(self.base + "/") else self.base + path
        if urlsplit(url).netloc != urlsplit(self.base).netloc:
            raise WebProblem("the answer leads to another host, which does not get the token")
        for attempt in range(TRIES):
            try:
                return self._once(verb, url, parameters, body, file)
            except WebProblem as problem:
                if not (problem.uncertain and again) or attempt == TRIES - 1:
                    raise
                self._sleep(0.5 * 2**attempt)
        raise AssertionError("a loop that always returns or raises")

    def _once(
        self,
        verb: str,
        url: str,
        parameters: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
        file: Path | None,
    ) -> Any:
        import requests

        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "assaymark", "Accept": "application/json"}
        stream: IO[bytes] | None = file.open("rb") if file else None
        try:
            with requests.Session() as session:
                session.trust_env = True
                session.auth = as_it_is
                answer = session.request(
                    verb,
                    url,
                    params=parameters,
                    json=body if file is None else None,
                    data=stream,
                    headers=headers,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    return _decoded(answer, self._token)
        except requests.exceptions.RequestException as problem:
            raise WebProblem(f"{urlsplit(url).netloc} did not answer", uncertain=True) from problem
        finally:
            if stream:
                stream.close()


def guard(base: str) -> None:
    """Refuse an address over which a token could be read on the way. Raises InputError."""
    parts = urlsplit(base)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InputError("is not an https address: a token would be readable on the way", where=base)


def as_it_is(request: Any) -> Any:
    """What is asked with no login but that in its headers: requests would look for one in a .netrc."""
    return request


def _decoded(answer: Response, token: str) -> Any:
    import json

    content = answer.raw.read(MAX_ANSWER + 1, decode_content=True)
    if len(content) > MAX_ANSWER:
        raise WebProblem("the answer is too long")
    status = answer.status_code
    if status in _AGAIN:
        raise WebProblem(f"the service answered with HTTP {status}", status=status, uncertain=True)
    if status >= 300:
        said = one_line(content[:2_000].decode("utf-8", "replace"), 300).replace(token or "\0", "***")
        raise WebProblem(f"the service refuses it (HTTP {status}): {said}", status=status)
    if not content:
        return {}
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise WebProblem("the answer is not JSON", status=status, uncertain=True) from problem
