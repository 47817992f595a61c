"""A login node by the OpenSSH of this machine: commands there, and files to and from it. Nothing is installed there.

All calls share one connection that ends with this process. A call whose end was not heard of (the connection dropped)
has no return code: it may have happened.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shlex
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assaymark import proc
from assaymark.errors import InputError

SECONDS = 60.0
CHUNK = 32 * 2**20
# How soon a shared connection that was lost is tried again.
AGAIN = 10.0
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,252}")
# Nothing is asked of a person, an unknown host is refused, and a dead connection is noticed within a minute.
_OPTIONS = (
    "-T",
    "-oBatchMode=yes",
    "-oStrictHostKeyChecking=yes",
    "-oConnectTimeout=20",
    "-oServerAliveInterval=15",
    "-oServerAliveCountMax=3",
    "-oForwardAgent=no",
    "-oForwardX11=no",
    "-oPermitLocalCommand=no",
)
_OURS = ("SSH_AUTH_SOCK", "USER", "HOME")


@dataclass(frozen=True, slots=True)
class Login:
    """``host`` is what ``ssh`` takes (an alias, user@host); ``port`` and ``config`` (a file) where the user's own
    configuration does not say it."""

    host: str
    port: int | None = None
    config: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.host):
            raise InputError(f"{self.host[:100]!r} is no name of a login node", hint="user@host, or an alias")

    def asked(
        self, argv: Sequence[str], *, input: bytes | None = None, timeout: float = SECONDS, limit: int = proc.LIMIT
    ) -> proc.Completed:
        """A command there. ``returncode`` is None, with a ``problem``, when its end was not heard of."""
        return self.shell(shlex.join(argv), input=input, timeout=timeout, limit=limit)

    def shell(
        self, script: str, *, input: bytes | None = None, timeout: float = SECONDS, limit: int = proc.LIMIT
    ) -> proc.Completed:
        """A line for ``/bin/sh`` there. What a login shell prints on its own is left out."""
        mark = secrets.token_hex(8)
        line = f"printf '%s\\n' {mark}; ( {script} ); printf '\\n%s %d\\n' {mark} $?"
        argv = [*self._argv(), "--", self.host, f"exec /bin/sh -c {shlex.quote(line)}"]
        self._connect()
        done = proc.run(argv, cwd="/", env=_environment(), timeout=timeout, memory=None, input=input, limit=limit)
        return _between(done, mark, self.host)

    def put(self, data: Path, far: str) -> None:
        """Copy a file there in pieces; one that was interrupted goes on where it stopped.

        Raises InputError when the login node cannot be reached or has no room.
        """
        quoted = shlex.quote(far)
        size = data.stat().st_size
        with data.open("rb") as file:
            while (there := self._size(quoted)) < size:
                file.seek(there)
                done = self.shell(f"cat >> {quoted}", input=file.read(CHUNK), timeout=1800)
                if done.returncode != 0 and self._size(quoted) == there:
                    raise InputError(f"nothing more can be copied to {self.host}: {said(done)}", where=far)
            if there > size:
                raise InputError("another file lies there already", where=f"{self.host}:{far}")

    def _size(self, quoted: str) -> int:
        done = self.shell(f"[ ! -f {quoted} ] && echo 0 || wc -c < {quoted}")
        try:
            return int(done.stdout)
        except ValueError:
            raise InputError(f"{self.host} does not say how large a file is: {said(done)}", where=quoted) from None

    def _argv(self) -> list[str]:
        words = ["ssh", *_OPTIONS, "-oControlMaster=no", f"-oControlPath={_folder()}/{self._known()}-%C"]
        words += ["-F", self.config] if self.config else []
        return words + (["-p", str(self.port)] if self.port else [])

    def _known(self) -> str:
        """Two configurations may mean two hosts, or two keys, by one name."""
        return hashlib.sha256((self.config or "").encode("utf-8", "surrogateescape")).hexdigest()[:8]

    def _connect(self) -> None:
        """The connection that others use, if there is none; without it each makes one of its own."""
        with _guard:
            alive, tried = _shared.get(self, (None, -AGAIN))
            if (alive is not None and alive()) or time.monotonic() < tried + AGAIN:
                return
            argv = [w.replace("ControlMaster=no", "ControlMaster=yes") for w in self._argv()]
            try:
                alive = proc.companion([*argv, "--", self.host, "exec cat"], cwd="/", env=_environment())
            except OSError:
                alive = None
            _shared[self] = alive, time.monotonic()


_shared: dict[Login, tuple[Callable[[], bool] | None, float]] = {}
_guard = threading.Lock()


@cache
def _folder() -> str:
    """Where the sockets lie: their names must be short."""
    import atexit
    import shutil

    folder = tempfile.mkdtemp(prefix="am-ssh-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _OURS if name in os.environ}


def _between(done: proc.Completed, mark: str, host: str) -> proc.Completed:
    begin, end = f"{mark}\n".encode(), f"\n{mark} ".encode()
    _, started, rest = done.stdout.partition(begin)
    output, ended, code = rest.rpartition(end)
    if started and ended and code.strip().isdigit():
        return proc.Completed(int(code), stdout=output, stderr=done.stderr, duration=done.duration)
    why = done.problem or ("it did not answer in time" if done.timed_out else _last(done.stderr))
    what = "was lost" if started else "failed"
    return proc.Completed(None, stderr=done.stderr, problem=f"the connection to {host} {what}: {why}")


def _last(text: bytes) -> str:
    """The last line: what a login node greets with comes before. That tar failed says less than its line before."""
    lines = text.decode("utf-8", "replace").strip().splitlines()
    while len(lines) > 1 and lines[-1].startswith("tar: ") and "previous errors" in lines[-1]:
        lines.pop()
    return lines[-1][:300] if lines else "no reason was given"


def said(done: proc.Completed) -> str:
    """Why a call did not succeed."""
    return done.problem or _last(done.stderr)
