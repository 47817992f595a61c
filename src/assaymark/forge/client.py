"""What asks a forge to change something: GitHub's API through PyGithub, bounded in number, time and patience.

A request that failed is tried again only where that cannot do harm: reading, and writing what is the same when it is
written twice. One that adds something is repeated only after an answer that says that nothing was done.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assaymark.api import FactUnavailable
from assaymark.errors import InputError
from assaymark.forge import Json, api_address

TIMEOUT = 15
DEADLINE = 600.0
MAX_REQUESTS = 600
TRIES = 4
BACKOFF = 0.5
PATIENCE = 90.0  # seconds that all waiting for a limit may take together
SECONDARY = 60.0  # what GitHub asks for when it does not say how long
PAGE = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9._-]{1,100}")
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})


class Trouble(StrEnum):
    """What went wrong, as far as it changes what to do next."""

    REFUSED = "refused"
    ABSENT = "absent"
    CONFLICT = "conflict"
    INVALID = "invalid"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"


class ForgeProblem(Exception):
    """A request that failed for good. ``text`` is a sentence for people; it never holds the token.

    ``uncertain`` when the forge may have done what was asked although it did not say so.
    """

    def __init__(self, trouble: Trouble, text: str, *, status: int = 0, uncertain: bool = False) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.text = text
        self.status = status
        self.uncertain = uncertain


class Client:
    """Requests on one repository that end: in number, in time, in retries and in waiting."""

    def __init__(
        self,
        address: str,
        token: str,
        name: str,
        *,
        timeout: int = TIMEOUT,
        backoff: float = BACKOFF,
        patience: float = PATIENCE,
        deadline: float = DEADLINE,
        requests: int = MAX_REQUESTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            from github import Auth, Github
        except ImportError as problem:
            hint = "pip install 'assaymark[github]'"
            raise InputError("PyGithub is not installed, which speaks with GitHub", hint=hint) from problem
        self.name = name
        self.address = address
        self._token = token
        self._timeout = timeout
        self._backoff = backoff
        self._patience = patience
        self._sleep = sleep
        self._ends = time.monotonic() + deadline
        self._left = requests
        self._requester = Github(
            base_url=address,
            auth=Auth.Token(token) if token else None,
            timeout=timeout,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).requester

    @property
    def has_token(self) -> bool:
        """Whether requests are made in somebody's name."""
        return bool(self._token)

    def get(self, path: str, **parameters: str | int) -> Any:
        """The decoded answer. Paths begin behind ``/repos/OWNER/NAME``. Raises ForgeProblem, as all of these do."""
        return self._ask("GET", path, None, parameters)[1]

    def table(self, path: str, **parameters: str | int) -> Json:
        """An answer that must be an object."""
        return _table(self.get(path, **parameters))

    def pages(self, path: str, *, key: str = "", most: int = 1_000, **parameters: str | int) -> Iterator[Json]:
        """The objects of a list, page after page, at most ``most``; ``key`` is where an object holds the list."""
        page, seen = 1, 0
        while seen < most:
            wanted = {**parameters, "per_page": PAGE, "page": page}
            headers, answer = self._ask("GET", path, None, wanted)
            rows = _table(answer).get(key) if key else answer
            if not isinstance(rows, list):
                raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
            for row in rows[: most - seen]:
                if isinstance(row, dict):
                    yield row
            seen += len(rows)
            if not rows or 'rel="next"' not in headers.get("link", ""):
                return
            page += 1

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """Add something. ``repeatable`` when adding it twice gives the same as adding it once."""
        return _table(self._ask("POST", path, body, {}, repeatable=repeatable)[1] or {})

    def patch(self, path: str, body: Json, *, repeatable: bool = True) -> Json:
        """Change something; ``repeatable`` is false where the change adds to what is there."""
        return _table(self._ask("PATCH", path, body, {}, repeatable=repeatable)[1] or {})

    def delete(self, path: str) -> None:
        """Take something away; that it is gone already is as good."""
        try:
            self._ask("DELETE", path, None, {})
        except ForgeProblem as problem:
            if problem.trouble is not Trouble.ABSENT:
                raise

    def login(self) -> str | None:
        """The name of the account that the token belongs to; None where the forge does not say."""
        try:
            answer = self._ask("GET", "/user", None, {}, whole=True)[1]
        except ForgeProblem:
            return None
        login = answer.get("login") if isinstance(answer, dict) else None
        return login if isinstance(login, str) else None

    def download(self, path: str, most: int) -> bytes:
        """A file that the API hands out by redirecting to a storage, which never gets the token.

        Raises ForgeProblem, also for more than ``most`` bytes.
        """
        from assaymark.forge.download import fetch

        self._count()
        try:
            return fetch(f"{self.address}/repos/{self.name}{path}", self._token, most, timeout=self._timeout)
        except ForgeProblem as problem:
            if not problem.uncertain:
                raise
            self._sleep(self._backoff)
            return fetch(f"{self.address}/repos/{self.name}{path}", self._token, most, timeout=self._timeout)

    def upload(self, address: str, name: str, file: Path) -> Json:
        """Add a file to a release at the address that the release names. Never sent twice: whoever asks looks first.

        ``uncertain`` problems are those after which it may be there, whole or in part.
        """
        self._count()
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
        with file.open("rb") as stream:
            return _table(
                self._told(
                    lambda: self._requester.requestMemoryBlobAndCheck("POST", address, {"name": name}, headers, stream)
                )[1]
            )

    def asset(self, number: int, most: int) -> bytes:
        """The content of a file of a release. Raises ForgeProblem, also for more than ``most`` bytes."""
        from assaymark.forge.download import fetch

        self._count()
        address = f"{self.address}/repos/{self.name}/releases/assets/{number}"
        return fetch(address, self._token, most, timeout=self._timeout, accept="application/octet-stream")

    def pause(self, seconds: float) -> None:
        """Wait while something goes on elsewhere."""
        self._sleep(seconds)

    def _ask(
        self,
        verb: str,
        path: str,
        body: Json | None,
        parameters: Mapping[str, str | int],
        *,
        repeatable: bool | None = None,
        whole: bool = False,
    ) -> tuple[Mapping[str, str], Any]:
        again = verb in _REPEATABLE if repeatable is None else repeatable
        url = path if whole else f"/repos/{self.name}{path}"
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                return self._once(verb, url, body, parameters)
            except _Later as later:
                if last or later.wait > self._patience:
                    raise ForgeProblem(
                        Trouble.LIMITED,
                        f"GitHub's rate limit is used up; it may be tried again in {later.wait:.0f} s"
                        + ("" if self._token else " (a GITHUB_TOKEN raises it)"),
                        status=later.status,
                    ) from later
                self._patience -= later.wait
                self._sleep(later.wait)
            except ForgeProblem as problem:
                if not problem.uncertain or not again or last:
                    raise
                self._sleep(self._backoff * 2**attempt)
        raise AssertionError("a loop that always returns or raises")

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._ends:
            raise ForgeProblem(Trouble.UNREACHABLE, "too many requests or too much time would be needed")

    def _once(
        self, verb: str, url: str, body: Json | None, parameters: Mapping[str, str | int]
    ) -> tuple[Mapping[str, str], Any]:
        self._count()
        wanted = dict(parameters) or None
        return self._told(lambda: self._requester.requestJsonAndCheck(verb, url, parameters=wanted, input=body))

    def _told(self, request: Callable[[], tuple[Mapping[str, str], Any]]) -> tuple[Mapping[str, str], Any]:
        """What a request gives; whatever goes wrong becomes a ForgeProblem, or `_Later` for a limit."""
        import requests
        from github import GithubException

        try:
            headers, answer = request()
        except GithubException as problem:
            raise self._trouble(problem.status, problem.headers or {}, problem.data) from problem
        except requests.exceptions.RequestException as problem:
            late = "timed out" in str(problem).lower()
            text = "GitHub did not answer in time" if late else "GitHub cannot be reached"
            raise ForgeProblem(Trouble.UNREACHABLE, text, uncertain=True) from problem
        except (ValueError, AssertionError, RecursionError) as problem:
            raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer is not valid JSON", uncertain=True) from problem
        except RuntimeError as problem:  # PyGithub's word for a redirection to another host
            raise ForgeProblem(Trouble.UNREACHABLE, "GitHub redirects to somewhere else") from problem
        if isinstance(answer, dict) and set(answer) <= {"data", "url"} and isinstance(answer.get("data"), str):
            raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer is not JSON", uncertain=True)
        return headers, answer

    def _trouble(self, status: int, headers: Mapping[str, str], data: object) -> Exception:
        head = {key.lower(): value for key, value in headers.items()}
        said = self._said(data)
        wait = _waiting(status, head, said)
        if wait is not None:
            return _Later(wait, status)
        if status == 401:
            return ForgeProblem(Trouble.REFUSED, "GitHub refuses the token (HTTP 401)", status=status)
        if status == 403:
            return ForgeProblem(Trouble.REFUSED, f"the token may not do this (HTTP 403): {said}", status=status)
        if status in (404, 410):
            # A token that may not see something is told that it is not there.
            return ForgeProblem(
                Trouble.ABSENT, f"not found, or not visible for the token (HTTP {status})", status=status
            )
        if status == 409:
            return ForgeProblem(Trouble.CONFLICT, f"it conflicts with what is there (HTTP 409): {said}", status=status)
        if status >= 500:
            return ForgeProblem(
                Trouble.UNREACHABLE, f"GitHub answered with HTTP {status}", status=status, uncertain=True
            )
        return ForgeProblem(Trouble.INVALID, f"GitHub refuses the request (HTTP {status}): {said}", status=status)

    def _said(self, data: object) -> str:
        if not isinstance(data, Mapping):
            return ""
        parts = [data.get("message"), *(data["errors"] if isinstance(data.get("errors"), list) else [])]
        text = "; ".join(p if isinstance(p, str) else json.dumps(p) for p in parts if p)[:500]
        # It may hold words of others (a branch, a title): one line, and nothing that a CI log would obey.
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("##[", "## [")
        return text.replace(self._token, "***") if self._token else text


class _Later(Exception):
    """The forge did nothing and asks for patience."""

    def __init__(self, wait: float, status: int) -> None:
        super().__init__(wait)
        self.wait = wait
        self.status = status


def connect(repository: str, environment: Mapping[str, str], **options: Any) -> Client:
    """A client for ``owner/name`` or ``host/owner/name`` in the name of GITHUB_TOKEN or GH_TOKEN.

    Raises InputError for what is no repository, a host without an adapter, and an address that would show the token.
    """
    host, name = _split(repository, environment)
    if not _NAME.fullmatch(name) or name.endswith(("/.", "/..")):
        raise InputError(f"{repository!r} is not a repository", hint="write it as OWNER/REPO")
    try:
        address = api_address(host, environment)
    except FactUnavailable as problem:
        raise InputError(f"{problem.reason}: only GitHub can be asked", where=repository) from problem
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    if not token.isprintable() or not token.isascii() or " " in token:
        raise InputError("the token in GITHUB_TOKEN or GH_TOKEN is not one: it has blanks or control characters")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InputError("GITHUB_API_URL is not an https address: a token would be readable on the way")
    return Client(address, token, name, **options)


def _split(repository: str, environment: Mapping[str, str]) -> tuple[str, str]:
    if repository.count("/") == 1:
        server = urlsplit(environment.get("GITHUB_SERVER_URL", "https://github.com")).hostname
        return server or "github.com", repository
    host, _, name = repository.partition("/")
    return host, name


def _table(answer: Any) -> Json:
    if not isinstance(answer, dict):
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
    return answer


def _waiting(status: int, headers: Mapping[str, str], said: str) -> float | None:
    """How long to wait when this is a limit; None when it is none."""
    if status not in (403, 429):
        return None
    words = said.lower()
    spent = headers.get("x-ratelimit-remaining") == "0"
    if not (status == 429 or spent or "retry-after" in headers or "rate limit" in words or "abuse" in words):
        return None
    after = headers.get("retry-after", "")
    if after.isdecimal() and len(after) < 9:
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if spent and reset.isdecimal() and len(reset) < 15:
        return max(float(reset) - time.time(), 1.0)
    return SECONDARY
