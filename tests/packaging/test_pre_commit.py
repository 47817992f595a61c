"""The hooks that we offer, run by pre-commit itself; only the installation is left out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
TOOL = "cwlVersion: v1.2\nclass: CommandLineTool\nlabel: Says it\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"
BROKEN = TOOL.replace("baseCommand", "baseComand")


def pre_commit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    beside = str(Path(sys.executable).parent)
    env = {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    program = [sys.executable, "-m", "pre_commit", *words]
    return subprocess.run(program, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def hooks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository that uses our hooks as they are, from the environment of the tests."""
    folder = tmp_path / "project"
    folder.mkdir()
    own = [
        {key: value for key, value in hook.items() if key != "additional_dependencies"} | {"language": "system"}
        for hook in hooks()
    ]
    config = {"repos": [{"repo": "local", "hooks": own}]}
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "hooks"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def staged(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)


def test_the_manifest_is_what_pre_commit_wants(tmp_path: Path) -> None:
    done = pre_commit(tmp_path, "validate-manifest", str(MANIFEST))
    assert done.returncode == 0, done.stdout


def test_documents_are_validated_before_a_commit(project: Path) -> None:
    staged(project, echo_cwl=TOOL, notes_txt="cwlVersion: v1.2\n")
    done = pre_commit(project, "run", "assaymark-validate")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout
    staged(project, echo_cwl=BROKEN)
    done = pre_commit(project, "run", "assaymark-validate")
    assert done.returncode == 1
    assert "echo.cwl:4:1" in done.stdout
    assert "baseComand" in done.stdout


def test_nothing_is_done_where_no_document_changed(project: Path) -> None:
    staged(project, notes_txt="x\n")
    done = pre_commit(project, "run", "assaymark-validate")
    assert done.returncode == 0
    assert "no files to check" in done.stdout


@pytest.mark.parametrize("name", ["a.cwl", "a.json", "a.yml", "a.tosca", "a.nf", "a.smk", "a.snakefile", "Snakefile"])
def test_every_name_of_a_format_is_looked_at(name: str) -> None:
    [hook] = [h for h in hooks() if h["id"] == "assaymark-validate"]
    assert re.search(hook["files"], f"workflow/{name}")
