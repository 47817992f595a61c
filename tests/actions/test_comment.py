"""A pull request from a fork, end to end: its own run leaves files, the companion that `init` writes comments."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from act import COMMIT, OURS, Act, Ran
from github_fake.state import Run, zipped

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = [pytest.mark.service("act"), pytest.mark.service("github-openapi")]
Make = Callable[..., Path]
JUDGE = f"""\
on: [push, pull_request]
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - id: judge
        uses: {OURS.format("assess")}
        with: {{ no-tools: "true", gate: GATE, output: report }}
      - if: github.event_name == 'push'
        uses: {OURS.format("badge")}
        with: {{ folder: report }}
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def pull_request(base: str, head: str) -> dict[str, Any]:
    ours = {"full_name": "lab/tide", "default_branch": "main", "owner": {"login": "lab"}, "name": "tide"}
    pull = {
        "number": 7,
        "base": {"sha": base, "ref": "main", "repo": ours},
        "head": {"sha": head, "ref": "fix", "repo": {"full_name": "ana/tide"}},
    }
    return {"number": 7, "repository": ours, "pull_request": pull}


def after(head: str, conclusion: str) -> dict[str, Any]:
    run = {
        "id": 55,
        "event": "pull_request",
        "head_sha": head,
        "head_branch": "fix",
        "conclusion": conclusion,
        "head_repository": {"full_name": "ana/tide"},
        "html_url": "https://github.com/lab/tide/actions/runs/55",
    }
    return {"action": "completed", "workflow_run": run, "repository": pull_request("", "")["repository"]}


def companion(checkout: Path) -> str:
    text = (checkout / "pipelines" / "templates" / "assaymark-comment.yml").read_text(encoding="utf-8")
    return text.replace("__COMMIT__", COMMIT).replace("__VERSION__", "v1")


def left_by(ran: Ran) -> bytes:
    """The artifact that a run uploaded, as the storage hands it out."""
    files = {file.name: file.read_bytes() for file in ran.artifact("assaymark").iterdir() if file.is_file()}
    return zipped(files)


def test_publication_pull_request_from_a_fork_and_its_comment(
    act: Act, repository: Make, fake_github: FakeGitHub, checkout: Path
) -> None:
    env = {"GITHUB_API_URL": fake_github.base, "GITHUB_REPOSITORY": "lab/tide"}
    secrets = {"GITHUB_TOKEN": "t0ken"}
    root = repository({"README.md": "# Tide\n", "CONTRIBUTING.md": "# Contributing\n\nOpen a pull request.\n"})
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    base = git(root, "rev-parse", "HEAD")
    ran = act.run(root, JUDGE.replace("GATE", '""'), env=env, secrets=secrets)
    assert ran.code == 0, ran.told()
    assert "badge.svg" in fake_github.state.git.files("badges")

    git(root, "rm", "--quiet", "CONTRIBUTING.md")
    git(root, "commit", "--quiet", "--message", "Tidy @everyone $(id)")
    head = git(root, "rev-parse", "HEAD")
    change = pull_request(base, head)
    ran = act.run(root, JUDGE.replace("GATE", "bronze"), event="pull_request", payload=change, env=env)
    assert ran.outputs("judge")["outcome"] == "failed", ran.told()
    fake_github.state.pull(7, head)
    run = Run(55, "fix", head, {}, [("completed", "failure")], {"assaymark": left_by(ran)})
    fake_github.state.runs.append(run)

    written = len(fake_github.asked("P"))
    ran = act.run(
        root,
        companion(checkout),
        event="workflow_run",
        payload=after(head, "failure"),
        env=env,
        secrets=secrets,
    )
    assert ran.code == 0, ran.told()
    assert "comment: #7 created" in ran.log()
    [body] = fake_github.state.bodies(7)
    assert "From a fork" in body
    assert "**1 verdict got worse**" in body
    [status] = fake_github.state.statuses
    assert (status["sha"], status["state"], status["context"]) == (head, "failure", "assaymark (fork)")
    assert len(fake_github.asked("P")) == written + 2
    assert "t0ken" not in ran.log()
