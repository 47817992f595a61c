"""`assaymark smoke` as a person starts it, on a real image, wherever it can run here: one image, one verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import images
import pytest
import slurm
from images import CONFIG, File, Made
from offloading import NEEDS, left, places, running, sleeping
from twins import MORE_TWINS, ONLY_READ_ONLY, TWINS, changed, tool

from assaymark.images.unpack import unpacked as unpack

MANIFEST = """
image = "tool.tar"
start = ["/bin/tool"]
[[test]]
name = "version"
command = ["tool", "--version"]
contains = "tool 1.2"
[[test]]
name = "refuses"
command = ["/bin/sh", "-c", "exit 4"]
exit = 4
"""
SPOTS = ("bubblewrap", "docker", "podman", "charliecloud", "slurm+charliecloud", "login+charliecloud", "interlink")
Smoke = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def smoke(request: pytest.FixtureRequest, tmp_path: Path) -> Smoke:
    """Runs the verb on ``smoke.toml`` of the temporary folder at a place."""

    def run(place: str, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "assaymark", "smoke", *arguments(request, place), *words]
        described(request, place, tmp_path)
        return subprocess.run(
            argv,
            cwd=tmp_path,
            env=environment(request, place, tmp_path),
            capture_output=True,
            text=True,
            check=check,
            timeout=900,
        )

    return run


def arguments(request: pytest.FixtureRequest, place: str) -> list[str]:
    kind, _, engine = place.partition("+")
    if kind in ("login", "interlink"):
        return ["smoke.toml", "--site", kind, "--sites", "sites.toml"]
    if kind == "slurm":
        return ["smoke.toml", "--runner", "slurm", "--engine", engine]
    return ["smoke.toml", "--runner", "container", "--engine", place]


def environment(request: pytest.FixtureRequest, place: str, folder: Path) -> dict[str, str]:
    told = {"ASSAYMARK_WORK": str(folder / "state"), "USER": "tester"}
    if place.startswith("slurm"):
        told["SLURM_CONF"] = str(request.getfixturevalue("cluster").conf)
    if place == "docker":
        told["DOCKER_HOST"] = request.getfixturevalue("docker_host")
    if place == "podman":
        told |= request.getfixturevalue("podman_settings")
    return {**os.environ, **told}


def described(request: pytest.FixtureRequest, place: str, folder: Path) -> None:
    """The site as people share it: `sites.toml`."""
    told: dict[str, object] = {}
    if place.startswith("login"):
        config = request.getfixturevalue("login").config
        told = {"runner": "slurm", "login": "login", "ssh_config": str(config), "work": f"{folder}/far"}
        told |= {"engine": "charliecloud", "partition": "debug"}
    if place == "interlink":
        probe, _ = unpack(folder / "tool.tar", folder / "site")
        told = {"runner": "interlink", "url": request.getfixturevalue("interlink").url, "probe": str(probe)}
        told |= {"images": f"{folder}/site/sha256-{{hex}}/root", "network": "none", "pace": 0}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    (folder / "sites.toml").write_text("\n".join([f"[site.{place.partition('+')[0]}]", *lines]) + "\n")


def write(folder: Path, made: Made, manifest: str = MANIFEST) -> None:
    images.docker_archive(made, folder / "tool.tar")
    (folder / "smoke.toml").write_text(manifest)


def outcomes(folder: Path) -> dict[str, str]:
    told = json.loads((folder / "assessment.json").read_text())
    return {s["id"]: s["outcome"] for s in told["subcriteria"]}


def stable(folder: Path) -> dict[str, Any]:
    """The assessment without what differs between two runs."""
    told = json.loads((folder / "assessment.json").read_text())
    told.pop("run")
    return dict(told)


def facts(folder: Path) -> dict[str, str]:
    """Where it was tried."""
    return dict(json.loads((folder / "assessment.json").read_text())["run"]["facts"])


@pytest.mark.service(*{program for spot in SPOTS for program in NEEDS[spot]})
def test_the_same_image_gets_the_same_assessment_everywhere(smoke: Smoke, tmp_path: Path) -> None:
    write(tmp_path, Made([images.busybox()]))
    found = {}
    for place in SPOTS:
        done = smoke(place, "--gate", "gold", "--output", place)
        assert done.returncode == 0, f"{place}: {done.stdout}{done.stderr}"
        found[place] = stable(tmp_path / place)
        told = json.loads((tmp_path / place / "trials.json").read_text())
        assert {t["state"] for t in told["trials"]} == {"exited", "timed-out"}
        record = (tmp_path / place / "provenance.json").read_text()
        assert f'"{place.rpartition("+")[2]} ' in record or place == "interlink"
        assert os.uname().nodename not in record
        for name in ("report.sarif", "junit.xml", "summary.md", "report.html", "badge.svg"):
            assert (tmp_path / place / name).stat().st_size > 100
    assert found["docker"]["level"] == "gold"
    assert facts(tmp_path / "docker")["engine"].startswith("docker ")
    tried = facts(tmp_path / "slurm+charliecloud")
    assert tried["runner"] == "slurm"
    assert tried["jobs"].replace(", ", "").isdecimal()
    assert tried["nodes"] == os.uname().nodename.partition(".")[0]
    assert facts(tmp_path / "interlink")["site"] == "interlink"
    assert all(each == found["docker"] for each in found.values())
    assert list((tmp_path / "far/jobs").iterdir()) == []
    assert list((tmp_path / "state/jobs").glob("smoke-*")) == []


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("place", places("charliecloud"))
def test_a_broken_twin_fails_at_the_right_one(place: str, twin: str, smoke: Smoke, tmp_path: Path) -> None:
    made, wrong = TWINS[twin]
    write(tmp_path, made())
    done = smoke(place, "--output", "out", "--gate", "silver")
    failing = {id for id, outcome in outcomes(tmp_path / "out").items() if outcome == "failed"}
    assert failing == ONLY_READ_ONLY.get(twin, wrong), done.stdout
    asked_for_silver = failing & {"IMG.Run02", "IMG.Run03", "IMG.Run04", "IMG.Run05", "IMG.Run07"}
    assert done.returncode == (1 if asked_for_silver else 0), done.stderr


@pytest.mark.service(*NEEDS["bubblewrap"])
@pytest.mark.usefixtures("apptainer")
def test_an_engine_that_knows_only_its_caller_gives_a_verdict(smoke: Smoke, tmp_path: Path) -> None:
    config = {**CONFIG, "Env": [*CONFIG["Env"], "NVIDIA_DRIVER_CAPABILITIES=compute,utility"]}
    write(tmp_path, replace(changed(etc__passwd=File(b"root:x:0:0::/:/bin/sh\n")), config=config))
    done = smoke("apptainer", "--output", "out", "--gate", "silver")
    assert done.returncode == 0, done.stderr
    found = outcomes(tmp_path / "out")
    ran = {*(f"IMG.Run{n:02}" for n in range(1, 9)), "IMG.Run19"}
    assert {id for id, o in found.items() if o == "passed" and id in ran} == ran, done.stdout
    # The caller is a user whom this image does not know.
    assert "user 1000" in (tmp_path / "out/assessment.json").read_text()


GPU = """
image = "tool.tar"
start = ["/bin/tool"]
[gpu]
count = 1
command = ["/bin/tool", "gpu"]
"""


@pytest.mark.service(*NEEDS["bubblewrap"])
@pytest.mark.usefixtures("apptainer")
@pytest.mark.parametrize(("right", "wrong"), [(1, set()), (0, {"IMG.Run10"})])
def test_a_gpu_that_computes_wrongly_fails_there(right: int, wrong: set[str], smoke: Smoke, tmp_path: Path) -> None:
    """No GPU is needed to see that what the probe says is judged: the tool says it."""
    write(tmp_path, tool(f"echo ASSAYMARK_GPU count=1 right={right} driver=12.4"), GPU)
    done = smoke("apptainer", "--output", "out")
    failing = {id for id, outcome in outcomes(tmp_path / "out").items() if outcome == "failed"}
    assert failing == wrong, done.stdout


@pytest.mark.service(*NEEDS["bubblewrap"])
@pytest.mark.usefixtures("apptainer")
def test_a_node_without_a_gpu_is_not_blamed_on_the_image(smoke: Smoke, tmp_path: Path) -> None:
    write(tmp_path, tool("exit 1"), GPU.replace('start = ["/bin/tool"]', ""))
    done = smoke("apptainer", "--output", "out", "--gate", "silver")
    here = any(map(os.path.exists, ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")))
    assert outcomes(tmp_path / "out")["IMG.Run10"] == ("failed" if here else "unknown"), done.stdout
    assert ("the node has no GPU" in (tmp_path / "out/summary.md").read_text()) is not here


ASKED_FOR = """
image = "tool.tar"
start = ["/bin/tool"]
long = ["/bin/tool", "serve"]
[[test]]
name = "result"
command = ["/bin/tool", "result"]
output = "r.txt"
[[test]]
name = "speed"
command = ["/bin/tool", "speed"]
performance = { pattern = '([0-9.]+) GB/s', reference = 10.0, lower = 0.1, unit = "GB/s" }
"""


@pytest.mark.service(*NEEDS["bubblewrap"])
@pytest.mark.parametrize("twin", MORE_TWINS)
def test_what_is_asked_for_beyond_a_start(twin: str, smoke: Smoke, tmp_path: Path) -> None:
    does, wrong = MORE_TWINS[twin]
    write(tmp_path, tool(does), ASKED_FOR)
    done = smoke("bubblewrap", "--output", "out", "--gate", "gold")
    failing = {id for id, outcome in outcomes(tmp_path / "out").items() if outcome == "failed"}
    assert failing == wrong, done.stdout
    assert done.returncode == (1 if wrong else 0), done.stdout + done.stderr
    told = json.loads((tmp_path / "out/trials.json").read_text())
    assert told["performance"][0]["value"] == (8.5 if twin == "is slow" else 9.5)
    assert told["history"][-1]["digest"].startswith("sha256:")


@pytest.mark.service(*NEEDS["slurm"], *NEEDS["charliecloud"])
def test_a_broken_site_is_not_blamed_on_the_image(smoke: Smoke, cluster: slurm.Cluster, tmp_path: Path) -> None:
    write(tmp_path, Made([images.busybox()]))
    done = smoke("slurm+charliecloud", "--partition", "nowhere", "--gate", "silver", "--output", "out")
    assert done.returncode == 3, done.stderr
    found = outcomes(tmp_path / "out")
    asked = {id for id, o in found.items() if id.startswith("IMG.Run") and o != "not-applicable"}
    assert {"IMG.Run01", "IMG.Run02", "IMG.Run03"} <= asked
    assert {found[id] for id in asked} == {"unknown"}
    assert "invalid partition" in (tmp_path / "out/summary.md").read_text()


@pytest.mark.service(*NEEDS["bubblewrap"])
class TestInterrupted:
    def slow(self, request: pytest.FixtureRequest, folder: Path, long: str) -> subprocess.Popen[bytes]:
        write(folder, tool(f"echo up >> /mnt/up; {long}; echo tool 1.2"))
        argv = [sys.executable, "-m", "assaymark", "smoke", *arguments(request, "bubblewrap"), "--time", "60"]
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment(request, "bubblewrap", folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while not running(long) and time.monotonic() < end:
            time.sleep(0.05)
        assert running(long)
        return process

    def test_asked_to_end_it_leaves_nothing(self, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        long = sleeping()
        process = self.slow(request, tmp_path, long)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
        assert left(long) == []

    def test_killed_it_is_taken_up_again(self, request: pytest.FixtureRequest, smoke: Smoke, tmp_path: Path) -> None:
        long = sleeping()
        process = self.slow(request, tmp_path, long)
        process.kill()
        process.wait()
        jobs = tmp_path / "state/jobs"
        # It may be killed before it has submitted all of them.
        before = {
            p.name: p.joinpath("limits").stat().st_mtime_ns for p in jobs.glob("smoke-*") if (p / "runs").is_dir()
        }
        assert len(before) > 3
        env = environment(request, "bubblewrap", tmp_path)
        listed = [sys.executable, "-m", "assaymark", "jobs"]
        told = subprocess.run([*listed, "list"], env=env, capture_output=True, text=True, check=True).stdout
        assert "running" in told
        subprocess.run([*listed, "cancel", "--all"], env=env, capture_output=True, check=True)
        assert left(long) == []
        done = smoke("bubblewrap", "--resume", "--keep", "--output", "out")
        assert done.returncode == 0, done.stderr
        after = {p.name: p.joinpath("limits").stat().st_mtime_ns for p in jobs.glob("smoke-*")}
        assert {name: when for name, when in after.items() if name in before} == before
        assert len({name.split("-")[1] for name in after}) == 1
        # What was cancelled says nothing of the image.
        assert outcomes(tmp_path / "out")["IMG.Run03"] == "unknown"
        assert outcomes(tmp_path / "out")["IMG.Run01"] == "passed"
        subprocess.run([*listed, "clean", "--images"], env=env, capture_output=True, check=True)
        assert list(jobs.glob("smoke-*")) == []
        assert not (tmp_path / "state/images").exists()

    def test_there_must_be_something_to_resume(self, smoke: Smoke, tmp_path: Path) -> None:
        write(tmp_path, Made([images.busybox()]))
        done = smoke("bubblewrap", "--resume")
        assert done.returncode == 2
        assert "no run" in done.stderr


def test_at_rest_nothing_is_run(tmp_path: Path) -> None:
    images.oci_layout(Made([images.busybox()], CONFIG), tmp_path / "layout")
    argv = [sys.executable, "-m", "assaymark", "smoke", "layout", "--gate", "bronze", "--format", "json"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["subject"]["kind"] == "image"
    assert told["subject"]["digest"].startswith("sha256:")
    assert told["level"] == "bronze"


MATRIX = '[matrix]\nimages = ["smoke.toml", "broken.toml"]\nsites = ["wrapped", "sandbox"]\n'


@pytest.mark.service(*NEEDS["bubblewrap"])
def test_a_matrix_of_images_and_sites(tmp_path: Path) -> None:
    write(tmp_path, Made([images.busybox()]))
    images.docker_archive(tool("exit 1"), tmp_path / "broken.tar")
    (tmp_path / "broken.toml").write_text('image = "broken.tar"\nstart = ["/bin/tool"]\n')
    (tmp_path / "matrix.toml").write_text(MATRIX)
    (tmp_path / "sites.toml").write_text('[site.wrapped]\nrunner = "container"\nengine = "bubblewrap"\n')
    env = {**os.environ, "ASSAYMARK_WORK": str(tmp_path / "state"), "ASSAYMARK_SITES": str(tmp_path / "sites.toml")}

    def smoke(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "assaymark", "smoke", "matrix.toml", "--output", "out", "--gate", "IMG.Run03"]
        return subprocess.run(
            [*argv, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=900
        )

    def made() -> dict[str, int]:
        return {str(p.parent): p.stat().st_mtime_ns for p in (tmp_path / "out").glob("*/*/assessment.json")}

    done = smoke()
    assert done.returncode == 1, done.stdout + done.stderr
    head, good, bad, *wrong = done.stdout.splitlines()
    assert head.split() == ["image", "wrapped", "sandbox"]
    assert good.startswith("smoke.toml")
    assert "gate not met" not in good
    assert bad.startswith("broken.toml")
    assert bad.count("gate not met") == 2
    assert sum("IMG.Run03" in line for line in wrong) == 2
    first = made()
    assert len(first) == 4
    # What is over is not done again; what changed is.
    images.docker_archive(tool("exit 0"), tmp_path / "broken.tar")
    done = smoke("--resume", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [c["status"] for c in json.loads(done.stdout)["cells"]] == [0, 0, 0, 0]
    assert {Path(f).parent.name for f, when in made().items() if when != first[f]} == {"broken.toml"}
    (tmp_path / "matrix.toml").write_text(MATRIX.replace("sandbox", "nowhere"))
    done = smoke("--resume")
    assert done.returncode == 2
    assert "there is no site 'nowhere'" in done.stdout
    assert [p.name for p in (tmp_path / "state/jobs").iterdir() if p.is_dir()] == []


@pytest.mark.service(*NEEDS["bubblewrap"])
def test_an_unpacked_folder_is_tried_where_it_lies(tmp_path: Path) -> None:
    """As on CernVM-FS: the place tells which image was released, and nothing is added there."""
    top = tmp_path / "unpacked.example.org"
    made = images.docker_archive(Made([images.busybox()]), tmp_path / "tool.tar")
    root, digest = unpack(made, tmp_path / "cache")
    name = digest.removeprefix("sha256:")
    flat = top / ".flat" / name[:2] / name
    flat.parent.mkdir(parents=True)
    (root / "home").rmdir()
    root.rename(flat)
    link = top / "registry.example.org/lab/tool:1"
    link.parent.mkdir(parents=True)
    link.symlink_to(flat)
    before = sorted(flat.rglob("*"))
    argv = [sys.executable, "-m", "assaymark", "smoke", str(link), "--runner", "container", "--engine", "bubblewrap"]
    env = {**os.environ, "ASSAYMARK_WORK": str(tmp_path / "state")}
    done = subprocess.run(
        [*argv, "--output", "out"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "out/assessment.json").read_text())
    assert told["subject"]["digest"] == digest
    assert facts(tmp_path / "out")["released"] == "registry.example.org/lab/tool:1"
    found = outcomes(tmp_path / "out")
    assert {found[f"IMG.Run{n:02}"] for n in range(1, 8)} == {"passed"}
    # Nothing is added to it, so no home can be mounted.
    assert found["IMG.Run19"] == "unknown"
    assert found["IMG.Ori01"] == "unknown"
    assert sorted(flat.rglob("*")) == before
