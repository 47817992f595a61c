"""A Docker Engine of our own on a socket of its own: no network, no registry; stopped by number. Needs root."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start it; gives what DOCKER_HOST must say."""
    with tempfile.TemporaryDirectory(prefix="dockerd-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        host = f"unix://{folder}/d.sock"
        argv = ["dockerd", "--storage-driver=vfs", "--iptables=false", "--bridge=none", f"--data-root={folder}/data"]
        argv += [f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", f"--host={host}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            _await(host, process, folder / "log")
            yield host
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        asked = subprocess.run(["docker", "-H", host, "info"], capture_output=True, timeout=30, check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.2)
    raise RuntimeError("dockerd does not come up:\n" + log.read_text(errors="replace")[-3000:])
