"""interLink's API server and a plugin in one: the same paths, bodies and statuses, the pods run on this machine.

The manners of the real ones that a client must live with are switches: answers from a cache that lacks the newest pod,
everybody's pods for a body that is no JSON, no answer at all.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pod_host import PodHost, Running

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass
class Manners:
    """How the server behaves; all can be changed while it runs."""

    token: str | None = None
    deaf: set[str] = field(default_factory=set)  # paths whose answer is lost on the way
    missing: int = 0  # so many next answers to /status lack everything
    ping: int = 200
    faults: set[str] = field(default_factory=set)  # what a plugin does wrong, by the case that must notice
    asked: list[str] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    host: PodHost
    manners: Manners


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_DELETE = do_GET

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        manners = self.server.manners
        manners.asked.append(f"{self.command} {self.path}")
        manners.sessions.add(self.headers.get("InterLink-Http-Session") or "")
        if manners.token and self.headers.get("Authorization") != f"Bearer {manners.token}":
            self._answer(401, b"unauthorized")
            return
        found = {
            "/create": self._create,
            "/status": self._status,
            "/getLogs": self._logs,
            "/delete": self._delete,
            "/pinglink": self._ping,
        }.get(self.path)
        if found is None:
            self._answer(404, b"404 page not found\n")
            return
        status, content = found(body)
        if self.path in manners.deaf:
            manners.deaf.discard(self.path)
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(status, content)

    def _answer(self, status: int, content: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def _ping(self, body: bytes) -> tuple[int, bytes]:
        told = {"status": "ok", "resources": {"cpu": "8", "memory": "16Gi", "pods": "100"}}
        return self.server.manners.ping, json.dumps(told).encode()

    def _create(self, body: bytes) -> tuple[int, bytes]:
        try:
            asked = json.loads(body)
            pod = asked["pod"]
            assert isinstance(asked["configmaps"], list)
            assert isinstance(asked["secrets"], list)
            assert _UUID.fullmatch(pod["metadata"]["uid"])
            assert pod["spec"]["containers"]
        except (ValueError, KeyError, TypeError, AssertionError):
            return 500, b""
        flags = pod["metadata"].get("annotations", {}).get("slurm-job.vk.io/flags", "")
        if "--partition=nowhere" in flags:
            why = html.escape("sbatch: error: invalid partition specified: nowhere")
            return 504, f"call exit status: 500 {why}".encode()
        if "environment" in self.server.manners.faults:
            for container in pod["spec"]["containers"]:
                container["env"] = [e | {"value": e["value"].replace("$(id)", "")} for e in container["env"]]
        made = self.server.host.create(pod)
        return 200, json.dumps({"PodUID": pod["metadata"]["uid"], "PodJID": str(made.number)}).encode()

    def _status(self, body: bytes) -> tuple[int, bytes]:
        manners = self.server.manners
        if manners.missing > 0:
            manners.missing -= 1
            return 200, b"null"
        try:
            asked = {str(pod["metadata"]["uid"]) for pod in json.loads(body)}
        except (ValueError, KeyError, TypeError):
            if "bad-json" in manners.faults:
                return 200, json.dumps([_told(*each) for each in self.server.host.pods.items()]).encode()
            return 400, b"bad request"
        every = list(self.server.host.pods.items())
        told = [_told(uid, pod) for uid, pod in every if uid in asked or "unknown" in manners.faults]
        if "two-pods" in manners.faults:
            told = told[:1]
        if "exit-n" in manners.faults:
            told = json.loads(json.dumps(told).replace('"exitCode": 3', '"exitCode": 1'))
        if "unknown" in manners.faults:
            told += [dict(_told(uid, pod), UID=each) for each in asked for uid, pod in every[:1]]
        return 200, json.dumps(told or None).encode()

    def _logs(self, body: bytes) -> tuple[int, bytes]:
        try:
            asked = json.loads(body)
            options = asked["Opts"]
            assert _UUID.fullmatch(asked["PodUID"]) or "bad-uid" in self.server.manners.faults
            assert _LABEL.fullmatch(asked["Namespace"])
            assert not (options.get("Tail") and options.get("Bytes"))
        except (ValueError, KeyError, TypeError, AssertionError):
            return 400, b"bad request"
        pod = self.server.host.pods.get(asked["PodUID"])
        if pod is None:
            return 500, b""
        while options.get("Follow") and not pod.over:
            time.sleep(0.05)
        text = pod.log(asked["ContainerName"])
        if "logs" in self.server.manners.faults:
            text = b""
        if options.get("Tail"):
            text = b"".join(text.splitlines(keepends=True)[-options["Tail"] :])
        return 200, text[-options["Bytes"] :] if options.get("Bytes") else text

    def _delete(self, body: bytes) -> tuple[int, bytes]:
        try:
            known = self.server.host.delete(str(json.loads(body)["metadata"]["uid"]))
        except (ValueError, KeyError, TypeError):
            return 400, b"bad request"
        return (200, b"deleted") if known else (500, b"")


def _told(uid: str, pod: Running) -> dict[str, Any]:
    about = pod.pod["metadata"]
    return {
        "name": about["name"],
        "UID": uid,
        "namespace": about["namespace"],
        "JID": str(pod.number),
        "containers": pod.states(),
    }


@dataclass
class Mock:
    """One that runs."""

    url: str
    host: PodHost
    manners: Manners


@contextlib.contextmanager
def running(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[Mock]:
    """Start it; all pods end with it."""
    server = Server(("127.0.0.1", 0), Handler)
    server.host, server.manners = PodHost(folder), Manners()
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    scheme = "https" if context else "http"
    try:
        yield Mock(f"{scheme}://127.0.0.1:{server.server_address[1]}", server.host, server.manners)
    finally:
        server.shutdown()
        server.server_close()
        server.host.close()
        thread.join()
