"""How the actions install: for real, from the lock, and with nothing in the judged checkout having a say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from act import OURS, Act, Ran
from hostile_checkout import hostile

pytestmark = pytest.mark.service("act", "uv")
Make = Callable[..., Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
WORKFLOW = f"""\
on: push
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("assess")}
        with: {{ no-tools: "true", plugins: none }}
"""


def run(act: Act, root: Path, packages: Mapping[str, str], text: str = WORKFLOW, **more: str) -> Ran:
    return act.run(root, text, env={**packages, **more}, network="UV_OFFLINE" not in packages)


def test_it_installs_and_judges(bare_act: Act, repository: Make, packages: Mapping[str, str]) -> None:
    ran = run(bare_act, repository({"README.md": "# Tide\n"}), packages)
    assert ran.code == 0, ran.told()
    report = json.loads((ran.artifact("assaymark") / "assessment.json").read_text())
    assert report["level"] == "none"


def test_the_checkout_has_no_say(bare_act: Act, repository: Make, packages: Mapping[str, str], tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    ran = run(bare_act, repository(hostile(touched)), packages)
    assert ran.code == 0, ran.told()
    assert ran.outputs("judge")["level"] == "none"
    assert not touched.exists()


def test_variables_of_earlier_steps_have_no_say(
    bare_act: Act, repository: Make, packages: Mapping[str, str], tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    root = repository(hostile(touched))
    more = {"PYTHONPATH": str(root), "PYTHONSTARTUP": "json.py", "PYTHONHOME": "/nowhere", "UV_PYTHON": "3.99"}
    more |= {"UV_CONFIG_FILE": str(root / "uv.toml"), "UV_PROJECT": str(root), "VIRTUAL_ENV": str(root / ".venv")}
    more |= {"UV_CONSTRAINT": str(root / "requirements/run.txt"), "UV_OVERRIDE": str(root / "requirements/run.txt")}
    ran = run(bare_act, root, packages, **more)
    assert ran.code == 0, ran.told()
    assert not touched.exists()


def test_two_actions_of_a_job_install_once(bare_act: Act, repository: Make, packages: Mapping[str, str]) -> None:
    again = f"""\
      - uses: {OURS.format("assess")}
        with: {{ no-tools: "true", plugins: none, artifact: "" }}
      - if: always()
        shell: bash
        run: ls "$RUNNER_TEMP/assaymark" | grep -c '^environment-'
"""
    ran = run(bare_act, repository({"README.md": "# Tide\n"}), packages, WORKFLOW + again)
    assert ran.code == 0, ran.told()
    assert ran.log().splitlines()[-1] == "1"


def test_setup_puts_the_command_on_the_path(bare_act: Act, repository: Make, packages: Mapping[str, str]) -> None:
    text = f"""\
on: push
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: setup
        uses: {OURS.format("setup")}
        with: {{ plugins: python }}
      - shell: bash
        run: assaymark --version && assaymark assess . --no-tools --quiet && command -v ruff
"""
    ran = run(bare_act, repository({"README.md": "# Tide\n", "json.py": "raise SystemExit(9)\n"}), packages, text)
    assert ran.code == 0, ran.told()
    assert "assaymark 0." in ran.log()
    assert ran.outputs("setup")["environment"] in ran.log()


def script(ours: Path, tmp_path: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The script as a step calls it."""
    given = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "out"), **env}
    return subprocess.run(
        [ours / "actions/setup/run.sh", *words], env=given, cwd=tmp_path, capture_output=True, text=True
    )


@pytest.mark.parametrize("plugins", ["$(id)", "python linters", "../python", "python;id"])
def test_names_of_plugins_are_names(ours: Path, tmp_path: Path, plugins: str) -> None:
    done = script(ours, tmp_path, "assess", PLUGINS=plugins)
    assert done.returncode == 4
    assert done.stdout.startswith("::error title=assaymark::the input 'plugins'")


def test_a_plugin_that_does_not_exist_is_named(ours: Path, tmp_path: Path) -> None:
    done = script(ours, tmp_path, "assess", PLUGINS="python,fortran", UV_OFFLINE="1")
    assert done.returncode == 4
    assert "there is no plugin 'fortran'; there are: " in done.stdout


def test_a_hash_that_does_not_fit_stops_it(ours: Path, tmp_path: Path, packages: Mapping[str, str]) -> None:
    theirs = tmp_path / "theirs"
    shutil.copytree(ours, theirs)
    lock = theirs / "requirements" / "run.txt"
    text, count = re.subn(r"(?<=sha256:)[0-9a-f]{64}", "0" * 64, lock.read_text())
    assert count > 100
    lock.write_text(text)
    done = script(theirs, tmp_path, "assess", PLUGINS="none", **packages)
    assert done.returncode == 4
    assert "assaymark could not be installed" in done.stdout


def test_a_uv_that_is_too_old_is_not_used(ours: Path, tmp_path: Path) -> None:
    programs = {"uv": "echo uv 0.7.21; [ $# = 1 ] || touch used", "python3": "echo asked for the pinned one; exit 1"}
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    done = script(ours, tmp_path, "assess", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 4
    assert done.stdout == "asked for the pinned one\n::error title=assaymark::uv could not be installed\n"
    assert (tmp_path / "out").read_text() == "outcome=error\n"
    assert not (tmp_path / "used").exists()


def test_tools_are_installed_when_there_is_something_for_them(
    ours: Path, tmp_path: Path, packages: Mapping[str, str]
) -> None:
    def installed(name: str, verb: str = "assess") -> list[str]:
        project = tmp_path / name
        step = {"name": "unit", "tool": "commands", "commands": "true"}
        inputs = json.dumps({"path": str(project)} if verb == "assess" else step)
        done = script(ours, tmp_path, verb, PLUGINS="python", INPUTS=inputs, **packages)
        assert done.returncode == 0, done.stdout
        assert "which ones apply is not known" not in done.stdout
        [environment] = tmp_path.glob("assaymark/environment-*")
        return sorted(p.name for p in (environment / "bin").iterdir() if p.name in ("ruff", "black", "flake8"))

    for name, text in (("plain", ""), ("strict", "[flake8]\n"), ("none", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".flake8").write_text(text)
        (tmp_path / name / "tide.py").touch()
    (tmp_path / "plain" / ".flake8").unlink()
    (tmp_path / "none" / "tide.py").unlink()
    assert installed("plain", "step") == []
    assert installed("none") == []
    assert installed("plain") == ["ruff"]
    assert installed("strict") == ["flake8", "ruff"]  # in the same environment
    assert installed("plain") == ["flake8", "ruff"]
