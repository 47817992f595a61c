from __future__ import annotations

import pytest

from assaymark.api import Evidence, Outcome, ToolRef
from assaymark.testing import tree_of
from assaymark.tools.held import Held, held_version, weighed
from assaymark.tools.manifest import Manifest, read

HOOKS = """repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: {rev}
    hooks:
      - id: ruff-check
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".pre-commit-config.yaml", HOOKS.format(rev="v0.16.0"), ("0.16.0", 3)),
        (".pre-commit-config.yaml", HOOKS.format(rev="cb8c523fd4835aba  # frozen: v0.16.1"), ("0.16.1", 3)),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "ruff"\nversion = "0.15.9"\n', ("0.15.9", 5)),
        ("pyproject.toml", '[dependency-groups]\ndev = ["ruff==0.9.1"]\n', ("0.9.1", 2)),
        ("pyproject.toml", '[dependency-groups]\ndev = ["ruff>=0.9", "types-ruff==1.0"]\n', None),
        (".pre-commit-config.yaml", HOOKS.format(rev="main"), None),
    ],
)
def test_where_a_version_is_written(path: str, text: str, expected: tuple[str, int] | None) -> None:
    found = held_version(tree_of({path: text}), "ruff")
    assert found == (Held(expected[0], path, expected[1]) if expected else None)


def evidence(version: str, outcome: Outcome = Outcome.FAILED) -> Evidence:
    return Evidence(outcome=outcome, message="ruff found 2 problems", tool=ToolRef(name="ruff", version=version))


def manifest(kind: str) -> Manifest:
    return read(
        f'''
name = "ruff"
about = "A linter."
kind = "{kind}"
languages = ["Python"]
subcriteria = ["QC.Sty01"]
command = ["ruff", "--", "{{files}}"]
ran = [0, 1]
format = "sarif"
executes_code = "never"
[version]
args = ["--version"]
pattern = 'ruff (\\d\\S*)'
''',
        "ruff.tool.toml",
    )


TREE = tree_of({".pre-commit-config.yaml": HOOKS.format(rev="v0.16.0")})


def test_problems_that_another_version_finds_are_not_held_against_a_project() -> None:
    found = weighed(evidence("0.17.5"), manifest("style"), TREE)
    assert found.outcome is Outcome.UNKNOWN
    assert ".pre-commit-config.yaml:3 holds on to ruff 0.16.0" in found.message
    assert found.remedy


def test_those_of_its_own_version_are() -> None:
    assert weighed(evidence("0.16.9"), manifest("style"), TREE).outcome is Outcome.FAILED
    assert weighed(evidence("0.17.5"), manifest("style"), tree_of({})).outcome is Outcome.FAILED


def test_only_failed_style_is_weighed() -> None:
    assert weighed(evidence("0.17.5"), manifest("security"), TREE).outcome is Outcome.FAILED
    assert weighed(evidence("0.17.5", Outcome.PASSED), manifest("style"), TREE).outcome is Outcome.PASSED
