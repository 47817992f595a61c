from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from assaymark.cli.init import command
from assaymark.errors import InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tide"
    root.mkdir()
    git(root, "init", "--quiet")
    git(root, "remote", "add", "origin", "https://github.com/lab/tide.git")
    (root / "README.md").write_text("# Tide\n\nText.\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begin")
    return root


def init(root: Path, *words: str, say: str = "") -> Any:
    done = CliRunner().invoke(command, [str(root), "--ref", COMMIT, *words], input=say)
    if done.exception is not None:
        raise done.exception
    return done


def files(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and ".git" not in p.parts}


def test_a_dry_run_shows_everything_and_writes_nothing(root: Path) -> None:
    shown = init(root, "--dry-run").output
    assert "+++ b/.github/workflows/assaymark.yml" in shown
    assert f"actions/assess@{COMMIT} # unreleased" in shown
    assert "+[![assaymark quality badge" in shown
    assert files(root) == {"README.md"}


def test_it_writes_when_told_to_and_then_has_nothing_to_do(root: Path) -> None:
    init(root, "--yes", "--gate", "bronze")
    workflows = {".github/workflows/assaymark.yml", ".github/workflows/assaymark-comment.yml"}
    assert files(root) == {"README.md", ".assaymark.toml", *workflows}
    assert 'gate = "bronze"' in (root / ".assaymark.toml").read_text()
    assert "raw.githubusercontent.com/lab/tide/badges/badge.svg" in (root / "README.md").read_text()
    assert "everything is as it should be" in init(root, "--yes").output


def test_what_is_there_and_differs_is_left_unless_forced(root: Path) -> None:
    mine = root / ".github" / "workflows" / "assaymark.yml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine: true\n")
    with pytest.raises(InputError, match=r"left as they are, since they differ: \.github/workflows/assaymark\.yml"):
        init(root, "--yes")
    assert mine.read_text() == "mine: true\n"
    assert (root / ".assaymark.toml").is_file()
    init(root, "--yes", "--force")
    assert "actions/assess@" in mine.read_text()


def test_without_anybody_to_ask_nothing_is_written(root: Path) -> None:
    with pytest.raises(InputError, match="nobody to ask"):
        init(root)
    assert files(root) == {"README.md"}


def test_each_file_is_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import assaymark.cli.init as module

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    answers = iter([True, False, True, False])
    monkeypatch.setattr(module.sys, "stdin", Terminal)
    monkeypatch.setattr(module.click, "confirm", lambda *_, **__: next(answers))
    command.callback(  # type: ignore[misc]
        path=root,
        workflows=(),
        task=None,
        schedule=False,
        service=False,
        smoke=None,
        projects=(),
        release=False,
        gate="",
        profile="assaymark",
        branch=None,
        ref=COMMIT,
        no_config=False,
        no_badge=False,
        dry_run=False,
        yes=False,
        force=False,
    )
    assert files(root) == {"README.md", ".assaymark.toml", ".github/workflows/assaymark.yml"}
    assert (root / "README.md").read_text() == "# Tide\n\nText.\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--workflows", "other"], "--workflows 'other'"),
        (["--gate", "platinum"], "--gate 'platinum'"),
        (["--profile", "mine"], "--profile 'mine'"),
        (["--branch", "x: [y]"], "--branch"),
        (["--branch", "-f"], "--branch"),
    ],
)
def test_what_is_not_known_is_refused(root: Path, words: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        init(root, "--dry-run", *words)


def test_a_configuration_that_is_there_stays(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.assaymark]\nprofile = "sqaaas-v3"\n')
    assert ".assaymark.toml" not in init(root, "--dry-run").output
    with pytest.raises(InputError, match="the gate stands in the configuration"):
        init(root, "--dry-run", "--gate", "gold")


@pytest.mark.parametrize(
    ("more", "baseline"), [("", "branch:badges"), ('baseline = "base.json"\n', '""')], ids=["published", "a file"]
)
def test_the_gate_that_is_there_still_has_what_it_needs(root: Path, more: str, baseline: str) -> None:
    init(root, "--yes", "--gate", "no-regression")
    (root / ".assaymark.toml").write_text(f'gate = "no-regression"\n{more}')
    init(root, "--yes", "--force", "--gate", "no-regression")
    assert f"baseline: {baseline} #" in (root / ".github" / "workflows" / "assaymark.yml").read_text()
    assert "everything is as it should be" in init(root, "--yes").output


def test_a_configuration_that_cannot_be_read_is_told(root: Path) -> None:
    (root / ".assaymark.toml").write_text("gate = [")
    with pytest.raises(InputError, match="not valid TOML"):
        init(root, "--dry-run")


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / ".github").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        init(root, "--yes")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_only_the_root_of_a_checkout(root: Path, tmp_path: Path) -> None:
    (root / "part").mkdir()
    with pytest.raises(InputError, match="not the root"):
        init(root / "part", "--dry-run")
    with pytest.raises(InputError, match="is no folder"):
        init(tmp_path / "nothing", "--dry-run")


def test_the_main_branch_is_that_of_the_clone(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert "branches: [trunk]" in init(root, "--dry-run").output


def test_no_badge_without_a_place_for_it(root: Path) -> None:
    git(root, "remote", "set-url", "origin", "https://git.example.org/lab/tide.git")
    done = init(root, "--dry-run")
    assert "badge embed" in done.output
    assert "README.md" not in done.output


def test_a_branch_of_somebody_s_work_is_not_taken_for_the_main_one(root: Path) -> None:
    git(root, "branch", "--move", "master")
    git(root, "switch", "--quiet", "--create", "mend-it")
    assert "branches: [master]" in init(root, "--dry-run").output
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert "branches: [main]" in init(root, "--dry-run").output
    git(root, "branch", "--move", "master", "main/2")
    git(root, "update-ref", "-d", "refs/remotes/origin/main")
    assert "branches: [mend-it]" in init(root, "--dry-run").output


def test_a_repository_elsewhere_is_told_where_workflows_run(root: Path) -> None:
    git(root, "remote", "set-url", "origin", "git@gitlab.com:lab/tide.git")
    assert "the repository is on gitlab.com, and the workflows run on GitHub" in init(root, "--dry-run").output
    git(root, "remote", "remove", "origin")
    assert "the repository has no remote, and" in init(root, "--dry-run").output


def test_a_model_gets_a_manifest_and_a_workflow_and_nothing_else(root: Path) -> None:
    init(root, "--yes", "--model", "forecast")
    assert files(root) == {"README.md", "model.toml", ".github/workflows/assaymark-model.yml"}
    assert 'task = "forecast"' in (root / "model.toml").read_text()
    assert "repository_dispatch" not in (root / ".github/workflows/assaymark-model.yml").read_text()


def test_a_model_without_a_task_is_a_surrogate_and_may_be_scheduled(root: Path) -> None:
    init(root, "--yes", "--model", "--schedule")
    assert 'task = "surrogate"' in (root / "model.toml").read_text()
    text = (root / ".github/workflows/assaymark-model.yml").read_text()
    assert "repository_dispatch" in text
    assert "schedule:" in text


@pytest.mark.parametrize("kind", ["cpu", "mpi", "pytorch-gpu", "jupyter"])
def test_an_image_gets_a_manifest_that_can_be_read_and_a_workflow(kind: str, root: Path) -> None:
    init(root, "--yes", "--smoke", kind)
    assert files(root) == {"README.md", "smoke.toml", ".github/workflows/assaymark-smoke.yml"}
    assert "actions/smoke@" in (root / ".github/workflows/assaymark-smoke.yml").read_text()
    asked = pytest.importorskip("assaymark_hpc.manifest").read(root / "smoke.toml")
    assert asked.start
    assert asked.tests
    assert (asked.mpi is not None, asked.gpu is not None, bool(asked.long)) == (
        kind == "mpi",
        kind == "pytorch-gpu",
        kind == "jupyter",
    )


def test_a_service_gets_a_manifest_and_a_workflow_and_nothing_else(root: Path) -> None:
    init(root, "--yes", "--service")
    assert files(root) == {"README.md", "service.toml", ".github/workflows/assaymark-service.yml"}
    assert "actions/service@" in (root / ".github/workflows/assaymark-service.yml").read_text()


@pytest.mark.parametrize(
    ("words", "said"), [(["--model", "ranking"], "--model 'ranking'"), (["--schedule"], "--model")]
)
def test_a_model_of_no_known_task(words: list[str], said: str, root: Path) -> None:
    with pytest.raises(InputError, match=said):
        init(root, *words)


def test_the_workflow_of_releases_is_added_to_the_others(root: Path) -> None:
    init(root, "--release", "--yes", "--gate", "gold")
    text = (root / ".github/workflows/assaymark-release.yml").read_text()
    assert f"make-release.yml@{COMMIT}" in text
    assert "gate: gold" in text
    assert (root / ".github/workflows/assaymark.yml").is_file()


@pytest.fixture
def several(root: Path) -> Path:
    """The repository with two projects, of which one has a README."""
    for path in ("packages/tide", "packages/wave"):
        (root / path).mkdir(parents=True)
    (root / "packages/tide/README.md").write_text("# Tide\n\nText.\n")
    return root


PROJECTS = ("--project", "packages/tide", "--project", "./packages/wave/")


def test_each_project_gets_a_configuration_and_a_badge_and_both_one_workflow(several: Path) -> None:
    init(several, "--yes", "--gate", "no-regression", *PROJECTS)
    text = (several / ".github/workflows/assaymark.yml").read_text()
    [assess, publish] = yaml.safe_load(text)["jobs"].values()
    assert assess["strategy"] == {"fail-fast": False, "matrix": {"path": ["packages/tide", "packages/wave"]}}
    assert (
        assess["steps"][-1]["with"] | {"path": "${{ matrix.path }}", "baseline": "branch:badges"}
        == (assess["steps"][-1]["with"])
    )
    assert publish["steps"][0]["with"] == {"pattern": "assaymark-*", "path": "report"}
    made = {name for name in files(several) if "assaymark" in name and "workflows" not in name}
    assert made == {"packages/tide/.assaymark.toml", "packages/wave/.assaymark.toml"}
    assert "lab/tide/badges/packages/tide/badge.svg" in (several / "packages/tide/README.md").read_text()
    assert "badge" not in (several / "README.md").read_text()
    assert "everything is as it should be" in init(several, "--yes", *PROJECTS).output


def test_a_project_that_has_a_gate_keeps_it_and_lends_it_to_none(several: Path) -> None:
    (several / "packages/tide/.assaymark.toml").write_text('gate = "no-regression"\n')
    init(several, "--yes", *PROJECTS)
    assert '# gate = "bronze"' in (several / "packages/wave/.assaymark.toml").read_text()
    assert "baseline: branch:badges" in (several / ".github/workflows/assaymark.yml").read_text()
    with pytest.raises(InputError, match="the gate stands in the configuration"):
        init(several, "--yes", "--gate", "silver", *PROJECTS)


@pytest.mark.parametrize("path", ["..", ".", "/etc", "nowhere", "packages/tide/README.md", "linked", "a: b", "-x"])
def test_what_is_no_project(several: Path, path: str) -> None:
    (several / "linked").symlink_to("/etc")
    for name in ("a: b", "-x"):
        (several / name).mkdir()
    with pytest.raises(InputError, match="is no folder within the repository that can be named"):
        init(several, "--yes", f"--project={path}")
    assert not (several / ".github").exists()
