"""The golden set: what tools print when they crash. None of it may ever come out as passed, from any tool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assaymark import proc, registry
from assaymark.api import Outcome
from assaymark.tools import manifest as manifests
from assaymark.tools import run
from assaymark.tools.locate import Located
from assaymark.tools.manifest import Kind, Manifest
from assaymark.tools.run import Job, run_tool
from assaymark.tools.workspace import Workspace

CRASHED = Path(__file__).parent / "crashed"
SAMPLES = sorted(p.relative_to(CRASHED).as_posix() for p in CRASHED.glob("*/*.txt"))
TOOLS = {m.name: m for m in manifests.load([folder for p in registry.load().plugins for folder in p.tools])}
PLAIN = """
name = "plain"
about = "Any tool that writes {format}."
kind = "{kind}"
languages = ["Python"]
subcriteria = ["QC.Sty01"]
command = ["plain", "{{files}}"]
ran = [0, 1]
format = "{format}"
executes_code = "never"
{minimum}
[version]
args = ["--version"]
pattern = '.*'
"""
KINDS = {"junit": Kind.TESTS, "cobertura": Kind.COVERAGE, "lcov": Kind.COVERAGE, "jacoco": Kind.COVERAGE}


def plain(format: str) -> Manifest:
    kind = KINDS.get(format, Kind.STYLE)
    return manifests.read(PLAIN.format(format=format, kind=kind, minimum="minimum = 50"), "plain.tool.toml")


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch, tree: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run a tool whose program prints a sample, wherever it is looked for, and ends with a code."""
    found = tree({"a.py": "x = 1\n"})
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(run, "find_program", lambda job, workspace: Located(Path("/bin/true"), "path"))
    monkeypatch.setattr(run, "version_of", lambda *args, **kwargs: "1.0")

    def go(manifest: Manifest, data: bytes, code: int) -> Outcome:
        done = proc.Completed(code, data, data)
        monkeypatch.setattr(proc, "run", lambda *args, **kwargs: done)
        monkeypatch.setattr(run, "_report", lambda *args: data)
        job = Job(manifest=manifest, files=tuple(found), trusted=True, run_tests=True, remember=False)
        return run_tool(job, Workspace(found, tmp_path)).outcome

    return go


def test_the_set_is_there() -> None:
    assert len(SAMPLES) > 40
    assert {"ruff", "flake8", "pylint", "black", "bandit", "mypy", "pytest", "coverage"} <= set(TOOLS)


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_no_crash_of_a_tool_passes(name: str, crash: Callable[..., Any]) -> None:
    manifest = TOOLS[name]
    own = f"{manifest.format}/"
    wrong = []
    for sample in SAMPLES:
        if not sample.startswith(("any/", own, f"{name}/")):
            continue
        data = (CRASHED / sample).read_bytes()
        codes = (*manifest.ran[:2], 70)
        wrong += [f"{sample} (exit {code})" for code in codes if crash(manifest, data, code) is Outcome.PASSED]
    assert wrong == []


@pytest.mark.parametrize("sample", [s for s in SAMPLES if not s.startswith("any/")])
def test_no_half_report_passes(sample: str, crash: Callable[..., Any]) -> None:
    folder = sample.partition("/")[0]
    manifest = TOOLS[folder] if folder in TOOLS else plain(folder)
    data = (CRASHED / sample).read_bytes()
    assert all(crash(manifest, data, code) is not Outcome.PASSED for code in manifest.ran)


def test_a_clean_report_of_each_format_passes(crash: Callable[..., Any]) -> None:
    """Or else the tests above would prove nothing."""
    clean = {
        "sarif": b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": []}]}',
        "checkstyle": b'<checkstyle version="8.0"><file name="A.java"/></checkstyle>',
        "junit": b'<testsuite tests="1"><testcase name="a"/></testsuite>',
        "cobertura": b'<coverage lines-covered="9" lines-valid="10"/>',
        "jacoco": b'<report name="x"><counter type="LINE" missed="1" covered="9"/></report>',
        "lcov": b"TN:\nSF:a.c\nDA:1,1\nend_of_record\n",
    }
    for format, data in clean.items():
        assert crash(plain(format), data, 0) is Outcome.PASSED, format
