"""What every tracked file keeps to, and that the first page and the robots run the same commands."""

from __future__ import annotations

import re
import subprocess
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

# Joined here so that this file does not name them itself. A lock, a message or a default that names one of these
# would break on a mirror; a path of somebody's machine is of no use to anyone else.
UNWANTED = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "static.crates" + ".io",
    "proxy.golang" + ".org",
    "repo.maven.apache" + ".org",
    "deb.debian" + ".org",
    "/" + "work/",
    "../" + "shared",
    "/root/" + ".",
]
SHA_PIN = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")


@pytest.fixture(scope="module")
def tracked(checkout: Path) -> list[Path]:
    if not (checkout / ".git").exists():
        pytest.skip("not a Git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, check=True, capture_output=True, text=True)
    return [checkout / name for name in listed.stdout.split("\0") if name and (checkout / name).is_file()]


def test_no_file_names_a_local_path_or_an_index_host(tracked: list[Path], checkout: Path) -> None:
    found = []
    for file in tracked:
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{file.relative_to(checkout)}: {word}" for word in UNWANTED if word in text]
    assert found == []


def test_no_build_output_is_tracked(tracked: list[Path], checkout: Path) -> None:
    unwanted = re.compile(r"(^|/)(__pycache__|\.venv|dist|node_modules|\.mypy_cache)/|\.pyc$|(^|/)uv\.lock$")
    ours = [f.relative_to(checkout).as_posix() for f in tracked]
    assert [name for name in ours if unwanted.search(name) and not name.startswith("tests/")] == []


def test_folders_that_later_work_fills_say_what_they_are_for(checkout: Path) -> None:
    for folder in ("actions", "pipelines", "badges", "benchmarks", "plugins/python", "plugins/linters"):
        assert len((checkout / folder / "README.md").read_text(encoding="utf-8")) > 150, folder


def commands(readme: str) -> list[str]:
    """The lines of the README's shell blocks."""
    blocks = re.findall(r"^```(?:sh|bash|console|shell)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]


def test_ci_runs_the_test_command_of_the_readme(checkout: Path) -> None:
    shown = commands((checkout / "README.md").read_text(encoding="utf-8"))
    [test_command] = [line.split("&& ")[-1] for line in shown if "pytest" in line]
    script = (checkout / ".ci" / "run").read_text(encoding="utf-8")
    assert test_command in script


def test_what_developers_get_holds_every_extra_of_the_plugins(checkout: Path) -> None:
    """The README's command takes the group, CI the lock of all extras: else a test passes in CI and not at home."""
    group = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    asked = {
        name: set(extras.split(",")) for name, extras in re.findall(r"^([\w-]+)\[([^]]+)\]", "\n".join(group), re.M)
    }
    for file in (checkout / "plugins").glob("*/pyproject.toml"):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        assert set(project.get("optional-dependencies", ())) <= asked.get(project["name"], set()), file


def workflows(checkout: Path) -> dict[str, dict[Any, Any]]:
    files = sorted((checkout / ".github" / "workflows").glob("*.yml"))
    return {f.name: yaml.safe_load(f.read_text(encoding="utf-8")) for f in files}


def test_workflows_start_with_no_permissions(checkout: Path) -> None:
    found = workflows(checkout)
    assert "ci.yml" in found
    assert {name: w.get("permissions") for name, w in found.items()} == {name: {} for name in found}


def test_actions_are_pinned_to_a_commit_and_say_its_version(checkout: Path) -> None:
    for file in sorted((checkout / ".github" / "workflows").glob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            used = re.match(r"\s*(?:- )?uses:\s*(\S+)\s*(.*)", line)
            if used and not used[1].startswith(("./", "$/")):  # this repository itself
                assert SHA_PIN.match(used[1]), f"{file.name}: {line.strip()}"
                assert re.fullmatch(r"# v\d+\.\d+\.\d+", used[2]), f"{file.name}: {line.strip()}"


def test_checkouts_keep_no_credentials(checkout: Path) -> None:
    for name, workflow in workflows(checkout).items():
        for job in workflow["jobs"].values():
            for step in job.get("steps", ()):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False, name


def test_no_expression_reaches_a_script(checkout: Path) -> None:
    for name, workflow in workflows(checkout).items():
        for job in workflow["jobs"].values():
            assert not [s["run"] for s in job.get("steps", ()) if "${{" in s.get("run", "")], name


def test_every_python_that_we_name_is_tested(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [c.rpartition(" ")[2] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert workflows(checkout)["ci.yml"]["jobs"]["tests"]["strategy"]["matrix"]["python"] == named
    assert project["requires-python"] == f">={named[0]}"


def test_the_gate_waits_for_every_job(checkout: Path) -> None:
    jobs = workflows(checkout)["ci.yml"]["jobs"]
    assert sorted(jobs["all-passed"]["needs"]) == sorted(set(jobs) - {"all-passed"})
    assert jobs["all-passed"]["if"] == "always()"


def test_the_licence_is_whole_and_the_same_everywhere(checkout: Path) -> None:
    text = (checkout / "LICENSE").read_bytes()
    # The text as the Apache Software Foundation publishes it, appendix included.
    assert sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    for plugin in (*checkout.glob("plugins/*/pyproject.toml"), checkout / "pipelines" / "pyproject.toml"):
        assert plugin.with_name("LICENSE").read_bytes() == text
