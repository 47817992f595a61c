"""A registry of our own on 127.0.0.1 (Debian's ``docker-registry``), with a password; stopped by number."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

USER, PASSWORD = "ada", "loopback-only"
# The password as htpasswd has it (bcrypt).
HASHED = "$2b$04$dAAaGQsy9WoMS7Pfr17e4ekmB1KckhmKYhdoX.d9l7V5Mp4f9ApRK"


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start it; gives ``127.0.0.1:port``."""
    with tempfile.TemporaryDirectory(prefix="registry-") as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        folder = Path(name)
        (folder / "htpasswd").write_text(f"{USER}:{HASHED}\n")
        (folder / "config.yml").write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
            f"http: {{addr: '{address}'}}\nauth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
        try:
            _await(address, process, folder / "log")
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code == 401:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the registry does not come up:\n" + log.read_text(errors="replace")[-3000:])
