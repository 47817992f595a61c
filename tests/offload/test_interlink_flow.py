"""One flow with interLink in full, written down from the types, handlers and description that it publishes.

The service of the other tests has its manners, and runs pods; here each byte that is asked stands in a file, and each
answer is as the API server and a plugin for Slurm give it (keys, nulls and times as Go writes them).
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assaymark.errors import InputError
from assaymark.job import Confinement, Job, Resources, Site, State, finished
from assaymark.runners.choose import Places, runner
from assaymark.runners.folder import name_of
from assaymark.runners.shared import SharedFolder

FLOW: list[dict[str, Any]] = json.loads(Path(__file__).with_name("interlink-flow.json").read_text(encoding="utf-8"))
CHOSEN = uuid.UUID("3f2b8a52-7a3e-4c0e-9b0f-0d6c1d7f4e11")
JOB = Job(
    id="smoke-start",
    command=("/bin/tool", "--version"),
    image="tool.tar",
    resources=Resources(time=300, cpus=2, memory=512, partition="debug", account="d2026"),
    confinement=Confinement(user=65532),
)


class Replay(ThreadingHTTPServer):
    daemon_threads = True
    step = 0
    heard: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Replay

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        heard = {"method": self.command, "path": self.path, "body": json.loads(body)}
        heard["session"] = self.headers.get("InterLink-Http-Session")
        if heard not in self.server.heard:  # it is asked more than once, in the same words
            self.server.heard.append(heard)
        answers = [e["answer"] for e in FLOW[self.server.step :] if e["request"]["path"] == self.path]
        answer = answers[0] if answers else {"status": 404, "body": "404 page not found\n"}
        said = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"], separators=(",", ":"))
        self.send_response(answer["status"])
        self.send_header("Content-Length", str(len(said.encode())))
        self.end_headers()
        self.wfile.write(said.encode())

    do_POST = do_DELETE = do_GET


@pytest.fixture
def replay() -> Iterator[Replay]:
    server = Replay(("127.0.0.1", 0), Handler)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def at(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedFolder:
    monkeypatch.setattr(uuid, "uuid4", lambda: CHOSEN)
    monkeypatch.setattr("assaymark.runners.interlink.InterLink.image", lambda self, job: "/cvmfs/images/0a1b2c")
    url = f"http://127.0.0.1:{replay.server_address[1]}"
    site = Site(name="recorded", runner="interlink", url=url, namespace="smoke", network="none", pace=0)
    return runner("interlink", None, Places(jobs=tmp_path, images=tmp_path), 0.0, site)


def plain(heard: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Without what differs between two runs: the folder's mark, and the script, which is a file of its own."""
    for each in heard:
        if each["path"] == "/create":
            container = each["body"]["pod"]["spec"]["containers"][0]
            assert container["command"][:2] == ["/bin/sh", "-c"]
            assert "exec $separate /bin/tool --version" in container["command"][2]
            container["command"][2] = "SCRIPT"
    text = json.dumps(heard).replace(name_of(folder), "MARK")
    return list(json.loads(text))


def test_a_pod_from_its_creation_to_its_deletion(at: SharedFolder, replay: Replay) -> None:
    handle = at.submit(JOB)
    told = []
    for step, each in enumerate(FLOW):
        if each["request"]["path"] == "/status":
            replay.step = step
            told.append(at.status(handle))
    assert [(s.state, s.reason) for [s] in told[:3]] == [
        (State.QUEUED, "interlink does not name the pod"),
        (State.QUEUED, "Pending: Job is in the queue of the site"),
        (State.RUNNING, ""),
    ]
    [last] = told[-1]
    assert finished([last])
    assert (last.state, last.code, last.took) == (State.EXITED, 3, 7.0)
    assert last.host["scheduler_job"] == "4711"
    assert last.host["node"] == "vnode-17"
    assert at.logs(handle).stdout == b"tool 1.2.3\n"
    replay.step = len(FLOW) - 1
    at.forget(handle)
    asked: list[dict[str, Any]] = []
    for each in FLOW:
        asked += [each["request"]] if each["request"] not in asked else []
    assert plain(replay.heard, Path(handle.folder)) == asked


def test_a_creation_that_the_plugin_refuses(at: SharedFolder, replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server answers for its plugin, with the status of a gateway."""
    refused = {"status": 504, "body": "call exit status: 500 sbatch: error: invalid partition specified: debug"}
    monkeypatch.setitem(FLOW[0], "answer", refused)
    with pytest.raises(InputError, match="invalid partition specified"):
        at.submit(JOB)
    assert [each["path"] for each in replay.heard] == ["/create"]
