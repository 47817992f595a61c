"""Ranks of an MPI program in an image under ``srun``: they find one another, and it is noticed when they do not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import images
import pytest
from images import File, Layer, Made
from offloading import NEEDS, Place, done, job, until

from assaymark.errors import InputError
from assaymark.job import Resources

pytestmark = pytest.mark.service(*NEEDS["slurm+charliecloud"], "mpicc", "gcc")

PROGRAM = """
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  int rank, size, sum;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  printf("ASSAYMARK_MPI rank=%d size=%d sum=%d\\n", rank, size, sum);
  fflush(stdout);
  return MPI_Finalize();
}
"""
MANIFEST = """
image = "tool.tar"
start = ["/bin/tool"]
[mpi]
tasks = 2
command = ["/bin/ranks"]
launcher = ["srun", "--mpi=LAUNCHER"]
"""


@pytest.fixture(scope="session")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    """A root file system with a program that uses Debian's MPICH, and the libraries that it asks for."""
    folder = tmp_path_factory.mktemp("mpi")
    (folder / "ranks.c").write_text(PROGRAM)
    subprocess.run(["mpicc", "-o", str(folder / "ranks"), str(folder / "ranks.c")], check=True, capture_output=True)
    return dict(sorted({**images.busybox(), **images.linked(("bin/ranks", folder / "ranks"))}.items()))


@pytest.mark.parametrize(("launcher", "outcome"), [("pmi2", "passed"), ("none", "failed")])
def test_two_ranks_are_one_world_or_it_is_said(
    launcher: str,
    outcome: str,
    ranks: Layer,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(request.getfixturevalue("cluster").conf))
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "state"))
    images.docker_archive(Made([ranks]), tmp_path / "tool.tar")
    (tmp_path / "smoke.toml").write_text(MANIFEST.replace("LAUNCHER", launcher))
    argv = [sys.executable, "-m", "assaymark", "smoke", "smoke.toml", "--runner", "slurm", "--engine", "charliecloud"]
    ended = subprocess.run(
        [*argv, "--output", "out", "--gate", "silver"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    told = json.loads((tmp_path / "out/assessment.json").read_text())
    found = {s["id"]: s for s in told["subcriteria"]}
    assert found["IMG.Run09"]["outcome"] == outcome, ended.stdout + ended.stderr
    assert ended.returncode == (0 if outcome == "passed" else 1), ended.stderr
    trials = {t["name"]: t for t in json.loads((tmp_path / "out/trials.json").read_text())["trials"]}
    # Two worlds of one rank end with success: only counting them tells.
    assert trials["mpi"]["code"] == 0
    # At rest it is known before.
    assert found["IMG.Fit10"]["outcome"] == outcome
    assert {id for id, s in found.items() if s["outcome"] == "failed"} <= {"IMG.Run09", "IMG.Fit10"}, ended.stdout
    if outcome == "failed":
        said = found["IMG.Run09"]["evidence"][0]["message"]
        assert "a world of 1" in said
        assert "--mpi=none offers nothing" in said
        assert "the image has libmpich.so.12 (MPICH), which speaks PMI-1" in said
    assert trials["own-pmi"]["code"] == 0


def test_ranks_of_two_jobs_at_once_share_nothing(place: Place, image: Path) -> None:
    at = place("slurm+charliecloud")
    script = "/bin/busybox readlink /proc/self/ns/mnt; /bin/busybox sleep 5"
    asked = [
        replace(job(id, script, image=str(image)), launcher=("srun",), resources=Resources(tasks=2, time=120))
        for id in ("one", "two")
    ]
    handles = [at.submit(each) for each in asked]
    assert [until(at, each, lambda s: s.state.over).code for each in handles] == [0, 0]
    spaces = [at.logs(each).stdout.split() for each in handles]
    assert [len(s) for s in spaces] == [2, 2]
    assert [len(set(s)) for s in spaces] == [1, 1]
    assert set(spaces[0]) != set(spaces[1])


def test_ranks_hear_of_nothing_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret-word")
    at = place("slurm")
    asked = job("ranks", "env; echo $ASSAYMARK_INDEX-$TOLD-$SLURM_PROCID", environment={"TOLD": "a 'b'"})
    asked = replace(asked, launcher=("srun",), resources=Resources(tasks=3, time=60))
    [status] = done(at, asked)
    assert status.code == 0
    text = at.logs(at.submit(asked)).stdout.decode()
    assert {f"0-a 'b'-{n}" for n in range(3)} <= set(text.splitlines())
    assert "secret-word" not in text
    assert "SLURM_CONF" in text


def test_one_rank_that_fails_fails_the_job(place: Place) -> None:
    asked = replace(job("one", "exit $SLURM_PROCID"), launcher=("srun",), resources=Resources(tasks=2, time=60))
    assert done(place("slurm"), asked)[0].code == 1


def test_where_no_ranks_are_started_it_is_said(place: Place) -> None:
    with pytest.raises(InputError, match="starts no ranks"):
        place("local").submit(replace(job("none", "true"), launcher=("srun",)))


SCALING = """
image = "tool.tar"
start = ["/bin/tool"]
[mpi]
tasks = 2
command = ["/bin/slower"]
launcher = ["srun", "--mpi=none"]
scaling = [1, 2]
"""
# Says what a rank should, and takes the longer the more there are.
SLOWER = b"""#!/bin/sh
[ "$SLURM_NTASKS" = 2 ] && sum=1 || sum=0
echo "ASSAYMARK_MPI rank=$SLURM_PROCID size=$SLURM_NTASKS sum=$sum"
[ "$SLURM_NTASKS" = 1 ] || sleep 8
"""


def test_what_is_slower_on_more_ranks_fails_at_its_scaling(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(request.getfixturevalue("cluster").conf))
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "state"))
    layer = {**images.busybox(), "bin/slower": File(SLOWER, 0o755)}
    images.docker_archive(Made([layer]), tmp_path / "tool.tar")
    (tmp_path / "smoke.toml").write_text(SCALING)
    argv = [sys.executable, "-m", "assaymark", "smoke", "smoke.toml", "--runner", "slurm", "--engine", "charliecloud"]
    ended = subprocess.run(
        [*argv, "--output", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
    )
    told = json.loads((tmp_path / "out/assessment.json").read_text())
    failing = {s["id"] for s in told["subcriteria"] if s["outcome"] == "failed"}
    assert failing == {"IMG.Run14"}, ended.stdout + ended.stderr
