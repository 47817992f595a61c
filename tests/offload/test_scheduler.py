"""What only a larger Slurm shows: accounts, partitions that pre-empt one another, a node that is lost or blind.

Two nodes on this machine, and one that is elsewhere and down. The second sees nothing in the folder of the jobs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import accounting
import pytest
import slurm
from offloading import NEEDS, done, job, left, running, sh, sleeping, until

from assaymark.job import Job, Resources, State
from assaymark.runners import folder as folders
from assaymark.runners.choose import Places, runner
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

pytestmark = pytest.mark.service(*NEEDS["slurm"], "slurmdbd", "mariadbd", "mariadb", "unshare", "mount")

NODES = """\
SlurmdTimeout=10
MinJobAge=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n[1-2] NodeHostname={{host}} NodeAddr=127.0.0.1 Port=[{first}-{second}] CPUs=2 RealMemory=4000 State=UNKNOWN
NodeName=away NodeHostname=elsewhere NodeAddr=127.0.0.1 Port=1 CPUs=2 State=DOWN
PartitionName=low Nodes=n1 Default=YES PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=lower Nodes=n1 PriorityTier=1 PreemptMode=CANCEL State=UP
PartitionName=high Nodes=n1 PriorityTier=10 PreemptMode=OFF State=UP
PartitionName=blind Nodes=n2 State=UP
PartitionName=gone Nodes=away State=UP
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[slurm.Cluster]:
    first = slurm.two_ports()
    hidden = f"mount -t tmpfs none {root} && exec slurmd -D -c -N n2"
    daemons = {"slurmd": ("slurmd", "-D", "-c", "-N", "n1"), "blind": ("unshare", "-m", "sh", "-c", hidden)}
    nodes = NODES.format(first=first, second=first + 1)
    with slurm.running(tmp_path_factory.mktemp("large"), nodes, daemons, accounting.running) as cluster:
        for node in ("n1", "n2"):
            cluster.wait_for_node(node, "idle")
        yield cluster


@pytest.fixture
def at(large: slurm.Cluster, root: Path, monkeypatch: pytest.MonkeyPatch) -> SharedFolder:
    monkeypatch.setenv("SLURM_CONF", str(large.conf))
    found = runner("slurm", None, Places(jobs=root, images=root), settle=1.0)
    return SharedFolder(found.back, found.root, None, 1.0)


def asked(id: str, script: str, partition: str, cpus: int = 2) -> Job:
    return Job(id=id, command=sh(script), resources=Resources(time=600, partition=partition, cpus=cpus))


@pytest.mark.parametrize("partition", ["low", "lower"])
def test_a_job_that_is_pre_empted(partition: str, at: SharedFolder) -> None:
    long = sleeping()
    handle = at.submit(asked(f"yields-{partition}", long, partition))
    until(at, handle, lambda s: s.state is State.RUNNING and bool(running(long)))
    [first] = done(at, asked(f"goes-before-{partition}", "exit 0", "high"))
    assert (first.state, first.code) == (State.EXITED, 0)
    status = until(at, handle, lambda s: s.state.over)
    assert (status.state, status.code) == (State.PREEMPTED, None), status
    assert left(long) == []


def test_what_slurm_has_forgotten_is_known_from_its_accounts(at: SharedFolder, large: slurm.Cluster) -> None:
    kept = at.submit(asked("kept", "exit 3", "low", 1))
    lost = at.submit(asked("lost", "exit 0", "low", 1))
    ended = at.submit(asked("ended", "sleep 600", "low", 1))
    until(at, ended, lambda s: s.state is State.RUNNING)
    large.ask("scancel", str(ended.reference))
    for handle in (kept, lost, ended):
        until(at, handle, lambda s: s.state.over)
    for handle in (lost, ended):
        Path(handle.folder, "runs/0/result.json").unlink(missing_ok=True)
    end = time.monotonic() + 300
    while large.ask("squeue", "-h", "-t", "all", "-o", "%A").split() and time.monotonic() < end:
        time.sleep(1)
    # The accounts may be some seconds late.
    told = {h.id: until(at, h, lambda s: s.state.over) for h in (kept, lost, ended)}
    assert (told["kept"].state, told["kept"].code) == (State.EXITED, 3)
    assert (told["lost"].state, told["lost"].code) == (State.NO_VERDICT, None)
    assert "COMPLETED (exit 0:0)" in told["lost"].reason
    assert told["ended"].state is State.CANCELLED
    assert "CANCELLED" in told["ended"].reason


def test_a_node_that_is_lost(at: SharedFolder, large: slurm.Cluster) -> None:
    long = sleeping()
    handle = at.submit(asked("on-it", long, "low"))
    until(at, handle, lambda s: s.state is State.RUNNING and bool(running(long)))
    try:
        fallen(large, handle.folder)
        status = until(at, handle, lambda s: s.state.over, seconds=300)
        assert (status.state, status.code) == (State.NODE_LOST, None), status
        assert "NODE_FAIL" in status.reason
    finally:
        large.stop("slurmd")
        large.start("slurmd", "slurmd", "-D", "-N", "n1")
        large.wait_for_node("n1", "idle")


def fallen(cluster: slurm.Cluster, folder: str) -> None:
    """As when its power is cut: the daemon and all that it started are gone at once."""
    daemon = cluster.daemons["slurmd"]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(daemon.pid, signal.SIGKILL)
    daemon.wait()
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            step = b"slurmstepd" in place.joinpath("cmdline").read_bytes()
            environment = place.joinpath("environ").read_bytes()
            ours = step and str(cluster.conf).encode() in environment
            if (
                ours
                or folder.encode() in place.joinpath("cmdline").read_bytes()
                or f"{folders.MARK}={folders.name_of(folder)}\0".encode() in environment
            ):
                os.kill(int(place.name), signal.SIGKILL)


def test_a_disk_that_is_full(at: SharedFolder, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(small)], check=True)
    try:
        there = replace(at, root=small)
        [status] = done(there, job("full", "cat /dev/zero > filled 2>/dev/null; exit 0"))
        assert (status.state, status.code) == (State.NO_VERDICT, None), status
        assert status.reason
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_node_that_does_not_see_the_folder_is_told(at: SharedFolder, root: Path) -> None:
    handle = at.submit(asked("unseen", "exit 0", "blind"))
    status = wait(at, [handle])["unseen"][0]
    assert (status.state, status.code) == (State.NO_VERDICT, None)
    assert status.reason == f"n2 does not see {root}/unseen, or cannot write there: is that folder shared?"


def test_a_folder_that_no_other_node_can_see_is_told_before_anything_is_submitted(at: SharedFolder) -> None:
    assert at.problem() is None
    there = replace(at, root=Path("/dev/shm/assaymark-jobs-that-are-not"))
    assert there.problem() == "/dev/shm is a tmpfs of this machine: elsewhere cannot see it (ASSAYMARK_WORK, or 'work')"
