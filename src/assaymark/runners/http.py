"""Questions to a service by HTTP(S): a bearer token read anew each time, a client certificate, no redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.web import WebAnswer, ask_web, host_of

SECONDS = 120.0
LIMIT = 64_000_000


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
    ) -> WebAnswer:
        """One question. Raises `web.Silent` when there is no answer, InputError when a file of ours cannot be read."""
        told = {"Content-Type": "application/json", **(headers or {})}
        if self.token_file:
            told["Authorization"] = f"Bearer {self._token()}"
        if not host_of(self.url):
            raise InputError("this is no address of a service", where=self.url)
        context = self._context() if self.ca or self.certificate else None
        return ask_web(
            self.url.rstrip("/") + path,
            method=method,
            headers=told,
            body=body,
            most=LIMIT,
            quiet=SECONDS,
            longest=2 * SECONDS,
            context=context,
        )

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
