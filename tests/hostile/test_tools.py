"""Real linters on a hostile repository: nothing of the repository may be executed, whatever its configuration says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from assaymark import config, registry
from assaymark.api import Evidence, Options, Outcome
from assaymark.engine import Facts, run
from assaymark.subject.checkout import open_subject
from assaymark.subject.languages import languages
from assaymark.subject.workspace import reports_found
from assaymark.tools.plan import tool_checks
from assaymark.tools.workspace import Workspace

Assess = Callable[..., Mapping[str, Evidence]]


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Code of the repository that runs anywhere makes this file."""
    return tmp_path / "EXECUTED"


@pytest.fixture
def evil(marker: Path) -> str:
    """A Python statement that shows that it ran, on one line."""
    return f"open({str(marker)!r}, 'a').write(__file__ if '__file__' in dir() else 'x')"


@pytest.fixture
def assess(tmp_path: Path) -> Assess:
    """Run all tools that apply to a repository and give their evidence by name."""

    def go(files: Mapping[str, str], *only: str, **options: object) -> Mapping[str, Evidence]:
        root = tmp_path / "repo"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(root), "commit", "-qm", "x"], check=True)
        opened = open_subject(root)
        allowed = Options(as_of=date(2026, 11, 21), root=opened.root, cache=False, **options)  # type: ignore[arg-type]
        found = languages.provide(opened.tree)
        checks = tool_checks(registry.load().plugins, found, opened.tree, config.Config(), allowed)
        given = {
            "workspace": Workspace(opened.tree, opened.root),
            "tree": opened.tree,
            "opened": opened,
            "settings": {},
        }
        chosen = [c for c in checks if c.id.removeprefix("tool.") in only]
        results = run(chosen, Facts([reports_found], given), jobs=2)
        return {id.removeprefix("tool."): evidence[0] for id, evidence in results.items()}

    return go


CODE = {"src/app.py": '"""An app."""\n\nimport json\nimport helper\n\nprint(json.dumps(helper.VALUE))\n'}
FLAWED = {"src/app.py": '"""An app."""\nimport os\nx=1\n'}


def ran(found: Evidence) -> bool:
    return found.outcome in (Outcome.PASSED, Outcome.FAILED)


@pytest.mark.service("flake8", "pylint", "ruff", "bandit", "black")
def test_modules_in_the_checkout_hijack_no_tool(
    assess: Assess, evil: str, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        *(
            "json",
            "sitecustomize",
            "usercustomize",
            "ruff",
            "flake8",
            "pylint",
            "mypy",
            "bandit",
            "black",
            "ast",
        ),
        *("conftest", "setup", "noxfile", "src/json", "src/helper", "src/sitecustomize", "helper", "astroid/__init__"),
    )
    files = {f"{name}.py": evil + "\n" for name in names}
    files |= dict.fromkeys((".flake8", "mypy.ini"), "[tool]\n") | {".pylintrc": "[MAIN]\njobs=1\n"}
    files |= {"pyproject.toml": "[tool.ruff]\n[tool.black]\n", ".flake8": "[flake8]\n", "mypy.ini": "[mypy]\n"}
    files |= {"evil.pth": f"import os; {evil}\n", "pip.conf": "[global]\n", "tox.ini": "[tox]\n"}
    names_of_tools = ("ruff", "flake8", "pylint", "bandit", "black")
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.chdir(Path(os.environ["HOME"]))
    found = assess(files | CODE, *names_of_tools)
    for name in names_of_tools:
        assert ran(found[name]), found[name].message
    assert not marker.exists(), marker.read_text()


PYLINTRC = """
[DEFAULT]
init-hook={evil}
[MASTER]
init-hook={evil}
load-plugins=plugin
extension-pkg-allow-list=plugin
unsafe-load-any-extension=yes
[MAIN]
init_hook = {evil}
[REPORTS]
score=yes
reports=yes
evaluation=__import__('plugin').x
output-format=plugin.Reporter
"""
PYLINT_TOML = """
[tool.pylint]
init-hook = '''{evil}'''
[tool.pylint.main]
'init-hook' = '''{evil}'''
load-plugins = ['plugin']
[tool.pylint.reports]
evaluation = '''{evil}'''
output-format = 'plugin.Reporter'
"""


@pytest.mark.service("pylint")
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (".pylintrc", PYLINTRC),
        ("pylintrc", "[x]\nINIT-HOOK={evil}\nload_plugins=plugin\nsource-roots=.\n"),
        ("setup.cfg", "[pylint.MASTER]\ninit-hook={evil}\n[pylint.REPORTS]\nevaluation=__import__('plugin').x\n"),
        ("pyproject.toml", PYLINT_TOML),
    ],
)
def test_pylint_runs_none_of_it(place: str, text: str, assess: Assess, evil: str, marker: Path) -> None:
    files = {place: text.replace("{evil}", evil), "plugin.py": evil + "\nx = 10.0\ndef register(linter): pass\n"}
    found = assess(files | FLAWED, "pylint")["pylint"]
    assert not marker.exists()
    assert found.outcome is Outcome.FAILED, found.message
    assert "pylint/unused-import" in {f.rule for f in found.findings}


@pytest.mark.service("flake8")
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            ".flake8",
            "[flake8]\nmax-line-length = 99\n[flake8:local-plugins]\nextension =\n  X = plugin:Plugin\npaths = .\n",
        ),
        ("setup.cfg", "[flake8]\nignore=\n[flake8:local-plugins]\nreport = X = plugin:Plugin\npaths = ./\n"),
        (
            "tox.ini",
            "[flake8]\nenable-extensions = X\nformat = plugin\n[flake8:local-plugins]\nextension = X = plugin:Plugin\n",
        ),
        (".flake8", "[flake8]\nlocal_plugins = x\n[flake8:local_plugins]\nextension = X = plugin:Plugin\n"),
    ],
)
def test_flake8_runs_none_of_it(place: str, text: str, assess: Assess, evil: str, marker: Path) -> None:
    found = assess({place: text, "plugin.py": evil + "\n"} | FLAWED, "flake8")["flake8"]
    assert not marker.exists()
    assert found.outcome is Outcome.FAILED, found.message
    assert "flake8/F401" in {f.rule for f in found.findings}


@pytest.mark.service("mypy")
@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("mypy.ini", "[mypy]\nplugins = plugin\n"),
        ("mypy.ini", "[mypy]\nplugins = ./plugin.py, src/plugin.py\nmypy_path = .\n"),
        ("setup.cfg", "[mypy]\nplugins = plugin.py\n"),
        ("pyproject.toml", "[tool.mypy]\nplugins = ['plugin', './plugin.py']\npython_executable = './python'\n"),
    ],
)
def test_mypy_runs_none_of_it(place: str, text: str, assess: Assess, evil: str, marker: Path, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "python").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (tmp_path / "repo" / "python").chmod(0o755)
    code = {"src/app.py": '"""An app."""\nx: int = ""\n'}
    found = assess({place: text, "plugin.py": evil + "\ndef plugin(v): raise SystemExit\n"} | code, "mypy")
    assert not marker.exists()
    assert found == {}, "it needs the project's environment, and hence consent"


@pytest.mark.service("pytest")
def test_tests_are_not_run_unless_asked(assess: Assess, evil: str, marker: Path) -> None:
    found = assess(
        {"conftest.py": evil + "\n", "tests/test_x.py": evil + "\n", "setup.py": evil + "\n"} | CODE,
        "pytest",
        "coverage",
    )
    assert found["pytest"].outcome is Outcome.UNKNOWN
    assert "--run-tests" in (found["pytest"].remedy or "")
    assert not marker.exists()


@pytest.mark.service("pytest", "coverage")
def test_tests_are_run_when_asked(assess: Assess) -> None:
    files = {
        "src/app.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "tests/test_x.py": "import sys\nsys.path.insert(0, 'src')\nfrom app import f\ndef test_f(): assert f(1) == 1\n",
    }
    found = assess(files, "pytest", "coverage", run_tests=True)
    assert found["pytest"].outcome is Outcome.PASSED, found["pytest"].message
    assert found["pytest"].metrics["tests"] == 1
    assert found["coverage"].outcome is Outcome.PASSED, found["coverage"].message
    assert found["coverage"].grade == "self-reported"


@pytest.mark.service("pytest", "coverage")
@pytest.mark.parametrize(
    ("test", "outcome", "says"),
    [
        ("def test_f(): assert 0\n", Outcome.FAILED, "1 failed"),
        ("import no_such_module\ndef test_f(): pass\n", Outcome.UNKNOWN, "could not be collected"),
        ("x = 1\n", Outcome.UNKNOWN, "no tests were found"),
        ("import os\ndef test_f(): os._exit(0)\n", Outcome.ERROR, "wrote no report"),
        ("import os\ndef test_f(): os.kill(os.getpid(), 9)\n", Outcome.UNKNOWN, "killed"),
        ("import pytest\ndef test_f(missing_fixture): pass\n", Outcome.ERROR, "1 broke"),
        ("import pytest\ndef test_f(): pytest.skip('no')\n", Outcome.UNKNOWN, "no test ran"),
    ],
)
def test_tests_that_did_not_run_prove_nothing(test: str, outcome: Outcome, says: str, assess: Assess) -> None:
    found = assess({"tests/test_x.py": test}, "pytest", "coverage", run_tests=True)
    assert found["pytest"].outcome is outcome, found["pytest"].message
    assert says in found["pytest"].message
    assert found["coverage"].outcome is Outcome.UNKNOWN


@pytest.mark.service("ruff", "bandit")
def test_a_file_that_cannot_be_parsed_is_never_clean(assess: Assess) -> None:
    found = assess({"src/bad.py": "def f(:\n", "src/good.py": '"""Good."""\n'}, "ruff", "bandit")
    assert found["ruff"].outcome is Outcome.FAILED
    assert found["bandit"].outcome is Outcome.UNKNOWN
    assert "src/bad.py" in found["bandit"].message


@pytest.mark.service("ruff")
def test_a_broken_configuration_is_no_pass(assess: Assess) -> None:
    found = assess({"ruff.toml": "lin-length = 3\n", "src/good.py": '"""Good."""\n'}, "ruff")
    assert found["ruff"].outcome is Outcome.ERROR
    assert "ruff.toml" in found["ruff"].message


@pytest.mark.service("ruff", "flake8", "bandit")
def test_odd_names_do_no_harm(assess: Assess, marker: Path) -> None:
    names = (
        "-rf.py",
        "a b.py",
        f"$(touch {marker.name}).py",
        "::error::x.py",
        "new\nline.py",
        "@everyone.py",
        "a;b.py",
    )
    files = {f"src/{n}": '"""Doc."""\nimport os\n' for n in names} | {".flake8": "[flake8]\n", "--version": ""}
    found = assess(files, "ruff", "flake8", "bandit")
    assert found["flake8"].outcome is not Outcome.PASSED
    assert ran(found["bandit"]), found["bandit"].message
    assert all(c.isprintable() for e in found.values() for f in e.findings for c in f.message)


def test_own_python_is_what_runs() -> None:
    """The tests above mean little when tools come from elsewhere."""
    assert (Path(sys.executable).parent / "ruff").exists()
