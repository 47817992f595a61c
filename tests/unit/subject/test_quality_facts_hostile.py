"""Files made to keep an expression busy: every fact of these checks answers within moments."""

from __future__ import annotations

import time

import pytest

from assaymark import registry
from assaymark.engine import Facts
from assaymark.testing import facts_of, tree_of

FACTS = (
    *("automation", "source_scan", "tests_found", "style_config", "packages", "deployment_files", "security_files"),
    *("secure_rules", "coverage_config", "requirements"),
)
CALLS = (
    "tox -e a",
    "nox -s a",
    "make a",
    "npm test",
    "pdm run a",
    "pre-commit run",
    "pytest",
    "mvn verify",
    "bash run.sh",
)
WORKFLOW = "on: push\njobs:\n  a:\n    steps:\n" + "".join(f"      - run: {call}\n" for call in CALLS)
NAMES = (
    *("tox.ini", "setup.cfg", "noxfile.py", "Makefile", "package.json", "pyproject.toml", ".pre-commit-config.yaml"),
    *(
        ".pylintrc",
        ".clang-format",
        ".eslintrc.yml",
        "eslint.config.js",
        ".lintr",
        "codecov.yml",
        ".coveragerc",
        "pom.xml",
    ),
    *("jest.config.js", "Dockerfile", "compose.yaml", "deploy/a.yml", "recipe/meta.yaml", "SECURITY.md", "run.sh"),
    *("tests/test_a.py", "a.cpp", "a.ts", "docs/r.md"),
)


@pytest.mark.parametrize(
    "unit", ["a", "\n", "a_", "a ", "/*", "coverageThreshold", "chmod ", "install ", "\n\t", "a@", "-e "]
)
def test_it_takes_no_time(unit: str) -> None:
    text = (unit * 60_000)[:60_000]
    tree = tree_of({**dict.fromkeys(NAMES, text), ".github/workflows/ci.yml": WORKFLOW})
    policy = {"requirements": {"prefix": "REQ-", "documents": ["docs/*.md"]}}
    facts = Facts(registry.builtin().facts.values(), facts_of(tree, settings=policy))
    started = time.process_time()
    for name in FACTS:
        assert facts.get(name) is not None
    # It took half a minute before; a slow machine under load needs about a second.
    assert time.process_time() - started < 5
