"""What holds for every manifest of this plugin."""

from __future__ import annotations

import pytest

from assaymark.subject.languages import languages
from assaymark.testing import tree_of
from assaymark.tools import manifest as manifests
from assaymark.tools.manifest import Executes, Manifest
from assaymark.tools.plan import choose
from assaymark_linters import PLUGIN

MANIFESTS = {m.name: m for m in manifests.load(PLUGIN.tools)}


@pytest.fixture(params=sorted(MANIFESTS))
def manifest(request: pytest.FixtureRequest) -> Manifest:
    return MANIFESTS[request.param]


def test_each_says_what_it_is_for(manifest: Manifest) -> None:
    assert manifest.about.endswith(".")
    assert manifest.home.startswith("https://")
    assert set(manifest.subcriteria) <= {"QC.Sty01", "QC.Doc02.2", "QC.Sec01", "QC.Sec02"}


def test_a_file_name_is_never_taken_for_an_option(manifest: Manifest) -> None:
    """Names that begin with a hyphen are given with './' in front; where the tool knows '--', that stands before."""
    if "{files}" in manifest.command:
        assert manifest.command[-1] == "{files}"


def test_what_executes_code_is_never_a_default_that_runs(manifest: Manifest) -> None:
    if manifest.executes_code is Executes.ALWAYS and manifest.default:
        assert manifest.name == "gosec"  # without consent it answers: unknown


def chosen(files: dict[str, str]) -> dict[str, list[str]]:
    tree = tree_of(files)
    return {
        c.manifest.name: [e.path for e in c.files]
        for c in choose(tuple(MANIFESTS.values()), languages.provide(tree), tree)
        if c.manifest.name != "gitleaks"
    }


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile.j2",
        "docker/Dockerfile.template",
        "Dockerfile.dockerignore",
        "chart/templates/deployment.yaml",
        "{{cookiecutter.name}}/.github/workflows/ci.yml",
        "{{cookiecutter.name}}/README.md",
        "tests/data/broken.yaml",
        "recipe/meta.yaml",
        ".github/ISSUE_TEMPLATE/bug.md",
        "docs/_templates/class.rst",
    ],
)
def test_templates_and_test_data_are_given_to_no_linter(path: str) -> None:
    assert chosen({path: "x"}) == {}


def test_ordinary_files_find_their_linter() -> None:
    files = {
        "Dockerfile": "",
        "a.sh": "",
        "a.md": "",
        "a.rst": "",
        "a.yml": "",
        "a.f90": "",
        "a.ipynb": "{}",
        "a.c": "",
    }
    assert chosen(files) == {
        "cppcheck": ["a.c"],
        "fortitude": ["a.f90"],
        "hadolint": ["Dockerfile"],
        "ruff-notebook": ["a.ipynb"],
        "rumdl": ["a.md"],
        "shellcheck": ["a.sh"],
        "shellcheck-security": ["a.sh"],
        "sphinx-lint": ["a.rst"],
        "yamllint": ["a.yml"],
    }


def test_a_formatter_is_asked_only_where_it_is_configured() -> None:
    assert "clang-format" not in chosen({"a.c": ""})
    assert "clang-format" in chosen({"a.c": "", ".clang-format": "BasedOnStyle: LLVM\n"})
    assert "eslint" not in chosen({"a.js": ""})
    assert "eslint" in chosen({"a.js": "", "eslint.config.js": ""})
