from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from assessed import assessment, failing, finding

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github import publish as module
from assaymark.github.publish import HISTORY, fetch_baseline, history_line, publish
from assaymark.model import Level
from assaymark.reports.json import from_json, render

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
FILES = {"badge.svg": b"<svg/>", "badge.json": b"{}", "core/report.html": b"<html>" * 1_000}


def put(client: Client, files: dict[str, bytes] | None = None, **more: object) -> str | None:
    return publish(files or FILES, repository="lab/tide", client=client, **more).commit


def test_the_first_publication_makes_a_branch_of_its_own(fake_github: FakeGitHub, client: Client) -> None:
    commit = put(client, history={HISTORY: b'{"level": "bronze"}'})
    git = fake_github.state.git
    assert git.files("badges") == FILES | {HISTORY: b'{"level": "bronze"}\n'}
    assert git.history("badges") == [commit]
    assert git.commits[commit]["parents"] == []


def test_what_is_there_stays_and_what_is_the_same_is_not_sent(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.git.add("badges", {"CNAME": b"lab.example", "badge.svg": b"old", "a/b.txt": b"x"})
    put(client)
    git = fake_github.state.git
    assert git.files("badges") == {"CNAME": b"lab.example", "a/b.txt": b"x"} | FILES
    assert len(git.history("badges")) == 2
    sent = len(fake_github.asked("POST"))
    assert put(client) is None
    assert len(fake_github.asked("POST")) == sent
    put(client, FILES | {"badge.svg": b"new"})
    assert len(fake_github.asked("POST", "blobs")) == len(FILES) + 1


def test_a_lost_race_is_run_again_and_nothing_is_lost(fake_github: FakeGitHub, client: Client) -> None:
    git = fake_github.state.git
    git.add("badges", {HISTORY: b'{"n": 1}\n'})

    def other() -> None:
        lines = git.files("badges")[HISTORY] + b'{"n": 2}\n'
        git.add("badges", {"other.svg": b"o", HISTORY: lines})

    fake_github.before("PATCH", "/git/refs/heads/badges", other, times=2)
    put(client, history={HISTORY: b'{"n": 3}'})
    assert git.files("badges")["other.svg"] == b"o"
    assert git.files("badges")[HISTORY].splitlines() == [b'{"n": 1}', b'{"n": 2}', b'{"n": 2}', b'{"n": 3}']
    assert all("force" not in c or c["force"] is False for c in git.commits.values())


def test_a_lost_race_for_the_first_publication(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.before("POST", "/git/refs", lambda: fake_github.state.git.add("badges", {"other.svg": b"o"}))
    put(client)
    assert fake_github.state.git.files("badges") == FILES | {"other.svg": b"o"}


@pytest.mark.parametrize("path", ["/git/refs/heads/badges", "/git/refs"])
def test_a_conflict_is_run_again(fake_github: FakeGitHub, client: Client, path: str) -> None:
    verb = "POST" if path == "/git/refs" else "PATCH"
    if verb == "PATCH":
        fake_github.state.git.add("badges", {"x": b"0"})
    fake_github.fail(verb, path, 409, {"message": "Conflict"}, times=2)
    put(client)
    assert FILES.items() <= fake_github.state.git.files("badges").items()


def test_a_branch_that_is_taken_away_in_between_is_made_anew(fake_github: FakeGitHub, client: Client) -> None:
    git = fake_github.state.git
    git.add("badges", {"x": b"0"})
    fake_github.before("PATCH", "/git/refs/.*", lambda: git.refs.pop("refs/heads/badges"))
    put(client)
    assert git.files("badges") == FILES


def test_a_race_that_never_ends_ends(fake_github: FakeGitHub, client: Client, naps: list[float]) -> None:
    git = fake_github.state.git
    git.add("badges", {"x": b"0"})
    fake_github.before("PATCH", "/git/refs/.*", lambda: git.add("badges", {"x": str(len(git.commits)).encode()}), 99)
    with pytest.raises(ForgeProblem, match="fast forward"):
        put(client)
    assert len(fake_github.asked("PATCH")) == 5
    assert naps == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("path", ["/git/refs", "/git/blobs", "/git/trees", "/git/commits"])
@pytest.mark.parametrize("after", [True, False])
def test_lost_answers(fake_github: FakeGitHub, client: Client, path: str, after: bool) -> None:
    fake_github.fail("POST", path, 502, after=after)
    put(client)
    assert fake_github.state.git.files("badges") == FILES
    assert len(fake_github.state.git.history("badges")) == 1
    fake_github.fail("PATCH", "/git/refs/.*", 502, after=after)
    put(client, {"badge.svg": b"new"})
    assert fake_github.state.git.files("badges")["badge.svg"] == b"new"
    assert len(fake_github.state.git.history("badges")) == 2


def test_the_history_is_pruned(fake_github: FakeGitHub, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.appended, "__defaults__", (3,))
    for n in (1, 2, 2, 3, 4, 5):
        put(client, {"badge.svg": str(n).encode()}, history={HISTORY: json.dumps({"n": n}).encode()})
    assert fake_github.state.git.files("badges")[HISTORY] == b'{"n": 3}\n{"n": 4}\n{"n": 5}\n'


def test_without_the_right_nothing_happens(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.accounts["t0ken"].may = frozenset()
    with pytest.raises(ForgeProblem) as problem:
        put(client)
    assert problem.value.trouble is Trouble.REFUSED
    assert "refs/heads/badges" not in fake_github.state.git.refs


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", ".git/config", "a/.GIT/x", "a//b", "a\nb", "a/", "x" * 200, "-rf", ".hidden"]
)
def test_odd_paths_are_refused(fake_github: FakeGitHub, client: Client, path: str) -> None:
    with pytest.raises(InputError, match="no name for a published file"):
        put(client, {path: b""})
    with pytest.raises(InputError, match="no name for a published file"):
        put(client, history={path: b"{}"})
    assert fake_github.calls == []


@pytest.mark.parametrize("branch", ["", "a b", "../x", "x.lock", "-x", "a..b", "refs/heads/../x", "x?y"])
def test_odd_branches_are_refused(fake_github: FakeGitHub, client: Client, branch: str) -> None:
    with pytest.raises(InputError, match="no name for the badge branch"):
        put(client, branch=branch)
    assert fake_github.calls == []


def test_the_default_branch_is_not_written_to(fake_github: FakeGitHub, client: Client) -> None:
    with pytest.raises(InputError, match="default branch"):
        put(client, branch="main")
    assert not fake_github.asked("P")


def test_too_much_is_refused(client: Client) -> None:
    with pytest.raises(InputError, match="too much to publish"):
        put(client, {f"{n}.svg": b"" for n in range(101)})
    with pytest.raises(InputError, match="too much to publish"):
        put(client, {"a": b"x" * 20_000_001})
    with pytest.raises(InputError, match="line break"):
        put(client, history={HISTORY: b'{"a": 1}\n{"b": 2}'})


def test_what_was_published_is_the_baseline(fake_github: FakeGitHub, client: Client) -> None:
    assert fetch_baseline("lab/tide", client=client) is None
    a = failing(finding())
    put(client, {"assessment.json": render(a).encode()}, history={HISTORY: history_line(a)})
    data = fetch_baseline("lab/tide", client=client)
    assert data is not None
    assert from_json(data.decode()).level is Level.BRONZE
    assert fetch_baseline("lab/tide", path="core/assessment.json", client=client) is None
    line = json.loads(fake_github.state.git.files("badges")[HISTORY])
    assert (line["level"], line["findings"], line["outcomes"]["failed"]) == ("bronze", 1, 1)


def test_a_baseline_that_cannot_be_seen_is_not_one_that_is_missing(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("GET", "/git/ref/.*", 404)
    fake_github.fail("GET", "", 404)
    with pytest.raises(ForgeProblem):
        fetch_baseline("lab/tide", client=client)
    fake_github.fail("GET", "/git/ref/.*", 503, times=9)
    with pytest.raises(ForgeProblem) as problem:
        fetch_baseline("lab/tide", client=client)
    assert problem.value.trouble is Trouble.UNREACHABLE


def test_a_baseline_that_is_too_large_or_broken(
    fake_github: FakeGitHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, {"assessment.json": render(assessment()).encode()})
    monkeypatch.setattr(module, "MAX_FILE", 100)
    with pytest.raises(ForgeProblem, match="larger"):
        fetch_baseline("lab/tide", client=client)
    monkeypatch.undo()
    monkeypatch.setattr("assaymark.github.gitdata.digest", lambda _: "0" * 40)
    with pytest.raises(ForgeProblem, match="did not arrive"):
        fetch_baseline("lab/tide", client=client)


def test_a_branch_too_large_to_be_listed(fake_github: FakeGitHub, client: Client) -> None:
    put(client)
    sha = fake_github.state.git.commits[fake_github.state.git.refs["refs/heads/badges"]]["tree"]
    fake_github.fail("GET", "/git/trees/.*", 200, {"sha": sha, "tree": [], "truncated": True})
    with pytest.raises(ForgeProblem, match="too many files"):
        fetch_baseline("lab/tide", client=client)


def test_an_empty_repository(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.git.refs.clear()
    assert fetch_baseline("lab/tide", client=client) is None
    with pytest.raises(ForgeProblem, match="empty"):
        put(client)
