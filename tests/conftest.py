"""Small real repositories, and the program as a person starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from github_fake import FakeGitHub
    from github_fake.contract import Contract

Files = Mapping[str, str | bytes]
Run = Callable[..., subprocess.CompletedProcess[str]]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Files], Path]:
    """Makes a repository with one commit of the given files."""

    def make(files: Files, name: str = "project") -> Path:
        root = tmp_path / name
        root.mkdir()
        git(root, "init", "--quiet")
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message", "Begin")
        return root

    return make


@pytest.fixture
def assaymark() -> Run:
    """Runs ``assaymark …`` as a process; standard input is closed, the environment is the test's."""

    def run(*words: str | Path, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "assaymark", *map(str, words)]
        environment = os.environ | extra
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120
        )

    return run


@pytest.fixture(scope="session")
def github_contract(request: pytest.FixtureRequest, checkout: Path) -> Contract:
    """GitHub's own OpenAPI description, as far as we use it; for tests marked ``service("github-openapi")``."""
    from github_fake.contract import Contract
    from github_fake.description import PLACE, cut

    return Contract(cut(checkout / PLACE, request.config.cache.mkdir("github-openapi")))


@pytest.fixture
def fake_github(github_contract: Contract) -> Iterator[FakeGitHub]:
    """A GitHub on 127.0.0.1 (`tests/services/github_fake`); a request that breaks its description fails the test."""
    from github_fake import FakeGitHub

    with FakeGitHub(github_contract) as fake:
        yield fake
    assert fake.violations == []
