"""Git as a reader: limits, failures, and nothing left running."""

from __future__ import annotations

import gc
import signal
import subprocess
import time
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.subject import git as module
from assaymark.subject.git import Blobs, GitProblem, Repository
from assaymark.testing import NewCommit, repository_of


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    files = {"a": "1", "big": "x" * 300_000}
    return Repository(repository_of(tmp_path / "r.git", [NewCommit(write=files)], bare=True))


def blob(repo: Repository, path: str) -> str:
    return repo.run("rev-parse", f"HEAD:{path}").decode().strip()


def slow_git(place: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = place / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


def test_answers_come_in_the_order_of_the_questions(repo: Repository) -> None:
    first, second, third = repo.ask(
        ("rev-parse", "--is-bare-repository"), ("nonsense",), ("cat-file", "blob", "HEAD:a")
    )
    assert (first.code, first.stdout) == (0, b"true\n")
    assert second.code != 0
    assert "nonsense" in second.problem
    assert third.stdout == b"1"


def test_a_failure_is_a_problem_with_the_words_of_git(repo: Repository) -> None:
    with pytest.raises(GitProblem, match="Not a valid object name"):
        repo.run("cat-file", "blob", "nowhere")


def test_output_is_cut_at_the_limit(repo: Repository) -> None:
    assert repo.run("cat-file", "blob", "HEAD:big", limit=1_000) == b"x" * 1_000
    (answer,) = repo.ask(("cat-file", "blob", "HEAD:big"), limit=1_000)
    assert answer.truncated


def test_a_git_that_hangs_is_stopped(repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_git(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    started = time.monotonic()
    (answer,) = repo.ask(("log",))
    assert answer.problem == "git took too long"
    with pytest.raises(InputError, match="too long"):
        repo.sizes(["0" * 40])
    assert time.monotonic() - started < 20


def test_complaints_do_not_block_the_answer(repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_git(tmp_path, monkeypatch, "head -c 2000000 /dev/zero >&2; echo done")
    (answer,) = repo.ask(("log",))
    assert answer.stdout == b"done\n"
    assert len(answer.stderr) == 10_000


def test_an_interruption_leaves_nothing_running(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_git(tmp_path, monkeypatch, "exec sleep 60")
    started: list[subprocess.Popen[bytes]] = []
    start = Repository._popen

    def remember(*arguments: object) -> subprocess.Popen[bytes]:
        started.append(start(*arguments))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(Repository, "_popen", remember)
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            repo.ask(("log",), ("log",))
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert len(started) == 2
    assert all(process.returncode == -signal.SIGKILL for process in started)


def test_sizes_of_what_is_there(repo: Repository) -> None:
    assert repo.sizes([blob(repo, "a"), "0" * 40]) == {blob(repo, "a"): 1}


class TestBlobs:
    def test_reading(self, repo: Repository) -> None:
        blobs = Blobs(repo)
        assert blobs.read(blob(repo, "a"), 1, 10) == b"1"
        assert blobs.read(blob(repo, "big"), 300_000, 5) == b"xxxxx"
        assert blobs.read(blob(repo, "a"), 1, 10) == b"1"

    @pytest.mark.parametrize("size", [-1, 1])
    def test_what_is_not_there(self, repo: Repository, size: int) -> None:
        blobs = Blobs(repo)
        with pytest.raises(KeyError):
            blobs.read("0" * 40, size, 10)
        assert blobs.read(blob(repo, "a"), 1, 10) == b"1"

    def test_large_objects_do_not_pass_through_the_conversation(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_LARGE", 1_000)
        monkeypatch.setattr(Repository, "converse", None)
        assert Blobs(repo).read(blob(repo, "big"), 300_000, 5) == b"xxxxx"
        with pytest.raises(KeyError):
            Blobs(repo).read("0" * 40, 300_000, 5)

    def test_a_git_that_dies_is_started_again(self, repo: Repository) -> None:
        blobs, name = Blobs(repo), blob(repo, "a")
        assert blobs.read(name, 1, 10) == b"1"
        process = blobs._process
        assert process is not None
        process.kill()
        process.wait()
        with pytest.raises(KeyError):
            blobs.read(name, 1, 10)
        assert blobs.read(name, 1, 10) == b"1"

    def test_its_process_ends_with_it(self, repo: Repository) -> None:
        blobs = Blobs(repo)
        blobs.read(blob(repo, "a"), 1, 10)
        process = blobs._process
        assert process is not None
        del blobs
        gc.collect()
        assert process.returncode is not None
