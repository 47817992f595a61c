"""A project from its first publication through a pull request that makes it worse, and mends it, to the next one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assaymark.__main__ import main

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
FILES = {
    "README.md": "# Tide\n\nComputes tides from harmonic constants.\n\n## Install\n\n`pip install tide`\n",
    "LICENSE": "BSD Zero Clause License\n\nPermission to use, copy, modify, and/or distribute this software\n",
    "CONTRIBUTING.md": "# Contributing\n\nOpen a pull request against `main`. Run `pytest` before.\n",
    "tide.py": '"""Tides."""\n',
}


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def assess(root: Path, name: str) -> Path:
    out = root.parent / name
    assert main(["assess", str(root), "--no-tools", "--quiet", "--output", str(out)]) == 0
    return out


def test_from_publication_to_publication(
    repository: Any,
    fake_github: FakeGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    root: Path = repository(FILES)
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    assert main(["badge", "publish", str(assess(root, "first"))]) == 0
    published = fake_github.state.git.files("badges")
    assert {"badge.svg", "assessment.json", "history.jsonl"} <= set(published)

    git(root, "checkout", "--quiet", "-b", "fix")
    git(root, "rm", "--quiet", "CONTRIBUTING.md")
    git(root, "commit", "--quiet", "--message", "Tidy up")
    said = pull_request(root, fake_github, monkeypatch, tmp_path)
    assert "#7 created" in said(capfd)
    [body] = fake_github.state.bodies(7)
    assert "**1 verdict got worse**" in body
    assert "| **QC.Man02.2** | ✓\u00a0passed | ✗\u00a0failed |" in body
    assert "QC.Wor03.1" not in body  # unknown before, and not applicable now that there is a second branch
    gate = ["assess", str(root), "--no-tools", "--quiet", "--gate", "no-regression", "--baseline", "branch:badges"]
    assert main(gate) == 1

    git(root, "revert", "--no-edit", "HEAD")
    said = pull_request(root, fake_github, monkeypatch, tmp_path)
    assert "#7 updated" in said(capfd)
    [body] = fake_github.state.bodies(7)
    assert "Nothing got better or worse" in body
    assert main(gate) == 0

    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-edit", "--no-ff", "fix")
    assert main(["badge", "publish", str(assess(root, "second"))]) == 0
    lines = fake_github.state.git.files("badges")["history.jsonl"].splitlines()
    commits = [json.loads(line)["commit"] for line in lines]
    assert commits[1] == git(root, "rev-parse", "HEAD") != commits[0]
    assert len(fake_github.state.git.history("badges")) == 2


def pull_request(root: Path, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    """A job on the pull request's newest commit; gives what it said."""
    head = git(root, "rev-parse", "HEAD")
    fake.state.pulls = []
    fake.state.pull(7, head, head="lab/tide")
    origin = {"full_name": "lab/tide"}
    pull = {"number": 7, "head": {"sha": head, "repo": origin}, "base": {"sha": "b" * 40, "repo": origin}}
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": pull}), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    out = assess(root, "pull")
    assert main(["comment", str(out)]) == 0
    return lambda capfd: capfd.readouterr().err
