from __future__ import annotations

import pytest

from assaymark.subject.tasks.expand import expand
from assaymark.testing import script, tree_of

RUN = "#!/usr/bin/env bash\nset -e\n\nruff check\npytest --cov\n"
CHECK = """import subprocess
import sys

EXTRA = ["--cov", "--strict"]


def main():
    subprocess.run([sys.executable, "-m", "pytest", *EXTRA], check=True)


subprocess.check_call("ruff check .", shell=True)
"""
TREE = tree_of({".ci/run": script(RUN), "build": script(RUN), "tools/check.py": CHECK, "data/run": "ruff check\n"})
LINES = [(".ci/run", 4, "ruff check"), (".ci/run", 5, "pytest --cov")]


@pytest.mark.parametrize(
    "call",
    [
        ".ci/run",
        "./.ci/run --fast",
        "bash .ci/run",
        "/bin/bash -e .ci/run",
        "CI=1 sh .ci/run",
        "sudo -E .ci/run",
        "uv run .ci/run",
        "source .ci/run",
    ],
)
def test_a_script_is_followed_however_it_is_started(call: str) -> None:
    assert [(x.path, x.line, x.text) for x in expand(TREE, call) if not x.text.startswith("set")] == LINES


def test_a_script_in_the_root_needs_a_shell_before_it() -> None:
    assert [x.text for x in expand(TREE, "bash build")][-1] == "pytest --cov"
    assert list(expand(TREE, "build")) == []


def test_what_a_python_program_starts_is_seen() -> None:
    found = [(x.path, x.line, x.text) for x in expand(TREE, "python tools/check.py --all")]
    assert sorted(found) == [
        ("tools/check.py", 8, "-m pytest --cov --strict"),
        ("tools/check.py", 11, "ruff check ."),
    ]


@pytest.mark.parametrize("call", ["data/run", "cat .ci/run.txt", "missing/run", "bash", "python", "../.ci/run"])
def test_what_is_no_script_of_the_repository_starts_nothing(call: str) -> None:
    assert list(expand(TREE, call)) == []
