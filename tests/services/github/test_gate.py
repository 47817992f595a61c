"""The gate "nothing got worse than what was last published", as a job on GitHub keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assaymark.__main__ import main

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
GATE = ("--gate", "no-regression", "--baseline", "branch:badges", "--no-tools", "--quiet")


@pytest.fixture
def project(
    repository: Any, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Path:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    root: Path = repository({"README.md": "# Tide\n\nComputes tides.\n", "LICENSE": "MIT License\n"})
    return root


def publish(fake: FakeGitHub, project: Path, *change: tuple[str, str], at: str = "") -> None:
    """What main published: the assessment of the project as it is, with some outcomes changed."""
    out = project.parent / "published"
    assert main(["assess", str(project), "--no-tools", "--quiet", "--output", str(out)]) == 0
    known = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    for id, outcome in change:
        [row] = [r for r in known["subcriteria"] if r["id"] == id]
        row["outcome"] = outcome
    fake.state.git.add("badges", {f"{at}assessment.json": json.dumps(known).encode()})


def test_an_old_project_starts_green(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(project), *GATE[:-1]]) == 0
    assert "nothing was published there yet" in capfd.readouterr().err


def test_it_stays_green_while_nothing_gets_worse(fake_github: FakeGitHub, project: Path) -> None:
    publish(fake_github, project)
    assert main(["assess", str(project), *GATE]) == 0


def test_it_is_red_when_something_got_worse(
    fake_github: FakeGitHub, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publish(fake_github, project, ("QC.Doc06.4", "passed"))
    assert main(["assess", str(project), *GATE]) == 1
    assert "QC.Doc06.4 got worse" in capfd.readouterr().err


def test_a_project_is_compared_with_itself(
    fake_github: FakeGitHub, repository: Any, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publish(fake_github, project, ("QC.Doc06.4", "passed"))  # of the whole repository
    root = repository({"packages/tide/README.md": "# Tide\n", "packages/wave/README.md": "# Wave\n"}, name="several")
    tide = root / "packages" / "tide"
    assert main(["assess", str(tide), *GATE[:-1]]) == 0
    assert "nothing was published there yet" in capfd.readouterr().err
    publish(fake_github, tide, ("QC.Doc06.4", "passed"), at="packages/tide/")
    assert main(["assess", str(tide), *GATE]) == 1
    assert main(["assess", str(root / "packages" / "wave"), *GATE]) == 0


def test_a_baseline_that_cannot_be_seen_is_not_green(fake_github: FakeGitHub, project: Path) -> None:
    fake_github.fail("GET", "/git/ref/.*", 401)
    assert main(["assess", str(project), *GATE]) == 2
    fake_github.fail("GET", "/git/ref/.*", 422)
    assert main(["assess", str(project), *GATE]) == 2


def test_the_configuration_cannot_ask_github(
    repository: Any, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    root = repository({".assaymark.toml": 'gate = "no-regression"\nbaseline = "branch:badges"\n'}, name="other")
    assert main(["assess", str(root), "--no-tools", "--quiet"]) == 2
    assert fake_github.calls == []
