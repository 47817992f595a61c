"""No reference leads out of the repository, whatever it looks like, and every answer is noted."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assaymark
from assaymark.api import Unreachable
from assaymark.subject.checkout import open_subject
from assaymark.validation.context import ALL_PATHS, RunContext, World, offline
from assaymark.validation.jail import Jail, inside

Folder = Callable[[dict[str, str | bytes]], Path]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x",
        "a/../../x",
        "file:///etc/passwd",
        "FILE:x",
        "~/x",
        "C:\\x",
        ".git/config",
        "a/.git/x",
        "a\0b",
    ],
)
def test_what_is_outside(path: str) -> None:
    with pytest.raises(Unreachable):
        inside(path)


@given(st.text(alphabet="ab./~:\\\0", max_size=30))
def test_an_accepted_path_stays_inside(path: str) -> None:
    try:
        short = inside(path)
    except Unreachable:
        return
    assert f"{os.path.normpath(f'/root/{short}')}/".startswith("/root/")
    assert not short.startswith("/")


@pytest.fixture
def jail(folder: Folder, tmp_path: Path) -> Jail:
    root = folder({"a/x": b"x", "b": b"b"})
    (tmp_path / "secret").write_text("secret")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to("../secret")
    (root / "in").symlink_to("a/x")
    (root / "folder").symlink_to("a")
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    return Jail(open_subject(root).tree, root)


def test_links_are_followed_inside_only(jail: Jail) -> None:
    assert jail.read("in") == jail.read("folder/x") == jail.read("./a//x") == b"x"
    assert jail.digest("in") == jail.digest("a/x") is not None
    for path in ("out", "up"):
        assert not jail.exists(path)
        assert jail.digest(path) is None
        with pytest.raises(Unreachable) as caught:
            jail.read(path)
        assert caught.value.outside
    for path in ("loop", "dangling", "nowhere", "pipe", "a"):
        with pytest.raises(Unreachable):
            jail.read(path)


def test_a_commit_has_the_same_walls(folder: Folder) -> None:
    root = folder({"a/x": b"x"})
    (root / "in").symlink_to("a")
    (root / "up").symlink_to("../secret")
    (root / "abs").symlink_to("/etc/passwd")
    (root / "loop").symlink_to("loop")
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    subprocess.run(["git", "commit", "-qm", "x"], cwd=root, check=True)
    jail = Jail(open_subject(root, "HEAD").tree, None)
    assert jail.read("in/x") == b"x"
    for path in ("up", "abs"):
        with pytest.raises(Unreachable) as caught:
            jail.read(path)
        assert caught.value.outside
    assert not jail.exists("loop")


def test_every_answer_is_noted_for_all_who_use_it(jail: Jail) -> None:
    world = World(jail, ("a/x", "b"), offline)
    first, second = RunContext(world, {}), RunContext(world, {})
    for context in (first, second):
        assert context.once("k", lambda context=context: context.once("l", lambda: context.read("b"))) == b"b"
    assert dict(first.reads) == dict(second.reads) == {"b": jail.digest("b")}
    assert not second.exists("nowhere")
    assert second.paths() == ("a/x", "b")
    assert second.reads["nowhere"] is None
    assert ALL_PATHS in second.reads


class _Server(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/x")
        else:
            self.send_response(404 if self.path == "/absent" else 200)
        body = b"x" * (6_000_000 if self.path == "/large" else 5)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> object:
    _Server.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("only_toy")
def test_nothing_is_fetched_unless_its_host_is_allowed(folder: Folder, server: str) -> None:
    root = folder({"a.toy": "\n".join(f"read {server}/{n}" for n in ("good", "absent", "away", "large"))})
    offline = assaymark.validate(root)
    assert [p.finding.rule for p in offline.problems] == ["WF-C002"] * 4
    assert _Server.asked == []
    online = assaymark.validate(root, allow_hosts=("127.0.0.1",))
    assert [(p.finding.location.line, p.finding.rule) for p in online.problems if p.finding.location] == [
        (3, "WF-C002"),
        (4, "WF-C002"),
        (5, "WF-C002"),
    ]
    assert _Server.asked == ["/good", "/absent", "/away", "/large"]
