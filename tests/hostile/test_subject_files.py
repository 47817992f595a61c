"""Files of any shape, number, size and name: nothing outside the root is judged, nothing hangs or is read whole."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark.api import FactUnavailable
from assaymark.subject.checkout import Opened, open_subject
from assaymark.subject.files import read_file, read_link
from assaymark.subject.history import history
from assaymark.testing import NewCommit, link, repository_of, submodule

MEGABYTE = 1_000_000
NAMES = [
    "with blank",
    " leading",
    "new\nline",
    "::set-output name=x::y",
    "\x1b[2J\x1b]8;;x:y\x07",
    "car\rriage",
    "\u202ereversed",
    "\udce9\udcff latin",
    "-rf",
    "$(id)",
    "quo'te\"s",
    "%0A",
    "a,b=c",
    "back\\slash",
    "pi|pe`s`",
    "<img onerror=x>",
    "@everyone",
    "tab\there",
    "*?[x]",
    ":(top)magic",
    "é" * 100,
]


def paths(opened: Opened) -> set[str]:
    return {e.path for e in opened.tree}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


class TestShapes:
    def test_an_empty_folder(self, tmp_path: Path) -> None:
        assert paths(open_subject(tmp_path)) == set()

    @pytest.mark.parametrize("bare", [False, True])
    def test_no_commits(self, tmp_path: Path, bare: bool) -> None:
        opened = open_subject(repository_of(tmp_path / "r", bare=bare))
        assert paths(opened) == set()
        assert (opened.subject.commit, opened.subject.dirty) == (None, False)

    def test_no_commits_but_files(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r")
        (repo / "a").write_text("1")
        git(repo, "add", "a")
        opened = open_subject(repo)
        assert paths(opened) == {"a"}
        assert opened.subject.dirty

    def test_an_empty_commit(self, tmp_path: Path) -> None:
        opened = open_subject(repository_of(tmp_path / "r", [NewCommit()]))
        assert paths(opened) == set()
        assert opened.subject.commit

    def test_submodules_are_seen_and_not_entered(self, tmp_path: Path) -> None:
        modules = '[submodule "x"]\n\tpath = sub\n\turl = -u./evil\n\tupdate = !id\n'
        repo = repository_of(tmp_path / "r", [NewCommit(write={".gitmodules": modules, "sub": submodule()})])
        repository_of(repo / "sub2", [NewCommit(write={"inner": "1"})])
        for place in (open_subject(repo), open_subject(repo, "HEAD")):
            assert paths(place) == {".gitmodules", "sub"}
            assert not place.subject.dirty
            assert place.tree.read("sub") == b""
        assert paths(open_subject(repo / "sub2")) == {"inner"}

    def test_a_folder_named_like_a_file(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"README.md/LICENSE": "x"})])
        assert open_subject(repo).tree.find("README*", "LICENSE*") == ()

    def test_a_deep_tree(self, tmp_path: Path) -> None:
        path = "d/" * 1_000 + "file"
        repo = repository_of(tmp_path / "r.git", [NewCommit(write={path: "x"})], bare=True)
        opened = open_subject(repo)
        assert paths(opened) == {path}
        assert opened.tree.read(path) == b"x"
        assert [e.path for e in opened.tree.glob("**/file")] == [path]

    def test_a_deep_folder(self, tmp_path: Path) -> None:
        at = os.open(tmp_path, os.O_RDONLY)
        for _ in range(300):
            os.mkdir("deep", dir_fd=at)
            inner = os.open("deep", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.close(at)
        assert paths(open_subject(tmp_path)) == {"deep/" * 300 + "file"}


class TestLinks:
    TARGETS = ("/etc/passwd", "../../outside", "/proc/self/environ", "/dev/zero", "self", "secrets")

    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "secret").write_text("secret")
        return tmp_path / "outside"

    def check(self, opened: Opened) -> None:
        for number, target in enumerate(self.TARGETS):
            path = "self" if target == "self" else f"link{number}"
            assert opened.tree.read(path) == target.encode()
        assert opened.tree.glob("**") == ()
        assert opened.tree.find("*") == ()

    def links(self) -> dict[str, str]:
        return {("self" if t == "self" else f"link{n}"): t for n, t in enumerate(self.TARGETS)}

    def test_in_a_checkout_and_in_the_object_store(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={p: link(t) for p, t in self.links().items()})])
        self.check(open_subject(repo))
        self.check(open_subject(repo, "HEAD"))
        assert not open_subject(repo).subject.dirty

    def test_in_a_folder(self, tmp_path: Path) -> None:
        for path, target in self.links().items():
            (tmp_path / path).symlink_to(target)
        self.check(open_subject(tmp_path))

    def test_a_tracked_folder_that_became_a_link_is_not_followed(self, tmp_path: Path, outside: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"d/secret": "mine", "e/f/secret": "mine", "a": "1"})])
        for place in ("d", "e/f"):
            (repo / place / "secret").unlink()
            (repo / place).rmdir()
            (repo / place).symlink_to(outside)
        opened = open_subject(repo)
        assert paths(opened) == {"a"}
        assert opened.subject.dirty

    def test_a_tracked_file_that_became_a_link_is_a_link(self, tmp_path: Path, outside: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"README": "mine"})])
        (repo / "README").unlink()
        (repo / "README").symlink_to(outside / "secret")
        opened = open_subject(repo)
        assert opened.tree.find("README*") == ()
        assert opened.tree.read("README") == os.fsencode(outside / "secret")

    @pytest.mark.parametrize("what", ["file", "folder"])
    def test_what_becomes_a_link_later_is_not_followed_either(self, tmp_path: Path, outside: Path, what: str) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"d/secret": "mine"})])
        opened = open_subject(repo)
        (repo / "d" / "secret").unlink()
        if what == "file":
            (repo / "d" / "secret").symlink_to(outside / "secret")
        else:
            (repo / "d").rmdir()
            (repo / "d").symlink_to(outside)
        with pytest.raises(FactUnavailable, match="cannot be read"):
            opened.tree.read("d/secret")

    @pytest.mark.parametrize(
        "path", ["../outside/secret", "/etc/passwd", "d/../../outside/secret", "", ".", "d//x", "d/."]
    )
    def test_paths_that_leave_the_root_are_refused(self, tmp_path: Path, outside: Path, path: str) -> None:
        root = tmp_path / "root"
        (root / "d").mkdir(parents=True)
        for read in (read_file, read_link):
            with pytest.raises(OSError, match="no path below the root"):
                read(root, path, 10)


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(place))


def a_folder(place: Path) -> None:
    place.mkdir()


class TestNoFiles:
    """Where a file should be there is something that would block, or has no bytes."""

    @pytest.mark.parametrize("make", [a_pipe, a_socket, a_folder])
    def test_in_the_place_of_a_tracked_file(
        self, tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"README": "x", "a": "1"})])
        early = open_subject(repo)
        (repo / "README").unlink()
        monkeypatch.chdir(repo)
        make(repo / "README")
        opened = open_subject(repo)
        assert paths(opened) == {"a"}
        assert opened.subject.dirty
        with pytest.raises(FactUnavailable):
            early.tree.read("README")

    @pytest.mark.parametrize("make", [a_pipe, a_socket])
    def test_in_a_folder(self, tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        make(tmp_path / "README")
        (tmp_path / "a").write_text("1")
        assert paths(open_subject(tmp_path)) == {"a"}


class TestNames:
    def test_in_a_checkout_in_the_object_store_and_in_a_folder(self, tmp_path: Path) -> None:
        repo = repository_of(
            tmp_path / "r", [NewCommit(write={f"d/{n}": f"content of {i}" for i, n in enumerate(NAMES)})]
        )
        bare = open_subject(repo, "HEAD")
        for opened in (open_subject(repo), bare, open_subject(repo / "d"), open_subject(repo / "d", "HEAD")):
            inside = "" if opened.prefix else "d/"
            assert paths(opened) == {inside + n for n in NAMES}
            for number, name in enumerate(NAMES):
                assert opened.tree.read(inside + name) == b"content of %d" % number
            assert not opened.subject.dirty
        (repo / ".git").rename(tmp_path / "gone")
        assert open_subject(repo).subject.digest == bare.subject.digest

    def test_a_part_with_such_a_name(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={f"{n}/f": "x" for n in NAMES})])
        for name in NAMES:
            assert paths(open_subject(repo / name)) == {"f"}

    def test_a_checkout_with_such_a_name(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"f": "x"})])
        for name in NAMES:
            repo = repo.rename(tmp_path / name)
            opened = open_subject(repo)
            assert paths(opened) == {"f"}
            assert history.provide(opened).last_change("f")


class TestSizes:
    def test_two_hundred_megabytes_are_never_read_whole(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"big.bin": "small"})])
        os.truncate(repo / "big.bin", 200 * MEGABYTE)
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "big.bin").hardlink_to(repo / "big.bin")
        tracemalloc.start()
        try:
            for place in (repo, tmp_path / "folder"):
                opened = open_subject(place)
                entry = opened.tree.get("big.bin")
                assert entry is not None
                assert entry.size == 200 * MEGABYTE
                assert len(opened.tree.read("big.bin")) == MEGABYTE
                assert len(opened.tree.text("big.bin", 10)) == 10
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 20 * MEGABYTE

    def test_a_large_file_is_compared_piece_by_piece(self, tmp_path: Path) -> None:
        repo = repository_of(tmp_path / "r", [NewCommit(write={"big": b"\0" * 20 * MEGABYTE})])
        first = open_subject(repo).subject
        os.utime(repo / "big", (1, 1))
        assert open_subject(repo).subject == first
        with (repo / "big").open("r+b") as file:
            file.write(b"x")
        second = open_subject(repo).subject
        assert (first.dirty, second.dirty) == (False, True)
        assert first.digest != second.digest

    def test_fifty_thousand_files(self, tmp_path: Path) -> None:
        files = {f"package{n % 500}/module{n}.py": "x = 1\n" for n in range(50_000)}
        opened = open_subject(repository_of(tmp_path / "r.git", [NewCommit(write=files)], bare=True))
        assert len(opened.tree) == 50_000
        assert len(opened.tree.glob("package7/*.py")) == 100
        assert opened.tree.read("package7/module7.py") == b"x = 1\n"


class TestQuiet:
    """A checkout is looked at, never touched."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Path:
        return repository_of(tmp_path / "r", [NewCommit(write={"a": "1", "d/b": "2"}), NewCommit(write={"a": "3"})])

    @staticmethod
    def state(repo: Path) -> dict[str, tuple[int, int]]:
        return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in (repo, *repo.rglob("*"))}

    @staticmethod
    def look(repo: Path) -> tuple[str | None, str | None]:
        opened = open_subject(repo)
        found = history.provide(opened)
        found.last_change("a")
        opened.tree.read("d/b")
        return opened.subject.digest, open_subject(repo, "HEAD").subject.digest

    def test_nothing_is_written(self, repo: Path) -> None:
        (repo / "a").touch()  # what would make Git refresh its index
        before = self.state(repo)
        self.look(repo)
        assert self.state(repo) == before

    def test_a_read_only_checkout(self, repo: Path) -> None:
        everything = [repo, *repo.rglob("*")]
        for place in everything:
            place.chmod(0o555 if place.is_dir() else 0o444)
        try:
            first, second = self.look(repo)
        finally:
            for place in everything:
                place.chmod(0o755 if place.is_dir() else 0o644)
        assert first == second

    def test_while_git_holds_its_lock(self, repo: Path) -> None:
        (repo / ".git" / "index.lock").write_text("")
        (repo / ".git" / "HEAD.lock").write_text("")
        assert self.look(repo)

    def test_two_runs_at_once(self, repo: Path) -> None:
        seen: list[tuple[str | None, str | None]] = []
        threads = [threading.Thread(target=lambda: seen.append(self.look(repo))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 4
        assert len(set(seen)) == 1

    def test_many_readers_of_one_tree(self, tmp_path: Path) -> None:
        files = {f"file{n}": f"content of {n}" for n in range(200)}
        tree = open_subject(repository_of(tmp_path / "many", [NewCommit(write=files)], bare=True)).tree
        seen: list[tuple[str, str]] = []

        def read() -> None:
            seen.extend([(entry.path, tree.text(entry.path)) for entry in tree])

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 800
        assert set(seen) == set(files.items())

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_an_unreadable_file_is_unknown(self, repo: Path) -> None:
        (repo / "a").chmod(0)
        with pytest.raises(FactUnavailable, match="cannot be read"):
            open_subject(repo).tree.read("a")
