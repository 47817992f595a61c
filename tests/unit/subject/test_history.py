"""What Git knows about a subject."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assaymark.api import FactUnavailable
from assaymark.subject import history as module
from assaymark.subject.checkout import open_subject
from assaymark.subject.history import History, history
from assaymark.testing import NewCommit, repository_of, tree_of

DAY = 86_400
START = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp())


def read(place: Path, ref: str | None = None) -> History:
    found = history.provide(open_subject(place, ref))
    assert isinstance(found, History)
    return found


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository_of(
        tmp_path / "repo",
        [
            NewCommit(
                message="Begin\n\nWith a body.\n\nSigned-off-by: A <a@b>", write={"a": "1", "d/b": "1"}, tags=("v1",)
            ),
            NewCommit(message="Work", author="Grace É <grace@example.org>", on="topic", write={"c": "1"}),
            NewCommit(message="Change b", write={"d/b": "2"}),
            NewCommit(message="Merge topic", merge=("topic",), tags=("v2",)),
        ],
        branches=("stable",),
        remote_branches=("main", "release/1"),
    )


def test_commits_are_newest_first(repo: Path) -> None:
    found = read(repo)
    assert [c.subject for c in found.commits] == ["Merge topic", "Change b", "Work", "Begin"]
    assert [c.is_merge for c in found.commits] == [True, False, False, False]
    assert found.head == found.commits[0].id
    assert found.commits[0].parents == (found.commits[1].id, found.commits[2].id)
    assert [c.time for c in found.commits] == [START + n * DAY for n in (3, 2, 1, 0)]
    assert (found.commits[2].author, found.commits[2].email) == ("Grace É", "grace@example.org")
    assert found.commits[3].body == "With a body.\n\nSigned-off-by: A <a@b>"
    assert (found.branch, found.shallow, found.complete) == ("main", False, True)


def test_tags(repo: Path) -> None:
    git(repo, "tag", "-a", "-m", "signed off", "v3", "v1")
    git(repo, "tag", "of-a-file", "HEAD:a")
    found = read(repo)
    times = {tag.name: tag.time for tag in found.tags}
    commits = {tag.name: tag.commit for tag in found.tags}
    assert times.keys() == {"v1", "v2", "v3"}
    assert times["v1"] == START
    assert times["v3"] > START
    assert commits["v1"] == commits["v3"] == found.commits[-1].id


def test_branches(repo: Path) -> None:
    git(repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    found = {(b.name, b.remote) for b in read(repo).branches}
    assert found == {
        ("main", False),
        ("topic", False),
        ("stable", False),
        ("main", True),
        ("release/1", True),
    }


def test_the_last_change_of_a_file(repo: Path) -> None:
    found = read(repo)
    assert found.last_change("a") == START
    assert found.last_change("c") == START + DAY
    assert found.last_change("d/b") == START + 2 * DAY
    assert found.last_change("nowhere") is None


def test_the_last_change_within_a_part_of_the_repository(repo: Path) -> None:
    found = read(repo / "d")
    assert found.last_change("b") == START + 2 * DAY
    assert found.last_change("a") is None


def test_the_last_change_before_the_latest_commits(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COMMITS", 2)
    found = read(repo)
    assert not found.complete
    assert found.last_change("d/b") == START + 2 * DAY
    assert found.last_change("a") == START
    assert found.last_change("nowhere") is None


def test_names_of_any_bytes(tmp_path: Path) -> None:
    names = ["with blank", "new\nline", 'tab\tq"\\', "\udce9latin", "\x01\x01", "é"]
    repo = repository_of(tmp_path / "r", [NewCommit(write=dict.fromkeys(names, "x"))])
    found = read(repo)
    assert [found.last_change(e.path) for e in open_subject(repo).tree] == [START] * len(names)


def test_at_a_ref(repo: Path) -> None:
    found = read(repo, "v1")
    assert len(found.commits) == 1
    assert found.branch is None
    assert found.last_change("d/b") == START
    assert {t.name for t in found.tags} == {"v1", "v2"}


def test_a_shallow_clone(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{repo}", "shallow")
    found = read(tmp_path / "shallow")
    assert found.shallow
    assert not found.complete
    assert "Begin" not in {c.subject for c in found.commits}
    # Its first commit seems to add all files: when they really changed is not known.
    assert found.last_change("a") is None


def test_detached(repo: Path) -> None:
    git(repo, "checkout", "-q", "HEAD~1")
    found = read(repo)
    assert found.branch is None
    assert found.commits[0].subject == "Change b"


def test_hostile_texts_are_plain_data(tmp_path: Path) -> None:
    message = "##[error]x \x1b[2J\n\n" + "long " * 300_000
    commits = [
        NewCommit(message=message, write={"a": "1"}, author="x\x1b]8;; <--upload-pack=id@x>"),
        NewCommit(message="caf\udce9", write={"a": "2"}),
        NewCommit(message="\n", write={"a": "3"}),
    ]
    repo = repository_of(tmp_path / "r", commits, branches=('x";id;"', "-rf"))
    found = read(repo)
    assert [c.subject[:9] for c in found.commits] == ["", "caf\ufffd", "##[error]"]
    assert len(found.commits[2].body) <= module.MAX_TEXT
    assert {b.name for b in found.branches} == {"main", 'x";id;"', "-rf"}


def test_no_history_is_unknown_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    with pytest.raises(FactUnavailable, match="no Git history"):
        read(tmp_path)
    with pytest.raises(FactUnavailable, match="no commits"):
        read(repository_of(tmp_path / "r"))


def test_a_damaged_history_is_unknown(repo: Path) -> None:
    opened = open_subject(repo)
    first = history.provide(opened).commits[-1].id
    (repo / ".git" / "objects" / first[:2] / first[2:]).unlink(missing_ok=True)
    for pack in (repo / ".git" / "objects" / "pack").glob("*"):
        pack.unlink()
    with pytest.raises(FactUnavailable, match="cannot read the history"):
        history.provide(opened)


def test_last_change_needs_commits() -> None:
    found = History(shallow=False, head="0" * 40, branch=None, commits=())
    assert found.last_change("a") is None
    assert len(tree_of({})) == 0
