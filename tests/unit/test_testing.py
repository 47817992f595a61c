"""What plugins test themselves with: it must itself be right."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assaymark.api import Evidence, Tree, check, failed, passed
from assaymark.errors import AssaymarkError
from assaymark.model import Outcome, Subject
from assaymark.testing import AS_OF, NewCommit, evidence_of, facts_of, link, pieces_of, repository_of, script, tree_of


@check("example.readme")
def readme(tree: Tree) -> Evidence:
    """A README is there."""
    return passed("there") if tree.find("README*") else failed("not there")


@check("example.several")
def several(tree: Tree) -> tuple[Evidence, ...]:
    """One piece per file."""
    return tuple(passed(e.path) for e in tree)


@check("example.broken")
def broken(tree: Tree) -> Evidence:
    """Breaks."""
    raise RuntimeError("no")


@check("example.history")
def commits(history: object) -> Evidence:
    """Needs a fact that a tree in memory does not have."""
    return passed("history")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_evidence_is_that_of_an_assessment() -> None:
    found = evidence_of(readme, tree=tree_of({"README": "x"}))
    assert (found.outcome, found.check, found.message) == (Outcome.PASSED, "example.readme", "there")
    assert evidence_of(readme).outcome is Outcome.FAILED
    assert evidence_of(broken).outcome is Outcome.ERROR
    assert evidence_of(commits).outcome is Outcome.UNKNOWN
    assert evidence_of(commits, history=object()).outcome is Outcome.PASSED


def test_several_pieces() -> None:
    tree = tree_of({"a": "", "b": ""})
    assert [e.message for e in pieces_of(several, tree=tree)] == ["a", "b"]
    with pytest.raises(ValueError, match="unpack"):
        evidence_of(several, tree=tree)


def test_facts_may_be_replaced() -> None:
    facts = facts_of(subject=Subject(kind="x", path="y"), settings={"a": 1}, mine=2)
    assert facts["subject"].kind == "x"
    assert facts["opened"].subject.kind == "x"
    assert facts["settings"] == {"a": 1}
    assert facts["mine"] == 2
    assert facts["options"].as_of == AS_OF


def test_a_repository_is_a_real_one(tmp_path: Path) -> None:
    when = datetime(2020, 2, 29, tzinfo=UTC)
    folder = repository_of(
        tmp_path / "r",
        [
            NewCommit(message="Begin é", write={"a": "1", "s": script("x"), "l": link("a"), "gone": ""}, date=when),
            NewCommit(on="topic", write={"b": "2"}, remove=("gone",)),
            NewCommit(write={"a": "2"}, tags=("v1",)),
            NewCommit(message="Merge", merge=("topic",)),
        ],
        remote="https://example.org/o/n",
    )
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "ls-files").split() == ["a", "b", "l", "s"]
    assert (folder / "a").read_text() == "2"
    assert (folder / "l").is_symlink()
    assert (folder / "s").stat().st_mode & 0o100
    assert git(folder, "log", "--format=%s%x09%ct", "--reverse", "--first-parent").splitlines() == [
        f"{message}\t{int(when.timestamp()) + days * 86_400}"
        for message, days in (("Begin é", 0), ("Change", 2), ("Merge", 3))
    ]
    assert git(folder, "rev-parse", "v1") == git(folder, "rev-parse", "HEAD^1")
    assert git(folder, "rev-parse", "topic") == git(folder, "rev-parse", "HEAD^2")
    assert git(folder, "remote", "get-url", "origin") == "https://example.org/o/n"
    git(folder, "fsck", "--strict")


def test_the_same_description_gives_the_same_commit(tmp_path: Path) -> None:
    heads = {git(repository_of(tmp_path / n, [NewCommit(write={"a": "1"})]), "rev-parse", "HEAD") for n in "xy"}
    assert len(heads) == 1


def test_what_git_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssaymarkError, match="invalid path"):
        repository_of(tmp_path / "r", [NewCommit(write={".git/config": "x"})])
    with pytest.raises(AssaymarkError, match="init"):
        repository_of(tmp_path / "x", branch="bad..name")
