"""What is opened is what is checked out: every kind of place, and every kind of difference."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.subject.checkout import Opened, open_subject, root_at
from assaymark.testing import NewCommit, link, repository_of, script, submodule

FILES = {"README.md": "hello\n", "src/a.py": "a = 1\n", "src/run": script("#!/bin/sh\n"), "link": link("README.md")}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    commits = [NewCommit(write=FILES), NewCommit(write={"new.txt": "n"}, tags=("v1",))]
    return repository_of(tmp_path / "repo", commits, remote="https://user:secret@example.org/group/name.git")


def paths(opened: Opened) -> list[str]:
    return [e.path for e in opened.tree]


class TestCheckout:
    def test_a_clean_one(self, repo: Path) -> None:
        opened = open_subject(repo)
        subject = opened.subject
        assert paths(opened) == ["README.md", "link", "new.txt", "src/a.py", "src/run"]
        assert subject.commit == git(repo, "rev-parse", "HEAD")
        assert subject.swhid == f"swh:1:rev:{subject.commit}"
        assert (subject.path, subject.ref, subject.dirty) == (".", "refs/heads/main", False)
        assert subject.repository == "example.org/group/name"
        assert subject.digest == opened.tree.digest
        assert (opened.root, opened.git_dir, opened.prefix) == (repo, repo / ".git", "")

    def test_entries_are_those_of_git(self, repo: Path) -> None:
        listed = git(repo, "ls-tree", "-r", "-l", "HEAD").splitlines()
        entries = {f"{e.mode:o} {e.blob} {e.size} {e.path}" for e in open_subject(repo).tree}
        assert entries == {" ".join([*line.split()[:1], *line.split()[2:]]) for line in listed}

    def test_reading(self, repo: Path) -> None:
        tree = open_subject(repo).tree
        assert tree.read("README.md") == b"hello\n"
        assert tree.read("README.md", 2) == b"he"
        assert tree.read("link") == b"README.md"

    def test_untracked_and_ignored_files_are_not_judged(self, repo: Path) -> None:
        (repo / "untracked").write_text("x")
        opened = open_subject(repo)
        assert "untracked" not in paths(opened)
        assert not opened.subject.dirty

    def test_a_changed_file_is_judged_as_it_is(self, repo: Path) -> None:
        before = open_subject(repo)
        (repo / "README.md").write_text("HELLO\n")
        opened = open_subject(repo)
        entry = opened.tree.get("README.md")
        assert entry is not None
        assert entry.blob == git(repo, "hash-object", "README.md")
        assert opened.tree.read("README.md") == b"HELLO\n"
        assert opened.subject.dirty
        assert opened.subject.commit == before.subject.commit
        assert opened.subject.digest != before.subject.digest
        git(repo, "add", "-A")
        assert opened.subject.swhid == f"swh:1:dir:{git(repo, 'write-tree')}"

    def test_same_size_and_time_but_younger_than_the_index(self, repo: Path) -> None:
        status = (repo / "README.md").stat()
        (repo / "README.md").write_text("jello\n")
        os.utime(repo / "README.md", ns=(status.st_atime_ns, status.st_mtime_ns))
        os.utime(repo / ".git" / "index", ns=(status.st_mtime_ns, status.st_mtime_ns))
        assert open_subject(repo).subject.dirty

    def test_a_copy_with_other_times_is_clean(self, repo: Path, tmp_path: Path) -> None:
        shutil.copytree(repo, tmp_path / "copy", symlinks=True, copy_function=shutil.copyfile)
        for file in (tmp_path / "copy").rglob("*.*"):
            if file.is_file():
                os.utime(file, (1, 1))
        assert not open_subject(tmp_path / "copy").subject.dirty

    def test_line_ends_that_git_translated_are_no_change(self, repo: Path) -> None:
        (repo / "README.md").write_bytes(b"hello\r\n")
        opened = open_subject(repo)
        assert not opened.subject.dirty
        assert opened.tree.read("README.md") == b"hello\r\n"

    def test_a_removed_file_is_gone(self, repo: Path) -> None:
        (repo / "README.md").unlink()
        opened = open_subject(repo)
        assert "README.md" not in paths(opened)
        assert opened.subject.dirty

    def test_a_clone_without_its_files_is_judged_as_its_commit(self, repo: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", "--no-checkout", str(repo), "cloned")
        opened = open_subject(tmp_path / "cloned")
        assert paths(opened) == paths(open_subject(repo))
        assert opened.tree.text("README.md", 100) == "hello\n"
        assert (opened.root, opened.subject.dirty) == (None, False)

    def test_nor_are_the_files_of_a_checkout_that_broke_off(self, repo: Path) -> None:
        (repo / ".git/index").unlink()
        (repo / "src/a.py").unlink()
        opened = open_subject(repo)
        assert "src/a.py" in paths(opened)
        assert not opened.subject.dirty

    def test_a_staged_file_is_judged_and_makes_it_dirty(self, repo: Path) -> None:
        (repo / "staged").write_text("x")
        git(repo, "add", "staged")
        opened = open_subject(repo)
        assert "staged" in paths(opened)
        assert opened.subject.dirty

    def test_detached(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git(repo, "checkout", "-q", "HEAD~1")
        opened = open_subject(repo)
        assert opened.subject.ref is None
        assert "new.txt" not in paths(opened)
        monkeypatch.setenv("GITHUB_SHA", opened.subject.commit or "")
        monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
        assert open_subject(repo).subject.ref == "refs/pull/7/merge"

    def test_what_actions_says_of_another_commit_is_not_believed(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(repo, "checkout", "-q", "--detach")
        monkeypatch.setenv("GITHUB_SHA", "0" * 40)
        monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
        assert open_subject(repo).subject.ref is None

    def test_the_repository_may_come_from_actions(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
        assert open_subject(repo).subject.repository == "example.org/group/name"
        git(repo, "config", "--unset", "remote.origin.url")
        assert open_subject(repo).subject.repository == "github.com/owner/name"

    def test_a_worktree(self, repo: Path, tmp_path: Path) -> None:
        git(repo, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"), "HEAD~1")
        opened = open_subject(tmp_path / "tree")
        assert opened.subject.ref == "refs/heads/other"
        assert not opened.subject.dirty
        assert "new.txt" not in paths(opened)

    def test_a_sparse_checkout_is_judged_whole(self, repo: Path) -> None:
        git(repo, "sparse-checkout", "set", "--no-cone", "/README.md")
        assert not (repo / "src").exists()
        opened = open_subject(repo)
        entry = opened.tree.get("src/a.py")
        assert entry is not None
        assert entry.size == 6
        assert opened.tree.read("src/a.py") == b"a = 1\n"
        assert opened.tree.read("README.md") == b"hello\n"
        assert not opened.subject.dirty

    def test_a_merge_conflict_is_judged_as_it_lies(self, repo: Path) -> None:
        git(repo, "checkout", "-q", "-b", "other", "HEAD~1")
        (repo / "new.txt").write_text("other")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "other")
        subprocess.run(["git", "-C", str(repo), "merge", "-q", "main"], capture_output=True, check=False)
        opened = open_subject(repo)
        assert paths(opened).count("new.txt") == 1
        assert b"<<<<<<<" in opened.tree.read("new.txt")
        assert opened.subject.dirty

    def test_a_ref_is_judged_without_being_checked_out(self, repo: Path) -> None:
        (repo / "README.md").write_text("changed")
        opened = open_subject(repo, "v1")
        assert opened.root is None
        assert opened.git_dir == repo / ".git"
        assert opened.subject.ref == "refs/tags/v1"
        assert not opened.subject.dirty
        assert opened.tree.read("README.md") == b"hello\n"
        assert open_subject(repo, "HEAD~1").tree.get("new.txt") is None

    @pytest.mark.parametrize("ref", ["nowhere", "--all", "v1\nHEAD", "v1:README.md", "", "\x00", "HEAD@{9}", "0" * 40])
    def test_a_wrong_ref_is_the_users_mistake(self, repo: Path, ref: str) -> None:
        with pytest.raises(InputError):
            open_subject(repo, ref)


class TestPart:
    """A folder inside a checkout."""

    def test_it_is_judged_by_itself(self, repo: Path) -> None:
        opened = open_subject(repo / "src")
        assert paths(opened) == ["a.py", "run"]
        assert opened.subject.path == "src"
        assert opened.subject.swhid == f"swh:1:dir:{git(repo, 'rev-parse', 'HEAD:src')}"
        assert opened.subject.repository == "example.org/group/name"
        assert (opened.root, opened.prefix) == (repo / "src", "src/")
        assert opened.tree.read("a.py") == b"a = 1\n"

    def test_changes_elsewhere_do_not_make_it_dirty(self, repo: Path) -> None:
        (repo / "README.md").write_text("changed")
        assert not open_subject(repo / "src").subject.dirty
        (repo / "src" / "a.py").write_text("changed")
        assert open_subject(repo / "src").subject.dirty

    def test_at_a_ref(self, repo: Path) -> None:
        opened = open_subject(repo / "src", "HEAD~1")
        assert paths(opened) == ["a.py", "run"]
        assert opened.tree.read("a.py") == b"a = 1\n"

    def test_one_that_is_not_tracked_is_a_plain_folder(self, repo: Path) -> None:
        (repo / "build").mkdir()
        (repo / "build" / "x").write_text("x")
        opened = open_subject(repo / "build")
        assert paths(opened) == ["x"]
        assert opened.subject.commit is None
        assert opened.git_dir is None

    def test_a_glob_in_its_name_is_only_a_name(self, tmp_path: Path) -> None:
        folder = repository_of(tmp_path / "r", [NewCommit(write={"[ab]*/x": "", "a/y": ""})])
        assert paths(open_subject(folder / "[ab]*")) == ["x"]


class TestBare:
    def test_head(self, tmp_path: Path) -> None:
        folder = repository_of(tmp_path / "r.git", [NewCommit(write=FILES | {"sub": submodule("2" * 40)})], bare=True)
        opened = open_subject(folder)
        assert opened.root is None
        assert opened.git_dir == folder
        assert opened.tree.read("README.md") == b"hello\n"
        assert opened.tree.read("link") == b"README.md"
        assert opened.tree.read("sub") == b""
        assert not opened.subject.dirty
        assert opened.subject.swhid == f"swh:1:rev:{opened.subject.commit}"

    def test_the_same_digest_as_its_checkout(self, repo: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
        assert open_subject(tmp_path / "bare.git").subject.digest == open_subject(repo).subject.digest

    def test_large_objects_are_cut(self, tmp_path: Path) -> None:
        folder = repository_of(tmp_path / "r.git", [NewCommit(write={"big": b"x" * 5_000_000, "a": "1"})], bare=True)
        tree = open_subject(folder).tree
        assert tree.read("big", 10) == b"x" * 10
        assert tree.read("a") == b"1"
        assert len(tree.read("big", 9_000_000)) == 5_000_000


class TestFolder:
    def test_everything_but_what_tools_leave(self, tmp_path: Path) -> None:
        for path in ("a", "d/b", ".hidden", "node_modules/x", "d/__pycache__/y", ".hg/z"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path)
        (tmp_path / "d" / "b").chmod(0o755)
        (tmp_path / "link").symlink_to("/etc")
        opened = open_subject(tmp_path)
        assert paths(opened) == [".hidden", "a", "d/b", "link"]
        assert [e.mode for e in opened.tree] == [0o100644, 0o100644, 0o100755, 0o120000]
        assert opened.tree.read("d/b") == b"d/b"
        assert (opened.subject.commit, opened.subject.swhid, opened.subject.repository) == (None, None, None)
        assert opened.subject.digest == opened.tree.digest
        assert opened.root == tmp_path

    def test_an_empty_one(self, tmp_path: Path) -> None:
        assert paths(open_subject(tmp_path)) == []

    def test_it_has_no_refs(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="not a Git repository"):
            open_subject(tmp_path, "main")

    def test_a_broken_repository_further_up_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "x").write_text("")
        assert paths(open_subject(tmp_path / "d")) == ["x"]


@pytest.mark.parametrize("make", ["nothing", "loop", "pipe", "text", "broken", "unlinked", "corrupt"])
def test_what_cannot_be_opened_says_why_and_what_to_do(tmp_path: Path, make: str) -> None:
    place = tmp_path / "place"
    if make == "loop":
        place.symlink_to("place")
    elif make == "pipe":
        os.mkfifo(place)
    elif make == "text":
        place.write_text("no archive")
    elif make == "broken":
        (place / ".git").mkdir(parents=True)
    elif make == "unlinked":
        place.mkdir()
        (place / ".git").write_text("gitdir: ../elsewhere\n")
    elif make == "corrupt":
        repository_of(place, [NewCommit(write={"a": "1"})])
        (place / ".git" / "index").write_bytes(b"DIRC rubbish")
    with pytest.raises(InputError) as caught:
        open_subject(place)
    assert str(caught.value.where) == str(place)
    assert caught.value.hint


def test_without_git_a_repository_cannot_be_read(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="git was not found"):
        open_subject(repo)


def test_a_relative_path_and_a_link_to_a_checkout_are_followed(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alias").symlink_to(repo)
    assert open_subject("repo").subject == open_subject("alias").subject == open_subject(repo / "src" / "..").subject


def test_a_sha_256_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "r")
    folder = tmp_path / "r"
    (folder / "a").write_text("1")
    git(folder, "add", "a")
    git(folder, "commit", "-q", "-m", "a")
    opened = open_subject(folder)
    assert len(opened.subject.commit or "") == 64
    assert opened.subject.swhid is None
    assert not opened.subject.dirty
    (folder / "a").write_text("two")
    assert open_subject(folder).tree.get("a").blob == git(folder, "hash-object", "a")  # type: ignore[union-attr]


class TestAnEarlierRoot:
    def test_its_files_as_they_were(self, tmp_path: Path) -> None:
        commits = [
            NewCommit(write={"a.toml": "old\n", "same.cfg": "same\n", "deep/b.toml": "b\n"}, tags=("v1",)),
            NewCommit(write={"a.toml": "new\n"}),
        ]
        folder = repository_of(tmp_path / "repo", commits)
        opened = open_subject(folder)
        (folder / "same.cfg").write_text("changed on disk\n")
        for found in (root_at(opened, "v1"), root_at(open_subject(folder), "v1")):
            assert [e.path for e in found] == ["a.toml", "same.cfg"]
            assert found.text("a.toml") == "old\n"
        assert root_at(open_subject(folder), "v1").text("same.cfg") == "same\n"

    def test_of_a_part(self, tmp_path: Path) -> None:
        commits = [
            NewCommit(write={"x.toml": "x\n", "part/a.toml": "old\n"}, tags=("v1",)),
            NewCommit(write={"part/a.toml": "new\n", "late/b.toml": "b\n"}),
        ]
        folder = repository_of(tmp_path / "repo", commits)
        found = root_at(open_subject(folder / "part"), "v1")
        assert [(e.path, found.text(e.path)) for e in found] == [("a.toml", "old\n")]
        assert not list(root_at(open_subject(folder / "late"), "v1"))

    def test_a_commit_that_is_not_there(self, repo: Path) -> None:
        with pytest.raises(InputError):
            root_at(open_subject(repo), "0" * 40)
