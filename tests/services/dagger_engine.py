"""A stand-in for the Dagger engine on 127.0.0.1: the session protocol, the schema, lazy evaluation. No real engine.

Every query is validated against the schema of the installed SDK (`dagger_engine_schema`). What a leaf gives comes from
a back end: `dagger_engine_scripted` answers by rules and proves what is *asked*; `dagger_engine_docker` runs the steps
in Docker Engine. Not represented: the engine's caching, ownership of mounts, registries, services, scrubbing of logs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import graphql
from dagger_engine_schema import defaults, schema
from graphql.language import ast as gast

UNWANTED = ("DAGGER_", "_EXPERIMENTAL_DAGGER_", "OTEL_", "TRACEPARENT")
_introspected: dict[str, bytes] = {}


class Refused(Exception):
    """An error of the engine: not one of a step."""


class ExecFailed(Exception):
    """A step ended with a status that was not expected."""

    def __init__(self, argv: list[str], code: int, stdout: str, stderr: str) -> None:
        super().__init__(f'process "{" ".join(argv)}" did not complete successfully: exit code: {code}')
        self.extensions = {"_type": "EXEC_ERROR", "cmd": argv, "exitCode": code, "stdout": stdout, "stderr": stderr}


def expected(expect: str, code: int) -> bool:
    """Which exit statuses ``withExec`` accepts: a signal (128 to 191) is never a result."""
    if expect == "SUCCESS":
        return code == 0
    low = 1 if expect == "FAILURE" else 0
    return low <= code <= 127 or 192 <= code <= 255


@dataclass(frozen=True)
class Node:
    """An object that a query described: a field of a parent, with its arguments; nothing is evaluated yet."""

    type: str
    field: str
    arguments: Mapping[str, Any]
    parent: Node | None = None

    @cached_property
    def digest(self) -> str:
        """The same for the same description."""
        parts = [self.type, self.field, dict(self.arguments), self.parent.digest if self.parent else None]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def id(self) -> str:
        """What the wire carries."""
        return f"{self.type}:{self.digest}"

    def line(self) -> Iterator[Node]:
        """From the root to this node."""
        if self.parent:
            yield from self.parent.line()
        yield self


class Back(Protocol):
    """Evaluates nodes."""

    def force(self, engine: Engine, node: Node) -> None:
        """Evaluate it. Raises ExecFailed or Refused."""

    def leaf(self, engine: Engine, node: Node, name: str, arguments: Mapping[str, Any]) -> Any:
        """A scalar of a node."""


@dataclass
class Engine:
    """Started as a context; `environment` is what the SDK must see."""

    back: Back
    token: str = field(default_factory=secrets.token_hex)
    queries: list[str] = field(default_factory=list)
    leaves: list[tuple[str, Node]] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    plaintexts: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Engine:
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wanted = "Basic " + base64.b64encode(f"{engine.token}:".encode()).decode()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Authorization") != wanted:
                    self._send(401, b"unauthorized")
                    return
                self._send(200, engine.answer(json.loads(body)))

            def _send(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # The SDK asks for everything that it wants to know of a module at the same time.
            request_queue_size = 512

            def handle_error(self, *_: object) -> None:
                """A client that did not wait for the answer is no matter of ours."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """Where the SDK finds the session."""
        return {"DAGGER_SESSION_PORT": str(self.server.server_port), "DAGGER_SESSION_TOKEN": self.token}

    def answer(self, request: Mapping[str, Any]) -> bytes:
        """One request; an error travels in the body, as in the engine."""
        text = request["query"]
        if text in _introspected:
            return _introspected[text]
        document = graphql.parse(text)
        if errors := graphql.validate(schema(), document):
            return json.dumps({"errors": [{"message": e.message} for e in errors]}).encode()
        introspection = "__schema" in text
        if not introspection:
            with self.lock:
                self.queries.append(graphql.print_ast(_redacted(document)))
        result = graphql.execute_sync(
            schema(),
            document,
            variable_values=request.get("variables"),
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value.type,
        )
        data: dict[str, Any] = {"data": result.data}
        if result.errors:
            data["errors"] = [_error(error) for error in result.errors]
        encoded = json.dumps(data).encode()
        if introspection:
            _introspected[text] = encoded
        return encoded

    def _resolve(self, source: Any, info: graphql.GraphQLResolveInfo, /, **given: Any) -> Any:
        name = info.field_name
        if not isinstance(source, Node | None):
            return getattr(source, name)
        arguments = defaults(info.parent_type.fields[name].args, given)
        bare = graphql.get_nullable_type(info.return_type)
        if source is None and name == "node":
            return self.node(arguments["id"])
        if source is None and name == "version":
            return "v0.0.0-double"
        if isinstance(bare, graphql.GraphQLObjectType | graphql.GraphQLInterfaceType):
            if name == "setSecret":
                self.plaintexts[arguments["name"]] = arguments.pop("plaintext")
            return self._remember(Node(bare.name, name, arguments, source))
        if graphql.is_list_type(bare) and graphql.is_object_type(graphql.get_named_type(bare)):
            raise Refused(f"{info.parent_type.name}.{name}: this stand-in has no lists of objects")
        if source is None:
            raise Refused(f"Query.{name}: this stand-in does not know it")
        if name == "id":
            return source.id
        with self.lock:
            self.leaves.append((name, source))
        if name == "sync":
            self.back.force(self, source)
            return source.id
        return self.back.leaf(self, source, name, arguments)

    def _remember(self, node: Node) -> Node:
        with self.lock:
            return self.nodes.setdefault(node.id, node)

    def node(self, id: str) -> Node:
        """What an id stands for."""
        if id not in self.nodes:
            raise Refused(f"Query.node: there is no object {id!r}")
        return self.nodes[id]

    def chain(self, node: Node) -> str:
        """A readable description, without what equals the schema's defaults."""
        return ".".join(self._call(each) for each in node.line())

    def _call(self, node: Node) -> str:
        parent = schema().type_map[node.parent.type if node.parent else "Query"]
        known = {name: a.default_value for name, a in parent.fields[node.field].args.items()}
        shown = [
            f"{name}={self._shown(node.arguments[name])}"
            for name, default in known.items()
            if name in node.arguments and node.arguments[name] != default
        ]
        return f"{node.field}({', '.join(shown)})"

    def _shown(self, value: Any) -> str:
        if isinstance(value, str) and value in self.nodes:
            return self.chain(self.nodes[value])
        if isinstance(value, list) and any(isinstance(v, str) and v in self.nodes for v in value):
            return "[" + ", ".join(map(self._shown, value)) + "]"
        return json.dumps(value)

    def evaluated(self, *names: str) -> list[str]:
        """The chains of which these leaves were asked, each once, in the order of asking."""
        with self.lock:
            return list(dict.fromkeys(self.chain(node) for name, node in self.leaves if name in names))


def _error(error: graphql.GraphQLError) -> dict[str, Any]:
    original = error.original_error
    told: dict[str, Any] = {"message": error.message, "path": error.path}
    if isinstance(original, ExecFailed):
        told["extensions"] = original.extensions
    elif original is not None and not isinstance(original, Refused):
        told["message"] = f"the stand-in broke: {type(original).__name__}: {original}"
    return told


def _redacted(document: gast.DocumentNode) -> gast.DocumentNode:
    """The log must not hold what ``setSecret`` carries."""

    class Hide(graphql.Visitor):
        def enter_field(self, node: gast.FieldNode, *_: object) -> Any:
            if node.name.value != "setSecret":
                return None
            hidden = [
                gast.ArgumentNode(name=a.name, value=gast.StringValueNode(value="***"))
                if a.name.value == "plaintext"
                else a
                for a in node.arguments
            ]
            return gast.FieldNode(
                alias=node.alias,
                name=node.name,
                arguments=tuple(hidden),
                directives=node.directives,
                selection_set=node.selection_set,
            )

    return graphql.visit(document, Hide())


def clean(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables by which an SDK would find another engine, or report to one."""
    return [name for name in environment if name.startswith(UNWANTED)]
