"""A service that deserves gold, in a thread, with TLS by a local authority; tests break it in one place."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from assaymark.case import Request, judge
from assaymark.model import Assessment, SubcriterionResult
from assaymark_services.command import case_of
from assaymark_services.manifest import load
from assaymark_services.observe import Permitted, observe

READER, WRITER = "reader-token-5d1e", "writer-token-91ab"
LONG = "How tides are computed and served, in many words that somebody may want to read before using it. " * 4
GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
HEADERS = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


def openapi() -> dict[str, Any]:
    """What the service promises."""
    height = {
        "type": "object",
        "required": ["port", "height"],
        "properties": {"port": {"type": "string"}, "height": {"type": "number"}},
    }
    answer = {"description": "height", "content": {"application/json": {"schema": height}}}
    lacking = {"description": "no such port"}
    port = {"name": "port", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z]{3,8}$"}}
    closed = [{"token": []}]
    refused = {"401": {"description": "no credential"}, "403": {"description": "another role"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tides", "version": "1"},
        "paths": {
            "/tides/{port}": {"get": {"parameters": [port], "responses": {"200": answer, "404": lacking}}},
            "/stations": {"get": {"security": closed, "responses": {"200": {"description": "all"}, **refused}}},
            "/admin": {"get": {"security": closed, "responses": {"200": {"description": "state"}, **refused}}},
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


@dataclass
class Behaviour:
    """How the service behaves; tests change it before they ask. ``pages`` maps names to texts, None is 404."""

    document: dict[str, Any] = field(default_factory=openapi)
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    cookie: str | None = "session=1; Secure; HttpOnly; SameSite=Lax"
    status: int = 200
    height: Any = 1.5
    lost: int = 404
    readers: tuple[str, ...] = (READER, WRITER)
    writers: tuple[str, ...] = (WRITER,)
    everybody: bool = False
    anybody_with_token: bool = False
    delay: float = 0.0
    metrics: str = "tides_requests_total 17\n"
    health: int = 200
    pages: dict[str, str | None] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "docs",
                "admin-guide",
                "guide",
                "reference",
                "aup",
                "access",
                "privacy",
                "help",
                "issues",
                "state",
                "peer",
            ),
            f"<html><body><h1>Tides</h1><p>{LONG}</p><p>Version of 12 March 2026</p></body></html>",
        )
    )


class Service:
    """The application on a free port of this machine."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.seen: list[str] = []

    def app(self) -> Starlette:
        async def root(_: Asked) -> Response:
            answer = PlainTextResponse("Tides", self.behaviour.status)
            if self.behaviour.cookie:
                answer.headers["set-cookie"] = self.behaviour.cookie
            return answer

        async def document(_: Asked) -> Response:
            return JSONResponse(self.behaviour.document)

        async def tides(asked: Asked) -> Response:
            await asyncio.sleep(self.behaviour.delay)
            port = asked.path_params["port"]
            if not port.isalpha() or not port.islower():
                return JSONResponse({"detail": "no such port"}, self.behaviour.lost)
            return JSONResponse({"port": port, "height": self.behaviour.height})

        async def metrics(_: Asked) -> Response:
            return PlainTextResponse(self.behaviour.metrics)

        async def health(_: Asked) -> Response:
            return PlainTextResponse("ok", self.behaviour.health)

        async def page(asked: Asked) -> Response:
            text = self.behaviour.pages.get(asked.path_params["name"])
            return PlainTextResponse("lost", 404) if text is None else Response(text, media_type="text/html")

        def closed(readers: Callable[[], tuple[str, ...]]) -> Callable[[Asked], Any]:
            async def answer(asked: Asked) -> Response:
                token = asked.headers.get("authorization", "").removeprefix("Bearer ")
                known = self.behaviour.anybody_with_token or token in (READER, WRITER)
                if not self.behaviour.everybody and (not token or not known):
                    return JSONResponse({}, 401)
                if not self.behaviour.everybody and not self.behaviour.anybody_with_token and token not in readers():
                    return JSONResponse({}, 403)
                return JSONResponse(["here"])

            return answer

        routes = [
            Route("/", root),
            Route("/openapi.json", document),
            Route("/tides/{port}", tides),
            Route("/stations", closed(lambda: self.behaviour.readers)),
            Route("/admin", closed(lambda: self.behaviour.writers)),
            Route("/metrics", metrics),
            Route("/health", health),
            Route("/pages/{name}", page),
        ]
        inner = Starlette(routes=routes)

        async def outer(scope: Any, receive: Any, send: Any) -> None:
            async def adding(message: Any) -> None:
                if message["type"] == "http.response.start":
                    more = [(k.encode(), v.encode()) for k, v in self.behaviour.headers.items()]
                    message["headers"] = [*message["headers"], *more]
                await send(message)

            if scope["type"] == "http":
                self.seen.append(f"{scope['method']} {scope['path']}")
            await inner(scope, receive, adding)

        return outer  # type: ignore[return-value]


@contextmanager
def served(app: Any, tls: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Serve an application until the end of the block; gives its port."""
    given = socket.create_server(("127.0.0.1", 0))
    more: dict[str, Any] = {"ssl_certfile": str(tls[0]), "ssl_keyfile": str(tls[1])} if tls else {}
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1, **more)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[given])), daemon=True)
    thread.start()
    try:
        yield given.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        given.close()


class Authority:
    """An authority of our own, and certificates by it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=400))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issued(
        self, name: str, *, host: str = "127.0.0.1", days: int = 90, before: int = 1, rsa: bool = False
    ) -> tuple[Path, Path]:
        """Files of a certificate for an address and of its key."""
        key = generate_private_key(65537, 2048) if rsa else ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        alternative: list[x509.GeneralName] = (
            [x509.IPAddress(ip_address(host))] if host[0].isdigit() else [x509.DNSName(host)]
        )
        found = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=before))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        certificate, secret = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(found.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, secret


def toml_of(data: dict[str, Any]) -> str:
    """A table as TOML; JSON's strings, numbers and lists are TOML too."""
    lines = [f"{k} = {json.dumps(v)}" for k, v in data.items() if not isinstance(v, dict) and not _tables(v)]
    for name, value in data.items():
        if isinstance(value, dict):
            plain = {k: v for k, v in value.items() if not isinstance(v, dict)}
            lines += [f"\n[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in plain.items())]
            for below, inner in value.items():
                if isinstance(inner, dict):
                    lines += [f"\n[{name}.{below}]", *(f"{k} = {json.dumps(v)}" for k, v in inner.items())]
        elif _tables(value):
            for item in value:
                lines += [f"\n[[{name}]]", *(f"{k} = {json.dumps(v)}" for k, v in item.items())]
    return "\n".join(lines) + "\n"


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


ATTESTED = ("SvcQC.Sec05", "SvcQC.Sec06.1", "SvcQC.Int01", "SvcQC.Mon02.1")


class Project:
    """A manifest in a repository, and the service that it is about."""

    def __init__(self, folder: Path, service: Service, url: str, ca: Path | None) -> None:
        self.folder = folder
        self.service = service
        self.behaviour = service.behaviour
        self.permitted: dict[str, Any] = {"ca": str(ca) if ca else None, "timeout": 30.0, "deploy": "here"}
        self.files: dict[str, str] = {
            "docs/index.md": "# Tides\n",
            "height.json": json.dumps({"type": "object", "required": ["height"]}),
            "compose.yaml": "services: {}\n",
            "deploy.sh": "test -e done && echo nothing changed\ntouch done\n",
        }
        self.attested = ATTESTED
        self.manifest: dict[str, Any] = {
            "title": "Tides",
            "url": url,
            "released": "2026-02-01",
            "credentials": {"reader": {"env": "TIDES_READER"}, "writer": {"env": "TIDES_WRITER"}},
            "api": {"openapi": "/openapi.json", "credential": "writer", "examples": 3},
            "request": [
                {
                    "name": "a port",
                    "path": "/tides/bergen",
                    "status": 200,
                    "content-type": "application/json",
                    "schema": "height.json",
                },
                {"name": "no port", "kind": "negative", "path": "/tides/BERGEN", "status": [404, 422]},
                {
                    "name": "the shortest name",
                    "kind": "edge",
                    "path": "/tides/oru",
                    "status": 200,
                    "contains": "height",
                },
            ],
            "protected": [
                {"path": "/stations", "allowed": ["reader"]},
                {"path": "/admin", "allowed": ["writer"], "forbidden": ["reader"]},
            ],
            "documentation": {
                "url": "/pages/docs",
                "source": "docs/index.md",
                "licence": "CC-BY-4.0",
                "administrators": "/pages/admin-guide",
                "users": "/pages/guide",
                "api": "/pages/reference",
            },
            "policies": {"acceptable-use": "/pages/aup", "access": "/pages/access", "privacy": "/pages/privacy"},
            "support": {"helpdesk": "/pages/help", "tracker": "/pages/issues"},
            "monitoring": {
                "health": "/health",
                "api": "/tides/bergen",
                "metrics": "/metrics",
                "status-page": "/pages/state",
            },
            "dependency": [{"name": "peer", "url": f"{url}/pages/peer", "supported-until": "2099-01-01"}],
            "load": {"path": "/tides/bergen", "p95-ms": 20000, "requests": 25, "concurrency": 3},
            "deployment": {"command": ["sh", "deploy.sh"], "files": ["compose.yaml"], "unchanged": "nothing changed"},
        }

    def write(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        for name, text in self.files.items():
            place = self.folder / name
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
        until = "\n".join(
            f'[[attestation]]\nid = "{id}"\nby = "Ada"\non = 2026-01-01\nuntil = 2099-01-01\n'
            f'statement = "looked through"\nlink = "https://example.org/"\n'
            for id in self.attested
        )
        (self.folder / ".assaymark.toml").write_text(until, encoding="utf-8")
        (self.folder / "service.toml").write_text(toml_of(self.manifest), encoding="utf-8")
        if not (self.folder / ".git").exists():
            subprocess.run([*GIT, "init", "-q", "-b", "main", str(self.folder)], check=True)
            url = "https://github.com/example/tides.git"
            subprocess.run([*GIT, "-C", str(self.folder), "remote", "add", "origin", url], check=True)
            for words in (["add", "."], ["commit", "-q", "-m", "Add the manifest"]):
                subprocess.run([*GIT, "-C", str(self.folder), *words], check=True)
        return self.folder / "service.toml"

    def assessment(self, **request: Any) -> Assessment:
        manifest = load(self.write())
        return judge(case_of(manifest, observe(manifest, Permitted(**self.permitted))), Request(**request)).assessment

    def results(self, *select: str) -> dict[str, SubcriterionResult]:
        return {r.definition.id: r for r in self.assessment(select=select).results}

    def only(self, *tables: str) -> None:
        """Leave out what a test is not about."""
        keep = {"title", "url", "released", "credentials", *tables}
        self.manifest = {k: v for k, v in self.manifest.items() if k in keep}
        if "deployment" not in tables:
            self.permitted["deploy"] = None
