"""The examples of the guide, from their files to the badge, by the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark_models.manifest import read


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Language, name and content of each block of code."""
    return re.findall(r"```(\w+)(?: ([\w.]+))?\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def guide(checkout: Path) -> list[tuple[str, str, str]]:
    return blocks((checkout / "docs" / "models.md").read_text(encoding="utf-8"))


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a line in the folder of the example, which is a repository with a remote."""
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "work"))
    folder = tmp_path / "example"
    folder.mkdir()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "assaymark"] if words[0] == "assaymark" else [words[0]]
        program = [sys.executable] if words[0] == "python" else program
        return subprocess.run([*program, *words[1:]], cwd=folder, capture_output=True, text=True, check=False)

    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", "https://github.com/OWNER/REPO.git"]):
        assert run("git", *words).returncode == 0
    return run


def commit(say: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    assert say("git", "add", ".").returncode == 0
    assert say("git", *person, "commit", "-q", "-m", "Validate the surrogate").returncode == 0


def test_the_example_of_the_guide_gets_silver_and_a_badge(
    guide: list[tuple[str, str, str]], say: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder = tmp_path / "example"
    python, toml = (next(text for kind, name, text in guide if (kind, name) == (k, "")) for k in ("python", "toml"))
    (folder / "make.py").write_text(python, encoding="utf-8")
    (folder / "model.toml").write_text(toml, encoding="utf-8")
    commit(say)
    assert say("python", "make.py").returncode == 0
    done = say("assaymark", "model", "model.toml", "--output", "report", "--gate", "silver", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((folder / "report" / "assessment.json").read_text(encoding="utf-8"))["level"] == "silver"
    assert "silver" in (folder / "report" / "badge.svg").read_text(encoding="utf-8")
    provenance = (folder / "report" / "provenance.json").read_text(encoding="utf-8")
    assert "model-validation" in provenance
    assert "metric-seed" in provenance
    assert say("assaymark", "model", "model.toml", "--gate", "gold", "--quiet").returncode in (1, 3)


def test_the_digital_twin_of_the_guide_is_judged_again_on_new_data(
    guide: list[tuple[str, str, str]], say: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder = tmp_path / "example"
    for _, name, text in guide:
        if name.endswith((".py", ".toml")):
            (folder / name).write_text(text, encoding="utf-8")
    commit(say)
    lines = next(text for kind, _, text in guide if kind == "sh" and "observe.py 2" in text).splitlines()
    said = [say(*line.split()) for line in lines]
    assert [done.returncode for done in said] == [0] * 5, "".join(done.stderr for done in said)
    assert said[3].stdout == "stale\n"
    assert "silver, stale" in (folder / "badge" / "badge.svg").read_text(encoding="utf-8")
    assert "silver" in (folder / "report" / "badge.svg").read_text(encoding="utf-8")
    found = json.loads((folder / "report-2" / "assessment.json").read_text(encoding="utf-8"))
    outcomes = {r["id"]: r["outcome"] for r in found["subcriteria"]}
    passed = (
        "ML.Per01",
        "ML.Sli01",
        "ML.Con02",
        "ML.Rob01",
        "ML.Rep01",
        "ML.Res01",
        "ML.Reg01",
        "ML.Dat02",
        "ML.Dat03",
    )
    assert {i: outcomes[i] for i in passed} == dict.fromkeys(passed, "passed")
    assert "History of rmse." in (folder / "report-2" / "report.html").read_text(encoding="utf-8")


def test_the_manifests_of_the_guide_keep_to_the_schema(guide: list[tuple[str, str, str]]) -> None:
    found = [text for kind, _, text in guide if kind == "toml"]
    assert len(found) == 3
    for text in found:
        assert read(text, "model.toml")["title"]


def test_a_manifest_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "assaymark", "model", str(tmp_path / "none.toml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
