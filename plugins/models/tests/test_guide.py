"""The example of the guide, from its files to the badge, by the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path


def blocks(text: str) -> dict[str, str]:
    return dict(re.findall(r"```(python|toml)\n(.*?)```", text, re.DOTALL))


def test_the_example_of_the_guide_gets_silver_and_a_badge(checkout: Path, tmp_path: Path) -> None:
    code = blocks((checkout / "docs" / "models.md").read_text(encoding="utf-8"))
    (tmp_path / "make.py").write_text(code["python"], encoding="utf-8")
    (tmp_path / "model.toml").write_text(code["toml"], encoding="utf-8")
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Validate the surrogate"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://github.com/OWNER/REPO.git"], check=True)
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    words = ["-m", "assaymark", "model", "model.toml", "--output", "report", "--gate", "silver", "--quiet"]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "assessment.json").read_text(encoding="utf-8"))
    assert report["level"] == "silver"
    assert "silver" in (tmp_path / "report" / "badge.svg").read_text(encoding="utf-8")
    provenance = (tmp_path / "report" / "provenance.json").read_text(encoding="utf-8")
    assert "model-validation" in provenance
    assert "metric-seed" in provenance
    gold = [*words[:-3], "--gate", "gold", "--quiet"]
    again = subprocess.run([sys.executable, *gold], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode in (1, 3)


def test_a_manifest_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "assaymark", "model", str(tmp_path / "none.toml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
