"""Tasks that CI calls: found, or lost, so that nothing may be concluded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.tasks.expand import expand
from assaymark.subject.tasks.lost import lost
from assaymark.testing import tree_of

MAKEFILE = {"Makefile": "test:\n\tpytest\n"}
PACKAGE = {"package.json": '{"scripts": {"lint": "eslint ."}}'}


@pytest.mark.parametrize(
    ("text", "files", "call"),
    [
        ("make lint", {}, "make lint"),
        ("make lint", MAKEFILE, "make lint"),
        ("make -j4 test lint", MAKEFILE, "make lint"),
        ("make test", MAKEFILE, ""),
        ("sudo CI=1 make test", MAKEFILE, ""),
        ("make", {}, ""),
        ("make -j$(nproc) install", {}, ""),
        ("make -j $(nproc) $MAKEFLAGS ${{ matrix.make_args }} test", MAKEFILE, ""),
        ("make $TARGET", MAKEFILE, "make $TARGET"),
        ("make ${{ matrix.target }}", MAKEFILE, "make ${{ matrix.target }}"),
        ("make html", {"docs/Makefile": "html:\n\tsphinx-build . _build\n"}, ""),
        ("make lint", {"third_party/x/Makefile": "lint:\n\techo\n"}, "make lint"),
        ("make -f tools/ci.mk lint", {"tools/ci.mk": "lint:\n\truff check\n"}, ""),
        ("make check", {"CMakeLists.txt": "project(x)"}, ""),
        ("make tidelib", {"CMakeLists.txt": "project(x)"}, ""),
        ("make check-format", {"CMakeLists.txt": "project(x)"}, "make check-format"),
        ("cmake --build build --target run-tidy", {"CMakeLists.txt": ""}, "cmake run-tidy"),
        ("cmake --build build --target lint", {"CMakeLists.txt": ""}, "cmake lint"),
        ("cmake -S . -B build -DTESTS=ON", {"CMakeLists.txt": ""}, ""),
        ("ninja -C build format", {"CMakeLists.txt": ""}, "ninja format"),
        ("ninja format", {"cmake/style.cmake": "add_custom_target(format COMMAND clang-format -i)"}, ""),
        ("ninja ci_test_${{ matrix.x }}", {"cmake/ci.cmake": "add_custom_target(ci_test_${X})"}, ""),
        ("make html", {"docs/Makefile": "%: Makefile\n\t@$(SPHINXBUILD) -M $@\n"}, ""),
        ("make lint", {"Makefile": "%:\n\t@:\n"}, "make lint"),
        ("just lint", MAKEFILE, "just lint"),
        ("just lint", {"justfile": "lint:\n  ruff check\n"}, ""),
        ("npm run lint", {}, "npm run lint"),
        ("npm run lint -- --fix", PACKAGE, ""),
        ("pnpm run -C packages/tide lint", PACKAGE, ""),
        ("pnpm --filter ./packages/docs run docs", PACKAGE, "pnpm run docs"),
        ("npm test", PACKAGE, "npm test"),
        ("npm t", {"package.json": '{"scripts": {"test": "echo none"}}'}, ""),
        ("npm publish", PACKAGE, ""),
        ("yarn eslint .", PACKAGE, ""),
        ("yarn run eslint .", PACKAGE, ""),
        ("yarn run check", PACKAGE, "yarn run check"),
        ("yarn test:unit", PACKAGE, "yarn test:unit"),
        ("tox -e lint", {}, "tox -e lint"),
        ("python -m tox", {"tox.ini": "[testenv]\ncommands = pytest\n"}, ""),
        ("tox -e py312", {"python/tox.ini": "[testenv]\ncommands = pytest\n"}, ""),
        ("uvx nox -s tests", {}, "nox -s tests"),
        ("nox -s tests", {"noxfile.py": ""}, ""),
        ("hatch run lint:all", {"pyproject.toml": ""}, "hatch run lint:all"),
        ("hatch run pytest", {"pyproject.toml": ""}, ""),
        ("poe check", {"pyproject.toml": "[tool.poe.tasks]\ncheck = 'ruff check'\n"}, ""),
        ("pixi run lint", {"pixi.toml": "[tasks]\nbuild = 'x'\n"}, "pixi run lint"),
        ("mvn verify", {"java/core/pom.xml": "<project/>"}, ""),
        ("./gradlew check", {}, "gradlew check"),
        ("./ci/lint.sh", {}, "./ci/lint.sh"),
        ("bash lint.sh", {"ci/lint.sh": "ruff check\n"}, ""),
        ("python tools/check.py --all", {}, "tools/check.py"),
        ("bash /opt/miniconda.sh -b", {}, ""),
        ("python get-pip.py", {}, ""),
        ("bash install.sh", {}, ""),
        ("pytest tests/test_make.py", {}, ""),
        ("git commit -m 'make lint happy'", {}, ""),
        ("echo tox", {}, ""),
    ],
)
def test_what_was_not_found(text: str, files: dict[str, str], call: str) -> None:
    assert lost(tree_of(files), text) == call


def test_a_step_that_works_in_a_folder_is_followed_there() -> None:
    def texts(text: str, files: dict[str, str]) -> list[tuple[str, str]]:
        return [(line.text, line.path) for line in expand(tree_of(files), text)]

    assert texts("make html", {"Makefile": "x:\n\ty\n", "docs/Makefile": "html:\n\tsphinx-build a b\n"}) == [
        ("sphinx-build a b", "docs/Makefile")
    ]
    assert ("pytest", "python/tox.ini") in texts("tox", {"python/tox.ini": "[testenv]\ncommands = pytest\n"})
    nox = "import nox\n@nox.session\ndef lint(session):\n    session.run('ruff', 'check')\n"
    assert texts("nox -s lint", {"python/noxfile.py": nox}) == [("ruff check", "python/noxfile.py")]
    assert ("ruff check", "ci/lint.sh") in texts("bash lint.sh", {"ci/lint.sh": "ruff check\n"})
    two = {"a/lint.sh": "ruff check\n", "b/lint.sh": "flake8\n"}
    assert texts("bash lint.sh", two) == []


@given(st.text(alphabet="mak e$t{}=-'\"xnpruo/.sh(", max_size=80))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(lost(tree_of(MAKEFILE | PACKAGE), f"make {text}"), str)
    assert isinstance(lost(tree_of(MAKEFILE | PACKAGE), text), str)
