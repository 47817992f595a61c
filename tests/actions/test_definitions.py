"""What every action.yml keeps to: thin, documented, its inputs those of the command, and clean for three linters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from linters import LINTERS, lint, run

from assaymark.cli import main
from assaymark.cli._verdict import options as verdict_options
from assaymark.cli.action import OWN

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(ROOT.glob("actions/*/action.yml"))
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
# Inputs of another product, which `assaymark.cli._sqaaas` turns into those of assess.
ADAPTED = {"sqaaas-assessment": "assess"}
NOT_KEBAB = {"sqaaas-step", "sqaaas-assessment"}
SCRIPT = re.compile(r'"\$GITHUB_ACTION_PATH/(?:\.\./setup/)?run\.sh"(?: (?P<verb>[a-z -]+))?')


def read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def verb_of(file: Path) -> str | None:
    """The verb that the action runs."""
    found = [SCRIPT.fullmatch(s["run"]) for s in read(file)["runs"]["steps"] if "run.sh" in s.get("run", "")]
    assert len(found) == 1, "one step calls the script"
    assert found[0], "and does nothing else"
    return found[0]["verb"]


def command_of(words: str) -> click.Command:
    command: click.Command = main
    for word in words.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None, words
        command = found
    return command


named = pytest.mark.parametrize("file", FILES, ids=lambda f: f.parent.name)


@named
def test_it_is_thin(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 60


@named
def test_everything_is_described(file: Path) -> None:
    data = read(file)
    assert len(data["description"]) > 20
    for name, value in [*data.get("inputs", {}).items(), *data.get("outputs", {}).items()]:
        assert value["description"], name
        if file.parent.name not in NOT_KEBAB:
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name), name


@named
def test_no_expression_is_part_of_a_script(file: Path) -> None:
    for step in read(file)["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "${{" not in step.get("working-directory", "")


@named
def test_every_input_is_an_option_of_the_command(file: Path) -> None:
    compare(file)


def test_the_example_of_the_page_is_one_that_works(tmp_path: Path) -> None:
    page = (ROOT / "actions" / "README.md").read_text(encoding="utf-8").partition("## Adding one")[2]
    example = tmp_path / "actions" / "validate" / "action.yml"
    example.parent.mkdir(parents=True)
    example.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert len(read(example)["inputs"]) > 1
    compare(example)


def compare(file: Path) -> None:
    """The inputs with the options and arguments of the verb."""
    verb = verb_of(file)
    if verb is None or verb in ADAPTED:
        return
    command = command_of(verb)
    options = {name: p for p in command.params if isinstance(p, click.Option) for name in p.opts}
    arguments = {(p.name or "").replace("_", "-"): p for p in command.params if isinstance(p, click.Argument)}
    shown = command.get_help(click.Context(command, info_name=verb))
    for name, given in read(file)["inputs"].items():
        name = name.replace("_", "-")
        if name in OWN and f"--{name}" not in options:
            continue
        if name in arguments:
            assert given.get("default") in ("", arguments[name].default) or given.get("required"), name
            continue
        assert f"--{name}" in options, name
        assert f"--{name}" in shown, name
        default = given.get("default", "")
        if options[f"--{name}"].is_flag:
            assert default == str(options[f"--{name}"].default is True).lower(), name
        elif default:
            assert str(options[f"--{name}"].default) == default, name


@pytest.mark.parametrize("name", ["data", "model", "service", "smoke"])
def test_a_verdict_takes_what_every_verdict_takes(name: str) -> None:
    shared = click.command()(verdict_options(lambda: None)).params
    options = {option.removeprefix("--") for p in shared for option in p.opts}
    assert {"gate", "select", "skip", "as-of", "baseline"} <= options
    given = read(ROOT / "actions" / name / "action.yml")["inputs"]
    assert options - {"format"} - set(given) == set()


@named
def test_every_output_comes_from_the_step(file: Path) -> None:
    for name, value in read(file).get("outputs", {}).items():
        assert value["value"] == f"${{{{ steps.run.outputs.{name} }}}}"


def test_every_action_is_on_the_page() -> None:
    page = (ROOT / "actions" / "README.md").read_text(encoding="utf-8")
    assert [f.parent.name for f in FILES if f"`{f.parent.name}`" not in page] == []


@pytest.mark.service(*LINTERS)
def test_linters_are_content_with_everything() -> None:
    assert lint(actions=FILES, workflows=WORKFLOWS) == ""


@pytest.mark.service("shellcheck")
def test_shellcheck_is_content_with_the_script() -> None:
    script = ROOT / "actions" / "setup" / "run.sh"
    assert run("shellcheck", "--severity=style", script) == ""
