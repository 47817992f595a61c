"""One clean copy of the tracked files and one build of every distribution, shared by all tests here.

Nothing is fetched: the build backend comes from the development environment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Built:
    """What a build left: the sdist, and the wheel that was made out of it."""

    sdist: Path
    wheel: Path


def build(source: Path, out: Path, *what: str) -> Built:
    """Build in the current environment; without ``what`` the sdist first, and the wheel from the unpacked sdist."""
    command: list[str | Path] = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *what, source]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return Built(sdist=next(out.glob("*.tar.gz"), out), wheel=next(out.glob("*.whl"), out))


@pytest.fixture(scope="session")
def tracked(checkout: Path) -> list[str]:
    """Repository-relative paths of the tracked files, as they lie on disk."""
    if not (checkout / ".git").exists():
        pytest.skip("not a Git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (checkout / name).is_file()]


@pytest.fixture(scope="session")
def clean(checkout: Path, tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracked files and nothing else: no ``.git``, no build output, no caches."""
    root = tmp_path_factory.mktemp("clean") / "assaymark"
    for name in tracked:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / name, root / name, follow_symlinks=False)
    return root


@pytest.fixture(scope="session")
def core(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The core distribution, built through its sdist."""
    return build(clean, tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="session")
def wheel_from_tree(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's wheel, built without going through the sdist."""
    return build(clean, tmp_path_factory.mktemp("from-tree"), "--wheel").wheel


@pytest.fixture(scope="session")
def plugins(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Every plugin, by the name of its folder."""
    folders = [*sorted(file.parent for file in clean.glob("plugins/*/pyproject.toml")), clean / "pipelines"]
    return {folder.name: build(folder, tmp_path_factory.mktemp(folder.name)) for folder in folders}
