"""A yProv service on the loopback interface with the manners and the memory of the real one.

Exact content type, results wrapped as strings, anonymous reads, writing without asking who owns, deleting only by
the owner; bundles dropped, one value per attribute, numbers and truth as text, zones forgotten, names of relations
lost, equal relations merged, records of a document that was there before left in place.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ELEMENTS = ("entity", "activity", "agent")
USERS = {"ada": "lovelace", "bob": "builder"}
_NAME = re.compile(r"[a-z][a-z0-9.-]{2,62}")


class Store:
    """What the service keeps. ``failures`` are statuses to answer next, instead of working."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.owners: dict[str, str] = {}
        self.failures: list[int] = []
        self.asked: list[str] = []

    def put(self, name: str, document: dict[str, Any], user: str) -> None:
        """Merge a document into the one with this name."""
        kept = self.documents.setdefault(name, {"prefix": document.get("prefix", {})})
        self.owners[name] = user
        declared = {id for section in ELEMENTS for id in document.get(section, {})}
        for section in ELEMENTS:
            for id, value in document.get(section, {}).items():
                kept.setdefault(section, {}).setdefault(id, {}).update(_attributes(value))
        for section, records in document.items():
            if section in ("prefix", "bundle", *ELEMENTS):
                continue
            known = {tuple(v.values()) for v in kept.get(section, {}).values()}
            for value in records.values():
                if section in ("wasStartedBy", "wasEndedBy") and "prov:trigger" not in value:
                    continue
                ends = {k: v for k, v in value.items() if isinstance(v, str) and v in declared}
                if len(ends) >= 2 and tuple(ends.values()) not in known:
                    known.add(tuple(ends.values()))
                    kept.setdefault(section, {})[f"_:id{len(known)}"] = ends


def _attributes(value: Any) -> dict[str, Any]:
    kept = {}
    for copy in value if isinstance(value, list) else [value]:
        for key, one in copy.items():
            one = one[-1] if isinstance(one, list) else one
            if isinstance(one, dict):
                one = f"{one.get('$')} " if one.get("type") == "xsd:QName" else one.get("$")
            text = str(one)
            kept[key] = re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text) if "Time" in key and key.startswith("prov:") else text
    return kept


class _Handler(BaseHTTPRequestHandler):
    store: Store

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> Any:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Type") != "application/json":
            return None
        try:
            return json.loads(raw)
        except ValueError:
            return None

    def _user(self) -> str | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer token-of-")
        return token if token in USERS else None

    def _serve(self) -> None:
        self.store.asked.append(f"{self.command} {self.path}")
        body = self._body() if self.command in ("PUT", "POST") else None
        if self.store.failures:
            return self._answer(self.store.failures.pop(0), {"error": "as told"})
        name = self.path.rpartition("/")[2]
        if self.path == "/api/v0/auth/login":
            return self._login(body)
        if not self.path.startswith("/api/v0/documents/"):
            return self._answer(404, {})
        if self.command == "GET":
            found = self.store.documents.get(name)
            return self._answer(200, {"result": json.dumps(found)}) if found else self._answer(404, {"error": "none"})
        if "Authorization" not in self.headers:
            return self._answer(500, {"error": "no header"})
        user = self._user()
        if user is None:
            return self._answer(401, {"error": "token"})
        return self._write(name, body, user)

    def _login(self, body: Any) -> None:
        if isinstance(body, dict) and USERS.get(body.get("user")) == body.get("password"):
            return self._answer(200, {"result": f"token-of-{body['user']}"})
        return self._answer(401, {"error": "wrong"})

    def _write(self, name: str, body: Any, user: str) -> None:
        if self.command == "DELETE":
            if name not in self.store.documents:
                return self._answer(404, {"error": "none"})
            if self.store.owners[name] != user:
                return self._answer(403, {"error": "not yours"})
            del self.store.documents[name], self.store.owners[name]
            return self._answer(200, {"result": "gone"})
        if not isinstance(body, dict) or not _NAME.fullmatch(name):
            return self._answer(400, {"error": "bad"})
        self.store.put(name, body, user)
        return self._answer(201, {"result": "made"})

    do_GET = do_PUT = do_POST = do_DELETE = _serve


@contextmanager
def running() -> Iterator[tuple[str, Store]]:
    """The address of a running service and what it keeps."""
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
