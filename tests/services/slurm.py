"""A real Slurm of one node with munge, beside any other: own ports, own folder, stopped by number. Needs root."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

CONF = """\
ClusterName=ci
SlurmctldHost={host}
SlurmctldPort={ctld_port}
SlurmdPort={d_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=5
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
KillWait=5
MaxArraySize=5001
DefMemPerCPU=50
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
"""
ONE_NODE = """\
NodeName={host} CPUs=8 RealMemory=16000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
ONE_DAEMON = {"slurmd": ("slurmd", "-D", "-c")}


@dataclass
class Cluster:
    """One that runs; ``conf`` is what SLURM_CONF must say."""

    folder: Path
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def conf(self) -> Path:
        return self.folder / "slurm.conf"

    def ask(self, *argv: str) -> str:
        environment = os.environ | {"SLURM_CONF": str(self.conf)}
        return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout

    def start(self, name: str, *argv: str) -> None:
        environment = os.environ | {"SLURM_CONF": str(self.conf)}
        with (self.folder / f"{name}.out").open("ab") as out:
            self.daemons[name] = subprocess.Popen(
                argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def start_controller(self, *, clean: bool = False) -> None:
        # Not as a daemon (-D): then its number is ours, and it ends with us.
        self.start("slurmctld", "slurmctld", "-D", *(["-c"] if clean else []))
        self.wait_for("idle", "mix", "alloc")

    def stop(self, name: str) -> None:
        process = self.daemons.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def wait_for(self, *states: str) -> None:
        self._wait_for(states, "-o", "%T")

    def wait_for_node(self, node: str, *states: str) -> None:
        self._wait_for(states, "-n", node, "-o", "%T")

    def _wait_for(self, states: tuple[str, ...], *words: str) -> None:
        end = time.monotonic() + 120
        seen = ""
        while time.monotonic() < end:
            with contextlib.suppress(subprocess.SubprocessError):
                seen = self.ask("sinfo", "-h", *words).strip()
                if any(line.startswith(states) for line in seen.splitlines()):
                    return
            time.sleep(0.2)
        logs = "".join(f.read_text(errors="replace")[-1500:] for f in self.folder.glob("*.[lo][ou]*"))
        raise RuntimeError(f"Slurm does not come up ({seen}):\n{logs}")


def two_ports() -> int:
    """The first of two free ports, one after the other."""
    while True:
        [first] = free_ports(1)
        with contextlib.suppress(OSError), socket.socket() as second:
            second.bind(("127.0.0.1", first + 1))
            return first


Accounting = Callable[[Path, Path], AbstractContextManager[str]]


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def running(
    folder: Path,
    nodes: str = ONE_NODE,
    daemons: Mapping[str, tuple[str, ...]] = ONE_DAEMON,
    accounting: Accounting | None = None,
) -> Iterator[Cluster]:
    """Start it, and stop it whatever happens.

    ``nodes`` ends its configuration; ``daemons`` are those of the nodes; ``accounting`` (see `accounting.running`)
    starts in a folder, with the socket of munge, what keeps the accounts, and gives more lines of the configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state").mkdir()
    cluster = Cluster(folder)
    ctld_port, d_port = free_ports(2)
    host = socket.gethostname().partition(".")[0]
    told = {"host": host, "ctld_port": ctld_port, "d_port": d_port, "folder": folder}
    cluster.conf.write_text((CONF + nodes).format(**told))
    stack = contextlib.ExitStack()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    try:
        named = {"socket": "sock", "key-file": "key", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        words = [f"--{word}={folder}/munge.{ending}" for word, ending in named.items()]
        cluster.start("munged", "munged", "--foreground", "--force", *words)
        end = time.monotonic() + 60
        while not (folder / "munge.sock").exists():
            if time.monotonic() > end:
                raise RuntimeError("munged does not come up: " + (folder / "munged.out").read_text())
            time.sleep(0.05)
        if accounting:
            settings = stack.enter_context(accounting(folder / "accounts", folder / "munge.sock"))
            with cluster.conf.open("a") as conf:
                conf.write(settings)
        for name, argv in daemons.items():
            cluster.start(name, *argv)
        cluster.start_controller(clean=True)
        yield cluster
    finally:
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            numbers = cluster.ask("squeue", "-h", "-o", "%A").split()
            if numbers:
                cluster.ask("scancel", *numbers)
                time.sleep(1)
        for name in ("slurmctld", *daemons):
            cluster.stop(name)
        stack.close()
        cluster.stop("munged")
