from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from assaymark import proc


def sh(script: str, tmp_path: Path, **kwargs: object) -> proc.Completed:
    return proc.run(["sh", "-c", script], cwd=tmp_path, **({"timeout": 20} | kwargs))  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_streams_and_exit_code_come_back(tmp_path: Path) -> None:
    done = sh("echo out; echo err >&2; exit 3", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert done.finished
    assert not done.killed


def test_there_is_no_shell_between(tmp_path: Path) -> None:
    done = proc.run(["echo", "$(id)", ";", "ls"], cwd=tmp_path, timeout=20)
    assert done.stdout == b"$(id) ; ls\n"


def test_what_cannot_be_started_says_why(tmp_path: Path) -> None:
    done = proc.run(["/nowhere/tool"], cwd=tmp_path, timeout=20)
    assert done.returncode is None
    assert not done.finished
    assert "No such file" in (done.problem or "")


def test_a_nul_byte_in_an_argument_is_no_crash(tmp_path: Path) -> None:
    assert proc.run(["echo", "a\0b"], cwd=tmp_path, timeout=20).problem


def test_only_the_allowed_environment_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("LD_PRELOAD", "/evil.so")
    done = proc.run(["env"], cwd=tmp_path, timeout=20, env={"EXTRA": "1"})
    seen = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    assert "GITHUB_TOKEN" not in seen
    assert "LD_PRELOAD" not in seen
    assert seen["EXTRA"] == "1"
    assert seen["PYTHONSAFEPATH"] == "1"
    assert seen["HOME"] != os.environ["HOME"]


def test_the_temporary_home_is_gone_afterwards(tmp_path: Path) -> None:
    home = sh('touch "$HOME/x"; echo "$HOME"', tmp_path).stdout.decode().strip()
    assert home
    assert not Path(home).exists()


def test_standard_input_is_empty_unless_given(tmp_path: Path) -> None:
    assert proc.run(["cat"], cwd=tmp_path, timeout=20).stdout == b""
    assert proc.run(["cat"], cwd=tmp_path, timeout=20, input=b"x" * 300_000).stdout == b"x" * 300_000


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    done = sh("sleep 300 & echo $!; sleep 300", tmp_path, timeout=0.5)
    assert done.timed_out
    assert not done.finished
    assert done.duration < 10
    assert gone(int(done.stdout))


def test_a_child_that_outlives_the_program_is_killed(tmp_path: Path) -> None:
    done = sh("sleep 300 & echo $!", tmp_path)
    assert done.returncode == 0
    assert done.duration < 10
    assert gone(int(done.stdout))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds strays through /proc")
def test_a_daemon_that_leaves_the_session_is_killed(tmp_path: Path) -> None:
    script = (
        "import os,sys,time\nif os.fork(): sys.exit()\nos.setsid()\nprint(os.getpid(), flush=True)\ntime.sleep(300)"
    )
    done = proc.run([sys.executable, "-c", script], cwd=tmp_path, timeout=20)
    assert gone(int(done.stdout))


def test_endless_output_is_cut_and_costs_no_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = proc.run(["head", "-c", "1000000000", "/dev/zero"], cwd=tmp_path, timeout=60, limit=1_000_000)
    assert done.truncated
    assert not done.finished
    assert len(done.stdout) == 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_endless_errors_are_cut_too(tmp_path: Path) -> None:
    done = sh("head -c 1000000000 /dev/zero >&2", tmp_path, limit=1_000_000)
    assert done.truncated
    assert len(done.stderr) == 1_000_000


def test_last_words_are_heard_although_nothing_was_there_a_moment_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program writes and ends between the look at its pipes and the look at its state, as on a busy machine."""
    over = proc._over

    def later(process: subprocess.Popen[bytes]) -> bool:
        while not over(process):
            time.sleep(0.01)
        return True

    monkeypatch.setattr(proc, "_over", later)
    done = sh("sleep 1; echo last words", tmp_path)
    assert done.stdout == b"last words\n"


def test_a_signal_is_named(tmp_path: Path) -> None:
    done = sh("kill -9 $$", tmp_path)
    assert done.signal == signal.SIGKILL
    assert done.killed
    assert not done.finished


def test_137_means_killed(tmp_path: Path) -> None:
    done = sh("exit 137", tmp_path)
    assert done.killed
    assert not done.finished


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux only")
def test_memory_is_limited(tmp_path: Path) -> None:
    # The limit is set right after the start: the program waits for a moment, as any real one does while it loads.
    script = "import time; time.sleep(0.2); x = bytearray(900_000_000); print('got it')"
    done = proc.run([sys.executable, "-c", script], cwd=tmp_path, timeout=20, memory=500_000_000)
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


@pytest.mark.parametrize(("largest", "written"), [(1000, False), (None, True)])
def test_the_size_of_a_file_is_limited_unless_it_is_to_be_large(
    largest: int | None, written: bool, tmp_path: Path
) -> None:
    script = "import pathlib, sys, time; time.sleep(0.5); pathlib.Path('f').write_bytes(b'x' * 100_000)"
    done = proc.run([sys.executable, "-c", script], cwd=tmp_path, timeout=60, largest=largest)
    assert (done.returncode == 0) is written
    assert ((tmp_path / "f").stat().st_size == 100_000) is written


def test_threads_run_programs_side_by_side(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda n=n: found.append(sh(f"echo {n}", tmp_path).stdout)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"{n}\n".encode() for n in range(8)]


def test_path_leaves_out_relative_folders_and_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "repo" / "bin"
    inside.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inside)
    monkeypatch.setenv("PATH", f".:bin::{inside}:{tmp_path}/link:/usr/bin")
    assert proc.search_path(tmp_path / "repo") == ("/usr/bin",)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_leaves_no_children(tmp_path: Path, how: signal.Signals) -> None:
    script = textwrap.dedent(
        """
        import signal, sys, threading
        from assaymark import proc
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        argv = ["sh", "-c", "echo $$ >> pids; sleep 300 & echo $! >> pids; wait"]
        threads = [threading.Thread(target=proc.run, args=(argv,), kwargs={"cwd": ".", "timeout": 300})]
        threads[0].start()
        try:
            proc.run(argv, cwd=".", timeout=300)
        finally:
            proc.kill_all()
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stderr=subprocess.DEVNULL)
    pids = tmp_path / "pids"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not pids.exists() or len(pids.read_text().split()) < 4):
        time.sleep(0.02)
    child.send_signal(how)
    child.wait(20)
    found = [int(pid) for pid in pids.read_text().split()]
    assert len(found) == 4
    assert all(gone(pid) for pid in found)


def test_nothing_starts_once_all_was_killed(tmp_path: Path) -> None:
    script = (
        "from assaymark import proc\nproc.kill_all()\n"
        "try:\n proc.run(['touch', 'x'], cwd='.', timeout=5)\nexcept proc.Interrupted: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b"refused\n"
    assert not (tmp_path / "x").exists()
