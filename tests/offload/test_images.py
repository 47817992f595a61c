"""Images out of a registry, and as one file."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import images
import login_node
import pytest
import registry
import slurm
from images import Made
from offloading import NEEDS, done, job, until

from assaymark.__main__ import main
from assaymark.errors import InputError, Undetermined
from assaymark.images.convert import converted
from assaymark.images.read import read
from assaymark.images.unpack import unpacked as unpack
from assaymark.job import Confinement, Site, State
from assaymark.release.oci import Manifest, Name, Registry
from assaymark.release.pull import pulled
from assaymark.runners.choose import Places, engine_named, runner

LOGIN = {"REGISTRY_USERNAME": registry.USER, "REGISTRY_PASSWORD": registry.PASSWORD}


@pytest.mark.service("docker-registry", "busybox", "bwrap")
def test_an_image_is_pulled_by_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = images.oci_layout(Made([images.busybox()]), tmp_path / "layout")
    entry = json.loads((layout / "index.json").read_text())["manifests"][0]
    blobs = layout / "blobs/sha256"
    manifest = (blobs / entry["digest"][7:]).read_bytes()
    with registry.serving(tmp_path, login=True) as address:
        there = Registry(Name(address, "lab/tool"), LOGIN)
        for blob in [json.loads(manifest)["config"], *json.loads(manifest)["layers"]]:
            there.put_blob(blob["digest"], iter([(blobs / blob["digest"][7:]).read_bytes()]))
        there.put_manifest(Manifest(manifest, entry["mediaType"], entry["digest"]), "1")
        place = pulled(f"{address}/lab/tool:1", tmp_path / "cache", LOGIN)
        assert read(place).digest == entry["digest"] == read(layout).digest
        assert pulled(f"{address}/lab/tool@{entry['digest']}", tmp_path / "cache", LOGIN) == place
        with pytest.raises(InputError, match="no such image"):
            pulled(f"{address}/lab/tool:2", tmp_path / "cache", LOGIN)
        with pytest.raises(InputError, match="login"):
            pulled(f"{address}/lab/tool:1", tmp_path / "other", {})
        monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "work"))
        for name, value in LOGIN.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        assert main(["smoke", f"docker://{address}/lab/tool@{entry['digest']}", "--gate", "bronze"]) == 0
    with pytest.raises(Undetermined):
        pulled(f"{address}/lab/tool:3", tmp_path / "cache", LOGIN)


@pytest.mark.service("mksquashfs", "siftool", "busybox")
def test_an_image_as_one_file(image: Path, tmp_path: Path) -> None:
    root, digest = unpack(image, tmp_path)
    name = digest.replace(":", "-")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    one, other = (converted(root, "squashfs", tmp_path / folder, name) for folder in ("a", "b"))
    assert one.read_bytes()[:4] == b"hsqs"
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest()
    sif = converted(root, "sif", tmp_path / "a", name, "amd64")
    assert b"SIF_MAGIC" in sif.read_bytes()[:64]
    assert one.read_bytes() in sif.read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [f"{name}.sif", f"{name}.squashfs"]
    with pytest.raises(InputError, match="one of"):
        converted(root, "iso", tmp_path / "a", name)
    for architecture in ("", "pdp11"):
        with pytest.raises(InputError, match="SIF does not know"):
            converted(root, "sif", tmp_path / "b", name, architecture)


@pytest.mark.service("mksquashfs", "siftool", "busybox")
def test_a_sif_tells_for_which_processor_it_was_made(tmp_path: Path) -> None:
    for architecture in ("amd64", "arm64"):
        made = Made([images.busybox()], architecture=architecture)
        path = images.docker_archive(made, tmp_path / f"{architecture}.tar")
        at = engine_named(
            "apptainer", Places(tmp_path, tmp_path / "images"), Site(name="x", runner="container", format="sif")
        )
        job_of = replace(job("sif", "true", image=str(path)), confinement=Confinement())
        sif = next(word for word in at.wrap(job_of).argv if word.endswith(".sif"))
        told = subprocess.run(["siftool", "header", sif], capture_output=True, text=True, check=True).stdout
        assert f" {architecture}" in told


@pytest.mark.service("bwrap", "busybox")
def test_of_several_images_in_one_the_right_one_is_tried(tmp_path: Path) -> None:
    """What docker buildx writes for two platforms: an index of manifests."""
    layout = tmp_path / "layout"
    entries = []
    for architecture in ("arm64", "amd64"):
        files = {**images.busybox(), "arch": images.File(architecture.encode())}
        one = images.oci_layout(Made([files], architecture=architecture), tmp_path / architecture)
        entry = json.loads((one / "index.json").read_text())["manifests"][0]
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture}})
        shutil.copytree(one, layout, dirs_exist_ok=True)
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    at = runner("container", "bubblewrap", Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), 0.3)
    for architecture in ("arm64", "amd64"):
        handle = at.submit(job(architecture, "cat /arch", image=str(layout), architecture=architecture))
        assert until(at, handle, lambda s: s.state.over).code == 0
        assert at.logs(handle).stdout == architecture.encode()
    with pytest.raises(InputError, match="2 images"):
        at.submit(job("either", "true", image=str(layout)))


@pytest.mark.service("mksquashfs", "ch-run", "busybox")
def test_an_engine_runs_the_one_file(image: Path, tmp_path: Path) -> None:
    site = Site(name="x", runner="container", engine="charliecloud", format="squashfs")
    at = runner("container", None, Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), 0.3, site)
    [status] = done(at, job("file", "/bin/tool; exit 5", image=str(image)))
    assert (status.state, status.code) == (State.EXITED, 5), at.logs(at.submit(job("file", "true")))


@pytest.mark.service(*NEEDS["login+charliecloud"], "mksquashfs")
def test_the_one_file_is_copied_to_a_login_node_once(
    image: Path, login: login_node.LoginNode, cluster: slurm.Cluster, tmp_path: Path
) -> None:
    site = Site(
        name="x", runner="slurm", engine="charliecloud", format="squashfs",
        login="login", ssh_config=str(login.config), work=f"{tmp_path}/far",
    )  # fmt: skip # a site as in a file
    at = runner("slurm", None, Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), 1.0, site)
    for id in ("first", "second"):
        [status] = done(at, job(id, "/bin/tool; exit 5", image=str(image)))
        assert (status.state, status.code) == (State.EXITED, 5), status
    [kept] = (tmp_path / "far/images").iterdir()
    assert kept.suffix == ".squashfs"
    assert kept.read_bytes()[:4] == b"hsqs"
