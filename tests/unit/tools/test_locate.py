from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assaymark.tools.locate import Located, locate


def program(folder: Path, name: str = "lint-for-tests") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin")
    (tmp_path / "repo").mkdir()
    return tmp_path / "repo"


def find(root: Path | None, **allowed: bool) -> Located | None:
    return locate("lint-for-tests", root, own=Path("/nowhere"), **allowed)


def test_on_path(root: Path, tmp_path: Path) -> None:
    assert find(root) is None
    file = program(tmp_path / "bin")
    assert find(root) == Located(file, "path")
    assert find(None) == Located(file, "path")


def test_assaymarks_own_environment_goes_first_even_inside_the_checkout(root: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin")
    file = program(root / "env")
    assert locate("lint-for-tests", root, own=root / "env") == Located(file, "assaymark")


def test_nothing_of_the_checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = program(root / ".venv" / "bin")
    monkeypatch.setenv("PATH", f"{inside.parent}:{tmp_path}/bin")
    monkeypatch.setenv("VIRTUAL_ENV", str(root / ".venv"))
    assert find(root) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lint-for-tests").symlink_to(inside)
    assert find(root) is None
    assert find(root, trusted=True) == Located(inside, "project")


def test_tests_stay_in_the_projects_environment(root: Path, tmp_path: Path) -> None:
    file = program(tmp_path / "bin")
    assert find(root, trusted=True, at_home=True) == Located(file, "path")
    (root / ".venv" / "bin").mkdir(parents=True)
    assert find(root, trusted=True, at_home=True) is None


@pytest.mark.parametrize("name", ["", ".", "..", "/bin/sh", "a/b", "../x"])
def test_a_program_is_a_name(name: str, root: Path) -> None:
    assert locate(name, root) is None


def test_the_stamp_changes_with_the_program(root: Path, tmp_path: Path) -> None:
    file = program(tmp_path / "bin")
    before = Located(file, "path").stamp
    file.write_text("#!/bin/sh\n# newer\n")
    assert Located(file, "path").stamp != before


def test_helpers_lie_beside_the_program(root: Path, tmp_path: Path) -> None:
    places = Located(program(tmp_path / "opt"), "path").search_path(root).split(":")
    assert places[0] == str(tmp_path / "opt")
    assert "/usr/bin" in places
