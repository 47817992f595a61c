"""What is taken to a node of a checkout: all that is judged, and nothing that is secret or is run."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.runners import parcel
from assaymark.runners.parcel import Parcel, packed
from assaymark.subject.checkout import open_subject


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def laid_out(made: Parcel, folder: Path) -> Path:
    """As a node does it."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xzf", "-"], cwd=folder, input=made.data, check=True)
    return folder / made.path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "tool"
    (place / "sub").mkdir(parents=True)
    (place / "sub/a.py").write_text("x = 1\n")
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o755)
    (place / "link").symlink_to("/etc/passwd")
    (place / ".gitignore").write_text("*.env\n")
    (place / "x.env").write_text("hidden\n")
    git(place, "init", "-q")
    git(place, "remote", "add", "origin", "https://user:hidden@github.com/lab/tool.git")
    git(place, "add", ".")
    git(place, "commit", "-qm", "one")
    git(place, "tag", "v1")
    return place


def test_what_is_judged_there_is_what_is_judged_here(root: Path, tmp_path: Path) -> None:
    (root / "sub/a.py").write_text("x = 2\n")
    (root / "new").write_text("new\n")
    there = laid_out(packed(root), tmp_path / "there")
    assert open_subject(there).subject == open_subject(root).subject
    assert open_subject(there, "v1").subject == open_subject(root, "v1").subject
    assert (there / "new").read_text() == "new\n"
    assert (there / "link").is_symlink()
    assert (there / "run.sh").stat().st_mode & 0o111


def test_a_step_finds_the_submodules_that_are_here(root: Path, tmp_path: Path) -> None:
    """Verdicts hang on the commit that a submodule is at, steps on its files."""
    for name in ("inner", "other"):
        (tmp_path / name).mkdir()
        git(tmp_path / name, "init", "-q")
        (tmp_path / name / f"{name}.py").write_text("y = 1\n")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "-qm", "one")
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    git(tmp_path / "other", *add, str(tmp_path / "inner"), "deeper")
    git(tmp_path / "other", "commit", "-qm", "two")
    for name in ("there", "away"):
        git(root, *add, str(tmp_path / "other"), f"modules/{name}")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
    git(root, "commit", "-qm", "two")
    git(root, "submodule", "--quiet", "deinit", "modules/away")
    git(root, "init", "-q", "clone-of-mine")
    (root / "clone-of-mine/own").write_text("own\n")
    laid = laid_out(packed(root), tmp_path / "laid")
    assert (laid / "modules/there/other.py").read_text() == "y = 1\n"
    assert (laid / "modules/there/deeper/inner.py").is_file()
    assert list((laid / "modules/away").iterdir()) == []
    assert not list(laid.glob("modules/**/.git"))
    assert not (laid / "clone-of-mine/own").exists()
    assert open_subject(laid).subject == open_subject(root).subject
    (root / "modules/there/other.py").write_text("y = 2\n")
    assert open_subject(laid_out(packed(root), tmp_path / "again")).subject == open_subject(root).subject


def test_a_part_is_judged_with_the_whole_around_it(root: Path, tmp_path: Path) -> None:
    there = laid_out(packed(root / "sub"), tmp_path / "there")
    assert open_subject(there).subject == open_subject(root / "sub").subject
    assert (there.parent / "run.sh").is_file()


def test_logins_hooks_and_what_is_ignored_stay_here(root: Path, tmp_path: Path) -> None:
    git(root, "config", "http.extraheader", "AUTHORIZATION: hidden")
    git(root, "config", "core.fsmonitor", "touch hidden")
    (root / ".git/hooks/post-checkout").write_text("hidden\n")
    data = packed(root).data
    there = laid_out(packed(root), tmp_path / "there")
    assert (there / ".git/config").read_text().count("github.com/lab/tool") == 1
    for file in there.rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert b"hidden" not in file.read_bytes(), file
    assert not (there / "x.env").exists()
    assert packed(root).data == data, "the same gives the same bytes"


def test_nothing_is_read_through_a_link(root: Path, tmp_path: Path) -> None:
    """The index of a hostile checkout may name what lies behind a link, or above."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("not yours\n")
    (root / "sub/a.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(outside)
    with tarfile.open(fileobj=io.BytesIO(packed(root).data)) as archive:
        names = archive.getnames()
    assert "tool/sub/a.py" not in names
    assert all(".." not in name.split("/") for name in names)


def test_a_linked_worktree_goes_with_its_history(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    there = laid_out(packed(tmp_path / "linked"), tmp_path / "there")
    assert open_subject(there).subject == open_subject(tmp_path / "linked").subject


def test_a_shallow_clone_a_bare_one_a_folder_and_an_archive(root: Path, tmp_path: Path) -> None:
    (root / "more").write_text("more\n")
    git(root, "add", "more")
    git(root, "commit", "-qm", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    (tmp_path / "plain/.venv").mkdir(parents=True)
    (tmp_path / "plain/a.txt").write_text("a\n")
    (tmp_path / "plain/.venv/b.txt").write_text("b\n")
    with tarfile.open(tmp_path / "it.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "plain/a.txt", "it/a.txt")
    for number, name in enumerate(("shallow", "bare.git", "plain", "it.tar.gz")):
        there = laid_out(packed(tmp_path / name), tmp_path / f"there{number}")
        assert open_subject(there).subject == open_subject(tmp_path / name).subject, name
    assert not (tmp_path / "there2/plain/.venv").exists()


def test_what_cannot_be_taken_along_is_told(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="nothing at this path"):
        packed(tmp_path / "lacking")
    git(tmp_path, "clone", "-q", "--shared", str(root), "shared")
    with pytest.raises(InputError, match="alternates"):
        packed(tmp_path / "shared")
    monkeypatch.setattr(parcel, "LIMIT", 100)
    with pytest.raises(InputError, match="larger than 100 bytes"):
        packed(root)
