"""Git as a reader of one repository whose configuration is not trusted.

Git runs beside itself (a checkout is opened with four processes at once) and thousands of objects are read through one
of them,
which `assaymark.proc` is not made for; in return nothing that the repository configures may run: hooks, file
monitor, pager, signatures, external diffs, transports. Commands that would look at the working tree are never used,
because they run the filters of the repository.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from assaymark.errors import InputError
from assaymark.records import NamedTuple

LIMIT = 200_000_000
TIMEOUT = 120.0
_LARGE = 4_000_000
_COMPLAINTS = 10_000

_SETTINGS = {
    "core.alternateRefsCommand": "",
    "core.askPass": "",
    "core.editor": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.sshCommand": "false",
    "core.useReplaceRefs": "false",
    "credential.helper": "",
    "gc.auto": "0",
    "gpg.program": "false",
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "safe.directory": "*",
    "submodule.recurse": "false",
}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_FLUSH": "0",  # a history in a few large pieces, not one for each commit
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": os.devnull,
    "LC_ALL": "C",
}


class GitProblem(Exception):
    """Git could not answer; the text is the last line that it wrote."""


class Answer(NamedTuple):
    """How a git command ended. ``truncated`` means that it wrote more than the limit and was stopped."""

    code: int
    stdout: bytes
    stderr: bytes = b""
    truncated: bool = False

    @property
    def problem(self) -> str:
        """What git complained of, in one line."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].removeprefix("fatal: ")[:300] if lines else f"git ended with {self.code}"


class Repository(NamedTuple):
    """A repository by its git directory, and its work tree where it has one."""

    git_dir: Path
    work_tree: Path | None = None

    def ask(self, *commands: tuple[str, ...], limit: int = LIMIT) -> list[Answer]:
        """Run git commands side by side. Raises InputError when there is no git; a failing command is an answer."""
        processes: list[subprocess.Popen[bytes]] = []
        try:
            for command in commands:
                processes.append(self._popen(command, subprocess.DEVNULL, subprocess.PIPE))
            return [_answer(process, limit) for process in processes]
        finally:
            # Also when interrupted: nothing is left behind.
            for process in processes:
                _end(process)

    def run(self, *arguments: str, limit: int = LIMIT) -> bytes:
        """What a git command writes. Raises `GitProblem` when it fails; output beyond ``limit`` is cut off."""
        answer = self.ask(arguments, limit=limit)[0]
        if answer.code != 0 and not answer.truncated:
            raise GitProblem(answer.problem)
        return answer.stdout

    def sizes(self, blobs: Sequence[str]) -> dict[str, int]:
        """Sizes of those objects that the clone holds."""
        asked = "".join(f"{blob}\n" for blob in blobs).encode("ascii")
        process = self.converse("cat-file", "--batch-check=%(objectname) %(objectsize)")
        try:
            listing, _ = process.communicate(asked, TIMEOUT)
        except subprocess.TimeoutExpired as problem:
            raise InputError("git took too long", where=str(self.git_dir)) from problem
        finally:
            _end(process)
        if process.returncode != 0:
            # A partial clone gives up at the first object that it would have to fetch: list those that are here.
            everything = ("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objectsize)")
            listing = self.ask(everything)[0].stdout
        wanted = set(blobs)
        found = (line.split() for line in listing.decode("ascii", "replace").splitlines())
        return {pair[0]: int(pair[1]) for pair in found if len(pair) == 2 and pair[0] in wanted and pair[1].isdigit()}

    def converse(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A git process that is fed through its standard input; the caller ends it."""
        return self._popen(arguments, subprocess.PIPE, subprocess.DEVNULL)

    def _popen(self, arguments: tuple[str, ...], stdin: int, stderr: int) -> subprocess.Popen[bytes]:
        settings = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
        place = [f"--git-dir={self.git_dir}"]
        if self.work_tree is not None:
            place.append(f"--work-tree={self.work_tree}")
        argv = ["git", *settings, *place, "--no-pager", "--no-optional-locks", "--literal-pathspecs", *arguments]
        environment = {"PATH": os.environ.get("PATH", os.defpath)} | _ENVIRONMENT
        try:
            process = subprocess.Popen(
                argv,
                cwd=self.work_tree or self.git_dir,
                env=environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except FileNotFoundError as problem:
            raise InputError("git was not found", hint="install Git; a repository cannot be read without") from problem
        except (OSError, ValueError) as problem:
            raise InputError(f"git could not be started: {problem}") from problem
        _widen(cast(IO[bytes], process.stdout))
        return process


def _widen(pipe: IO[bytes]) -> None:
    """Let git write on while we are busy (where the system allows it)."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _answer(process: subprocess.Popen[bytes], limit: int) -> Answer:
    try:
        stdout, stderr, truncated = _collect(process, limit, time.monotonic() + TIMEOUT)
    except TimeoutError:
        return Answer(-1, b"", b"git took too long")
    if truncated:
        process.kill()
    return Answer(process.wait(), stdout, stderr, truncated)


def _collect(process: subprocess.Popen[bytes], limit: int, deadline: float) -> tuple[bytes, bytes, bool]:
    out, err = cast(IO[bytes], process.stdout), cast(IO[bytes], process.stderr)
    written, complaints = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ, written)
        selector.register(err, selectors.EVENT_READ, complaints)
        while selector.get_map() and len(written) <= limit:
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, 1 << 20)
                if not data:
                    selector.unregister(key.fileobj)
                key.data.extend(data)
            del complaints[_COMPLAINTS:]
    return bytes(written[:limit]), bytes(complaints), len(written) > limit


class Blobs:
    """Contents of objects, through one process for all of them; safe to use from several threads."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, blob: str, size: int, limit: int) -> bytes:
        """The first ``limit`` bytes of an object; KeyError when the clone does not hold it (then ``size`` is -1)."""
        if size < 0:
            raise KeyError(blob)
        if size > _LARGE and limit < size:
            # The conversation would have to read it whole.
            try:
                return self._repository.run("cat-file", "blob", blob, limit=limit)
            except GitProblem as problem:
                raise KeyError(blob) from problem
        with self._lock:
            try:
                return self._ask(blob)[:limit]
            except OSError as problem:
                self._process = None
                raise KeyError(blob) from problem

    def _ask(self, blob: str) -> bytes:
        if self._process is None:
            self._process = self._repository.converse("cat-file", "--batch")
            weakref.finalize(self, _end, self._process)
        stdin, stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        stdin.write(blob.encode("ascii") + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            if not header:
                raise BrokenPipeError("git ended")
            raise KeyError(blob)
        data = stdout.read(int(header[2]))
        stdout.read(1)
        return data


def _end(process: subprocess.Popen[bytes]) -> None:
    _shut(process)
    process.kill()
    process.wait()


def _shut(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
