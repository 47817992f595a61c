"""The one way to start a process: an argument list, limits, a clean environment, and nothing left behind.

There is no shell. A program gets a session of its own, so that it and all its children can be killed together: when
its time is over, when it writes more than `limit` bytes, when assaymark is interrupted and when assaymark ends. A child
that left the session is found by the mark in its environment.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import IO, cast

from assaymark.values import dataclass

LIMIT = 10_000_000
MEMORY = 8 * 2**30
LARGEST_FILE = 2 * 2**30
_POLL = 0.05
_CHUNK = 65_536
_MARK = "ASSAYMARK_PROCESS"


@dataclass(frozen=True, slots=True)
class Completed:
    """How a process ended.

    ``returncode`` is None when it could not be started (``problem`` says why), ``signal`` the number of the signal
    that ended it; ``truncated`` means that it was killed because it wrote more than the limit. Streams are bytes.
    """

    returncode: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False
    truncated: bool = False
    duration: float = field(default=0.0, compare=False)
    signal: int | None = None
    problem: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it ended by itself; its exit code may still mean anything."""
        return self.returncode is not None and not (self.timed_out or self.truncated or self.signal or self.killed)

    @property
    def killed(self) -> bool:
        """Whether a signal ended it, also when a shell in between turned that into 128 + number."""
        return self.signal is not None or self.returncode in (128 + signal.SIGKILL, 128 + signal.SIGTERM)


class Interrupted(Exception):
    """A process was asked for after `kill_all`: assaymark is about to end."""


_live: dict[int, subprocess.Popen[bytes]] = {}
_companions: list[subprocess.Popen[bytes]] = []
_guard = threading.Lock()
_ending = threading.Event()


def run(
    argv: Sequence[str],
    *,
    cwd: str | Path,
    env: Mapping[str, str] | None = None,
    timeout: float,
    limit: int = LIMIT,
    memory: int | None = MEMORY,
    largest: int | None = LARGEST_FILE,
    input: bytes | None = None,
) -> Completed:
    """Run a program to its end and give what it wrote.

    ``env`` is added to `clean_environment`; ``timeout`` is in seconds, ``limit`` in bytes per stream, ``memory`` in
    bytes of address space per process, ``largest`` that of a file that it may write (both: None for no limit; Linux
    only). A program that cannot be started is no exception: it gives ``returncode`` None. Raises `Interrupted` once
    `kill_all` was called.
    """
    import tempfile

    with (
        tempfile.TemporaryDirectory(prefix="assaymark-home-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as stdin,
    ):
        stdin.write(input or b"")
        stdin.seek(0)
        environment = clean_environment(home) | dict(env or {}) | {_MARK: Path(home).name}
        return _run(argv, cwd, environment, stdin if input else None, timeout, limit, (memory, largest))


def detach(argv: Sequence[str], *, cwd: str | Path, env: Mapping[str, str] | None = None) -> int:
    """Start a program that goes on when assaymark ends (it has limits and a log of its own), and give its number.

    Raises OSError when it cannot be started.
    """
    with _guard:
        if _ending.is_set():
            raise Interrupted("assaymark is ending")
        environment = clean_environment(str(cwd)) | dict(env or {})
        null = subprocess.DEVNULL
        process = subprocess.Popen(
            list(argv), cwd=cwd, env=environment, stdin=null, stdout=null, stderr=null, start_new_session=True
        )
    # It is nobody's child to wait for: a thread reaps it if it ends before we do.
    threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True).start()
    return process.pid


def companion(argv: Sequence[str], *, cwd: str | Path, env: Mapping[str, str] | None = None) -> Callable[[], bool]:
    """Start a program that reads its standard input and lives until that ends: at the latest when we do, however.

    Gives a function that tells whether it is still there. Raises OSError when it cannot be started.
    """
    with _guard:
        if _ending.is_set():
            raise Interrupted("assaymark is ending")
        environment = clean_environment(str(cwd)) | dict(env or {})
        null = subprocess.DEVNULL
        # A bare number, closed by the system when we end, in whatever way that happens.
        theirs, ours = os.pipe()
        try:
            process = subprocess.Popen(
                list(argv), cwd=cwd, env=environment, stdin=theirs, stdout=null, stderr=null, start_new_session=True
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        _live[process.pid] = process
        _companions.append(process)

    def alive() -> bool:
        if process.poll() is None:
            return True
        if _live.pop(process.pid, None):
            _companions.remove(process)
            os.close(ours)
        return False

    return alive


def marked(name: str, value: str) -> tuple[int, ...]:
    """Processes of ours in whose environment a variable has this value."""
    return tuple(_strays(f"{name}={value}".encode()))


def born(pid: int) -> str | None:
    """When a process was started, in the words of this start of the system; None when it is over (Linux only).

    Numbers of processes are used again; number and birth together name one.
    """
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return None if after_name[0] in "ZX" else f"{after_name[19]}@{boot}"
    except (OSError, IndexError):
        return None


def clean_environment(home: str) -> dict[str, str]:
    """All that a program sees: no token, no real home, no user configuration, a fixed language."""
    return {
        "PATH": os.pathsep.join(search_path()),
        "HOME": home,
        "TMPDIR": home,
        "XDG_CACHE_HOME": str(Path(home, ".cache")),
        "XDG_CONFIG_HOME": str(Path(home, ".config")),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def search_path(without: Path | None = None) -> tuple[str, ...]:
    """The absolute folders of PATH in order, those inside ``without`` (a judged checkout) left out."""
    found = [place for place in os.get_exec_path() if os.path.isabs(place)]  # noqa: PTH117 - strings in, strings out
    if without is not None:
        real = without.resolve()
        found = [place for place in found if not Path(place).resolve().is_relative_to(real)]
    return tuple(dict.fromkeys(found))


def kill_all() -> None:
    """Kill every process that is running, and start no more: the end of assaymark."""
    _ending.set()
    kill_running()
    for process in _companions:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)


def kill_running() -> None:
    """Kill every process that is running; more may be started."""
    with _guard:
        groups = list(_live.values())
    for process in groups:
        _kill(process)


def _run(
    argv: Sequence[str],
    cwd: str | Path,
    environment: Mapping[str, str],
    stdin: IO[bytes] | None,
    timeout: float,
    limit: int,
    bounds: tuple[int | None, int | None],
) -> Completed:
    started = time.monotonic()
    try:
        process = _start(argv, cwd, environment, stdin)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        return Completed(None, problem=f"{argv[0]} could not be started: {reason}")
    try:
        _bound(process.pid, *bounds)
        streams, ended = _collect(process, started + timeout, limit)
    finally:
        # Also on KeyboardInterrupt, and when the program ended but left a child behind.
        _kill(process)
        _reap(process, environment[_MARK])
    code = process.returncode
    return Completed(
        returncode=code,
        stdout=streams[0],
        stderr=streams[1],
        timed_out=ended == "late",
        truncated=ended == "large",
        duration=time.monotonic() - started,
        signal=-code if code < 0 else None,
    )


def _start(
    argv: Sequence[str], cwd: str | Path, environment: Mapping[str, str], stdin: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    with _guard:
        if _ending.is_set():
            raise Interrupted("assaymark is ending")
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environment),
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            close_fds=True,
        )
        _live[process.pid] = process
    return process


def _bound(pid: int, memory: int | None, largest: int | None) -> None:
    """Limit memory, file size and core dumps from outside: running Python between fork and exec is not thread-safe."""
    if sys.platform != "linux":
        return
    import resource

    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: largest, resource.RLIMIT_AS: memory}
    for kind, size in limits.items():
        if size is None:
            continue
        # It may have ended already, or a limit below ours may hold.
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError, OSError):
            resource.prlimit(pid, kind, (size, size))


def _collect(process: subprocess.Popen[bytes], deadline: float, limit: int) -> tuple[tuple[bytes, bytes], str]:
    """Read both streams until the program ends; gives them and ``ok``, ``late`` or ``large``."""
    pipes = (cast(IO[bytes], process.stdout), cast(IO[bytes], process.stderr))
    parts = {pipe.fileno(): bytearray() for pipe in pipes}
    ended, over = "ok", False
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                ended = "late"
                break
            ready = selector.select(0 if over else min(left, _POLL))
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                parts[key.fd] += data
            if max(len(part) for part in parts.values()) > limit:
                ended = "large"
                break
            if not ready:
                if over:
                    # A child that outlives the program holds the pipes open: nobody waits for it.
                    break
                # Looked at once more when it ended: its last words may have come after the look that found nothing.
                over = _over(process)
    if ended == "ok" and not _wait(process, deadline):
        ended = "late"
    out, err = (bytes(parts[pipe.fileno()][:limit]) for pipe in pipes)
    return (out, err), ended


def _wait(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Whether it ended before the deadline; both its pipes are closed, so it is about to."""
    while not _over(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL / 10)
    return True


def _over(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ended, without reaping it: as long as it is not reaped, its number names its group and no other."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return process.poll() is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _reap(process: subprocess.Popen[bytes], mark: str) -> None:
    process.wait()
    with _guard:
        _live.pop(process.pid, None)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    for pid in _strays(f"{_MARK}={mark}".encode()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _strays(mark: bytes) -> Iterable[int]:
    """Processes of ours that carry the mark: daemons that left the session."""
    proc = Path("/proc")
    if not proc.is_dir():
        return
    uid = os.getuid()
    for entry in os.scandir(proc):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == uid and mark in Path(proc, entry.name, "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


atexit.register(kill_all)
