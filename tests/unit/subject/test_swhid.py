"""Identifiers that Software Heritage would give, compared with Git's own."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.subject.swhid import directory, revision
from assaymark.testing import NewCommit, link, repository_of, script, submodule, tree_of

NAME = st.text("ab.-\n é", min_size=1, max_size=4).filter(lambda n: n not in (".", "..") and not n.startswith(".git"))
PATHS = st.lists(st.lists(NAME, min_size=1, max_size=3).map("/".join), min_size=1, max_size=8, unique=True)


def test_commits() -> None:
    assert revision("a" * 40) == "swh:1:rev:" + "a" * 40
    assert revision("a" * 64) is None


def test_the_empty_folder() -> None:
    assert directory(tree_of({})) == "swh:1:dir:4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_sha_256_has_none() -> None:
    assert directory(tree_of({"sub": submodule("a" * 64)})) is None


@settings(max_examples=15, deadline=None)
@given(PATHS)
def test_a_folder_has_the_id_of_its_git_tree(paths: list[str]) -> None:
    kinds = (str, script, link, lambda _: submodule())
    # A path may not be both a file and a folder.
    whole = [p for p in paths if not any(q.startswith(p + "/") for q in paths)]
    files = {path: kinds[n % 4](f"content {n}") for n, path in enumerate(whole)}
    with tempfile.TemporaryDirectory() as place:
        folder = repository_of(Path(place) / "r", [NewCommit(write=files)], bare=True)
        expected = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True
        ).stdout.strip()
    assert directory(tree_of(files)) == f"swh:1:dir:{expected}"


def test_any_depth() -> None:
    assert directory(tree_of({"d/" * 1_500 + "f": "x"})) is not None
