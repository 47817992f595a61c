"""A client of a yProv service: log in, replace a document, read it back and prove that it is there.

Whatever is pushed is public: reads need no login there. Address and token come from the caller; nothing is kept.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from assaymark.errors import InputError, Undetermined
from assaymark.web import Silent, WebAnswer, ask_web

_NAME = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_TRIES = 3
_LARGEST = 64_000_000
# Seconds without a byte, and in all. The time that the service needs to take a document grows with its square.
_PATIENCE = (60, 120)
_WRITING = (1_800, 1_800)


class Service:
    """A yProv service at an address such as ``http://host:3000``; ``token`` is needed to write."""

    def __init__(self, address: str, token: str | None = None, *, pause: float = 1.0) -> None:
        if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?", address):
            raise InputError("not the address of a service", where=address, hint="for example http://localhost:3000")
        self._base = address.rstrip("/") + "/api/v0"
        self._token = token
        self._pause = pause

    def log_in(self, user: str, password: str) -> None:
        """Take a token for a user. Raises InputError when the service refuses."""
        answer = self._ask("POST", "/auth/login", {"user": user, "password": password})
        token = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise Undetermined("the service answered a login without a token", where=self._base)
        self._token = token

    def replace(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in place of the one with this name; a document of another owner is left alone."""
        place = f"/documents/{_checked(name)}"
        # What is not there must not be deleted: the service refuses that, as it refuses what is another's.
        if name in self._names():
            self._ask("DELETE", place, absent=True)
        self._ask("PUT", place, document)

    def _names(self) -> list[str]:
        """The names of all documents; that there are none is said, like everything, with a ``result``."""
        answer = self._ask("GET", "/documents")
        names = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(names, list):
            raise Undetermined("the service does not tell which documents it has", where=self._base)
        return [name for name in names if isinstance(name, str)]

    def read(self, name: str) -> Any:
        """The document with this name as a parsed JSON value; InputError when there is none."""
        answer = self._ask("GET", f"/documents/{_checked(name)}")
        text = answer.get("result") if isinstance(answer, dict) else None
        try:
            return json.loads(text) if isinstance(text, str) else text
        except ValueError as problem:
            raise Undetermined(f"the document that came back is no JSON: {problem}", where=self._base) from problem

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, absent: bool = False) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        data = None
        if body is not None:
            # The service compares the whole header: a charset after it is refused.
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, sort_keys=True).encode("ascii")
        quiet, longest = _WRITING if method == "PUT" else _PATIENCE
        for attempt in range(1, _TRIES + 1):
            try:
                answer = ask_web(
                    self._base + path,
                    method=method,
                    headers=headers,
                    body=data,
                    most=_LARGEST,
                    quiet=quiet,
                    longest=longest,
                )
            except Silent as problem:
                # What is still being written is not written once more beside it.
                if attempt == _TRIES or method == "PUT":
                    raise Undetermined(f"the service {problem.text}", where=self._base) from None
            else:
                if answer.status < 500 or attempt == _TRIES:
                    return _answered(f"{method} {path}", answer, absent)
            time.sleep(self._pause * attempt)
        raise AssertionError("unreachable")


def _answered(where: str, answer: WebAnswer, absent: bool) -> Any:
    status = answer.status
    if status == 404 and absent:
        return None
    if status in (401, 403):
        raise InputError(f"the service refuses ({status})", where=where, hint="check user, password and owner")
    if status == 404:
        raise InputError("there is no such document", where=where)
    if status >= 500:
        raise Undetermined(f"the service failed ({status})", where=where)
    if status >= 300:
        raise InputError(f"the service answered {status}: {answer.text[:200]!r}", where=where)
    try:
        return answer.document()
    except Silent:
        return None


def document_name(repository: str, key: str) -> str:
    """A name that the service's storage takes: lower case, letters first, at most 63; ``key`` tells documents apart."""
    import hashlib

    readable = re.sub(r"[^a-z0-9]+", "-", repository.lower()).strip("-")
    digest = hashlib.sha256(f"{repository}\0{key}".encode()).hexdigest()[:12]
    return f"am-{readable[:40].strip('-')}-{digest}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name.startswith("system"):
        raise InputError(
            f"{name!r} is no name for a document", hint="3 to 63 of a-z, 0-9 and -, a letter first, no - last"
        )
    return name
