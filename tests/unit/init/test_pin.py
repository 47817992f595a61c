from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from assaymark import __version__
from assaymark.errors import InputError
from assaymark.init.pin import ACTION, Pin, pinned

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Where the release of a checkout would be told; the checkout has one commit."""
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    return tmp_path / "src" / "assaymark" / "release.json"


def tagged(root: Path, *, actions: bool) -> str:
    if actions:
        (root / ACTION).parent.mkdir(parents=True)
        (root / ACTION).write_text("name: x\n")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "Actions")
    git(root, "tag", "-a", f"v{__version__}", "-m", "release")
    return git(root, "rev-parse", "HEAD")


def test_a_commit_that_is_given(release: Path) -> None:
    assert pinned(COMMIT, release) == Pin(COMMIT, "unreleased")


@pytest.mark.parametrize("ref", ["main", "v1", COMMIT[:12], f"{COMMIT}\n", "$(id)", ""])
def test_a_name_is_no_commit(release: Path, ref: str) -> None:
    with pytest.raises(InputError, match="is not a commit"):
        pinned(ref, release)


def test_a_wheel_knows_its_release(release: Path) -> None:
    release.parent.mkdir(parents=True)
    release.write_text(json.dumps({"version": "v9.9.9", "commit": COMMIT}))
    assert pinned(None, release) == Pin(COMMIT, "v9.9.9")


def test_a_checkout_of_a_release(release: Path) -> None:
    commit = tagged(release.parents[2], actions=True)
    assert pinned(None, release) == Pin(commit, f"v{__version__}")


def test_a_checkout_without_a_release_says_so(release: Path) -> None:
    with pytest.raises(InputError, match=f"has no release v{__version__}"):
        pinned(None, release)


def test_a_release_without_actions_says_so(release: Path) -> None:
    tagged(release.parents[2], actions=False)
    with pytest.raises(InputError, match="has no Actions yet"):
        pinned(None, release)


def test_neither_a_release_nor_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not know from which commit"):
        pinned(None, tmp_path / "lib" / "python" / "assaymark" / "release.json")
