"""Every place where a job can run, as real as this machine allows."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker_engine
import images
import interlink_mock
import kubernetes_fake
import login_node
import podman
import pytest
import slurm
import twins
from offloading import Place

from assaymark.images.unpack import unpacked as unpack
from assaymark.job import Site
from assaymark.runners.choose import Places, runner
from assaymark.runners.shared import SharedFolder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Cluster]:
    with slurm.running(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="session")
def login(cluster: slurm.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[login_node.LoginNode]:
    """The only way to the cluster."""
    with login_node.running(tmp_path_factory.mktemp("login"), {"SLURM_CONF": str(cluster.conf)}) as running:
        yield running


@pytest.fixture(scope="session")
def interlink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[interlink_mock.Mock]:
    with interlink_mock.running(tmp_path_factory.mktemp("interlink")) as running:
        yield running


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kubernetes_fake.Cluster]:
    with kubernetes_fake.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    with docker_engine.running() as host:
        yield host


@pytest.fixture(scope="session")
def podman_store() -> Iterator[dict[str, str]]:
    # Its sockets lie in its store, and the address of a socket is short.
    with tempfile.TemporaryDirectory(prefix="pod-", ignore_cleanup_errors=True) as folder:
        yield podman.settings(Path(folder))


@pytest.fixture
def podman_settings(podman_store: dict[str, str]) -> Iterator[dict[str, str]]:
    """One test at a time on this machine: all stores of Podman count the same locks, and wait for one another."""
    with Path(tempfile.gettempdir(), "assaymark-tests-podman").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield podman_store


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A busybox image as ``docker save`` writes it."""
    return images.docker_archive(images.Made([images.busybox()]), tmp_path_factory.mktemp("image") / "tool.tar")


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unpacked")


def pod_site(request: pytest.FixtureRequest, runner: str, url: str, images: Path) -> Site:
    """A site whose images are folders by their digest, with the one of the tests among them."""
    probe, _ = unpack(request.getfixturevalue("image"), images)
    names = f"{images}/sha256-{{hex}}/root"
    return Site(name="ci", runner=runner, url=url, images=names, probe=str(probe), network="none", pace=0)


@pytest.fixture
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    unpacked: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    """A runner by the name of its place; services are started when one needs them."""

    def make(name: str) -> SharedFolder:
        at = Places(jobs=tmp_path / "jobs", images=unpacked)
        kind, _, engine = name.partition("+")
        if kind == "slurm":
            monkeypatch.setenv("SLURM_CONF", str(request.getfixturevalue("cluster").conf))
            found = runner("slurm", engine or None, at, settle=1.0)
            return found if engine else SharedFolder(found.back, found.root, None, 1.0)
        if kind == "interlink":
            url = request.getfixturevalue("interlink").url
            return runner("interlink", None, at, 0.3, pod_site(request, "interlink", url, unpacked))
        if kind == "kubernetes":
            cluster = request.getfixturevalue("kubernetes")
            site = pod_site(request, "kubernetes", cluster.url, unpacked)
            return runner("kubernetes", None, at, 0.3, replace(site, token_file=str(cluster.host.folder / "token")))
        if kind == "login":
            far = tmp_path_factory.getbasetemp() / "far"
            ssh = str(request.getfixturevalue("login").config)
            site = Site(name="ci", runner="slurm", login="login", ssh_config=ssh, work=str(far), engine=engine)
            return runner("slurm", None, at, 1.0, site)
        if name == "docker":
            monkeypatch.setenv("DOCKER_HOST", request.getfixturevalue("docker_host"))
        if name == "podman":
            for variable, value in request.getfixturevalue("podman_settings").items():
                monkeypatch.setenv(variable, value)
        if kind in ("local", "sandbox"):
            return runner(name, None, at, settle=0.3)
        return runner("container", name, at, settle=0.3)

    return make


@pytest.fixture
def apptainer(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Apptainer runs as its caller, on a cluster an ordinary user. One of ours stands in for it, with its words.

    Gives the folder of the site's driver, which it brings in.
    """
    programs = tmp_path_factory.mktemp("programs")
    driver = programs / "driver"
    driver.mkdir()
    script = twins.APPTAINER.replace("{python}", sys.executable).replace("{driver}", str(driver))
    for name, text in (("apptainer", script), ("id", "#!/bin/sh\necho 1000\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return driver
