"""Assessments that are remembered: what the key holds, and how little is loaded to answer from it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assaymark import registry, remembered
from assaymark.api import Options

PROBE = """
import json, sys
from assaymark.__main__ import main
code = main(["assess", "--no-tools", "--quiet", "--format", "json"])
told = ("assaymark", "assaymark_python", "jsonschema", "yaml", "rich")
loaded = [n for n in sys.modules if n.partition(".")[0] in told]
print(json.dumps({"code": code, "loaded": loaded}), file=sys.stderr)
"""


def assessed(folder: Path, cache: Path) -> tuple[dict[str, object], set[str]]:
    """The assessment of a folder by a fresh process, and the modules that this took."""
    import json

    environment = {**os.environ, "ASSAYMARK_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=folder, env=environment, capture_output=True, check=True)
    told = json.loads(done.stderr)
    assert told["code"] == 0
    return json.loads(done.stdout), set(told["loaded"])


def test_a_remembered_assessment_loads_no_check_and_no_plugin(tmp_path: Path) -> None:
    subject = tmp_path / "subject"
    subject.mkdir()
    (subject / "README.md").write_text("# Spam\n")
    first, loaded = assessed(subject, tmp_path / "cache")
    assert "assaymark.checks.documentation" in loaded
    again, loaded = assessed(subject, tmp_path / "cache")
    assert (first["run"]["cached"], again["run"]["cached"]) == (False, True)  # type: ignore[index]
    assert {**first, "run": None} == {**again, "run": None}
    heavy = {n for n in loaded if n.startswith(("assaymark.checks", "assaymark.tools.plan", "assaymark.subject.doc"))}
    assert not heavy
    assert not loaded & {"assaymark_python", "jsonschema", "yaml", "rich"}


def test_the_code_of_a_plugin_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "spam"
    package.mkdir()
    (package / "tool.toml").write_text("a = 1")
    monkeypatch.setattr(registry, "installed", lambda: (("spam=spam:PLUGIN 1", package),))
    before = list(remembered.code())
    assert before == list(remembered.code())
    (package / "tool.toml").write_text("a = 12")
    changed = list(remembered.code())
    assert changed != before
    monkeypatch.setattr(registry, "installed", lambda: (("spam=spam:PLUGIN 2", package),))
    assert list(remembered.code()) != changed


def test_the_programs_that_are_there_are_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    options = Options(as_of=date(2026, 11, 21), root=tmp_path)
    trusting = replace(options, trust_repository=True)
    seen = [list(remembered._programs(o)) for o in (options, trusting)]

    def changed(place: Path) -> list[bool]:
        place.mkdir(parents=True)
        now = [list(remembered._programs(o)) for o in (options, trusting)]
        differs = [before != after for before, after in zip(seen, now, strict=True)]
        seen[:] = now
        return differs

    assert changed(tmp_path / "path") == [True, True]
    assert changed(tmp_path / "cache/assaymark/tools/lint-0123/bin") == [True, True]
    assert changed(tmp_path / ".venv/bin") == [False, True]
