"""Each tool on a small real project: a clean one passes, a flawed one fails at the right place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Evidence, Options, Outcome
from assaymark.engine import Facts, run_check
from assaymark.subject.checkout import open_subject
from assaymark.subject.languages import languages
from assaymark.testing import AS_OF, NewCommit, repository_of
from assaymark.tools.plan import tool_checks
from assaymark.tools.workspace import Workspace
from assaymark_python import PLUGIN

Run = Callable[..., Evidence]
CLEAN = {"app.py": '"""An app."""\n\nVALUE = 1\n'}
UNUSED = {"app.py": '"""An app."""\n\nimport os\n'}


class Nothing:
    """No configuration of the assessment."""

    exclude: tuple[str, ...] = ()
    steps: tuple[Any, ...] = ()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run one tool on a repository."""
    numbers = itertools.count()

    def go(name: str, files: Mapping[str, str], *, bare: bool = False) -> Evidence:
        root = repository_of(tmp_path / f"repo{next(numbers)}", [NewCommit(write=files)], bare=bare)
        opened = open_subject(root)
        options = Options(as_of=AS_OF, root=opened.root, cache=False, trust_repository=name == "mypy")
        checks = tool_checks([PLUGIN], languages.provide(opened.tree), opened.tree, Nothing(), options)
        [check] = [c for c in checks if c.id == f"tool.{name}"]
        facts = Facts([], {"workspace": Workspace(opened.tree, opened.root)})
        [found] = run_check(check, facts)
        return found

    return go


def tool(name: str, *values: object) -> Any:
    return pytest.param(name, *values, marks=pytest.mark.service(name), id=name)


CONFIGURED = {
    "ruff": {},
    "flake8": {".flake8": "[flake8]\nmax-line-length = 99\n"},
    "pylint": {".pylintrc": "[FORMAT]\nmax-line-length=99\n"},
    "bandit": {},
    "mypy": {"mypy.ini": "[mypy]\nstrict = True\n"},
    "black": {"pyproject.toml": "[tool.black]\nline-length = 99\n"},
}


@pytest.mark.parametrize("bare", [False, True], ids=["checkout", "bare"])
@pytest.mark.parametrize("name", [tool(name) for name in CONFIGURED])
def test_a_clean_project_passes(name: str, bare: bool, run: Run) -> None:
    found = run(name, CLEAN | CONFIGURED[name], bare=bare)
    assert found.outcome is Outcome.PASSED, found.message
    assert found.findings == ()
    assert found.tool is not None
    assert found.tool.version
    assert found.tool.version[0].isdigit()


@pytest.mark.parametrize(
    ("name", "files", "rule", "line"),
    [
        tool("ruff", UNUSED, "ruff/F401", 3),
        tool("flake8", UNUSED, "flake8/F401", 3),
        tool("pylint", UNUSED, "pylint/unused-import", 3),
        tool(
            "bandit", {"app.py": "import subprocess\nsubprocess.Popen('ls ' + input(), shell=True)\n"}, "bandit/B602", 2
        ),
        tool("mypy", {"app.py": 'VALUE: int = "x"\n'}, "mypy/assignment", 1),
        tool("black", {"app.py": "x   =  1\n"}, "black/would-reformat", None),
    ],
)
def test_a_flaw_fails_at_its_place(name: str, files: Mapping[str, str], rule: str, line: int | None, run: Run) -> None:
    found = run(name, {**files, **CONFIGURED[name]})
    assert found.outcome is Outcome.FAILED, found.message
    [finding] = [f for f in found.findings if f.rule == rule]
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("app.py", line)


@pytest.mark.parametrize("name", [tool(name) for name in CONFIGURED])
def test_a_file_that_cannot_be_parsed_is_no_pass(name: str, run: Run) -> None:
    found = run(name, {"bad.py": "def f(:\n", **CLEAN, **CONFIGURED[name]})
    assert found.outcome in (Outcome.FAILED, Outcome.UNKNOWN), found.message
    assert "bad.py" in found.message


@pytest.mark.parametrize(
    ("name", "files"),
    [
        tool("ruff", {"ruff.toml": 'lint.ignore = ["F401"]\n'}),
        tool("flake8", {"setup.cfg": "[flake8]\nignore = F401\n"}),
        tool("pylint", {"pyproject.toml": '[tool.pylint."messages control"]\ndisable = ["unused-import"]\n'}),
    ],
)
def test_the_projects_own_rules_hold(name: str, files: Mapping[str, str], run: Run) -> None:
    found = run(name, {**UNUSED, **files})
    assert found.outcome is Outcome.PASSED, found.message


@pytest.mark.service("black")
def test_what_black_is_told_to_leave_out_is_left_out(run: Run) -> None:
    files = CLEAN | {"gen/app.py": "x   =  1\n", "pyproject.toml": "[tool.black]\nextend-exclude = '^/gen/'\n"}
    assert run("black", files).outcome is Outcome.PASSED


@pytest.mark.service("mypy")
def test_mypy_looks_at_what_the_project_gives_it(run: Run) -> None:
    wrong = {"tests/x.py": 'VALUE: int = "x"\n'}
    assert run("mypy", CLEAN | wrong | {"mypy.ini": "[mypy]\nfiles = app.py\n"}).outcome is Outcome.PASSED


@pytest.mark.service("flake8")
def test_paths_in_a_configuration_stay_what_they_were(run: Run) -> None:
    files = {"lib/app.py": UNUSED["app.py"], ".flake8": "[flake8]\nper-file-ignores =\n    lib/app.py:F401\n"}
    assert run("flake8", files).outcome is Outcome.PASSED


@pytest.mark.service("pylint")
def test_what_is_not_installed_here_is_not_the_projects_fault(run: Run) -> None:
    files = {"app.py": '"""An app."""\n\nimport surely_not_installed\n\nprint(surely_not_installed)\n'}
    assert run("pylint", files | CONFIGURED["pylint"]).outcome is Outcome.PASSED


@pytest.mark.service("pylint")
def test_advice_does_not_fail(run: Run) -> None:
    found = run("pylint", {"app.py": "VALUE = 1\n"} | CONFIGURED["pylint"])
    assert found.outcome is Outcome.PASSED
    assert [f.rule for f in found.findings] == ["pylint/missing-module-docstring"]


@pytest.mark.service("bandit")
def test_what_bandit_is_not_sure_of_is_shown_and_does_not_fail(run: Run) -> None:
    found = run("bandit", {"app.py": "import pickle\n\npickle.loads(input())\n"})
    assert found.outcome is Outcome.PASSED
    assert "bandit/B301" in {f.rule for f in found.findings}


@pytest.mark.service("ruff")
def test_a_hook_alone_means_the_tools_own_defaults(run: Run) -> None:
    hooks = "repos:\n- repo: https://example.org/ruff\n  rev: v1\n  hooks:\n  - id: ruff\n"
    long = {"app.py": '"""An app."""\n\nVALUE = "' + "x" * 120 + '"\n'}
    assert run("ruff", long | {".pre-commit-config.yaml": hooks}).outcome is Outcome.PASSED


@pytest.mark.service("ruff")
def test_nothing_configured_means_errors_and_not_taste(run: Run) -> None:
    long = {"app.py": '"""An app."""\n\nVALUE = "' + "x" * 120 + '" \n'}
    assert run("ruff", long).outcome is Outcome.PASSED
    assert [f.rule for f in run("ruff", {"app.py": "print(value)\n"}).findings] == ["ruff/F821"]


@pytest.mark.service("ruff")
def test_scripts_of_snakemake_are_given_a_name(run: Run) -> None:
    assert run("ruff", {"workflow/scripts/plot.py": "print(snakemake.input[0])\n"}).outcome is Outcome.PASSED
