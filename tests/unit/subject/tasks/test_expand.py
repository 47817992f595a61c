from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.tasks.expand import expand
from assaymark.testing import tree_of


def found(call: str, **files: str) -> list[tuple[str, int, str]]:
    tree = tree_of({name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return [(line.path, line.line, line.text) for line in expand(tree, call)]


TOX = """[tox]
envlist = py{310,311}-cov, lint

[testenv]
commands =
    cov: pytest --cov
    pytest -q

[testenv:lint]
deps = flake8
commands = flake8 src

[testenv:docs]
commands = sphinx-build docs out
"""


@pytest.mark.parametrize(
    ("call", "texts"),
    [
        ("tox", ["pytest --cov", "pytest -q", "flake8 src"]),
        ("tox -e lint", ["flake8 src"]),
        ("tox run -e docs,lint", ["sphinx-build docs out", "flake8 src"]),
        ("tox -e py311-cov", ["pytest --cov", "pytest -q"]),
        ("tox -e ${{ matrix.env }}", ["pytest --cov", "pytest -q", "flake8 src"]),
    ],
)
def test_tox_runs_what_is_chosen(call: str, texts: list[str]) -> None:
    assert [t for _, _, t in found(call, tox_dot_ini=TOX)] == texts


def test_tox_in_toml() -> None:
    toml = '[tool.tox]\nenv_list = ["a"]\n[tool.tox.env.a]\ncommands = [["pytest", "-q"]]\n'
    assert found("tox", pyproject_dot_toml=toml) == [("pyproject.toml", 4, "pytest -q")]


NOX = """import nox

PYTEST = ["pytest"]


@nox.session(name="type-check")
def types(session):
    session.run("mypy", "src")


@nox.session
def tests(session):
    coverage = ["coverage", "run"]
    session.install("pytest")
    session.run(*coverage, "-m", "pytest", *session.posargs)
"""


@pytest.mark.parametrize(
    ("call", "texts"),
    [
        ("nox", ["mypy src", "coverage run -m pytest"]),
        ("nox -s tests", ["coverage run -m pytest"]),
        ("pipx run nox -s 'type-check' -- -x", ["mypy src"]),
        ("nox -s tests-3.11", ["coverage run -m pytest"]),
    ],
)
def test_nox_runs_what_is_chosen(call: str, texts: list[str]) -> None:
    assert [t for _, _, t in found(call, noxfile_dot_py=NOX)] == texts


def test_a_noxfile_is_not_run_and_may_be_broken() -> None:
    assert found("nox", noxfile_dot_py="raise SystemExit('ran')\n") == []
    assert found("nox", noxfile_dot_py="def (:\n") == []


MAKE = """SRC := src
.PHONY: all test
all: build
build:
\tgcc $(SRC)/a.c
test: build
\t@./a.out
\t$(MAKE) lint
lint:
\truff check .
docs:
\tsphinx-build docs out
"""


@pytest.mark.parametrize(
    ("call", "texts"),
    [
        ("make", ["gcc $(SRC)/a.c"]),
        ("make test", ["./a.out", "make lint", "gcc $(SRC)/a.c", "ruff check ."]),
        ("make -j4 lint V=1", ["ruff check ."]),
        ("make unknown", []),
    ],
)
def test_make_follows_targets(call: str, texts: list[str]) -> None:
    assert [t for _, _, t in found(call, Makefile=MAKE)] == texts


def test_npm_runs_scripts_with_what_comes_before_and_after() -> None:
    package = '{"scripts": {"pretest": "eslint .", "test": "jest", "build": "tsc"}}'
    assert [t for _, _, t in found("npm test", package_dot_json=package)] == ["eslint .", "jest"]
    assert [t for _, _, t in found("yarn build", package_dot_json=package)] == ["tsc"]


def test_tables_of_tasks() -> None:
    toml = '[tool.pdm.scripts]\nlint = "ruff check"\nall = {composite = ["lint", "pytest"]}\n'
    assert [t for _, _, t in found("pdm run all", pyproject_dot_toml=toml)] == ["lint", "ruff check", "pytest"]
    pixi = '[feature.test.tasks]\ntests = { cmd = "pytest -q" }\n'
    assert [t for _, _, t in found("pixi run -e dev tests", pixi_dot_toml=pixi)] == ["pytest -q"]
    assert [t for _, _, t in found("hatch test --cover")] == ["pytest --cov"]


def test_hooks_of_pre_commit() -> None:
    hooks = "repos:\n  - repo: x\n    hooks:\n      - id: ruff\n      - id: mine\n        entry: make check\n"
    assert found("pre-commit run --all-files", _dot_pre_commit_config_dot_yaml="") == []
    tree = tree_of({".pre-commit-config.yaml": hooks})
    lines = list(expand(tree, "pre-commit run -a"))
    assert [(line.line, line.text) for line in lines] == [
        (4, "pre-commit hook ruff"),
        (5, "pre-commit hook mine make check"),
    ]


def test_options_that_pytest_always_gets() -> None:
    assert found("pytest", pytest_dot_ini="[pytest]\naddopts = -ra\n    --cov=x\n") == [
        ("pytest.ini", 2, "addopts -ra --cov=x")
    ]


def test_plugins_of_a_java_build() -> None:
    pom = "<project>\n<plugin><artifactId>jacoco-maven-plugin</artifactId></plugin>\n</project>"
    assert found("mvn -B verify", pom_dot_xml=pom) == [("pom.xml", 2, "build plugin jacoco-maven-plugin")]
    assert found("mvn --version", pom_dot_xml=pom) == []


def test_a_script_is_read_but_not_a_program() -> None:
    assert found("bash ci/test.sh", ci__test_dot_sh="set -e\npytest\n") == [
        ("ci/test.sh", 1, "set -e"),
        ("ci/test.sh", 2, "pytest"),
    ]
    assert found("./ci/test", ci__test="\x7fELF pytest\n") == []


@given(st.text(max_size=200))
@pytest.mark.parametrize(
    "name", ["tox.ini", "noxfile.py", "Makefile", "package.json", "pyproject.toml", ".pre-commit-config.yaml"]
)
def test_no_garbage_breaks_a_reader(name: str, text: str) -> None:
    tree = tree_of({name: text})
    for call in (
        "tox",
        "nox",
        "make x",
        "npm test",
        "pdm run x",
        "pixi run x",
        "pre-commit run",
        "pytest",
        "hatch run a:b",
    ):
        for line in expand(tree, call):
            assert line.line >= 1


def test_the_hooks_of_prek() -> None:
    toml = """[[repos]]
repo = "builtin"
hooks = [
  { id = "check-json" },
]

[[repos]]
repo = "local"

[[repos.hooks]]
id = "format"
entry = "ruff format"
language = "system"
"""
    assert found("pixi run prek run --all-files", prek_dot_toml=toml) == [
        ("prek.toml", 4, "pre-commit hook check-json"),
        ("prek.toml", 11, "pre-commit hook format ruff format"),
    ]
