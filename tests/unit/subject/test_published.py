"""Whether a file is committed as it is, and pushed, in every state that a clone may be in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark.api import Published, published

Git = Callable[..., None]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    def run(*words: str) -> None:
        names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *names, "-C", str(tmp_path), *words], check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    return run


def commit(git: Git, place: Path, text: str) -> None:
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    git("add", "-A")
    git("commit", "-q", "-m", "x")


def test_each_state_of_a_file(git: Git, tmp_path: Path) -> None:
    place = tmp_path / "models" / "model.toml"
    place.parent.mkdir()
    place.write_text("one")
    assert published(place) == Published(committed=False)
    commit(git, place, "one")
    assert published(place) == Published(committed=True)
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert published(place) == Published(committed=True, pushed=True)
    commit(git, place, "two")
    assert published(place) == Published(committed=True, pushed=False)
    place.write_text("three")
    assert published(place) == Published(committed=False)


def test_a_version_is_pushed_when_a_branch_has_the_same_file_or_the_commit(git: Git, tmp_path: Path) -> None:
    place = tmp_path / "model.toml"
    commit(git, place, "one")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    commit(git, tmp_path / "other", "x")
    assert published(place) == Published(committed=True, pushed=True)  # the same file
    commit(git, place, "two")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("checkout", "-q", "HEAD~1")
    assert published(place) == Published(committed=True, pushed=True)  # an older commit that the branch has


def test_files_in_no_checkout_and_not_in_git(
    git: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lone = tmp_path_factory.mktemp("lone") / "model.toml"
    lone.write_text("one")
    assert published(lone) is None
    commit(git, tmp_path / "a", "x")
    (tmp_path / ".gitignore").write_text("model.toml\n")
    (tmp_path / "model.toml").write_text("one")
    assert published(tmp_path / "model.toml") == Published(committed=False)
