"""Images out of a registry, and as one file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import images
import pytest
import registry
from images import Made
from offloading import done, job

from assaymark.__main__ import main
from assaymark.errors import InputError, Undetermined
from assaymark.images.convert import converted
from assaymark.images.read import read
from assaymark.images.unpack import unpacked as unpack
from assaymark.job import Site, State
from assaymark.release.oci import Manifest, Name, Registry
from assaymark.release.pull import pulled
from assaymark.runners.choose import Places, runner

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
    sif = converted(root, "sif", tmp_path / "a", name)
    assert b"SIF_MAGIC" in sif.read_bytes()[:64]
    assert one.read_bytes() in sif.read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [f"{name}.sif", f"{name}.squashfs"]
    with pytest.raises(InputError, match="one of"):
        converted(root, "iso", tmp_path / "a", name)


@pytest.mark.service("mksquashfs", "ch-run", "busybox")
def test_an_engine_runs_the_one_file(image: Path, tmp_path: Path) -> None:
    site = Site(name="x", runner="container", engine="charliecloud", format="squashfs")
    at = runner("container", None, Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), 0.3, site)
    [status] = done(at, job("file", "/bin/tool; exit 5", image=str(image)))
    assert (status.state, status.code) == (State.EXITED, 5), at.logs(at.submit(job("file", "true")))
