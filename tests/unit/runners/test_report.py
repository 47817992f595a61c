"""The self-reporting job, in each shell that a node may have."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from offloading import left, processes

from assaymark.job import Handle, Job, Resources
from assaymark.runners import folder as folders
from assaymark.runners.engines import Wrapped

SHELLS = [
    pytest.param(["dash"], marks=pytest.mark.service("dash")),
    pytest.param(["busybox", "sh"], marks=pytest.mark.service("busybox")),
    pytest.param(["bash", "--posix"], marks=pytest.mark.service("bash")),
]
shells = pytest.mark.parametrize("shell", SHELLS)


def prepared(folder: Path, script: str, **more: Any) -> Path:
    job = Job(id="job", command=("/bin/sh", "-c", script), **more)
    folders.prepare(folder, job, Wrapped(job.command))
    return folder


def start(shell: list[str], folder: Path, index: int = 0) -> subprocess.Popen[bytes]:
    program = shutil.which(shell[0])
    assert program
    return subprocess.Popen([program, *shell[1:], str(folder / folders.REPORTER), str(folder), str(index)])


def verdict(folder: Path, index: int = 0) -> folders.Verdict | None:
    return folders.verdict(Handle(runner="local", id="job", folder=str(folder), array=index + 1), index)


@shells
@pytest.mark.parametrize("code", [0, 3, 126, 127, 137, 143, 255])
def test_it_tells_the_exit_status(shell: list[str], code: int, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "a b'c", f"exit {code}")
    assert start(shell, folder).wait(30) == 0
    found = verdict(folder)
    assert found
    assert (found.state, found.code) == ("exited", code)
    assert abs(found.began - time.time()) < 60
    assert found.took is not None
    assert 0 <= found.took < 30
    assert {"node", "system", "kernel", "memory", "uid"} <= set(found.host)


@shells
def test_it_ends_what_takes_too_long_with_all_its_children(shell: list[str], tmp_path: Path) -> None:
    folder = prepared(tmp_path / "job", "sleep 4801 & sleep 4801", resources=Resources(time=1))
    assert start(shell, folder).wait(30) == 0
    found = verdict(folder)
    assert found
    assert found.state == "timed-out"
    assert left("sleep 4801") == []


@shells
def test_asked_to_end_it_says_so(shell: list[str], tmp_path: Path) -> None:
    folder = prepared(tmp_path / "job", "echo up; sleep 4802")
    process = start(shell, folder)
    end = time.monotonic() + 20
    while not (folder / "runs/0/out").is_file() and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    found = verdict(folder)
    assert found
    assert found.state == "terminated"
    assert left(str(tmp_path)) == []


@shells
def test_the_command_may_hear_of_the_end_before_the_reporter_does(shell: list[str], tmp_path: Path) -> None:
    folder = prepared(tmp_path / "job", "kill -TERM $$")
    process = start(shell, folder)
    end = time.monotonic() + 20
    while not (folder / "runs/0/out").is_file() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    found = verdict(folder)
    assert found
    assert found.state == "terminated"
    assert left(str(tmp_path)) == []


@shells
def test_a_copy_runs_once(shell: list[str], tmp_path: Path) -> None:
    folder = prepared(tmp_path / "job", "echo ran >> ../../../count")
    for _ in range(2):
        assert start(shell, folder).wait(30) == 0
    assert (folder / "count").read_text() == "ran\n"


@shells
def test_killed_it_leaves_no_verdict(shell: list[str], tmp_path: Path) -> None:
    folder = prepared(tmp_path / "job", "kill -9 $PPID")
    assert start(shell, folder).wait(30) == -signal.SIGKILL
    assert verdict(folder) is None
    assert folders.started(folder, 0)


@shells
@pytest.mark.parametrize(
    ("command", "examine", "state"),
    [
        ("exit 137", "echo out-of-memory", "out-of-memory"),
        ("exit 137", "echo false", "exited"),
        ("exit 1", "echo refused", "refused"),
        ("exit 125", "exit 1", "exited"),
        ("exit 0", "echo refused", "exited"),
    ],
)
def test_what_an_engine_says_afterwards(
    shell: list[str], command: str, examine: str, state: str, tmp_path: Path
) -> None:
    def sh(script: str) -> tuple[str, ...]:
        return ("/bin/sh", "-c", script)

    folders.prepare(tmp_path / "job", Job(id="job", command=()), Wrapped(sh(command), examine=sh(examine)))
    assert start(shell, tmp_path / "job").wait(30) == 0
    found = verdict(tmp_path / "job")
    assert found
    assert found.state == state


@pytest.mark.parametrize("launcher", [(), ("sh", "-c", 'exec "$@"', "launcher")])
def test_the_variables_of_an_image_do_not_reach_its_engine(launcher: tuple[str, ...], tmp_path: Path) -> None:
    told = {"PATH": "/nowhere", "DOCKER_HOST": "tcp://elsewhere:1", "LD_PRELOAD": "/x.so"}
    job = Job(id="job", command=("true",), image="image.tar", environment=told, launcher=launcher)
    folders.prepare(tmp_path / "job", job, Wrapped(("env",)))
    assert start(["sh"], tmp_path / "job").wait(30) == 0
    text = (tmp_path / "job/runs/0/out").read_text()
    assert "HOME=" in text
    assert not [name for name, value in told.items() if f"{name}={value}" in text]


@shells
def test_a_node_without_the_engine_is_none_to_judge_on(shell: list[str], tmp_path: Path) -> None:
    job = Job(id="job", command=("echo", "ran"))
    folders.prepare(tmp_path / "job", job, Wrapped(job.command, needs=("sh", "no-such-engine")))
    assert start(shell, tmp_path / "job").wait(30) == 125
    assert verdict(tmp_path / "job") is None
    assert folders.why(tmp_path / "job", 0) == "there is no no-such-engine where it was to run"
    assert not (tmp_path / "job/runs/0/out").exists()


@shells
def test_words_arrive_as_they_are(shell: list[str], tmp_path: Path) -> None:
    words = ["a b", "$(id)", "`id`", '"', "'", "\\", "*", "", "ü", "-n", "a\nb"]
    job = Job(id="job", command=("printf", "<%s>", *words), environment={"X": "1 $HOME"})
    folders.prepare(tmp_path / "job", job, Wrapped(job.command))
    assert start(shell, tmp_path / "job").wait(30) == 0
    assert (tmp_path / "job/runs/0/out").read_text() == "".join(f"<{w}>" for w in words)


@shells
def test_facts_of_the_host_cannot_break_the_verdict(
    shell: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURMD_NODENAME", 'n1", "code": 0, "x": "\\')
    folder = prepared(tmp_path / "job", "exit 5")
    start(shell, folder).wait(30)
    text = (folder / "runs/0/result.json").read_text()
    assert json.loads(text)["code"] == 5
    assert json.loads(text)["host"]["node"] == "n1, code: 0, x:"


def test_it_is_plain_posix(checkout: Path) -> None:
    text = (checkout / "src/assaymark/runners/report.sh").read_text(encoding="ascii")
    assert not [word for word in ("[[", "local ", "function ", "<<<", "$'", "pipefail", "declare ") if word in text]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", ""])
def test_an_input_stays_inside(name: str, tmp_path: Path) -> None:
    from assaymark.errors import InputError

    with pytest.raises(InputError, match="outside the job"):
        prepared(tmp_path / "job", "true", inputs={name: b""})


@shells
def test_the_guard_of_the_time_never_stays(shell: list[str], tmp_path: Path) -> None:
    for number in range(15):
        folder = prepared(tmp_path / str(number), "true", resources=Resources(time=4803))
        assert start(shell, folder).wait(30) == 0
        assert verdict(folder)
    assert left("sleep 4803") + left(str(tmp_path)) == []


@shells
def test_a_guard_that_is_ended_is_no_end_of_the_time(shell: list[str], tmp_path: Path) -> None:
    """Who ends a job asks all its processes, and the guard's sleep may be the first to go."""
    go = tmp_path / "go"
    folder = prepared(
        tmp_path / "job", f"while [ ! -e '{go}' ]; do sleep 0.1; done; exit 4", resources=Resources(time=4806)
    )
    process = start(shell, folder)
    guards: list[int] = []
    end = time.monotonic() + 60
    while not guards and time.monotonic() < end:
        time.sleep(0.05)
        guards = [process for process, line in processes().items() if line == "sleep 4806"]
    assert guards
    for guard in guards:
        with contextlib.suppress(ProcessLookupError):
            os.kill(guard, signal.SIGTERM)
    while any(Path(f"/proc/{guard}").exists() for guard in guards) and time.monotonic() < end:
        time.sleep(0.05)
    go.touch()
    assert process.wait(60) == 0
    found = verdict(folder)
    assert found
    assert (found.state, found.code) == ("exited", 4)
