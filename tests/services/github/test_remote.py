from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assessed import assessment, failing, finding
from github_fake.state import Run, zipped

from assaymark.__main__ import main
from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem
from assaymark.github import remote
from assaymark.model import Assessment
from assaymark.reports.json import render

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")


def laid(fake: FakeGitHub, *states: tuple[str, str | None], **files: Any) -> Run:
    """The next run that is started goes through these states and leaves these files."""
    run = Run(0, "", "", {}, list(states or [("completed", "success")]))
    run.artifacts = {"assaymark": zipped({n.replace("_", "."): d for n, d in files.items()})}
    fake.state.next_runs.append(run)
    return run


def document(fake: FakeGitHub, made: Assessment | None = None) -> bytes:
    from dataclasses import replace

    made = made or assessment()
    head = fake.state.git.refs["refs/heads/main"]
    return render(replace(made, subject=replace(made.subject, commit=head))).encode()


@pytest.fixture
def command(fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> Any:
    """``assaymark remote ...`` as a person starts it; gives status, output and talk."""
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("assaymark.github.remote._FIRST_PAUSE", 0.01)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["remote", *words])
        out, talk = capfdbinary.readouterr()
        assert b"t0ken" not in out + talk
        return status, out.decode(), talk.decode()

    return run


def test_start_follow_fetch(fake_github: FakeGitHub, command: Any) -> None:
    states = ("queued", None), ("in_progress", None), ("in_progress", None), ("completed", "success")
    laid(fake_github, *states, assessment_json=document(fake_github))
    status, out, talk = command("assess", "lab/tide", "--input", "profile=sqaaas-v3")
    assert status == 0, talk
    assert "bronze" in out.lower()
    assert re.search(r"started run 101: https://github\.com/lab/tide/actions/runs/101", talk)
    assert "run 101: success" in talk
    assert fake_github.state.runs[0].inputs == {"profile": "sqaaas-v3"}
    assert fake_github.state.runs[0].ref == "main"


def test_the_storage_never_sees_the_token(fake_github: FakeGitHub, command: Any) -> None:
    laid(fake_github, assessment_json=document(fake_github))
    assert command("assess", "lab/tide")[0] == 0
    sent = [token for path, token in fake_github.tokens if path.startswith("/storage")]
    assert sent == [None]
    assert all(token == "token t0ken" for path, token in fake_github.tokens if not path.startswith("/storage"))


def test_a_branch_and_all_reports(fake_github: FakeGitHub, command: Any, tmp_path: Path) -> None:
    fake_github.state.git.refs["refs/heads/develop"] = fake_github.state.git.refs["refs/heads/main"]
    laid(fake_github, assessment_json=document(fake_github))
    assert command("assess", "lab/tide@develop", "--output", str(tmp_path / "out"), "--format", "json")[0] == 0
    assert fake_github.state.runs[0].ref == "develop"
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"assessment.json", "report.html", "report.sarif", "summary.md"} <= names


def test_no_wait_then_status_list_and_get(fake_github: FakeGitHub, command: Any) -> None:
    run = laid(fake_github, ("queued", None), ("completed", "success"), assessment_json=document(fake_github))
    status, out, _ = command("assess", "lab/tide", "--no-wait")
    assert (status, out.strip()) == (0, "101")
    run.states = [("queued", None)]
    assert "queued" in command("status", "lab/tide", "101")[1]
    assert command("get", "lab/tide", "101")[0] == 3  # not finished yet
    run.states = [("completed", "success")]
    listed = json.loads(command("list", "lab/tide", "--format", "json")[1])
    assert [r["id"] for r in listed] == [101]
    assert re.search(r"^101 +success +main", command("list", "lab/tide@main")[1], re.MULTILINE)
    assert command("get", "lab/tide")[0] == 0
    assert command("list", "lab/tide@gone") == (0, "", "there is no run yet\n")
    assert command("status", "lab/tide@gone")[0] == 2


def test_the_gate_of_the_workflow_is_the_exit_status(fake_github: FakeGitHub, command: Any) -> None:
    laid(fake_github, ("completed", "failure"), assessment_json=document(fake_github, failing(finding())))
    status, _, talk = command("assess", "lab/tide")
    assert status == 1
    assert "its gate is not met, or another step failed" in talk
    laid(fake_github, ("completed", "cancelled"), assessment_json=document(fake_github))
    assert command("assess", "lab/tide")[0] == 3
    laid(fake_github, ("completed", "failure")).artifacts = {}
    status, _, talk = command("assess", "lab/tide")
    assert status == 3
    assert "no artifact called 'assaymark'" in talk


def test_of_several_projects_the_one_that_is_named(fake_github: FakeGitHub, command: Any) -> None:
    run = laid(fake_github, assessment_json=document(fake_github))
    run.artifacts = {f"assaymark-{name}": run.artifacts["assaymark"] for name in ("tide", "wave")}
    assert command("assess", "lab/tide")[0] == 2
    status, _, talk = command("get", "lab/tide")
    assert (status, "it has assaymark-tide, assaymark-wave: name one with --artifact" in talk) == (2, True)
    assert command("get", "lab/tide", "--artifact", "assaymark-wave")[0] == 0


def test_another_commit_is_refused(fake_github: FakeGitHub, command: Any) -> None:
    laid(fake_github, assessment_json=render(assessment()).encode())
    status, _, talk = command("assess", "lab/tide")
    assert status == 2
    assert "it is about c0ffee1111111111111111111111111111111111, the run was for" in talk


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "this is not an assessment"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"schema": 1e999}', "not an assessment"),
        (b"", "not JSON"),
    ],
)
def test_an_artifact_that_is_no_assessment(fake_github: FakeGitHub, command: Any, content: bytes, said: str) -> None:
    laid(fake_github, assessment_json=content)
    status, _, talk = command("assess", "lab/tide")
    assert (status, said in talk) == (2, True), talk


def test_servers_that_do_not_say_which_run_began(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.details = False
    assert remote.start(client).id == 101
    assert remote.start(client).id == 102
    fake_github.before("POST", ".*dispatches", lambda: fake_github.state.runs.append(_stranger(fake_github)))
    with pytest.raises(InputError, match="several runs began at once: 10"):
        remote.start(client)


def _stranger(fake: FakeGitHub) -> Run:
    return Run(next(fake.state.ids), "main", "a" * 40, {}, [("queued", None)])


def test_a_run_that_never_begins(fake_github: FakeGitHub, client: Client, naps: list[float]) -> None:
    fake_github.state.details = False
    fake_github.fail("POST", ".*dispatches", 204, b"", times=1)
    with pytest.raises(InputError, match="did not begin"):
        remote.start(client)
    assert sum(naps) == 30


def test_starting_is_never_repeated(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("POST", ".*dispatches", 502, after=True)
    with pytest.raises(ForgeProblem):
        remote.start(client)
    assert len(fake_github.state.runs) == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("assess", "lab/tide", "--workflow", "other.yml"), 2, "not found"),
        (("assess", "lab/tide@gone"), 2, "No ref found for: gone"),
        (("assess", "lab/tide@-x"), 2, "names no branch"),
        (("assess", "lab"), 2, "is not a repository"),
        (("assess", "lab/tide", "--input", "x"), 2, "NAME=VALUE"),
        (("list", "lab/other"), 2, "not found"),
        (("get", "lab/tide", "999"), 2, "not found"),
        (("get", "lab/tide"), 2, "there is no run yet"),
    ],
)
def test_what_cannot_be_done_is_told(
    fake_github: FakeGitHub, command: Any, words: tuple[str, ...], status: int, said: str
) -> None:
    got, _, talk = command(*words)
    assert (got, said in talk) == (status, True), talk


def test_without_a_token(fake_github: FakeGitHub, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    status, _, talk = command("assess", "lab/tide")
    assert status == 2
    assert "set GITHUB_TOKEN or GH_TOKEN" in talk
    assert command("list", "lab/tide")[0] == 0
    assert fake_github.tokens[-1][1] is None


def test_an_outage_is_not_an_error_of_the_user(fake_github: FakeGitHub, command: Any) -> None:
    fake_github.fail("GET", ".*runs", 500, times=9)
    assert command("list", "lab/tide")[0] == 3


def test_downloads_are_bounded_and_stay_on_https(
    fake_github: FakeGitHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid(fake_github, assessment_json=document(fake_github))
    run = remote.start(client)
    path = "/actions/artifacts/10100/zip"
    fake_github.fail("GET", path, 302, b"", headers={"Location": "http://evil.example/x.zip"}, times=2)
    with pytest.raises(ForgeProblem, match="not https"):
        remote.fetch(client, run.id)
    fake_github.faults.clear()
    fake_github.fail("GET", path, 302, b"", headers={"Location": path}, times=99)
    with pytest.raises(ForgeProblem, match="redirects more than"):
        remote.fetch(client, run.id)
    fake_github.faults.clear()
    fake_github.fail("GET", path, 503)
    assert remote.fetch(client, run.id)
    fake_github.fail("GET", path, 410)
    with pytest.raises(ForgeProblem, match="no longer"):
        remote.fetch(client, run.id)
    with pytest.raises(ForgeProblem, match="larger than"):
        client.download(path, 10)
    with monkeypatch.context() as patched:
        patched.setattr("assaymark.forge.download._DEADLINE", -1.0)
        with pytest.raises(ForgeProblem, match="too long"):
            client.download(path, 1_000_000)
    fake_github.state.runs[0].expired = True
    with pytest.raises(InputError, match="expired"):
        remote.fetch(client, run.id)
