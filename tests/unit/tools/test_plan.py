from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from assaymark.api import Options, Outcome, Plugin
from assaymark.engine import Facts, run_check
from assaymark.subject.languages import languages
from assaymark.subject.tree import IndexedTree
from assaymark.tools.found import Reports, report_of
from assaymark.tools.manifest import Kind, Manifest
from assaymark.tools.plan import choose, tool_checks, uncovered

Trees = Callable[..., IndexedTree]
NOW = Options(as_of=date(2026, 11, 21))


@dataclass(frozen=True)
class Settings:
    exclude: tuple[str, ...] = ()
    steps: tuple[Any, ...] = ()


def names(found: Any) -> list[str]:
    return [one.manifest.name for one in found]


@pytest.fixture
def linters(lint: Callable[..., Manifest]) -> list[Manifest]:
    """Two for Python of which one is the default, one for shell, one for security."""
    config = '[config]\nfiles = ["{0}.ini"]\nargs = []\n'
    return [
        replace(lint(config.format("alpha"), default=False), name="alpha"),
        replace(lint(config.format("beta")), name="beta"),
        replace(lint(languages=["Shell"]), name="gamma"),
        replace(lint(kind="security", subcriteria=["QC.Sec02"]), name="safe"),
    ]


def test_the_default_judges_when_nothing_is_configured(linters: list[Manifest], tree: Trees) -> None:
    found = tree({"a.py": ""})
    assert names(choose(linters, languages.provide(found), found)) == ["beta", "safe"]


def test_what_the_project_configured_takes_its_place(linters: list[Manifest], tree: Trees) -> None:
    found = tree({"a.py": "", "alpha.ini": ""})
    assert names(choose(linters, languages.provide(found), found)) == ["alpha", "safe"]


def test_all_that_are_configured_judge(linters: list[Manifest], tree: Trees) -> None:
    found = tree({"a.py": "", "alpha.ini": "", "beta.ini": ""})
    assert names(choose(linters, languages.provide(found), found)) == ["alpha", "beta", "safe"]


def test_a_default_leaves_the_place_to_a_tool_without_a_manifest(linters: list[Manifest], tree: Trees) -> None:
    shy = [replace(m, unless=("other.ini",)) if m.name == "beta" else m for m in linters]
    for files, chosen in (
        ({}, ["beta", "safe"]),
        ({"other.ini": ""}, ["safe"]),
        ({"docs/other.ini": ""}, ["beta", "safe"]),
    ):
        found = tree({"a.py": "", **files})
        assert names(choose(shy, languages.provide(found), found)) == chosen
    found = tree({"a.py": "", "other.ini": "", "beta.ini": ""})
    assert names(choose(shy, languages.provide(found), found)) == ["beta", "safe"]


def test_a_tool_without_files_does_not_apply(linters: list[Manifest], tree: Trees) -> None:
    found = tree({"a.sh": "", "alpha.ini": ""})
    assert names(choose(linters, languages.provide(found), found)) == ["gamma"]


def test_excluded_and_foreign_files_are_not_given(linters: list[Manifest], tree: Trees) -> None:
    found = tree({"a.py": "", "gen/b.py": "", "node_modules/x/c.py": "", "third_party/d.py": ""})
    [beta, _] = choose(linters, languages.provide(found), found, ["gen/**"])
    assert [e.path for e in beta.files] == ["a.py"]


def test_of_two_defaults_the_one_that_is_there_judges(linters: list[Manifest], tree: Trees) -> None:
    both = [replace(linters[0], default=True), linters[1]]
    found = tree({"a.py": ""})
    assert names(choose(both, languages.provide(found), found)) == ["alpha"]
    assert names(choose(both, languages.provide(found), found, (), lambda m: m.name == "beta")) == ["beta"]


def test_globs_reach_files_of_no_language(lint: Any, tree: Trees) -> None:
    found = tree({".github/workflows/a.yml": "", "b.yml": ""})
    tool = lint(languages=[], files=[".github/workflows/*.yml"], kind="workflow-lint")
    [one] = choose([tool], languages.provide(found), found)
    assert [e.path for e in one.files] == [".github/workflows/a.yml"]
    assert one.languages == ()


def test_a_language_without_a_tool_is_unknown(tree: Trees) -> None:
    found = languages.provide(tree({"a.py": "x" * 50, "b.f90": "x" * 50, "c.jl": "x" * 50}))
    answers = uncovered("QC.Sec02", Kind.SECURITY, {"Python"}, found, False)
    assert [a.outcome for a in answers] == [Outcome.UNKNOWN] * 2
    assert answers[0].message.startswith("Fortran (1 file)")
    assert "--for QC.Sec02" in (answers[0].remedy or "")


def test_a_small_part_is_named_and_not_held_against_it(tree: Trees) -> None:
    found = languages.provide(tree({"a.py": "x" * 1000, "b.sh": "x" * 10}))
    [answer] = uncovered("QC.Sec02", Kind.SECURITY, {"Python"}, found, False)
    assert answer.outcome is Outcome.NOT_APPLICABLE
    assert "Shell (1 file)" in answer.message


def test_the_main_language_counts_however_small_the_rest(tree: Trees) -> None:
    found = languages.provide(tree({"a.f90": "x"}))
    assert uncovered("QC.Sty01", Kind.STYLE, (), found, False)[0].outcome is Outcome.UNKNOWN


def test_no_code_is_nothing_to_judge(tree: Trees) -> None:
    found = languages.provide(tree({"README.md": "x", "data.json": "{}"}))
    [answer] = uncovered("QC.Sty01", Kind.STYLE, (), found, False)
    assert answer.outcome is Outcome.NOT_APPLICABLE
    [docs] = uncovered("QC.Doc02.2", Kind.DOCUMENTATION_STYLE, (), found, False)
    assert docs.outcome is Outcome.UNKNOWN


def test_a_report_that_was_handed_in_stands_for_the_missing_tool(tree: Trees) -> None:
    found = languages.provide(tree({"a.f90": "x"}))
    [answer] = uncovered("QC.Sec02", Kind.SECURITY, (), found, True)
    assert answer.outcome is Outcome.NOT_APPLICABLE


@pytest.fixture
def plugin(tmp_path: Path, lint: Any) -> Callable[..., Plugin]:
    def make(**manifests: str) -> Plugin:
        folder = tmp_path / "tools"
        folder.mkdir()
        for name, text in manifests.items():
            (folder / f"{name}.tool.toml").write_text(text)
        return Plugin(name="p", version="1", tools=(folder,))

    return make


def text_of(name: str = "lint", kind: str = "style", more: str = "") -> str:
    return f"""
name = "{name}"
about = "A linter."
kind = "{kind}"
languages = ["Python"]
subcriteria = ["QC.Sty01"]
default = true
command = ["{name}", "{{files}}"]
ran = [0]
format = "{"junit" if kind == "tests" else "sarif"}"
executes_code = "{"always" if kind == "tests" else "never"}"
{more}
[version]
args = ["--version"]
pattern = '.*'
"""


def test_without_tools_each_says_that_it_was_not_run(plugin: Any, tree: Trees) -> None:
    found = tree({"a.py": ""})
    options = replace(NOW, tools=False)
    checks = tool_checks([plugin(lint=text_of())], languages.provide(found), found, Settings(), options)
    [tool] = [c for c in checks if c.id == "tool.lint"]
    assert not tool.external
    assert tool.subcriteria == ("QC.Sty01",)
    [answer] = run_check(tool, Facts([], {}))
    assert answer.outcome is Outcome.UNKNOWN
    assert "--no-tools" in answer.message


def test_tests_wait_for_consent_unless_a_report_lies_there(plugin: Any, tree: Trees) -> None:
    found = tree({"a.py": ""})
    checks = tool_checks([plugin(t=text_of("t", "tests"))], languages.provide(found), found, Settings(), NOW)
    by_id = {c.id: c for c in checks}
    nothing = Facts([], {"reports_found": Reports()})
    assert run_check(by_id["tool.t"], nothing)[0].outcome is Outcome.UNKNOWN
    assert run_check(by_id["tool.junit"], nothing)[0].outcome is Outcome.NOT_APPLICABLE
    report = report_of(b'<testsuite tests="1"><testcase name="a"/></testsuite>', "junit.xml", None)
    there = Facts([], {"reports_found": Reports((report,))})
    assert run_check(by_id["tool.t"], there)[0].outcome is Outcome.NOT_APPLICABLE
    [answer] = run_check(by_id["tool.junit"], there)
    assert (answer.outcome, answer.grade) == (Outcome.PASSED, "self-reported")
    stale = Facts([], {"reports_found": Reports((report._replace(stale="it is older than the commit"),))})
    assert run_check(by_id["tool.junit"], stale)[0].outcome is Outcome.UNKNOWN
    assert run_check(by_id["tool.t"], stale)[0].outcome is Outcome.UNKNOWN


def test_the_check_reads_what_the_tool_is_given_and_its_configuration(plugin: Any, tree: Trees) -> None:
    found = tree({"a.py": "", "b/c.pyi": ""})
    text = text_of().replace("[version]", '[config]\nfiles = ["lint.ini", "setup.cfg#lint"]\n[version]')
    checks = tool_checks([plugin(lint=text)], languages.provide(found), found, Settings(), NOW)
    [tool] = [c for c in checks if c.id == "tool.lint"]
    assert set(tool.reads) == {"**/*.py", "**/*.pyi", "lint.ini", "setup.cfg"}
    assert tool.help.startswith("A linter.")


def test_identifiers_are_unique(plugin: Any, tree: Trees) -> None:
    found = tree({"a.py": ""})
    step = MappingProxyType({"name": "s", "criterion": "QC.Uni01", "command": ("true",)})
    checks = tool_checks([plugin(lint=text_of())], languages.provide(found), found, Settings(steps=(step, step)), NOW)
    ids = [c.id for c in checks]
    assert len(set(ids)) == len(ids)
    assert "tools.uncovered.QC.Sty01" in ids
