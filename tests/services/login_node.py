"""A login node: an OpenSSH server of our own on a free loopback port, with keys of its own; stopped by number."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/sshd.pid
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PrintMotd no
Banner {folder}/banner
SetEnv {environment}
"""
CLIENT = """\
Host login
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentityFile {folder}/user
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    GlobalKnownHostsFile /dev/null
    IdentityAgent none
"""


@dataclass
class LoginNode:
    """One that runs; ``config`` is what ``ssh -F`` takes, its only host is ``login``."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def start(self) -> None:
        argv = ["/usr/sbin/sshd", "-D", "-f", str(self.folder / "server"), "-E", str(self.folder / "log")]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError("sshd does not come up:\n" + (self.folder / "log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """The server and every connection to it."""
        if self.process is None:
            return
        for pid in _children(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process = None


def _children(pid: int) -> list[int]:
    """The processes of the connections, not what runs in them: a real drop does not end those either."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], check=True, capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()]
    below, at = [], {str(pid)}
    while at:
        at = {row[0] for row in rows if row[1] in at and row[2].startswith("sshd")}
        below += [int(each) for each in at]
    return below


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[LoginNode]:
    """Start it, and stop it whatever happens. ``environment`` is what who logs in finds set."""
    folder.mkdir(parents=True, exist_ok=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = " ".join(f'"{name}={value}"' for name, value in environment.items())
    (folder / "server").write_text(SERVER.format(port=port, folder=folder, environment=words))
    (folder / "banner").write_text("Welcome. Authorised users only.\n")
    user = pwd.getpwuid(os.geteuid()).pw_name
    (folder / "config").write_text(CLIENT.format(port=port, folder=folder, user=user))
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    node = LoginNode(folder, port)
    try:
        node.start()
        yield node
    finally:
        node.stop()
