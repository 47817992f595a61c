"""The accounts of a Slurm: slurmdbd before a MariaDB of its own, on free ports, stopped by number. Needs root."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from slurm import free_ports

CONF = """\
AuthType=auth/munge
AuthInfo=socket={munge}
DbdHost=localhost
DbdPort={port}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={base}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""
SETTINGS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={port}
AccountingStoragePass={munge}
"""
SQL = """\
CREATE DATABASE slurm;
CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
GRANT ALL ON slurm.* TO 'slurm'@'127.0.0.1';
"""


@contextlib.contextmanager
def running(folder: Path, munge: Path) -> Iterator[str]:
    """Start it; gives what the configuration of the cluster must say. ``munge`` is the socket of its munge."""
    folder.mkdir(parents=True)
    base, port = free_ports(2)
    started = []
    try:
        started.append(_database(folder, base))
        conf = folder / "slurmdbd.conf"
        conf.write_text(CONF.format(munge=munge, port=port, base=base, folder=folder))
        conf.chmod(0o600)
        # Where it looks for its configuration is told by that of the cluster: it lies beside it.
        environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        started.append(_started(["slurmdbd", "-D"], folder, environment))
        _listening(port, folder)
        yield SETTINGS.format(port=port, munge=munge)
    finally:
        for process in reversed(started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)


def _database(folder: Path, port: int) -> subprocess.Popen[bytes]:
    data, socket_file = folder / "data", folder / "my.sock"
    make = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
    subprocess.run([*make, "--user=root", "--skip-test-db"], check=True, capture_output=True, timeout=300)
    words = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={socket_file}"]
    words += [f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/my.pid", "--skip-name-resolve"]
    words += ["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"]
    process = _started(words, folder, dict(os.environ))
    try:
        _listening(port, folder)
        ask = ["mariadb", "--no-defaults", f"--socket={socket_file}", "--user=root"]
        subprocess.run(ask, input=SQL, text=True, check=True, capture_output=True, timeout=60)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _started(argv: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / f"{argv[0]}.out").open("wb") as out:
        return subprocess.Popen(
            argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def _listening(port: int, folder: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    logs = "".join(f.read_text(errors="replace")[-1500:] for f in (*folder.glob("*.out"), *folder.glob("*.log")))
    raise RuntimeError(f"the accounting does not come up:\n{logs}")
