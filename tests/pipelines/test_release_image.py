"""``release build`` has the image of the release built by the pipeline: from the commit, before anything else is."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest
from dagger_engine_scripted import Ended, Scripted, said
from releasing import SAMPLE, assaymark, git

MANIFEST = """\
schema = 1
repository = "ghcr.io/lab/tide"
tags = ["version"]
skopeo = "registry.example.org/base@sha256:%s"
[[test]]
name = "start"
command = ["tide", "--version"]
""" % ("b" * 64)
BUILD = ("release", "build", "--gate", "QC.Lic01", "--no-tools", "--no-isolation", "--image-manifest", "image.toml")


@pytest.fixture
def sample(repository, checkout):
    lock = f"click=={version('click')} --hash=sha256:{'1' * 64}\n"
    licence = (checkout / "LICENSE").read_text(encoding="utf-8")
    root = repository(SAMPLE | {"requirements.txt": lock, "LICENSE": licence, "image.toml": MANIFEST})
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    return root


def back(status=0):
    sboms = {"/reports/sbom.cdx.json": b'{"cdx": 1}', "/reports/sbom.spdx.json": b'{"spdx": 1}'}
    layout = {"/reports/index.json": b'{"layers": []}', "/reports/image/oci-layout": b"{}"}
    return Scripted(
        [
            (said("/syft"), Ended(0, files=sboms)),
            (said("oci:/reports/image"), Ended(0, files=layout)),
            (said("--version"), Ended(status)),
        ]
    )


def test_the_image_of_the_commit_is_built_and_released_by_its_digest(sample, engine, tmp_path):
    started = engine(back())
    place, commit = tmp_path / "release", git(sample, "rev-parse", "HEAD")
    dry = assaymark(*BUILD, "--output", place, "--dry-run", cwd=sample, **started.environment)
    assert "the image of image.toml, tried, as a candidate" in dry
    assert (started.back.published, place.exists()) == ([], False)
    assaymark(*BUILD, "--output", place, cwd=sample, **started.environment)
    assert started.back.published == [f"ghcr.io/lab/tide-candidate:{commit[:12]}"]
    told = json.loads((place / "release.json").read_text())
    [image] = told["images"]
    assert image.startswith("ghcr.io/lab/tide-candidate@sha256:")
    kinds = {row["name"]: row["kind"] for row in told["files"]}
    for form, content in (("cdx", b'{"cdx": 1}'), ("spdx", b'{"spdx": 1}')):
        name = f"tide-1.2.0-image-linux-amd64.{form}.json"
        assert (kinds[name], (place / name).read_bytes()) == ("sbom", content)
    [built] = {chain for chain in started.evaluated("sync") if chain.count("withExec") == 0 and "dockerBuild" in chain}
    assert f'value="{commit}"' in built
    assert 'value="https://github.com/lab/tide"' in built


def test_an_image_whose_test_fails_ends_the_release(sample, engine, tmp_path):
    started = engine(back(status=1))
    said = assaymark(*BUILD, "--output", tmp_path / "release", cwd=sample, code=1, **started.environment)
    assert "the image of image.toml was not built, or not all of it holds" in said
    assert started.back.published == []
    assert not (tmp_path / "release").exists()


def test_a_manifest_that_is_not_in_the_commit_is_refused(sample, tmp_path):
    for name in ("other.toml", "../image.toml"):
        words = [*BUILD[:-1], name, "--output", tmp_path / "release"]
        assert "the commit has no such manifest" in assaymark(*words, cwd=sample, code=2)
