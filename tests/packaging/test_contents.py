"""Sdist and wheel hold exactly what is tracked, and nothing that lies about."""

from __future__ import annotations

import hashlib
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

# What the sdist of the core takes from the repository; hatchling adds pyproject.toml, .gitignore and PKG-INFO.
SHIPPED = ("src/", "badges/", "criteria/", "pipelines/templates/", "tests/")
SHIPPED_FILES = {"conftest.py", "LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "codemeta.json"}
ADDED_FILES = {"pyproject.toml", ".gitignore"}
DATA = ("badges/", "criteria/", "pipelines/templates/")
DIST_INFO = {"METADATA", "RECORD", "WHEEL"}


def version(clean: Path) -> str:
    return str(tomllib.loads((clean / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def in_sdist(file: Path) -> set[str]:
    with tarfile.open(file) as archive:
        return {m.name for m in archive.getmembers() if not m.isdir()}


def in_wheel(file: Path) -> dict[str, str]:
    """Name -> digest of the content."""
    with zipfile.ZipFile(file) as archive:
        return {n: hashlib.sha256(archive.read(n)).hexdigest() for n in archive.namelist()}


def test_sdist_of_the_core(core: Any, tracked: list[str], clean: Path) -> None:
    ours = {n for n in tracked if n.startswith(SHIPPED) or n in SHIPPED_FILES | ADDED_FILES}
    stem = f"assaymark-{version(clean)}"
    assert in_sdist(core.sdist) == {f"{stem}/{n}" for n in ours} | {f"{stem}/PKG-INFO"}


def test_wheel_of_the_core(core: Any, tracked: list[str], clean: Path) -> None:
    code = {n.removeprefix("src/") for n in tracked if n.startswith("src/")}
    data = {f"assaymark/_data/{n}" for n in tracked if n.startswith(DATA)}
    info = {f"assaymark-{version(clean)}.dist-info/{n}" for n in DIST_INFO | {"entry_points.txt", "licenses/LICENSE"}}
    assert set(in_wheel(core.wheel)) == code | data | info


def test_a_plugin_ships_its_package_and_nothing_else(plugins: dict[str, Any], tracked: list[str], clean: Path) -> None:
    assert set(plugins) >= {"linters", "python"}
    for name, built in plugins.items():
        source = "pipelines/src/" if name == "pipelines" else f"plugins/{name}/src/"
        code = {n.removeprefix(source) for n in tracked if n.startswith(source)}
        stem = f"assaymark_{name}-{version(clean)}"
        found = set(in_wheel(built.wheel))
        info = {n for n in found if n.startswith(f"{stem}.dist-info/")}
        assert found - info == code, name
        assert {n.partition("/")[2] for n in info} == DIST_INFO | {"entry_points.txt", "licenses/LICENSE"}, name
        assert built.wheel.name == f"{stem}-py3-none-any.whl"


def test_the_wheel_built_from_the_tree_is_the_same(core: Any, wheel_from_tree: Path) -> None:
    assert in_wheel(wheel_from_tree) == in_wheel(core.wheel)


def test_a_build_leaves_nothing_in_the_tree(
    core: Any, plugins: dict[str, Any], tracked: list[str], clean: Path
) -> None:
    assert core
    assert plugins
    left = {p.relative_to(clean).as_posix() for p in clean.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert left == set(tracked)


@pytest.mark.parametrize("place", ["criteria", "badges", "pipelines/templates"])
def test_every_data_folder_is_shipped_with_its_files(place: str, core: Any, tracked: list[str]) -> None:
    tracked_here = [n for n in tracked if n.startswith(f"{place}/")]
    shipped = [n for n in in_wheel(core.wheel) if n.startswith(f"assaymark/_data/{place}/")]
    assert len(shipped) == len(tracked_here) > 0
