"""Folders of releases: a small one made by hand, and a project that can really be built."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from releasing import COMMIT, SAMPLE, SDIST, git, listed

from assaymark.release import folder
from assaymark.release.folder import Release

if TYPE_CHECKING:
    from github_fake import FakeGitHub


@pytest.fixture(autouse=True)
def certificates_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is asked by TLS, and reading what the system trusts takes longer than any of these answers."""
    monkeypatch.setattr(ssl, "create_default_context", lambda: TRUSTED)


TRUSTED = ssl.create_default_context()


@pytest.fixture
def sample(tmp_path: Path, checkout: Path) -> Path:
    """A small project at the commit that is to be released, with its tag."""
    from importlib.metadata import version

    root = tmp_path / "tide"
    root.mkdir()
    git(root, "init", "--quiet")
    lock = f"click=={version('click')} --hash=sha256:{'1' * 64}\n"
    licence = (checkout / "LICENSE").read_text(encoding="utf-8")
    for name, text in (SAMPLE | {"requirements.txt": lock, "LICENSE": licence}).items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begin")
    git(root, "tag", "--annotate", "v1.2.0", "--message", "v1.2.0")
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    return root


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Release]:
    """A folder with two files, as a build would leave it."""
    place = tmp_path / "small"
    place.mkdir()
    (place / "tide-1.2.0.tar.gz").write_bytes(b"sdist " * 500)
    (place / folder.NOTES).write_text("### Added\n\n- High water.\n", encoding="utf-8")
    return place, listed(place)


@pytest.fixture
def built(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a build leaves it, with packages that are only packages by name."""
    from assaymark.assessment import Request, judge
    from assaymark.release import package
    from assaymark.release.build import Wanted, build
    from assaymark.release.source import open_source
    from assaymark.reports.json import render

    def packages(source: Any, folders: Any, out: Path, *_: Any, **__: Any) -> list[Path]:
        (out / SDIST).write_bytes(b"sdist")
        return [out / SDIST]

    monkeypatch.setattr(package, "packages", packages)
    assessment = judge(Request(path=str(sample), tools=False)).assessment
    wanted = Wanted(assessment=assessment, report=render(assessment).encode(), gate="bronze", isolated=False)
    build(open_source(sample), tmp_path / "release", wanted, {})
    return tmp_path / "release"


@pytest.fixture
def tagged(fake_github: FakeGitHub) -> FakeGitHub:
    """A GitHub that has the tag."""
    fake_github.state.git.tag("v1.2.0", COMMIT)
    return fake_github


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """``host:port`` of a registry of images; for tests marked ``service("docker-registry")``."""
    from registry import serving

    with serving(tmp_path) as address:
        yield address
