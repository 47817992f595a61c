"""The example of the guide, from its files to the badge, by the command line; and a repository that holds it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assaymark", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def example(checkout: Path, tmp_path: Path) -> Path:
    text = (checkout / "docs" / "data.md").read_text(encoding="utf-8")
    code = dict(re.findall(r"```(python|toml)\n(.*?)```", text, re.DOTALL))
    (tmp_path / "make.py").write_text(code["python"], encoding="utf-8")
    (tmp_path / "data.toml").write_text(code["toml"], encoding="utf-8")
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_example_of_the_guide_gets_silver_and_a_badge(example: Path) -> None:
    done = run(example, "data", "data.toml", "--output", "report", "--gate", "silver", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    report = json.loads((example / "report" / "assessment.json").read_text(encoding="utf-8"))
    assert report["level"] == "silver"
    assert report["subject"]["kind"] == "data"
    assert "silver" in (example / "report" / "badge.svg").read_text(encoding="utf-8")
    assert (example / "report" / "provenance.json").stat().st_size > 100
    assert run(example, "data", "data.toml", "--gate", "gold", "--quiet").returncode in (1, 3)


def test_one_value_that_breaks_a_rule_costs_silver_and_is_found(example: Path) -> None:
    place = example / "levels.csv"
    place.write_text(place.read_text(encoding="utf-8") + "sylt,2025-01-02T00:00:00Z,9999\n", encoding="utf-8")
    done = run(example, "data", ".", "--gate", "silver", "--format", "json", "--quiet")
    assert done.returncode == 1
    found = json.loads(done.stdout)["findings"]
    rules = {f["rule"]: f for f in found if f["severity"] == "error"}
    assert set(rules) == {"data/files-unaltered", "data/tables-ranges"}
    assert "row 49: '9999' is not at most 10" in rules["data/tables-ranges"]["message"]
    place_of = json.dumps(rules["data/tables-ranges"])
    assert '"line": 50' in place_of


def test_an_assessment_of_the_repository_includes_the_data(example: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Levels"]):
        subprocess.run(["git", "-C", str(example), *words], check=True)
    done = run(example, "assess", ".", "--no-tools", "--format", "json", "--quiet")
    report = json.loads(done.stdout)
    found = {s["id"]: s["outcome"] for s in report["subcriteria"]}
    assert found["DQ.Tab05"] == "passed"
    assert "data data.toml: level silver" in json.dumps(report["notices"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 1", "title"),
        ("title = ", "TOML"),
        ('title = "x"\n[[file]]\npath = "a.csv"\ncolour = "red"', "data.toml:4"),
        ('title = "x"\n[[file]]\npath = "a.csv"\n[[file.column]]\nname = "a"\ntype = "word"', "type"),
    ],
)
def test_a_wrong_manifest_is_exit_2_and_says_where(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "data.toml").write_text(text, encoding="utf-8")
    done = run(tmp_path, "data", "data.toml")
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_not_there_is_exit_2(tmp_path: Path) -> None:
    done = run(tmp_path, "data", "none.json")
    assert done.returncode == 2
    assert "there is no 'none.json'" in done.stderr
