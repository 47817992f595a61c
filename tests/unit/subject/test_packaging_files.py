from __future__ import annotations

import pytest

from assaymark.subject.packaging_files import Package, packages
from assaymark.testing import tree_of


def only(files: dict[str, str]) -> Package:
    found = packages.provide(tree_of(files)).found
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("files", "kind", "lean"),
    [
        (
            {"pyproject.toml": '[build-system]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "x"\n'},
            "Python package",
            True,
        ),
        ({"setup.py": "setup(packages=find_packages())\n", "tests/__init__.py": ""}, "Python package", False),
        ({"setup.py": "setup(packages=find_packages('src'))\n", "tests/__init__.py": ""}, "Python package", True),
        ({"package.json": '{"name": "x", "version": "1.0.0", "files": ["dist"]}'}, "npm package", True),
        ({"package.json": '{"name": "x", "version": "1.0.0"}'}, "npm package", False),
        ({"composer.json": '{"name": "lab/x"}'}, "Composer package", False),
        ({"composer.json": '{"name": "lab/x", "archive": {"exclude": ["/tests"]}}'}, "Composer package", True),
        ({"composer.json": '{"name": "lab/x"}', ".gitattributes": "/tests export-ignore\n"}, "Composer package", True),
        ({"Cargo.toml": '[package]\nname = "x"\n'}, "Rust crate", True),
        ({"nextflow.config": "manifest { name = 'x' }\n"}, "Nextflow pipeline", None),
        ({"workflow/Snakefile": "rule all:\n"}, "Snakemake workflow", None),
        ({"DESCRIPTION": "Package: x\nVersion: 1.0\n", ".Rbuildignore": "^docs$\n"}, "R package", True),
        ({"DESCRIPTION": "Package: x\nVersion: 1.0\n"}, "R package", False),
        ({"core/Project.toml": 'name = "X"\nuuid = "1"\n'}, "Julia package", None),
        ({"Dockerfile": "FROM a\nCOPY . /x\n"}, "container image", False),
        ({"Dockerfile": "FROM a AS b\nCOPY . /x\nFROM c\nCOPY --from=b /x /y\n"}, "container image", True),
        ({"Dockerfile": "FROM a\nCOPY . /x\n", ".dockerignore": ".git\n"}, "container image", True),
        ({"CMakeLists.txt": "project(x)\ninstall(TARGETS x)\n"}, "CMake project", True),
    ],
)
def test_a_definition_and_what_it_packs(files: dict[str, str], kind: str, lean: bool | None) -> None:
    package = only(files)
    assert (package.kind, package.lean) == (kind, lean)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[tool.ruff]\n"},
        {"CMakeLists.txt": "project(x)\n"},
        {"tests/Dockerfile": "FROM a\n", ".devcontainer/Dockerfile": "FROM a\n", "Dockerfile.dev": "FROM a\n"},
        {"package.json": "{"},
        {"package.json": '{"name": "x", "version": "1.0.0", "private": true}'},
        {"Cargo.toml": "[workspace]\n"},
    ],
)
def test_what_defines_nothing(files: dict[str, str]) -> None:
    assert packages.provide(tree_of(files)).found == ()


@pytest.mark.parametrize("text", ['{"name": "lab/site", "type": "project"}', '{"require": {}}', "[]", "{"])
def test_what_composer_does_not_pack(text: str) -> None:
    assert not packages.provide(tree_of({"composer.json": text})).found


def test_a_kind_has_its_article() -> None:
    kinds = ("R package", "npm package", "Autotools project", "Rust crate", "Composer package")
    assert [Package(kind=kind, path="x").named for kind in kinds] == [
        "an R package",
        "an npm package",
        "an Autotools project",
        "a Rust crate",
        "a Composer package",
    ]
