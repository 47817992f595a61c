"""What goes wrong at a site, and that it is reported as exactly that: nothing lost, nothing left running."""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import slurm
from offloading import NEEDS, Place, done, given, job, left, places, running, sh, sleeping, until, waiting

from assaymark.errors import InputError
from assaymark.job import Handle, Job, Resources, State, finished
from assaymark.runners.choose import Places, engine_named, runner
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

on_slurm = pytest.mark.service(*NEEDS["slurm"])

CONTROLLER = """
import sys
from pathlib import Path
from assaymark.job import Job, Resources
from assaymark.runners.choose import Places, runner
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait
at = runner(sys.argv[1], None, Places(jobs=Path(sys.argv[2]), images=Path(sys.argv[2])), settle=1.0)
at = SharedFolder(at.back, at.root, None, 1.0)
handle = at.submit(Job(id="survivor", command=("/bin/sh", "-c", "sleep 3; echo done; exit 6")))
print("submitted", flush=True)
wait(at, [handle])
"""


@pytest.mark.parametrize("name", ["local", pytest.param("slurm", marks=on_slurm)])
def test_a_job_outlives_a_controller_that_is_killed(name: str, place: Place) -> None:
    at = place(name)
    controller = subprocess.Popen([sys.executable, "-c", CONTROLLER, name, str(at.root)], stdout=subprocess.PIPE)
    assert controller.stdout
    assert controller.stdout.readline() == b"submitted\n"
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    controller.stdout.close()
    handle = at.submit(Job(id="survivor", command=sh("echo never")))
    status = wait(at, [handle])["survivor"][0]
    assert (status.state, status.code) == (State.EXITED, 6)
    assert at.logs(handle).stdout == b"done\n"


@pytest.mark.parametrize("moment", ["assaymark.proc.detach", "assaymark.runners.folder.save"])
def test_interrupted_while_it_is_submitted_nothing_is_left(
    moment: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, long = place("local"), sleeping()
    whole = pkgutil.resolve_name(moment)

    def interrupted(first: object, **more: object) -> object:
        done = whole(first, **more)
        if isinstance(first, Handle) and first.reference is None:
            return done  # nothing is started yet
        while not running(long):
            time.sleep(0.02)
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        at.submit(job("cut", f"exec {long}"))
    assert left(long) == []


def test_a_killed_reporter_is_no_verdict_and_leaves_nothing(place: Place) -> None:
    at = place("local")
    handle = at.submit(job("shot", "kill -9 $PPID; exec sleep 4713"))
    status = until(at, handle, lambda s: s.state.over)
    assert (status.state, status.code) == (State.NO_VERDICT, None)
    assert left("sleep 4713") == []


def test_more_memory_than_allowed_is_refused_to_the_command(place: Place) -> None:
    at = place("local")
    eat = f"exec {sys.executable} -c 'x = bytearray(2**30)'"
    asked = Job(id="memory", command=sh(eat), resources=Resources(time=60, memory=200))
    [status] = done(at, asked)
    assert status.state is State.EXITED
    assert status.code not in (0, None)


@pytest.mark.service(*NEEDS["docker"])
def test_a_container_that_is_ended_for_its_memory_is_said_to_be(place: Place, image: Path) -> None:
    at = place("docker")
    # Of a variable that grows: no file counts here.
    eat = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"
    asked = job("memory", eat, image=str(image))
    [status] = done(at, replace(asked, resources=Resources(time=60, memory=32)))
    assert (status.state, status.code) == (State.OUT_OF_MEMORY, None)
    # One that ends like that by itself does not.
    assert done(at, job("itself", "exit 137", image=str(image)))[0].code == 137


def test_an_engine_that_the_node_lacks_is_not_blamed_on_the_image(place: Place, tmp_path: Path) -> None:
    engine = replace(engine_named("apptainer", Places(tmp_path, tmp_path)), folder=lambda _: Path("/image"))  # type: ignore[type-var]  # a dataclass
    engine = replace(engine, program="no-such-engine")  # type: ignore[type-var]  # a dataclass
    at = SharedFolder(place("local").back, tmp_path / "jobs", engine, 0.3)
    [status] = done(at, job("lacking", "true", image="/image"))
    assert (status.state, status.code) == (State.NO_VERDICT, None)
    assert status.reason == "there is no no-such-engine where it was to run"


@pytest.mark.parametrize("name", places("bubblewrap", "charliecloud", "docker", "podman"))
def test_an_engine_that_starts_nothing_is_not_blamed_on_the_image(name: str, place: Place, image: Path) -> None:
    at = place(name)
    # What the site says is to be mounted cannot be: it is not there, or is a file where a folder is.
    wrong = "/no/such/folder:/scratch" if name in ("bubblewrap", "charliecloud") else "/etc/passwd:/bin"
    broken = replace(at, engine=replace(at.engine, binds=(wrong,)))  # type: ignore[type-var]  # a dataclass
    [status] = done(broken, job("unstarted", "exit 0", image=str(image)))
    assert (status.state, status.code) == (State.NO_VERDICT, None), status
    assert "did not start it" in status.reason
    assert done(at, job("started", "echo of its own >&2; exit 1", image=str(image)))[0].code == 1


@pytest.mark.service("mount")
def test_a_full_disk_is_no_verdict(place: Place, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounts a small file system: root only")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine mounts nothing")
    try:
        at = SharedFolder(place("local").back, small, None, 0.3)
        handle = at.submit(job("full", "cat /dev/zero > filled 2>/dev/null; exit 0"))
        status = until(at, handle, lambda s: s.state.over)
        assert (status.state, status.code) == (State.NO_VERDICT, None)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    at = runner("local", None, Places(jobs=tmp_path / "file", images=tmp_path))
    with pytest.raises(InputError, match="cannot be written"):
        at.submit(job("nowhere", "true"))


def test_another_job_of_the_same_name_is_not_taken_for_ours(place: Place) -> None:
    at = place("local")
    at.submit(job("taken", "true"))
    with pytest.raises(InputError, match="another job"):
        at.submit(job("taken", "true", array=3))


@pytest.mark.parametrize("name", places("local", "sandbox", "bubblewrap", "charliecloud", "docker", "podman"))
def test_a_job_of_the_same_name_in_another_folder_is_another(
    name: str, place: Place, image: Path, tmp_path: Path
) -> None:
    here = place(name)
    there = replace(here, root=tmp_path / "elsewhere")
    asked = job("one-name", f"{waiting(Path('go'))}; exit 7", **given(name, image))
    mine, theirs = here.submit(asked), there.submit(asked)
    for at, handle in ((here, mine), (there, theirs)):
        until(at, handle, lambda s: s.state is State.RUNNING)
        # As soon as the command runs there is something to find, and to end.
        until(at, handle, lambda _, out=Path(handle.folder, "runs/0/out"): out.is_file())  # type: ignore[misc]  # a default
        assert at.back.find(replace(handle, reference=None)) == handle.reference
    here.cancel(mine)
    assert until(here, mine, lambda s: s.state.over).state is State.CANCELLED
    assert not there.status(theirs)[0].state.over
    Path(theirs.folder, "runs", "0", "work", "go").touch()
    assert until(there, theirs, lambda s: s.state.over).code == 7


@on_slurm
class TestSlurm:
    def test_the_scheduler_is_restarted_while_a_job_runs(
        self, place: Place, cluster: slurm.Cluster, tmp_path: Path
    ) -> None:
        at = place("slurm")
        handle = at.submit(job("restart", f"{waiting(tmp_path / 'go')}; exit 6"))
        until(at, handle, lambda s: s.state is State.RUNNING)
        cluster.stop("slurmctld")
        down = at.status(handle)[0]
        cluster.start_controller()
        (tmp_path / "go").touch()
        assert down.state is State.RUNNING
        assert "cannot be asked" in down.reason
        assert until(at, handle, lambda s: s.state.over).code == 6

    def test_somebody_else_cancels_it(self, place: Place, cluster: slurm.Cluster) -> None:
        at = place("slurm")
        handle = at.submit(job("theirs", "sleep 4714"))
        until(at, handle, lambda s: s.state is State.RUNNING)
        cluster.ask("scancel", str(handle.reference))
        status = until(at, handle, lambda s: s.state.over)
        assert (status.state, status.code) == (State.CANCELLED, None)
        assert left("sleep 4714") == []

    def test_somebody_else_cancels_it_in_the_queue(self, place: Place, cluster: slurm.Cluster) -> None:
        at = place("slurm")
        handle = at.submit(Job(id="queued", command=sh("true"), resources=Resources(flags=("--hold",))))
        status = until(at, handle, lambda s: "PENDING" in s.reason)
        assert status.state is State.QUEUED
        assert status.waited is None
        cluster.ask("scancel", str(handle.reference))
        assert until(at, handle, lambda s: s.state.over).state is State.CANCELLED

    def test_a_drained_node_is_told_as_the_reason_and_waiting_ends(self, place: Place, cluster: slurm.Cluster) -> None:
        at = place("slurm")
        node = cluster.ask("sinfo", "-h", "-o", "%N").strip()
        cluster.ask("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
        try:
            reasons: set[str] = set()
            handle = at.submit(Job(id="drained", command=sh("true"), resources=Resources(queue=5)))
            found = wait(at, [handle], lambda _, seen: reasons.update(s.reason for s in seen))
            [status] = found["drained"]
            assert status.state is State.WAITED_OUT
            assert any("DRAINED" in r or "UnavailableNodes" in r for r in reasons), reasons
            assert cluster.ask("squeue", "-h", "-o", "%A").split() == []
        finally:
            cluster.ask("scontrol", "update", f"nodename={node}", "state=resume")
            cluster.wait_for("idle")

    def test_it_is_refused_with_the_words_of_slurm(self, place: Place) -> None:
        at = place("slurm")
        asked = Job(id="refused", command=sh("true"), resources=Resources(partition="nowhere"))
        with pytest.raises(InputError, match="invalid partition"):
            at.submit(asked)
        again = at.submit(Job(id="refused", command=sh("exit 4")))
        assert until(at, again, lambda s: s.state.over).code == 4

    def test_more_memory_than_asked_for(self, place: Place) -> None:
        at = place("slurm")
        eat = f"exec {sys.executable} -c 'import time; x = bytearray(b\"x\") * (400 * 2**20); time.sleep(30)'"
        asked = Job(id="greedy", command=sh(eat), resources=Resources(time=60, memory=100))
        [status] = done(at, asked)
        assert (status.state, status.code) == (State.OUT_OF_MEMORY, None), status
        assert "memory limit" in status.reason

    def test_without_accounting_a_forgotten_job_is_known_by_its_verdict(
        self, place: Place, cluster: slurm.Cluster
    ) -> None:
        at = place("slurm")
        handle = at.submit(job("forgotten", "exit 8"))
        until(at, handle, lambda s: s.state.over)
        disabled = subprocess.run(
            ["sacct", "-n"], env=os.environ | {"SLURM_CONF": str(cluster.conf)}, capture_output=True, check=False
        )
        assert disabled.returncode != 0
        # A number that Slurm never gave: as one that it has forgotten.
        forgotten = Handle.from_json(handle.to_json() | {"reference": "999999"})
        assert at.status(forgotten)[0].code == 8
        Path(handle.folder, "runs/0/result.json").unlink()
        assert at.status(forgotten)[0].state is State.NO_VERDICT

    def test_a_thousand_at_once_lose_nothing(self, place: Place) -> None:
        at = place("slurm")
        handle = at.submit(job("many", "exit $((ASSAYMARK_INDEX % 7))", array=1_000))
        end = time.monotonic() + 900
        found = at.status(handle)
        while not finished(found) and time.monotonic() < end:
            time.sleep(1)
            found = at.status(handle)
        assert [(s.state, s.code) for s in found] == [(State.EXITED, i % 7) for i in range(1_000)]


@pytest.mark.parametrize("days", [-3, 3])
def test_the_clock_of_a_node_that_is_wrong_changes_no_verdict(days: int, place: Place, tmp_path: Path) -> None:
    at = place("local")
    wrong = tmp_path / "bin"
    wrong.mkdir()
    (wrong / "date").write_text(f'#!/bin/sh\nnow=$(/bin/date "$@")\necho $((now + {days * 86_400}))\n')
    (wrong / "date").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{wrong}:{os.environ['PATH']}")
        handle = at.submit(job("skewed", "sleep 1; exit 5"))
    [status] = wait(at, [handle])["skewed"]
    assert (status.state, status.code) == (State.EXITED, 5)
    assert status.waited is None
    assert status.took is not None
    assert 0.9 < status.took < 50


@pytest.mark.service("busybox")
def test_a_truncated_image_is_refused_before_anything_starts(place: Place, image: Path, tmp_path: Path) -> None:
    data = image.read_bytes()
    for length in (0, 100, len(data) // 2):
        cut = tmp_path / f"{length}.tar"
        cut.write_bytes(data[:length])
        engine = engine_named("bubblewrap", Places(jobs=tmp_path / "jobs", images=tmp_path / "images"))
        at = SharedFolder(place("local").back, tmp_path / "jobs", engine, 0.3)
        with pytest.raises(InputError):
            at.submit(job(f"cut-{length}", "true", image=str(cut)))
        assert not list((tmp_path / "images").glob("sha256-*"))


def test_a_handle_is_plain_json() -> None:
    handle = Handle(runner="local", id="x", folder="/f", reference="1:2", labels={"a": "b"})
    assert Handle.from_json(json.loads(json.dumps(handle.to_json()))) == handle
    for bad in ({}, {"runner": "x"}, {**handle.to_json(), "labels": 3}, {**handle.to_json(), "array": "many"}):
        with pytest.raises(ValueError, match="no handle"):
            Handle.from_json(bad)
