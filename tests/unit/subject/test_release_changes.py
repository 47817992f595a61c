from __future__ import annotations

from pathlib import Path

from assaymark.engine import Facts
from assaymark.registry import builtin
from assaymark.subject.checkout import open_subject
from assaymark.subject.history import Commit, History, Tag
from assaymark.subject.release_changes import ReleaseChanges, final_releases
from assaymark.subject.releases import releases
from assaymark.testing import NewCommit, facts_of, repository_of


def read(folder: Path, commits: list[NewCommit]) -> ReleaseChanges:
    opened = open_subject(repository_of(folder / "repository", commits, bare=True))
    given = facts_of(opened.tree, subject=opened.subject, opened=opened)
    found: ReleaseChanges = Facts(builtin().facts.values(), given).get("release_changes")
    return found


def test_the_two_newest_releases_are_compared_with_what_is_judged(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            NewCommit(write={"a.md": "1", "b.md": "1"}, tags=("v1.0.0",)),
            NewCommit(write={"a.md": "2"}, tags=("v1.1.0",)),
            NewCommit(write={"c\nd é.md": "1"}, tags=("v2.0.0-rc.1",)),
        ],
    )
    assert found.latest is not None
    assert found.previous is not None
    assert (found.latest.tag, found.previous.tag) == ("v1.1.0", "v1.0.0")
    assert found.paths == {"a.md", "c\nd é.md"}


def test_one_release_is_compared_with_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, [NewCommit(write={"a.md": "1"}, tags=("v1.0.0",))])
    assert found.latest is not None
    assert (found.latest.tag, found.previous, found.paths, found.blind) == ("v1.0.0", None, frozenset(), "")


def test_without_releases_it_is_said_what_may_hide_them(tmp_path: Path) -> None:
    for name, tags in (("none", ()), ("other", ("nightly",))):
        (tmp_path / name).mkdir()
        found = read(tmp_path / name, [NewCommit(write={"a.md": "1"}, tags=tags)])
        assert (found.latest, "nightly" in found.blind, bool(found.blind)) == (None, bool(tags), bool(tags))


def test_a_tag_with_a_message_is_younger_than_its_commit() -> None:
    commit = Commit(id="c1", parents=(), author="a", email="e", time=1_000, subject="s", body="")
    history = History(
        shallow=False, head="c1", branch="main", commits=(commit,), tags=(Tag(name="v0.1.0", commit="c1", time=2_000),)
    )
    [found] = final_releases(releases.provide(history), history)
    assert found.tag == "v0.1.0"
