"""Whole runs of `assaymark smoke` on broken twins: at rest, and where GPUs, speed and a start in time are asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import images
import pytest
import twins
from images import Layer, Made
from offloading import NEEDS

from assaymark.__main__ import main

GOOD = 'image = "tool.tar"\nstart = ["/bin/tool"]\n'
GPUS = GOOD + "[gpu]\ncount = 2\ntogether = true\n"
SPEED = 'image = "tool.tar"\nstart = ["/bin/tool"]\nstart_within = 15\n[bandwidth]\nmemory = 0.001\n'


@pytest.fixture(scope="session")
def python() -> Layer:
    return images.python()


def outcomes(folder: Path) -> Mapping[str, str]:
    told = json.loads((folder / "assessment.json").read_text())
    return {s["id"]: s["outcome"] for s in told["subcriteria"]}


def at_rest(folder: Path, made: Made, manifest: str) -> set[str]:
    images.docker_archive(made, folder / "tool.tar")
    (folder / "Dockerfile").write_text(twins.RECIPE)
    # What a key is set to last would be one of a table.
    lines = [line for line in GOOD.splitlines() if line.partition(" =")[0] + " =" not in manifest]
    (folder / "smoke.toml").write_text("\n".join([*lines, manifest, ""]))
    assert main(["--quiet", "smoke", str(folder / "smoke.toml"), "--output", str(folder / "out")]) == 0
    return {id for id, outcome in outcomes(folder / "out").items() if outcome == "failed"}


@pytest.mark.service("busybox")
def test_the_good_one_fails_nowhere(tmp_path: Path) -> None:
    assert at_rest(tmp_path, twins.like(), "") == set()


@pytest.mark.service("busybox", "gcc")
@pytest.mark.parametrize("id", twins.AT_REST)
def test_a_broken_twin_fails_at_the_right_one(id: str, tmp_path: Path) -> None:
    made, manifest = twins.AT_REST[id]
    assert at_rest(tmp_path, made(), manifest) == {id}


def tried(folder: Path, made: Made, manifest: str, engine: str) -> Mapping[str, str]:
    images.docker_archive(made, folder / "tool.tar")
    (folder / "smoke.toml").write_text(manifest)
    argv = [sys.executable, "-m", "assaymark", "smoke", "smoke.toml", "--runner", "container", "--engine", engine]
    env = {**os.environ, "ASSAYMARK_WORK": str(folder / "state"), "USER": "tester"}
    done = subprocess.run(
        [*argv, "--output", "out"], cwd=folder, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return outcomes(folder / "out")


@pytest.mark.service(*NEEDS["bubblewrap"], "gcc", "ldd")
@pytest.mark.parametrize("twin", twins.GPU_TWINS)
def test_gpus_by_a_driver_that_stands_in(twin: str, apptainer: Path, python: Layer, tmp_path: Path) -> None:
    """The probes run as they are, in the image, on libraries that do what those of a driver do."""
    brings, wrong = twins.GPU_TWINS[twin]
    build = tmp_path / "build"
    build.mkdir()
    (apptainer / "libcuda.so.1").write_bytes(twins.library(build, "libcuda.so.1", twins.CUDA).content)
    found = tried(tmp_path, twins.for_gpus(build, python, brings), GPUS, "apptainer")
    told = (tmp_path / "out/assessment.json").read_text()
    assert {id for id, outcome in found.items() if outcome == "failed"} == wrong, told
    assert {found[id] for id in {"IMG.Run10", "IMG.Run15", "IMG.Run16"} - wrong} == {"passed"}, told
    assert "Stand-in" in told


@pytest.mark.service(*NEEDS["bubblewrap"], "ldd")
@pytest.mark.parametrize("twin", twins.SPEED_TWINS)
def test_what_is_slow(twin: str, python: Layer, tmp_path: Path) -> None:
    files, wrong = twins.SPEED_TWINS[twin]
    found = tried(tmp_path, twins.with_files({**python, **files}), SPEED, "bubblewrap")
    told = (tmp_path / "out/assessment.json").read_text()
    assert {id for id, outcome in found.items() if outcome == "failed"} == wrong, told
    assert {found[id] for id in {"IMG.Run17", "IMG.Run18"} - wrong} == {"passed"}, told


def test_every_criterion_has_a_broken_twin() -> None:
    """Whole runs, all of them: a criterion that is added without one fails here."""
    import tomllib

    root = Path(__file__).parents[2]
    files = (root / "criteria/image").glob("*.toml")
    catalogue = {s["id"] for f in files for s in tomllib.loads(f.read_text())["subcriterion"]}
    tables = (twins.TWINS, twins.MORE_TWINS, twins.GPU_TWINS, twins.SPEED_TWINS)
    found = {id for table in tables for _, wrong in table.values() for id in wrong}
    for id, (name, test) in twins.ELSEWHERE.items():
        text = (Path(__file__).parent / name).read_text()
        assert f"def {test}(" in text
        assert id in text
    assert found | set(twins.AT_REST) | set(twins.ELSEWHERE) == catalogue
