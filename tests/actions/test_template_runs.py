"""The workflows that `init` writes, run by act as they are; those of pushes, pull requests and releases: test_whole,
test_comment, test_projects, test_make_release.

Docker is a stand-in: it brings the image that the test made, starts nothing, and runs nothing.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from act import COMMIT, ROOT, Act, Ran

from assaymark.__main__ import main
from assaymark.init import Wanted, render
from assaymark.init.pin import Pin

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("act")
Make = Callable[..., Path]
HERE = {"full_name": "lab/tide", "name": "tide", "owner": {"login": "lab"}, "default_branch": "main"}
TABLE = "id,value,prediction\n" + "".join(f"{i},{i % 7},{i % 7 + (i % 5 - 2) / 10}\n" for i in range(200))
MODEL = """title = "A line"
task = "regression"
reference = { file = "table.csv", key = "id", target = "value" }
predictions = { file = "table.csv" }
metric = [{ name = "rmse", at-most = 1 }]
"""
CWL = "cwlVersion: v1.2\nclass: CommandLineTool\nlabel: Says it\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"
DOCKER = """#!/bin/sh
mkdir -p "$STANDIN_DIR"
echo "$@" >> "$STANDIN_DIR/docker.log"
case "$1 $2" in
  "build --tag" | "compose up") ;;
  "save candidate") cp "$STANDIN_IMAGE" "$4" ;;
  *) exit 1 ;;
esac
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


class Runs:
    """Runs templates, each in a folder of its own, on one repository."""

    def __init__(self, act: Act, root: Path) -> None:
        self.act, self.root, self.number = act, root, 0

    def run(self, template: str, event: str = "push", inputs: Mapping[str, str] | None = None, **more: Any) -> Ran:
        self.number += 1
        act = Act(self.act.folder / str(self.number), self.act.ours, self.act.environment)
        text = render(template, Wanted(pin=Pin(COMMIT, "v1.2.3")))
        payload = {"repository": HERE, "ref": "refs/heads/main"} | ({"inputs": inputs} if inputs else {})
        return act.run(self.root, text, event=event, payload=payload, **more)

    def commit(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", "Change")


def report(ran: Ran, artifact: str) -> Any:
    return json.loads((ran.artifact(artifact) / "assessment.json").read_text(encoding="utf-8"))


def test_the_form_of_the_web_interface_asks_for_what_was_chosen(act: Act, repository: Make) -> None:
    runs = Runs(act, repository({"README.md": "# Tide\n"}))
    given = {"gate": "bronze", "profile": "sqaaas-v3", "select": "QC.Doc,QC.Lic", "run-tests": "false"}
    ran = runs.run("assaymark.yml", "workflow_dispatch", given)
    assert ran.code == 1, ran.told()
    found = report(ran, "assaymark")
    assert found["profile"] == "sqaaas-v3"
    assert {s["id"][:6] for s in found["subcriteria"]} == {"QC.Doc", "QC.Lic"}
    assert "gate bronze: not met" in ran.summary()


def test_workflows_are_validated_and_one_that_is_wrong_is_red(act: Act, repository: Make) -> None:
    runs = Runs(act, repository({"echo.cwl": CWL}))
    assert runs.run("assaymark-validate.yml").code == 0
    runs.commit({"echo.cwl": CWL.replace("CommandLineTool", "CommandLineTools")})
    ran = runs.run("assaymark-validate.yml", "pull_request")
    assert ran.code == 1
    assert {where["file"] for _, _, where in ran.annotations() if "file" in where} == {"echo.cwl"}
    assert (ran.artifact("assaymark-validation") / "report.sarif").is_file()


def test_a_model_is_validated(act: Act, repository: Make) -> None:
    ran = Runs(act, repository({"model.toml": MODEL, "table.csv": TABLE})).run("assaymark-model.yml")
    assert ran.code == 0, ran.told()
    passed = {s["id"] for s in report(ran, "assaymark-model")["subcriteria"] if s["outcome"] == "passed"}
    assert "ML.Per01" in passed


@pytest.mark.service("github-openapi")
def test_a_model_is_validated_again_when_there_are_new_data(
    act: Act, repository: Make, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"model.toml": MODEL, "table.csv": TABLE})
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    runs = Runs(act, root)
    there = {"env": {"GITHUB_API_URL": fake_github.base}, "secrets": {"GITHUB_TOKEN": "t0ken"}}

    def published() -> dict[str, bytes]:
        """What is on the badge branch, which the next run checks out."""
        found: dict[str, bytes] = fake_github.state.git.files("badges")
        monkeypatch.setenv("GIT_INDEX_FILE", str(act.folder / "index"))
        git(root, "read-tree", "--empty")
        for name, content in found.items():
            (act.folder / "content").write_bytes(content)
            blob = git(root, "hash-object", "-w", str(act.folder / "content"))
            git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
        git(root, "update-ref", "refs/heads/badges", git(root, "commit-tree", "-m", "Badge", git(root, "write-tree")))
        monkeypatch.delenv("GIT_INDEX_FILE")
        return found

    first = runs.run("assaymark-model-schedule.yml", **there)
    assert first.code == 0, first.told()
    before = published()
    assert before["model.toml/badge.svg"].startswith(b"<svg")
    assert dict(first.jobs()) == dict.fromkeys(("look", "validate", "publish"), "success")

    same = runs.run("assaymark-model-schedule.yml", "schedule", **there)
    assert same.code == 0, same.told()
    assert dict(same.jobs()) == {"look": "success"}
    assert published() == before

    runs.commit({"table.csv": TABLE.replace("199,", "200,")})
    newer = runs.run("assaymark-model-schedule.yml", "repository_dispatch", **there)
    assert newer.code == 0, newer.told()
    assert dict(newer.jobs()) == dict.fromkeys(("look", "stale", "validate", "publish"), "success")
    lines = published()["model.toml/history.jsonl"].splitlines()
    assert len({json.loads(line)["commit"] for line in lines}) == 2


@pytest.mark.service("github-openapi")
def test_what_only_the_forge_knows_is_asked_every_week(act: Act, repository: Make, fake_github: FakeGitHub) -> None:
    root = repository({"README.md": "# Tide\n"})
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    there = {"env": {"GITHUB_API_URL": fake_github.base}, "secrets": {"GITHUB_TOKEN": "t0ken"}}
    ran = Runs(act, root).run("assaymark-schedule.yml", "schedule", **there)
    assert ran.code == 0, ran.told()
    assert fake_github.asked("G"), "GitHub was asked"
    assert not fake_github.asked("P")
    assert "t0ken" not in ran.log()


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A folder with the stand-in, to stand first on the path."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("docker", "podman"):
        (folder / name).write_text(DOCKER, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def test_a_service_is_started_and_judged(
    act: Act, repository: Make, docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tides_service import Behaviour, Service, served

    monkeypatch.setenv("PATH", str(docker), prepend=":")
    with served(Service(Behaviour()).app()) as port:
        root = repository({"service.toml": f'url = "http://127.0.0.1:{port}"\n'})
        ran = Runs(act, root).run("assaymark-service.yml")
    assert ran.code == 0, ran.told()
    assert "compose up --detach --wait" in (ran.folder / "standins" / "docker.log").read_text(encoding="utf-8")
    passed = {s["id"] for s in report(ran, "assaymark-service")["subcriteria"] if s["outcome"] == "passed"}
    assert "SVC.Web01" in passed


@pytest.mark.service("bwrap", "busybox")
def test_an_image_is_built_judged_and_tried(
    act: Act, repository: Make, docker: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from images import Made, busybox, docker_archive

    image = docker_archive(Made([busybox()]), tmp_path / "image.tar")
    monkeypatch.setenv("PATH", str(docker), prepend=":")
    smoke = (ROOT / "pipelines" / "templates" / "smoke" / "cpu.toml").read_text(encoding="utf-8")
    root = repository({"smoke.toml": smoke, "Dockerfile": "FROM scratch\n"})
    ran = Runs(act, root).run("assaymark-smoke.yml", env={"STANDIN_IMAGE": str(image)})
    assert ran.code == 0, ran.told()
    passed = {s["id"] for s in report(ran, "assaymark-smoke")["subcriteria"] if s["outcome"] == "passed"}
    tried = {*(f"IMG.Run{n:02}" for n in range(1, 8)), "IMG.Run19"}
    assert tried <= passed, "it was tried, not only looked at"


@pytest.mark.parametrize("words", [("--model", "regression", "--schedule"), ("--service",), ("--smoke", "cpu")])
def test_what_init_writes_is_what_was_run_here(words: tuple[str, ...], repository: Make) -> None:
    root = repository({"README.md": "# Tide\n"})
    assert main(["init", str(root), "--ref", COMMIT, "--yes", *words]) == 0
    [made] = (root / ".github" / "workflows").iterdir()
    name = "assaymark-model-schedule.yml" if "--schedule" in words else made.name
    assert made.read_text(encoding="utf-8") == render(name, Wanted(pin=Pin(COMMIT, "unreleased"))).replace(
        "branches: [main]", f"branches: [{git(root, 'symbolic-ref', '--short', 'HEAD')}]"
    )
