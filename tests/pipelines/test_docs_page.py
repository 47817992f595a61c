"""docs/pipelines.md says what is so: its examples are read, parsed or run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from dagger_engine_scripted import Ended, Scripted, said

from assaymark.cli import main


@pytest.fixture(scope="module")
def page(request) -> str:
    return (request.config.rootpath / "docs" / "pipelines.md").read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    every = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [text for each, text in every if each == kind]


def parsed(words: list[str]) -> click.Context:
    """The command line, understood and not run."""
    context: click.Context | None = None
    command: click.Command = main
    while True:
        context = command.make_context(words[0], words[1:], parent=context)
        if not isinstance(command, click.Group):
            return context
        words = [*context._protected_args, *context.args]
        found = command.get_command(context, words[0])
        assert found is not None, words
        command = found


def test_every_command_line_is_understood(page):
    lines = [line for block in blocks(page, "") for line in block.splitlines() if line.startswith("assaymark ")]
    assert len(lines) >= 9
    for line in lines:
        parsed(shlex.split(line))


def test_the_options_and_variables_are_those_of_the_program(page):
    from assaymark_pipelines import elsewhere, verb

    rows = re.findall(r"^\| `(--[a-z]+)` \| (?:`(\w+)(?:=1)?`)? ?\|", page, re.MULTILINE)
    known = {name for p in verb.assess.params for name in p.opts}
    assert len(rows) == 8
    source = Path(elsewhere.__file__).read_text(encoding="utf-8")
    for option, variable in rows:
        assert option in known
        assert not variable or variable in source, variable


def test_the_pipelines_are_those_of_the_program(page):
    from assaymark_pipelines import verb

    listed = re.findall(r"^\| `([a-z-]+)` \| .* \| .* \|$", page.partition("## What comes out")[0], re.MULTILINE)
    assert set(listed) == set(verb.command.commands)


def test_the_manifest_is_read_and_its_tags_are_told(page):
    from assaymark_pipelines.manifest import read
    from assaymark_pipelines.tags import POLICIES, About, tags

    (text,) = blocks(page, "toml")
    found = read(text.encode(), "image.toml")
    assert (found.platforms, len(found.tests)) == (("linux/amd64", "linux/arm64"), 2)
    about = About(commit="1f2e3d4c5b6a", date="2026-11-30", version="1.4.2", branch="feature/x")
    told = dict(zip(POLICIES, tags(POLICIES, about), strict=True))
    for names, gives in re.findall(
        r"^\| ((?:`[a-z]+`(?:, )?)+) \| ((?:`[^`]+`(?:, )?)+) \| .* \|$", page, re.MULTILINE
    ):
        names, gives = re.findall(r"`([^`]+)`", names), re.findall(r"`([^`]+)`", gives)
        if set(names) <= set(POLICIES):
            assert [told.pop(name) for name in names] == gives
    assert told == {}
    assert tags(found.tags, about) == ("1.4.2", "1.4", "latest", "1.4.2-cuda12")


def test_the_action_has_the_input(page, checkout):
    (step,) = yaml.safe_load(blocks(page, "yaml")[0])
    action = yaml.safe_load((checkout / "actions" / "assess" / "action.yml").read_text())
    assert set(step["with"]) <= set(action["inputs"])


def test_the_outcomes_and_the_shape_of_the_summary(page):
    from assaymark.api import Outcome
    from assaymark_pipelines.gate import Result, summary

    listed = set(re.findall(r"^\| `(\w+)` \| ", page.partition("| outcome |")[2].partition("\n\n")[0], re.MULTILINE))
    assert listed == {o.value for o in Outcome} - {"not-applicable"}
    (shown,) = blocks(page, "json")
    made = json.loads(summary([Result(name="assess", outcome=Outcome.FAILED, code=1)]))
    assert json.loads(shown).keys() == made.keys()
    assert json.loads(shown)["gates"][0].keys() == made["gates"][0].keys()


def test_the_program_in_python_runs(page, engine, repository):
    root = repository({"README.md": "# Tool\n"})
    report = {"/reports/assessment.json": b"{}"}
    started = engine(Scripted([(said("assaymark", "assess"), Ended(1, files=report))], otherwise=Ended(0)))
    (text,) = blocks(page, "python")
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=root,
        env=os.environ | started.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "assess failed\n"), done.stderr
    assert (root / "out" / "assessment.json").is_file()


def test_the_pinned_engine_is_named(page, checkout):
    told = json.loads((checkout / "pipelines" / "module" / "dagger.json").read_text())
    assert f"version {told['engineVersion'].removeprefix('v')}" in page
    tomllib.loads((checkout / "pipelines" / "module" / "pyproject.toml").read_text())
