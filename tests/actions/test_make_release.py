"""The workflow that releases, by act: from a tag to a release on GitHub that `release verify` believes.

What act does not run of a user's own workflow is its last job: `uv publish` proves to the package index with GitHub's
OIDC who it is, and there is neither an index nor an issuer of such tokens here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from act import COMMIT, ROOT, Act, Ran, copy_of_ours, environment_of_ours, named
from releasing import SAMPLE

from assaymark.__main__ import main
from assaymark.init import INDEX_JOB, Wanted, render
from assaymark.init.pin import Pin

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("act", "github-openapi")
Make = Callable[..., Path]
SIGNER = f"https://github.com/assaymark/assaymark/.github/workflows/make-release.yml@{COMMIT}"
TAG = "v1.2.0"
# A build back end in the repository itself: an isolated build then needs no index.
BACKEND = '''\
"""Builds the package of the tests: everything in fixed order, with fixed times."""

import io, tarfile, zipfile

META = "Metadata-Version: 2.4\\nName: tide\\nVersion: 1.2.0\\n"
META += "License-Expression: Apache-2.0\\nRequires-Dist: harbour>=1\\n"
INFO = "tide-1.2.0.dist-info"
WHEEL = "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    files = {"tide/__init__.py": open("src/tide/__init__.py").read(), f"{INFO}/METADATA": META, f"{INFO}/WHEEL": WHEEL}
    with zipfile.ZipFile(f"{folder}/tide-1.2.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name), text)
        wheel.writestr(zipfile.ZipInfo(f"{INFO}/RECORD"), "".join(f"{n},,\\n" for n in [*files, f"{INFO}/RECORD"]))
    return "tide-1.2.0-py3-none-any.whl"


def build_sdist(folder, config_settings=None):
    with tarfile.open(f"{folder}/tide-1.2.0.tar.gz", "w:gz") as sdist:
        names = ["pyproject.toml", "backend.py", "src/tide/__init__.py"]
        for name, text in [("PKG-INFO", META), *((n, open(n).read()) for n in names)]:
            info = tarfile.TarInfo(f"tide-1.2.0/{name}")
            info.size = len(text.encode())
            sdist.addfile(info, io.BytesIO(text.encode()))
    return "tide-1.2.0.tar.gz"
'''


def harbour(folder: Path) -> str:
    """The one dependency, as a wheel that pip finds there; gives the line of the lock."""
    folder.mkdir()
    wheel = folder / "harbour-1.0-py3-none-any.whl"
    meta = "Metadata-Version: 2.4\nName: harbour\nVersion: 1.0\nLicense-Expression: MIT\n"
    tags = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {"harbour.py": "", "harbour-1.0.dist-info/METADATA": meta, "harbour-1.0.dist-info/WHEEL": tags}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("harbour-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in files))
    return f"harbour==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(repository: Make, tmp_path: Path) -> Path:
    """A project that builds itself, at the tag that is pushed."""
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n[project]'
    text = system + SAMPLE["pyproject.toml"].partition("[project]")[2].replace("click>=8", "harbour>=1")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    files = {"pyproject.toml": text, "backend.py": BACKEND, "LICENSE": licence}
    lock = harbour(tmp_path / "wheels")
    root = repository({**SAMPLE, **files, "requirements.txt": lock, "requirements/run.txt": lock})
    git(root, "tag", "--annotate", TAG, "--message", TAG)
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    return root


@pytest.fixture(scope="module")
def written_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, with what act does not know written out in the workflow."""
    root = copy_of_ours(tmp_path_factory.mktemp("release") / "assaymark")
    file = root / ".github" / "workflows" / "make-release.yml"
    file.write_text(named(file.read_text(encoding="utf-8")), encoding="utf-8")
    return root


def released(folder: Path, ours: Path, root: Path, fake: FakeGitHub, gate: str) -> Ran:
    """A run of what `init --release` writes, but for the job of the index."""
    caller = render("assaymark-release.yml", Wanted(pin=Pin(COMMIT, "v1"))).partition(INDEX_JOB)[0]
    caller = caller.replace("gate: silver", f"gate: {gate}")
    head = git(root, "rev-parse", "HEAD")
    claims = {
        "name": SIGNER,
        "issuer": "https://token.actions.githubusercontent.com",
        "signer": SIGNER,
        "signer_commit": COMMIT,
        "runner": "github-hosted",
        "repository": "https://github.com/lab/tide",
        "commit": head,
        "ref": f"refs/tags/{TAG}",
        "trigger": "push",
    }
    fake.state.git.tag(TAG, head)
    env = {
        "STANDIN_CLAIMS": json.dumps(claims),
        "STANDIN_SERVICES": str(ROOT / "tests" / "services"),
        "GITHUB_API_URL": fake.base,
        "GITHUB_REPOSITORY": "lab/tide",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(root.parent / "wheels"),
    }
    payload: dict[str, Any] = {"ref": f"refs/tags/{TAG}", "repository": {"full_name": "lab/tide"}}
    act = Act(folder, ours, environment_of_ours())
    return act.run(root, caller, payload=payload, env=env, secrets={"GITHUB_TOKEN": "t0ken"})


def test_from_a_tag_to_a_release_that_is_believed(
    project: Path, written_out: Path, fake_github: FakeGitHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = released(tmp_path / "act", written_out, project, fake_github, "QC.Lic01")
    assert ran.code == 0, ran.told()
    [release] = fake_github.state.releases
    assert (release["tag_name"], release["draft"]) == (TAG, False)
    assert "t0ken" not in ran.log()
    folder = ran.artifact("release")
    assert {"tide-1.2.0.tar.gz", "tide-1.2.0-py3-none-any.whl", "release.sigstore.json"} <= {
        file.name for file in folder.iterdir()
    }
    assert (ran.artifact("publication") / "publication-provenance.json").is_file()
    capfd.readouterr()
    words = ["release", "verify", folder, "--tag", TAG, "--repository", project, "--signer-commit", COMMIT]
    words += ["--trusted-root", tmp_path / "act" / "standins" / "trusted_root.json"]
    assert main([str(w) for w in words]) == 0, capfd.readouterr()


def test_what_is_not_met_is_neither_signed_nor_published(
    project: Path, written_out: Path, fake_github: FakeGitHub, tmp_path: Path
) -> None:
    ran = released(tmp_path / "act", written_out, project, fake_github, "gold")
    assert ran.code == 1
    assert dict(ran.jobs()).get("publish") != "success"
    assert (fake_github.state.releases, ran.artifact("release").exists()) == ([], False)
    assert (ran.artifact("built-refused") / "answers.json").is_file()
    assert "| **gate** | ✗" in ran.summary()
