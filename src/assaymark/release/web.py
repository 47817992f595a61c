"""The door to registries of images and to Zenodo: bounded requests, and a token that goes to one host only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from assaymark.errors import InputError
from assaymark.web import Silent, WebAnswer, ask_web, is_private
from assaymark.wording import one_line

TIMEOUT = 60
TRIES = 4
MAX_ANSWER = 20_000_000
_AGAIN = (429, 500, 502, 503, 504)
_FULL = 429
_LONGEST_PAUSE = 90.0  # a limit is by the minute


class WebProblem(Exception):
    """A request that failed for good; ``uncertain`` when it may have been done all the same.

    ``pause`` is after how many seconds the service wants to be asked again, 0 when it does not say.
    """

    def __init__(self, text: str, *, status: int = 0, uncertain: bool = False, pause: float = 0.0) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.uncertain = uncertain
        self.pause = pause


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

    def pause(self, seconds: float) -> None:
        """Wait: what was done is not always seen at once."""
        self._sleep(seconds)

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
                # What was one too many in its minute was not done.
                repeatable = again or problem.status == _FULL
                if not (problem.uncertain and repeatable) or attempt == TRIES - 1:
                    raise
                self._sleep(problem.pause or 0.5 * 2**attempt)
        raise AssertionError("a loop that always returns or raises")

    def _once(
        self,
        verb: str,
        url: str,
        parameters: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
        file: Path | None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        stream: IO[bytes] | None = file.open("rb") if file else None
        if stream or body is not None:
            headers["Content-Type"] = "application/octet-stream" if stream else "application/json"
        try:
            # A large file takes as long as it takes.
            answer = ask_web(
                url,
                method=verb,
                headers=headers,
                parameters=parameters,
                body=stream if stream or body is None else json.dumps(body).encode(),
                most=MAX_ANSWER,
                quiet=TIMEOUT,
                longest=None if stream else 4 * TIMEOUT,
            )
        except Silent as problem:
            raise WebProblem(f"{urlsplit(url).netloc} {problem.text}", uncertain=True) from problem
        finally:
            if stream:
                stream.close()
        return _decoded(answer, self._token)


def guard(base: str) -> None:
    """Refuse an address over which a token could be read on the way. Raises InputError."""
    if not is_private(base):
        raise InputError("is not an https address: a token would be readable on the way", where=base)


def _decoded(answer: WebAnswer, token: str) -> Any:
    status = answer.status
    if status in _AGAIN:
        text = f"the service answered with HTTP {status}"
        raise WebProblem(text, status=status, uncertain=True, pause=_pause(answer) if status == _FULL else 0.0)
    if status >= 300:
        said = one_line(answer.text, 300).replace(token or "\0", "***")
        raise WebProblem(f"the service refuses it (HTTP {status}): {said}", status=status)
    if not answer.body:
        return {}
    try:
        return answer.document()
    except Silent as problem:
        raise WebProblem(f"the service {problem.text}", status=status, uncertain=True) from problem


def _pause(answer: WebAnswer) -> float:
    """How long a service that has enough wants to be left alone: seconds, or a time since 1970."""
    after, reset = answer.headers.get("retry-after", ""), answer.headers.get("x-ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        seconds = float(after[:9])
    elif reset.isascii() and reset.isdigit():
        seconds = float(reset[:12]) - time.time()
    else:
        return 0.0
    return min(max(seconds, 1.0), _LONGEST_PAUSE)
