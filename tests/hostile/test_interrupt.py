"""Ctrl-C, and a CI host that cancels a job, while a tool hangs: at once, with all children, without half a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assaymark.testing import NewCommit, repository_of


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for children in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_tool_that_hangs_does_not_hold_it_up(how: signal.Signals, tmp_path: Path) -> None:
    root = repository_of(tmp_path / "repo", [NewCommit(write={"a.go": "package a\n"})])
    pids = tmp_path / "pids"
    tool = tmp_path / "bin" / "gofmt"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nsleep 300 & echo $$ $! >> {pids}\nwait\n")
    tool.chmod(0o755)
    # It tells which gofmt this is.
    go = tool.with_name("go")
    go.write_text("#!/bin/sh\necho go version go1.24.1 linux/amd64\n")
    go.chmod(0o755)
    out = tmp_path / "out"
    env = os.environ | {"PATH": f"{tool.parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-P", "-m", "assaymark", "assess", str(root), "--output", str(out), "--jobs", "4"]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (pids.exists() and len(pids.read_text().split()) >= 2):
        time.sleep(0.05)
    started = time.monotonic()
    running.send_signal(how)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert time.monotonic() - started < 20
    found = [int(pid) for pid in pids.read_text().split()]
    assert len(found) == 2
    while any(alive(pid) for pid in found) and time.monotonic() < started + 20:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in found)
    assert not out.exists()
