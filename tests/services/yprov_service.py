"""A yProv service on the loopback interface with the manners and the memory of the real one.

Made after its web code, and compared with it answer by answer (docs/provenance.md says how): exact content type,
results wrapped as strings, anonymous reads, writing without asking who owns, deleting only by who wrote last and never
what was not there; bundles dropped, one value per attribute, numbers and truth as text, zones forgotten, names of
relations lost, equal relations merged, the first prefixes kept for good, records that were there before left in place.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ELEMENTS = ("entity", "activity", "agent")
USERS = {"ada": "lovelace", "bob": "builder"}
# The two ends of each relation that the graph has an edge for.
ENDS = {
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "used": ("prov:activity", "prov:entity"),
    "wasInformedBy": ("prov:informed", "prov:informant"),
    "wasStartedBy": ("prov:activity", "prov:trigger"),
    "wasEndedBy": ("prov:activity", "prov:trigger"),
    "wasInvalidatedBy": ("prov:entity", "prov:activity"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible"),
    "wasInfluencedBy": ("prov:influencee", "prov:influencer"),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity"),
    "alternateOf": ("prov:alternate1", "prov:alternate2"),
    "hadMember": ("prov:collection", "prov:entity"),
    "mentionOf": ("prov:specificEntity", "prov:generalEntity"),
}
_NAME = re.compile(r"[a-z][a-z0-9.-]{2,62}")
Record = dict[str, Any]


class Broken(Exception):
    """What the real service answers with a 500: an exception of its own."""


class Kept:
    """One database: nodes by id with their kind, edges by kind and ends, and the prefixes of the first document."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = {k: v for k, v in prefixes.items() if k not in ("prov", "xsd")}
        self.nodes: dict[str, tuple[str, Record]] = {}
        self.edges: dict[tuple[str, str, str], Record] = {}

    def merge(self, document: Mapping[str, Any]) -> None:
        """Add a document to what is there. Raises Broken for an end that is not declared in it."""
        declared = {id for section in ELEMENTS for id in document.get(section, {})}
        edges = list(_edges(document, declared))
        for section in ELEMENTS:
            for id, value in document.get(section, {}).items():
                self.nodes.setdefault(id, (section, {}))[1].update(_attributes(value))
        for key, more in edges:
            self.edges.setdefault(key, {}).update(more)

    def document(self) -> Record:
        """All of it as PROV-JSON. Raises Broken where the real service cannot say it."""
        told: Record = {"prefix": self.prefixes} if self.prefixes else {}
        for id, (section, attributes) in self.nodes.items():
            for name in (id, *attributes):
                if name.partition(":")[0] not in {*self.prefixes, "prov", "xsd"}:
                    raise Broken(f"{name} has no namespace")
            told.setdefault(section, {})[id] = attributes
        for number, ((kind, first, second), more) in enumerate(self.edges.items(), 1):
            if kind == "mentionOf":
                raise Broken(kind)
            one, two = ENDS[kind]
            # An edge from a node to itself comes back with its first end only.
            ends = {one: first} if first == second else {one: first, two: second}
            told.setdefault(kind, {})[f"_:id{number}"] = {**ends, **more}
        return told


def _edges(document: Mapping[str, Any], declared: set[str]) -> Iterator[tuple[tuple[str, str, str], Record]]:
    for kind, (one, two) in ENDS.items():
        for value in document.get(kind, {}).values():
            first, second = value.get(one), value.get(two)
            if not first or not second:
                continue
            if not {first, second} <= declared:
                raise Broken("Unknown node type")
            yield (kind, first, second), _attributes({k: v for k, v in value.items() if k not in (one, two)})
            activity = value.get("prov:activity")
            if kind == "wasDerivedFrom" and activity:
                yield ("used", activity, second), {}
                yield ("wasGeneratedBy", first, activity), {}


def _attributes(value: Any) -> Record:
    kept = {}
    for copy in value if isinstance(value, list) else [value]:
        for key, one in copy.items():
            one = one[-1] if isinstance(one, list) else one
            if one is not None:
                kept[key] = _moment(str(one)) if key in TIMES else _value(one)
    return kept


TIMES = ("prov:startTime", "prov:endTime", "prov:time")


def _moment(text: str) -> str:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None).isoformat()


def _value(one: Any) -> Any:
    if isinstance(one, dict):
        if "lang" in one:
            return f'"{one["$"]}"@{one["lang"]}'
        if one.get("type") == "xsd:QName":
            return {"$": f"{one['$']} ", "type": " xsd:QName"}
        one = one["$"]
    text, separator, rest = str(one).partition("%%")
    return {"$": text.replace('"', ""), "type": rest} if separator else text


def _readable(document: Any) -> bool:
    """Whether the package ``prov`` would read it: known prefixes, and no value that is a structure of its own."""
    if not isinstance(document, dict):
        return False
    known = {*document.get("prefix", {}), "prov", "xsd", "_"}
    for section in ELEMENTS:
        for id, value in document.get(section, {}).items():
            copies = value if isinstance(value, list) else [value]
            if id.partition(":")[0] not in known or any(
                isinstance(one, dict) and "$" not in one for copy in copies for one in copy.values()
            ):
                return False
    return True


class Store:
    """What the service keeps. ``failures`` are statuses to answer next, instead of working."""

    def __init__(self) -> None:
        self.documents: dict[str, Kept] = {}
        # Whoever wrote last; it stays when the document goes.
        self.owners: dict[str, str] = {}
        self.failures: list[int] = []
        self.asked: list[str] = []


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

    def _serve(self) -> None:
        self.store.asked.append(f"{self.command} {self.path}")
        body = self._body() if self.command in ("PUT", "POST") else None
        if self.store.failures:
            return self._answer(self.store.failures.pop(0), {"error": "as told"})
        try:
            return self._answer(*self._done(body))
        except Broken:
            return self._answer(500, "Internal Server Error")

    def _done(self, body: Any) -> tuple[int, Any]:
        path = self.path.removeprefix("/api/v0")
        if path == "/auth/login":
            return _login(body)
        if path == "/documents" and self.command == "GET":
            return 200, {"result": list(self.store.documents)}
        if not path.startswith("/documents/"):
            return 404, "Not Found"
        name = path.removeprefix("/documents/")
        if self.command == "GET":
            found = self.store.documents.get(name)
            return (200, {"result": json.dumps(found.document())}) if found else (404, {"error": "Document not found"})
        user = self._user()
        if user is None:
            return 401, {"error": "Token is missing!"}
        return self._delete(name, user) if self.command == "DELETE" else self._put(name, body, user)

    def _user(self) -> str | None:
        header = self.headers.get("Authorization")
        if header is None:
            return None
        if " " not in header:
            raise Broken("list index out of range")
        token = header.partition(" ")[2].removeprefix("token-of-")
        return token if token in USERS else None

    def _delete(self, name: str, user: str) -> tuple[int, Any]:
        # Who never wrote it has no right to, whether it is there or not.
        if self.store.owners.get(name) != user:
            return 403, {"error": "User does not have permission"}
        if name not in self.store.documents:
            return 404, {"error": "Document not found"}
        del self.store.documents[name]
        return 200, {"message": "Document deleted"}

    def _put(self, name: str, body: Any, user: str) -> tuple[int, Any]:
        if not _readable(body):
            return 400, {"error": "Document not valid"}
        if not _NAME.fullmatch(name):
            raise Broken("no name for a database")
        kept = self.store.documents.get(name, Kept(body.get("prefix", {})))
        kept.merge(body)
        self.store.documents[name] = kept
        self.store.owners[name] = user
        return 201, {"message": "Document uploaded"}

    do_GET = do_PUT = do_POST = do_DELETE = _serve


def _login(body: Any) -> tuple[int, Any]:
    if not isinstance(body, dict) or not body.get("user") or not body.get("password"):
        return 400, {"error": "Data not valid"}
    if USERS.get(body["user"]) == body["password"]:
        return 200, {"result": f"token-of-{body['user']}"}
    return 401, {"error": "Please register!"}


@contextmanager
def running() -> Iterator[tuple[str, Store]]:
    """The address of a running service and what it keeps."""
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
