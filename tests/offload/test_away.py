"""``assess`` and ``step`` at a site: the same answer as here, and no answer where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import slurm
from offloading import NEEDS, left, running, sleeping

on_slurm = pytest.mark.service(*NEEDS["slurm"])
through_login = pytest.mark.service(*NEEDS["slurm"], "sshd", "ssh")
Said = Callable[..., subprocess.CompletedProcess[str]]
WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: pytest
"""


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with history, a tag, a link, something changed, something ignored, and a configuration."""
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/ci.yml").write_text(WORKFLOW)
    (root / "README.md").write_text("# Tool\n\nCounts words.\n\n## Installation\n\n    pip install tool\n")
    (root / "src/tool.py").write_text("import os\n\ndef count(text):\n    return len(text.split())\n")
    (root / "LICENSE").symlink_to("src/licence.txt")
    (root / "src/licence.txt").write_text("MIT License\n")
    (root / ".gitignore").write_text("secret.env\n")
    (root / ".assaymark.toml").write_text(
        '[[waiver]]\nid = "QC.Doc06.1"\nreason = "the manual is elsewhere"\nuntil = 2027-01-01\n'
    )
    git(root, "init", "-q")
    git(root, "remote", "add", "origin", "https://x-access-token:hidden@github.com/lab/tool.git")
    git(root, "add", ".")
    git(root, "commit", "-qm", "First")
    git(root, "tag", "v0.1.0")
    (root / "src/tool.py").write_text("import os\n\n\ndef count(text):\n    return len(text.split())\n")
    (root / "secret.env").write_text("TOKEN=hidden-word\n")
    (root / "new.txt").write_text("not yet added\n")
    return root


@pytest.fixture
def said(project: Path, tmp_path: Path) -> Said:
    """Runs a command line in the project."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ASSAYMARK_WORK": str(tmp_path / "work"), **more}
        argv = [sys.executable, "-m", "assaymark", *words]
        return subprocess.run(
            argv, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=900
        )

    return run


@pytest.fixture
def sites(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Two ways to one cluster: from a machine of it, and through a login node."""
    cluster: slurm.Cluster = request.getfixturevalue("cluster")
    config = request.getfixturevalue("login").config
    file = tmp_path / "sites.toml"
    file.write_text(
        f'[site.here]\nrunner = "slurm"\npartition = "debug"\n'
        f'[site.far]\nrunner = "slurm"\nlogin = "login"\nssh_config = "{config}"\nwork = "{tmp_path}/far"\n'
        'engine = "charliecloud"\n'
    )
    return {"SLURM_CONF": str(cluster.conf), "ASSAYMARK_SITES": str(file), "ASSAYMARK_PLUGINS": "none"}


def stable(file: Path) -> dict[str, Any]:
    """An assessment without what differs between two runs."""
    told = dict(json.loads(file.read_text()))
    told.pop("run")
    return told


@through_login
class TestAssess:
    @pytest.mark.parametrize(
        "words",
        [("--no-tools",), ("--select", "QC.Sty01,QC.Sec02"), ("--ref", "v0.1.0", "--no-tools")],
        ids=["all of it", "with tools", "a tag"],
    )
    def test_the_same_everywhere(
        self, words: tuple[str, ...], said: Said, sites: dict[str, str], tmp_path: Path
    ) -> None:
        if "--no-tools" not in words:
            sites["ASSAYMARK_PLUGINS"] = ""  # all that look at software, with their tools
        found = {}
        for place in ("local", "here", "far"):
            done = said(
                "assess", "--runner", place, *words, "--memory", "2000", "--output", str(tmp_path / place), **sites
            )
            assert done.returncode == 0, done.stderr
            found[place] = stable(tmp_path / place / "assessment.json")
        assert found["here"] == found["local"]
        assert found["far"] == found["local"]
        assert found["local"]["subject"]["repository"] == "github.com/lab/tool"
        facts = json.loads((tmp_path / "far/assessment.json").read_text())["run"]["facts"]
        assert facts["site"] == "far"
        assert facts["job"].isdecimal()
        for name in ("report.sarif", "junit.xml", "summary.md", "report.html", "badge.svg", "provenance.json"):
            assert (tmp_path / "far" / name).stat().st_size > 100
        assert list((tmp_path / "far/jobs").iterdir() if (tmp_path / "far/jobs").is_dir() else []) == []
        assert [p for p in (tmp_path / "work/jobs").iterdir() if p.is_dir()] == []

    def test_gate_and_waivers_are_those_of_the_base(
        self, said: Said, sites: dict[str, str], project: Path, tmp_path: Path
    ) -> None:
        """A change waives for itself and lowers the gate: neither counts, on whatever machine it is judged."""
        base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True)
        (project / ".assaymark.toml").write_text(
            'gate = "QC.Lic01"\n[[waiver]]\nid = "QC.Tdd01"\nreason = "not now"\nuntil = 2027-01-01\n'
        )
        git(project, "commit", "-qam", "Waive it")
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"pull_request": {"base": {"sha": base.stdout.strip()}}}))
        run = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
        found = []
        for place in ("local", "far"):
            words = ("--no-tools", "--memory", "1000", "--gate", "silver", "--output", str(tmp_path / place))
            done = said("assess", "--runner", place, *words, **sites, **run)
            assert done.returncode == 1, done.stderr
            assert "gate silver" in done.stderr
            found.append(stable(tmp_path / place / "assessment.json"))
        assert found[0] == found[1]
        waived = {s["id"] for s in found[1]["subcriteria"] if s["waiver"]}
        assert waived == {"QC.Doc06.1"}

    def test_credentials_and_hooks_stay_here(
        self, said: Said, sites: dict[str, str], project: Path, tmp_path: Path
    ) -> None:
        git(project, "config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic hidden-word")
        (project / ".git/hooks/pre-commit").write_text("echo hidden-word\n")
        done = said("step", "look", "--tool", "commands", "--commands", LOOK, "--runner", "far", **sites)
        assert done.returncode == 0, done.stderr
        assert "hidden" not in done.stdout + done.stderr
        assert "url = " in done.stdout
        assert "new.txt" in done.stdout

    def test_what_is_not_there_is_no_verdict(self, said: Said, sites: dict[str, str], tmp_path: Path) -> None:
        file = Path(sites["ASSAYMARK_SITES"])
        file.write_text(file.read_text().replace('partition = "debug"', 'partition = "nowhere"'))
        done = said("assess", "--runner", "here", "--no-tools", **sites)
        assert done.returncode == 2, done.stderr
        assert "invalid partition" in done.stderr
        done = said("assess", "--runner", "nowhere", **sites)
        assert done.returncode == 2
        assert "there is no runner 'nowhere', and no site of that name" in done.stderr
        done = said("assess", "--runner", "interlink", **sites)
        assert done.returncode == 2
        assert "cannot be done by the runner" in done.stderr
        done = said("assess", "--runner", "far", "--forge", **sites)
        assert done.returncode == 2
        assert "token" in done.stderr


LOOK = "cat .git/config; ls -a . .git; test ! -e .git/hooks; test ! -e secret.env; env"


class TestStep:
    @pytest.mark.parametrize(
        "place", ["local", pytest.param("here", marks=through_login), pytest.param("far", marks=through_login)]
    )
    def test_it_is_run_in_the_checkout(
        self, place: str, said: Said, request: pytest.FixtureRequest, project: Path
    ) -> None:
        told = {} if place == "local" else request.getfixturevalue("sites")
        words = ("step", "count", "--tool", "commands", "--commands", "cat src/licence.txt", "--runner", place)
        done = said(*words, **told)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "MIT License\n"
        assert json.loads((project / "count.json").read_text())["name"] == "commands"
        done = said(*words, "--commands", "false", "--commands", "echo never", **told)
        assert done.returncode == 1
        assert "never" not in done.stdout
        assert "count ended with 1" in done.stderr
        done = said(*words, "--commands", "sleep 60", "--time", "1", **told)
        assert done.returncode == 3
        assert "timed-out" in done.stderr

    @pytest.mark.service(*NEEDS["bubblewrap"])
    def test_it_is_run_where_there_is_no_network_and_in_an_image(self, said: Said, image: Path, tmp_path: Path) -> None:
        words = ("step", "look", "--tool", "commands", "--commands", "cat src/licence.txt", "--commands")
        done = said(*words, "test $(cat /proc/net/dev | wc -l) = 3", "--runner", "sandbox")
        assert done.returncode == 0, done.stderr
        (tmp_path / "sites.toml").write_text('[site.box]\nrunner = "container"\nengine = "bubblewrap"\n')
        told = {"ASSAYMARK_SITES": str(tmp_path / "sites.toml")}
        done = said(*words, "/bin/tool --version", "--container", str(image), "--runner", "box", **told)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "MIT License\ntool 1.2.3\n"

    def test_interrupted_it_leaves_nothing(self, said: Said, project: Path, tmp_path: Path) -> None:
        long = sleeping()
        argv = [sys.executable, "-m", "assaymark", "step", "long", "--tool", "commands", "--commands", long]
        environment = {**os.environ, "ASSAYMARK_WORK": str(tmp_path / "work")}
        process = subprocess.Popen([*argv, "--runner", "local"], cwd=project, env=environment, stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        # The command line of assaymark holds the words too.
        while not [line for line in running(long) if "assaymark" not in line] and time.monotonic() < end:
            time.sleep(0.05)
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert left(long) == []
        assert [p for p in (tmp_path / "work/jobs").iterdir() if p.is_dir()] == []
