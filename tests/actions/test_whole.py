"""From `assaymark init` to the badge in the README: every workflow by act, GitHub by its own description."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from act import COMMIT, Act, Ran

from assaymark.__main__ import main

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("act", "github-openapi")
FILES = {
    "README.md": "# Tide\n\nComputes tides from harmonic constants.\n\n## Install\n\n`pip install tide`\n",
    "CONTRIBUTING.md": "# Contributing\n\nOpen a pull request against `main`. Run `pytest` before.\n",
    "tide.py": '"""Tides."""\n',
}
WORKFLOWS = ".github/workflows"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


class Project:
    """The sample repository, its GitHub, and what its workflows are run with."""

    def __init__(self, act: Act, root: Path, fake: FakeGitHub) -> None:
        self.act, self.root, self.fake, self.runs = act, root, fake, 0

    def run(self, workflow: str, event: str, payload: dict[str, Any] | None = None) -> Ran:
        """Run one of the workflows that init wrote, on what is checked out."""
        self.runs += 1
        act = Act(self.act.folder / str(self.runs), self.act.ours, self.act.environment)
        text = (self.root / WORKFLOWS / workflow).read_text(encoding="utf-8")
        env = {"GITHUB_API_URL": self.fake.base}
        secrets = {"GITHUB_TOKEN": "t0ken"}
        return act.run(self.root, text, event=event, payload=payload, env=env, secrets=secrets)

    def push(self) -> Ran:
        return self.run("assaymark.yml", "push", {"repository": REPOSITORY, "ref": "refs/heads/main"})

    def pull_request(self, base: str) -> Ran:
        """The run of pull request 7, and then that of its companion, as GitHub starts them."""
        head = git(self.root, "rev-parse", "HEAD")
        pull = {
            "number": 7,
            "title": "Tidy up",
            "base": {"sha": base, "ref": "main", "repo": REPOSITORY},
            "head": {"sha": head, "ref": "fix", "repo": REPOSITORY | {"full_name": "ana/tide"}},
        }
        payload = {"number": 7, "pull_request": pull, "repository": REPOSITORY}
        ran = self.run("assaymark.yml", "pull_request", payload)
        self.companion(head, ran)
        return ran

    def companion(self, head: str, before: Ran) -> None:
        from github_fake.state import Run

        number = 900 + self.runs
        state = ("completed", "success" if before.code == 0 else "failure")
        left = packed(before.artifact("assaymark"))
        self.fake.state.runs.append(Run(number, "fix", head, {}, [state], {"assaymark": left}, "pull_request"))
        self.fake.state.pulls = []
        self.fake.state.pull(7, head)
        told = {
            "id": number,
            "event": "pull_request",
            "head_sha": head,
            "head_branch": "fix",
            "head_repository": {"full_name": "ana/tide"},
            "conclusion": state[1],
            "html_url": f"https://github.com/lab/tide/actions/runs/{number}",
        }
        ran = self.run("assaymark-comment.yml", "workflow_run", {"workflow_run": told, "repository": REPOSITORY})
        assert ran.code == 0, ran.told()


REPOSITORY = {"full_name": "lab/tide", "name": "tide", "owner": {"login": "lab"}, "default_branch": "main"}


def packed(folder: Path) -> bytes:
    """A folder as GitHub's storage hands an artifact out."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return data.getvalue()


@pytest.fixture
def project(act: Act, repository: Callable[..., Path], fake_github: FakeGitHub) -> Project:
    root = repository(FILES, "tide")
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    assert main(["init", str(root), "--ref", COMMIT, "--gate", "no-regression", "--yes"]) == 0
    commit(root, "Judge the repository")
    return Project(act, root, fake_github)


def test_from_init_to_the_badge(project: Project) -> None:
    root, state = project.root, project.fake.state
    first = project.push()
    assert first.code == 0, first.told()
    published = state.git.files("badges")
    assert {"badge.svg", "badge.json", "assessment.json", "history.jsonl"} <= set(published)
    [shown] = re.findall(
        r"https://raw\.githubusercontent\.com/lab/tide/badges/(\S+?)\)", (root / "README.md").read_text()
    )
    assert published[shown].startswith(b"<svg"), "what the README shows is there"
    base = git(root, "rev-parse", "HEAD")

    git(root, "checkout", "--quiet", "-b", "fix")
    (root / "CONTRIBUTING.md").unlink()
    commit(root, "Tidy up")
    worse = project.pull_request(base)
    assert worse.code == 1
    assert "got worse" in worse.summary()
    assert dict(worse.jobs()) == {"assess": "failure"}, "nothing is published from a pull request"
    [body] = state.bodies(7)
    assert "got worse" in body
    assert "QC.Doc06.2" in body
    assert state.statuses[-1]["state"] == "failure"

    git(root, "revert", "--no-edit", "HEAD")
    mended = project.pull_request(base)
    assert mended.code == 0, mended.told()
    [body] = state.bodies(7)
    assert "Nothing got better or worse" in body
    assert state.statuses[-1]["state"] == "success"

    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", "fix")
    assert project.push().code == 0
    lines = [json.loads(line) for line in state.git.files("badges")["history.jsonl"].splitlines()]
    assert [line["commit"] for line in lines] == [base, git(root, "rev-parse", "HEAD")]
