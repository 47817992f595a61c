"""Several projects of one repository: what init writes and what the page shows, by act, on GitHub's own description."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from act import COMMIT, ROOT, Act, Ran
from github_fake.state import Run, zipped

from assaymark.__main__ import main

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("act", "github-openapi")
Make = Callable[..., Path]
TIDE, WAVE = "packages/tide", "packages/wave"
FILES = {
    "README.md": "# Both\n",
    f"{TIDE}/README.md": "# Tide\n\nComputes tides.\n",
    f"{TIDE}/CONTRIBUTING.md": "# Contributing\n\nOpen a pull request.\n",
    f"{TIDE}/tide.py": '"""Tides."""\n',
    f"{WAVE}/README.md": "# Wave\n\nComputes waves.\n",
    f"{WAVE}/wave.py": '"""Waves."""\n',
}
HERE = {"full_name": "lab/tide", "name": "tide", "owner": {"login": "lab"}, "default_branch": "main"}


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


def run(act: Act, root: Path, fake: FakeGitHub, text: str, event: str, payload: dict[str, Any]) -> Ran:
    """One run of a workflow, in a folder of its own."""
    folder = act.folder / str(len(list(act.folder.glob("*")))) if act.folder.is_dir() else act.folder / "0"
    env = {"GITHUB_API_URL": fake.base, "GITHUB_REPOSITORY": "lab/tide"}
    return Act(folder, act.ours, act.environment).run(
        root, text, event=event, payload=payload, env=env, secrets={"GITHUB_TOKEN": "t0ken"}
    )


def pushed() -> dict[str, Any]:
    return {"repository": HERE, "ref": "refs/heads/main"}


def pull_request(base: str, head: str) -> dict[str, Any]:
    there = {"sha": head, "ref": "fix", "repo": {"full_name": "ana/tide"}}
    pull = {"number": 7, "base": {"sha": base, "ref": "main", "repo": HERE}, "head": there}
    return {"number": 7, "pull_request": pull, "repository": HERE}


def left(ran: Ran) -> dict[str, bytes]:
    """Every artifact of a run, as the storage hands it out."""
    folders = sorted(ran.artifact(".").iterdir())
    return {place.name: zipped({f.name: f.read_bytes() for f in place.iterdir() if f.is_file()}) for place in folders}


def test_from_init_to_a_badge_and_a_comment_for_each(act: Act, repository: Make, fake_github: FakeGitHub) -> None:
    root = repository(FILES)
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    words = ["init", str(root), "--ref", COMMIT, "--yes", "--gate", "no-regression"]
    assert main([*words, "--project", TIDE, "--project", WAVE]) == 0
    base = commit(root, "Judge both")
    workflows = {f.name: f.read_text(encoding="utf-8") for f in (root / ".github" / "workflows").iterdir()}

    first = run(act, root, fake_github, workflows["assaymark.yml"], "push", pushed())
    assert first.code == 0, first.told()
    published = fake_github.state.git.files("badges")
    for path in (TIDE, WAVE):
        [shown] = re.findall(r"lab/tide/badges/(\S+?)\)", (root / path / "README.md").read_text(encoding="utf-8"))
        assert published[shown].startswith(b"<svg"), "what the README shows is there"
        assert json.loads(published[f"{path}/assessment.json"])["subject"]["path"] == path

    (root / TIDE / "CONTRIBUTING.md").unlink()
    head = commit(root, "Tidy up")
    change = pull_request(base, head)
    worse = run(act, root, fake_github, workflows["assaymark.yml"], "pull_request", change)
    assert worse.legs("outcome", "path") == {TIDE: "failed", WAVE: "passed"}
    files = {where["file"].rpartition("/")[0] for _, _, where in worse.annotations() if "file" in where}
    assert files <= {TIDE, WAVE}
    artifacts = left(worse)
    assert list(artifacts) == ["assaymark-packages-tide", "assaymark-packages-wave"]

    fake_github.state.pull(7, head)
    fake_github.state.runs.append(Run(55, "fix", head, {}, [("completed", "failure")], artifacts))
    told = {"id": 55, "event": "pull_request", "head_sha": head, "head_branch": "fix", "conclusion": "failure"}
    told |= {"head_repository": {"full_name": "ana/tide"}, "html_url": "https://github.com/lab/tide/actions/runs/55"}
    payload = {"action": "completed", "workflow_run": told, "repository": HERE}
    ran = run(act, root, fake_github, workflows["assaymark-comment.yml"], "workflow_run", payload)
    assert ran.code == 0, ran.told()
    [tide] = fake_github.state.bodies(7)
    assert "### assaymark packages/tide: " in tide
    assert "got worse" in tide
    [status] = fake_github.state.statuses
    assert (status["state"], status["context"]) == ("failure", "assaymark (fork)")


def test_the_example_of_the_page_is_one_that_works(act: Act, repository: Make, fake_github: FakeGitHub) -> None:
    page = (ROOT / "actions" / "README.md").read_text(encoding="utf-8")
    example = page.partition("## Several projects")[2].partition("```yaml\n")[2].partition("```")[0]
    ran = run(act, repository(FILES), fake_github, example.replace("<commit>", COMMIT), "push", pushed())
    assert ran.code == 0, ran.told()
    assert {"packages/tide/badge.svg", "packages/wave/badge.svg"} <= set(fake_github.state.git.files("badges"))
    urls = {e["arg"] for e in ran.events if e.get("command") == "set-output" and e.get("name") == "badge-url"}
    assert urls == {f"https://raw.githubusercontent.com/lab/tide/badges/{p}/badge.svg" for p in (TIDE, WAVE)} | {
        "\n".join(f"https://raw.githubusercontent.com/lab/tide/badges/{p}/badge.svg" for p in (TIDE, WAVE))
    }
