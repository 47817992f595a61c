from __future__ import annotations

from collections.abc import Mapping

import pytest

from assaymark.subject.automation import Automation, automation, named
from assaymark.subject.purposes import ANY_STYLE, COVERAGE, PUBLISH, TEST
from assaymark.subject.workflows import workflows
from assaymark.testing import tree_of

WORKFLOW = ".github/workflows/ci.yml"


def seen(files: Mapping[str, str]) -> Automation:
    tree = tree_of(files)
    return automation.provide(tree, workflows.provide(tree))


def github(*steps: str, on: str = "pull_request") -> dict[str, str]:
    lines = "".join(f"      - {step}\n" for step in steps)
    return {WORKFLOW: f"on: {on}\njobs:\n  a:\n    runs-on: x\n    steps:\n{lines}"}


def texts(found: Automation) -> list[str]:
    return [c.text for c in found.commands]


def test_each_line_of_a_block_has_its_place() -> None:
    found = seen(github("run: |\n          pip install pytest\n          pytest -x\n          ruff check ."))
    assert [(c.text, c.line) for c in found.commands] == [("pytest -x", 8), ("ruff check .", 9)]


def test_what_is_only_installed_is_not_run() -> None:
    found = seen(github("run: pip install ruff pytest", "run: sudo apt-get install -y clang-format"))
    assert not found.doing(ANY_STYLE)
    assert not found.doing(TEST)


def test_a_schedule_is_no_change() -> None:
    found = seen(github("run: pytest", on="{schedule: [{cron: '0 0 * * *'}]}"))
    assert found.doing(TEST)
    assert not found.doing(TEST, on_change=True)


def test_tox_leads_to_the_commands_of_its_environment() -> None:
    tox = "[tox]\nenvlist = lint\n[testenv:lint]\ncommands =\n    flake8 src\n[testenv:py]\ncommands = pytest --cov\n"
    found = seen({**github("run: tox -e lint"), "tox.ini": tox})
    assert named(ANY_STYLE, found.doing(ANY_STYLE)) == "flake8 (tox.ini:5)"
    assert not found.doing(COVERAGE)


def test_a_chain_of_runners_is_followed() -> None:
    files = {
        **github("run: make check"),
        "Makefile": "check:\n\tbash ci/run.sh\n",
        "ci/run.sh": "#!/bin/sh\nset -e\nnpm test\n",
        "package.json": '{"scripts": {"test": "jest --coverage"}}',
    }
    found = seen(files)
    assert [(c.path, c.line) for c in found.doing(COVERAGE)] == [("package.json", 1)]


def test_runners_that_call_each_other_end() -> None:
    files = {**github("run: make a"), "Makefile": "a:\n\tmake b\nb:\n\tmake a\n\tpytest\n"}
    assert seen(files).doing(TEST)


def test_inputs_and_variables_that_are_commands_count() -> None:
    found = seen(
        github(
            "uses: nick-fields/retry@v3\n        with:\n          command: pytest",
            'uses: pypa/cibuildwheel@v2\n        env:\n          CIBW_TEST_COMMAND: "ctest"',
        )
    )
    assert {"pytest", "ctest"} <= set(texts(found))


def test_a_reusable_workflow_elsewhere_leaves_us_blind() -> None:
    found = seen({WORKFLOW: "on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n"})
    assert "o/r" in found.blind(on_change=True)


def test_a_service_in_a_container_does_not() -> None:
    assert not seen(github("run: docker run -d --name db neo4j")).blind()
    assert seen(github("run: docker run --rm image pytest-all")).blind()


def test_a_broken_definition_leaves_us_blind() -> None:
    assert "could not be read" in seen({WORKFLOW: "on: [push\n"}).blind()


def test_jobs_that_may_fail_are_marked() -> None:
    found = seen({WORKFLOW: "on: push\njobs:\n  a:\n    continue-on-error: true\n    steps:\n      - run: pytest\n"})
    assert all(c.may_fail for c in found.commands)


@pytest.mark.parametrize(
    ("text", "uses", "fits"),
    [
        ("docker/build-push-action@v6 push=true", True, True),
        ("docker/build-push-action@v6 push=false", True, False),
        ("goreleaser/goreleaser-action@v6 args=release --snapshot", True, False),
        ("twine upload dist/*", False, True),
        ("twine check dist/*", False, False),
    ],
)
def test_publication_is_told_from_building(text: str, uses: bool, fits: bool) -> None:
    assert PUBLISH.fits(text, uses) is fits
