"""Questions to a service by HTTP(S): a bearer token read anew each time, a client certificate, no redirects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assaymark.errors import InputError

SECONDS = 120.0
LIMIT = 64_000_000


class Silent(Exception):
    """No whole answer came; what was asked for may have happened."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The beginning of the body on one line."""
        return " ".join(self.body[:2000].decode("utf-8", "replace").split())[:300]

    def document(self) -> Any:
        """The body as JSON. `Silent` when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as problem:
            raise Silent(f"the answer is not JSON: {problem}") from problem


@dataclass(frozen=True, slots=True)
class Service:
    """``token_file`` holds a bearer token, ``ca`` the certificates to trust, ``certificate`` and ``key`` are ours."""

    url: str
    token_file: str | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One question. Raises `Silent` when there is no answer, InputError when a file of ours cannot be read."""
        import http.client

        address = urlsplit(self.url)
        told = {"Content-Type": "application/json", "User-Agent": "assaymark", **(headers or {})}
        if self.token_file:
            told["Authorization"] = f"Bearer {self._token()}"
        connection: http.client.HTTPConnection
        try:
            if address.scheme == "https":
                connection = http.client.HTTPSConnection(address.netloc, timeout=SECONDS, context=self._context())
            else:
                connection = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
        except http.client.InvalidURL as problem:
            raise InputError(f"this is no address: {problem}", where=self.url) from problem
        try:
            connection.request(method, address.path.rstrip("/") + path, body=body, headers=told)
            answer = connection.getresponse()
            content = answer.read(LIMIT + 1)
            if len(content) > LIMIT:
                raise Silent(f"the answer is larger than {LIMIT // 10**6} MB")
            return Answer(answer.status, content)
        except (OSError, http.client.HTTPException) as problem:
            raise Silent(str(problem) or type(problem).__name__) from problem
        finally:
            connection.close()

    def _token(self) -> str:
        try:
            with Path(self.token_file or "").open("rb") as file:
                text = file.read(100_000).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise InputError(f"the token cannot be read: {problem}", where=self.token_file) from problem
        if not text or any(c.isspace() for c in text):
            raise InputError("there is no token in it, or more than one", where=self.token_file)
        return text

    def _context(self) -> Any:
        import ssl

        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as problem:
            raise InputError(f"a certificate or key cannot be used: {problem}", where=self.url) from problem
        return context
