"""The few calls of a Kubernetes API server that we make; pods run on this machine.

What is sent is held against the models of the official client, which are made from the published OpenAPI description:
a field that they do not know, one that is missing or of another type is refused with 400, as the real server does.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kubernetes import client
from pod_host import PodHost

KINDS = {"pods": "V1Pod", "jobs": "V1Job", "selfsubjectaccessreviews": "V1SelfSubjectAccessReview"}
INDEX = "batch.kubernetes.io/job-completion-index"
NODE = "vega-virtual-node"


def checked(kind: str, data: dict[str, Any]) -> str | None:
    """What is wrong with an object by the published description; None when nothing is."""
    api = client.ApiClient()
    try:
        made = api.deserialize(json.dumps(data), kind, "application/json")
    except (ValueError, TypeError, AttributeError) as problem:
        return str(problem)
    finally:
        api.close()
    return _lost(data, api.sanitize_for_serialization(made), kind)


def _lost(sent: Any, known: Any, where: str) -> str | None:
    """The first thing that did not survive the way through the models."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            if not isinstance(known, dict) or (key not in known and value not in ({}, [], None)):
                return f"unknown field {where}.{key}"
            if key in known and (wrong := _lost(value, known[key], f"{where}.{key}")):
                return wrong
        return None
    if isinstance(sent, list):
        pairs = zip(sent, known, strict=False) if isinstance(known, list) and len(known) == len(sent) else None
        if pairs is None:
            return f"{where} is no such list"
        return next(filter(None, (_lost(s, k, f"{where}[]") for s, k in pairs)), None)
    return None if sent == known and type(sent) is type(known) else f"{where} is {known!r}, not {sent!r}"


@dataclass
class Cluster:
    """What the server holds, and how it behaves."""

    host: PodHost
    url: str = ""
    token: str = "word"
    jobs: dict[str, list[str]] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)  # verbs whose answer is lost on the way
    pending: str = ""  # why no pod is given a node
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)  # by the uid of a pod, what ended it
    refused: list[str] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        data = self._body()
        kind = urlsplit(self.path).path.rpartition("/")[2]
        if not self._allowed():
            return
        wrong = checked(KINDS[kind], data)
        if wrong:
            self.cluster.refused.append(wrong)
            self._fail(400, wrong)
            return
        self.cluster.seen.append(data)
        if kind == "selfsubjectaccessreviews":
            self._answer(201, data | {"status": {"allowed": True}})
            return
        name = data["metadata"]["name"]
        if name in self.cluster.jobs:
            self._fail(409, f'{kind} "{name}" already exists')
            return
        copies = [(None, data)] if kind == "pods" else list(_copies(data))
        if self.cluster.pending:
            self.cluster.jobs[name] = []
        else:
            self.cluster.jobs[name] = [self._start(index, pod) for index, pod in copies]
        self._answer(201, data)

    def _start(self, index: int | None, pod: dict[str, Any]) -> str:
        uid = str(uuid.uuid4())
        labels = dict(pod["metadata"].get("labels") or {})
        spec = json.loads(json.dumps(pod["spec"]))
        if index is not None:
            labels[INDEX] = str(index)
            spec["containers"][0].setdefault("env", []).append({"name": "JOB_COMPLETION_INDEX", "value": str(index)})
        name = pod["metadata"].get("name") or f"pod-{uid[:8]}"
        self.cluster.host.create({"metadata": {"uid": uid, "name": name, "labels": labels}, "spec": spec})
        return uid

    def do_GET(self) -> None:
        if not self._allowed():
            return
        address = urlsplit(self.path)
        if address.path.endswith("/log"):
            name = address.path.split("/")[-2]
            found = [p for p in self.cluster.host.pods.values() if p.pod["metadata"]["name"] == name]
            self._raw(200, found[0].log("main")) if found else self._fail(404, f'pods "{name}" not found')
            return
        label = parse_qs(address.query).get("labelSelector", [""])[0].partition("=")[2]
        every = [(u, p) for u, p in self.cluster.host.pods.items() if label in p.pod["metadata"]["labels"].values()]
        self._answer(
            200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [self._told(*e) for e in every]}
        )

    def _told(self, uid: str, running: Any) -> dict[str, Any]:
        ended = self.cluster.reasons.get(uid)
        status: dict[str, Any] = {"phase": "Running", "containerStatuses": running.states()}
        if ended:
            status = {"phase": "Failed", "reason": ended[0], "message": ended[1]}
        pod = running.pod
        return {"metadata": pod["metadata"], "spec": {"nodeName": NODE, "containers": []}, "status": status}

    def do_DELETE(self) -> None:
        self._body()
        if not self._allowed():
            return
        name = urlsplit(self.path).path.rpartition("/")[2]
        pods = self.cluster.jobs.pop(name, None)
        for uid in pods or []:
            self.cluster.host.delete(uid)
        if pods is None:
            self._fail(404, f'"{name}" not found')
        else:
            self._answer(200, {"kind": "Status", "status": "Success"})

    def _allowed(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.cluster.token}":
            return True
        self._fail(401, "Unauthorized")
        return False

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return json.loads(data) if data else {}

    def _fail(self, status: int, message: str) -> None:
        self._answer(status, {"kind": "Status", "status": "Failure", "message": message, "code": status})

    def _answer(self, status: int, value: Any) -> None:
        self._raw(status, json.dumps(value).encode())

    def _raw(self, status: int, content: bytes) -> None:
        if self.command in self.cluster.deaf:
            self.cluster.deaf.discard(self.command)
            self.close_connection = True
            self.connection.close()
            return
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


def _copies(job: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    for index in range(job["spec"]["completions"]):
        yield index, job["spec"]["template"]


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Start it; all pods end with it."""
    cluster = Cluster(PodHost(folder))
    handler = type("Bound", (Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    cluster.url = f"http://127.0.0.1:{server.server_address[1]}"
    (folder / "token").parent.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(cluster.token + "\n")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
        cluster.host.close()
        thread.join()
