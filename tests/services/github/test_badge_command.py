"""``assaymark badge publish`` against the GitHub of the tests."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assessed import assessment

from assaymark.__main__ import main
from assaymark.reports.json import render

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")


@pytest.fixture
def folder(fake_github: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    out.mkdir()
    (out / "assessment.json").write_text(render(assessment()))
    for name in ("badge.svg", "badge.json", "report.html", "summary.md", "report.sarif"):
        (out / name).write_text(name)
    return out


def test_what_a_reader_needs_is_published_and_nothing_else(
    folder: Path, fake_github: FakeGitHub, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["badge", "publish", str(folder), "--repository", "lab/tide"]
    assert main(words) == 0
    files = fake_github.state.git.files("badges")
    assert set(files) == {
        *("assessment.json", "badge.json", "badge.svg", "history.jsonl", "README.md", "report.html"),
    }
    assert files["README.md"] == b"summary.md"
    assert json.loads(files["history.jsonl"])["level"] == assessment().level
    assert "published 5 files on badges of lab/tide as " in capfd.readouterr().err
    assert main(words) == 0
    assert "already: nothing changed" in capfd.readouterr().err


def test_one_of_several_packages(folder: Path, fake_github: FakeGitHub) -> None:
    words = ["badge", "publish", str(folder), "--repository", "lab/tide"]
    assert main(words) == 0
    assert main([*words, "--prefix", "packages/a/"]) == 0
    files = set(fake_github.state.git.files("badges"))
    assert {"badge.svg", "packages/a/badge.svg", "packages/a/history.jsonl"} <= files


def report(folder: Path, path: str) -> Path:
    """Another folder with the reports on one project of the repository."""
    other = folder.parent / "reports" / path.replace("/", "-")
    shutil.copytree(folder, other)
    made = assessment(subject=replace(assessment().subject, path=path))
    (other / "assessment.json").write_text(render(made))
    return other


def test_a_project_is_published_under_its_path_unless_told(folder: Path, fake_github: FakeGitHub) -> None:
    words = ["badge", "publish", str(report(folder, "packages/tide")), "--repository", "lab/tide"]
    assert main(words) == 0
    assert {name.rpartition("/")[0] for name in fake_github.state.git.files("badges")} == {"packages/tide"}
    assert main([*words, "--prefix", "."]) == 0
    assert "badge.svg" in fake_github.state.git.files("badges")


def test_several_projects_at_once(folder: Path, fake_github: FakeGitHub, capfd: pytest.CaptureFixture[str]) -> None:
    places = [report(folder, path) for path in ("packages/tide", "packages/wave")]
    words = ["badge", "publish", str(places[0].parent), "--repository", "lab/tide"]
    assert main(words) == 0
    files = fake_github.state.git.files("badges")
    assert {name.rpartition("/")[0] for name in files} == {"packages/tide", "packages/wave"}
    assert "published 5 files on badges at packages/wave/ of lab/tide" in capfd.readouterr().err
    assert main([*words, "--prefix", "packages"]) == 2
    assert "--prefix goes with one report, and there are 2" in capfd.readouterr().err
    (places[1] / "badge.svg").unlink()
    commits = len(fake_github.asked("P"))
    assert main(words) == 2
    assert len(fake_github.asked("P")) == commits, "nothing is published where one of them cannot be"


def test_what_is_wrong_is_told(folder: Path, fake_github: FakeGitHub, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["badge", "publish", str(folder), "--repository", "tide"]) == 2
    assert "--repository OWNER/NAME" in capfd.readouterr().err
    assert main(["badge", "publish", str(folder), "--repository", "lab/tide", "--branch", "main"]) == 2
    assert "is the default branch" in capfd.readouterr().err
    (folder / "badge.svg").unlink()
    assert main(["badge", "publish", str(folder), "--repository", "lab/tide"]) == 2
    assert "there is no badge.svg" in capfd.readouterr().err
    assert set(fake_github.state.git.refs) == {"refs/heads/main"}
