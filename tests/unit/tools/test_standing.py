"""What may speak for a tool that cannot run, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Options, Outcome, Plugin
from assaymark.engine import Facts, run_check
from assaymark.subject.checkout import open_subject
from assaymark.subject.languages import languages
from assaymark.testing import NewCommit, repository_of
from assaymark.tools.found import report_of
from assaymark.tools.ingest import ingest
from assaymark.tools.manifest import Executes, Manifest
from assaymark.tools.plan import tool_checks
from assaymark.tools.standing import Standing, unable

NOW = Options(as_of=date(2026, 11, 21))


def sarif(tool: str) -> bytes:
    run = f'{{"tool": {{"driver": {{"name": "{tool}", "version": "1"}}}}, "results": []}}'
    return f'{{"version": "2.1.0", "runs": [{run}]}}'.encode()


def handed_in(tool: str, id: str = "QC.Sty01") -> Standing:
    return Standing(reports=(report_of(sarif(tool), "x.sarif", None, id=id),))


@pytest.fixture
def known(lint: Callable[..., Manifest]) -> dict[str, Manifest]:
    return {
        "lint": lint(),
        "rival": replace(lint(), name="rival"),
        "gopher": replace(lint(languages=["Go"]), name="gopher"),
    }


@pytest.mark.parametrize(
    ("maker", "stands"), [("lint", True), ("Lint", True), ("rival", True), ("gopher", False), ("CodeQL", True)]
)
def test_a_known_tool_speaks_for_its_languages_only(maker: str, stands: bool, known: dict[str, Manifest]) -> None:
    assert handed_in(maker).replaces(known["lint"], tuple(known.values())) is stands


def test_a_report_for_something_else_does_not_stand(known: dict[str, Manifest]) -> None:
    found = handed_in("lint", "QC.Sec02")
    assert not found.replaces(known["lint"], ())
    assert not found.covers("QC.Sty01")
    assert found.covers("QC.Sec02")


def test_every_sub_criterion_of_the_tool_must_be_answered(known: dict[str, Manifest]) -> None:
    both = replace(known["lint"], subcriteria=("QC.Sty01", "QC.Sec02"))
    assert not handed_in("lint").replaces(both, ())
    assert handed_in("lint")._replace(steps=frozenset(["QC.Sec02"])).replaces(both, ())


@pytest.mark.parametrize(
    ("given", "available", "expected"),
    [
        ({}, True, False),
        ({}, False, True),
        ({"tools": False}, True, True),
        ({"executes": Executes.ALWAYS}, True, True),
        ({"executes": Executes.ALWAYS, "trust_repository": True}, True, False),
    ],
)
def test_what_cannot_run(given: dict[str, Any], available: bool, expected: bool, known: dict[str, Manifest]) -> None:
    manifest = replace(known["lint"], executes_code=given.pop("executes", Executes.NEVER))
    assert unable(manifest, replace(NOW, **given), available=available) is expected


def test_a_report_of_the_missing_tool_settles_it(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "lint.tool.toml").write_text(
        'name = "no-such-linter"\nabout = "x"\nkind = "style"\nlanguages = ["Python"]\nsubcriteria = ["QC.Sty01"]\n'
        'default = true\ncommand = ["no-such-linter"]\nran = [0]\nformat = "sarif"\nexecutes_code = "never"\n'
        "[version]\nargs = [\"-v\"]\npattern = '.*'\n"
    )
    root = repository_of(tmp_path / "r", [NewCommit(write={"a.py": "x = 1\n"})])
    (tmp_path / "r.sarif").write_bytes(sarif("no-such-linter"))

    def outcomes() -> set[tuple[str, Outcome]]:
        opened = open_subject(root)
        given: Any = type("S", (), {"exclude": (), "steps": ()})()
        plugin = Plugin(name="p", version="1", tools=(tools,))
        found = languages.provide(opened.tree)
        checks = tool_checks([plugin], found, opened.tree, given, replace(NOW, root=opened.root, tools=False))
        return {(c.id.split(".QC")[0], e.outcome) for c in checks for e in run_check(c, Facts([], {}))}

    assert ("tool.no-such-linter", Outcome.UNKNOWN) in outcomes()
    ingest(tmp_path / "r.sarif", "QC.Sty01", root)
    assert ("tool.no-such-linter", Outcome.NOT_APPLICABLE) in outcomes()
    assert ("ingested", Outcome.PASSED) in outcomes()
    (root / "a.py").write_text("x = 2\n")
    assert ("tool.no-such-linter", Outcome.UNKNOWN) in outcomes(), "the report is about other files"
