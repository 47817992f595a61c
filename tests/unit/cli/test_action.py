from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from assaymark.__main__ import main
from assaymark.cli import _sqaaas
from assaymark.cli.action import words
from assaymark.errors import InputError


@click.command()
@click.argument("path", nargs=-1)
@click.option("--gate")
@click.option("--only", multiple=True)
@click.option("--no-tools", is_flag=True)
@click.option("--status/--no-status", default=True)
@click.option("--artifact")
def verb(**_: Any) -> None:
    """A verb with every kind of parameter."""


@pytest.mark.parametrize(
    ("inputs", "made"),
    [
        ({}, ["--"]),
        ({"gate": "silver"}, ["--gate=silver", "--"]),
        ({"gate": ""}, ["--"]),
        ({"gate": "--help"}, ["--gate=--help", "--"]),
        ({"only": "cwl\n\n openeo \n"}, ["--only=cwl", "--only=openeo", "--"]),
        ({"no-tools": "true"}, ["--no-tools", "--"]),
        ({"no-tools": "false"}, ["--"]),
        ({"status": "false"}, ["--no-status", "--"]),
        ({"status": "true"}, ["--status", "--"]),
        ({"path": "a b\n-x"}, ["--", "a b", "-x"]),
        ({"plugins": "none", "token": "secret"}, ["--"]),
        ({"artifact": "own"}, ["--artifact=own", "--"]),
    ],
)
def test_inputs_become_words(inputs: dict[str, str], made: list[str]) -> None:
    assert words(verb, inputs) == made


@pytest.mark.parametrize("inputs", [{"colour": "red"}, {"no-tools": "yes"}, {"help": "true"}])
def test_what_is_no_input_is_refused(inputs: dict[str, str]) -> None:
    with pytest.raises(InputError):
        words(verb, inputs)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a step; gives its folder."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path / "temp"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def outputs(runner: Path) -> str:
    return (runner / "GITHUB_OUTPUT").read_text()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"path": 3}', "[" * 100_000])
def test_inputs_that_are_none_are_an_error(runner: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("INPUTS", text)
    assert main(["action", "assess"]) == 2
    assert "\nerror\n" in outputs(runner)


@pytest.mark.parametrize("name", ["nothing", "badge nothing", "assess nothing"])
def test_a_verb_that_is_none_is_an_error(
    runner: Path, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INPUTS", "{}")
    assert main(["action", name]) == 2
    assert "there is no command" in capfd.readouterr().out


def test_a_token_goes_where_verbs_look_for_it_and_nowhere_else(
    runner: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import os

    monkeypatch.setenv("GITHUB_TOKEN", "before")
    given = {"token": "hunter2", "name": "unit", "tool": "pytest"}
    monkeypatch.setenv("INPUTS", json.dumps(given))
    assert main(["action", "step"]) == 0
    assert os.environ["GITHUB_TOKEN"] == "hunter2"
    assert "INPUTS" not in os.environ
    said = capfd.readouterr()
    assert "hunter2" not in said.out + said.err + outputs(runner)


def test_a_step_is_written_and_told(runner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"name": "unit", "tool": "pytest", "test_path": "tests", "tox_env": "", "container": ""}
    monkeypatch.setenv("INPUTS", json.dumps(given))
    assert main(["action", "step"]) == 0
    assert json.loads((runner / "work" / "unit.json").read_text())["args"][0]["value"] == "tests"
    assert '"executable": "pytest"' in outputs(runner)


def test_a_large_report_is_cut_until_it_fits() -> None:
    data = {"report": {f"QC.{n}": [{"message": "x" * 3_000, "lines": list(range(2_000))}] for n in range(40)}}
    assert json.loads(_sqaaas.bounded(data, 10_000_000)) == data
    for limit in (200_000, 20_000):
        text = _sqaaas.bounded(data, limit)
        assert len(text) <= limit
        assert set(json.loads(text)["report"]) == set(data["report"])


@pytest.mark.parametrize(
    "address", ["file:///etc", "ext::sh -c id", "--upload-pack=id", "git@host:x", "https://h/$(id)"]
)
def test_only_web_addresses_are_cloned(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="is not the address of a repository"):
        _sqaaas.clone(address, "", tmp_path / "to")


def test_a_branch_is_no_option(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no branch"):
        _sqaaas.clone("https://127.0.0.1/x", "--upload-pack=id", tmp_path / "to")
