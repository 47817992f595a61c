"""The options that every verb has, before its name and after it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from assaymark import __version__, cli
from assaymark.__main__ import main
from assaymark.cli import _common
from assaymark.cli._common import Talk, talk, wants_colour, with_common_options

OPTIONS = {"--quiet", "--verbose", "--color", "--config", "--version"}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Talk]:
    """What a verb below a verb sees; they are called by ``lab do``."""
    seen: list[Talk] = []

    @click.group()
    def lab() -> None: ...

    @lab.command()
    def do() -> None:
        seen.append(talk())
        _common.say("talk")
        _common.out("result")

    monkeypatch.setattr(cli, "_plugged", lambda verb: lab if verb == "lab" else None)
    return seen


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lab", "do"], Talk()),
        (["--quiet", "lab", "do"], Talk(quiet=True)),
        (["lab", "--quiet", "do"], Talk(quiet=True)),
        (["lab", "do", "--quiet"], Talk(quiet=True)),
        (["lab", "do", "--verbose"], Talk(verbose=True)),
        (["--quiet", "lab", "do", "--verbose"], Talk(verbose=True)),
        (["--color", "never", "--config", "a.toml", "lab", "do"], Talk(color="never", config="a.toml")),
        (["--config", "a.toml", "lab", "do", "--config", "b.toml"], Talk(config="b.toml")),
    ],
)
def test_a_verb_hears_what_stands_before_and_after_it(words: list[str], expected: Talk, heard: list[Talk]) -> None:
    assert main(words) == 0
    assert heard == [expected]


def test_the_environment_is_overruled_by_the_command_line(heard: list[Talk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYMARK_COLOR", "always")
    monkeypatch.setenv("ASSAYMARK_CONFIG", "env.toml")
    assert main(["lab", "do"]) == 0
    assert main(["--color", "never", "lab", "do", "--config", "line.toml"]) == 0
    assert heard == [Talk(color="always", config="env.toml"), Talk(color="never", config="line.toml")]


def test_quiet_stills_talk_and_keeps_the_result(heard: list[Talk], capfd: pytest.CaptureFixture[str]) -> None:
    main(["lab", "do"])
    assert capfd.readouterr() == ("result\n", "talk\n")
    main(["lab", "do", "--quiet"])
    assert capfd.readouterr() == ("result\n", "")


@pytest.mark.parametrize(
    "words", [["--version"], ["--quiet", "--version"], ["lab", "--version"], ["assess", "--version"]]
)
def test_every_verb_tells_the_version(words: list[str], heard: list[Talk], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capfd.readouterr().out == f"assaymark {__version__}\n"


def test_a_wrong_colour_is_the_users_error(heard: list[Talk], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "do", "--color", "blue"]) == 2
    assert "blue" in capfd.readouterr().err


def test_options_are_added_once() -> None:
    command = click.Command("once")
    with_common_options(with_common_options(command))
    words = [word for p in command.params for word in (*p.opts, *p.secondary_opts)]
    assert sorted(words) == sorted(OPTIONS)


@pytest.mark.parametrize(
    ("color", "environment", "expected"),
    [
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
    ],
)
def test_colour(color: str, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", environment)
    context = click.Context(click.Command("x"))
    context.meta[_common.TALK] = Talk(color=color)
    with context.scope():
        assert wants_colour() is expected


def test_the_configuration_names_the_profile_to_explain_by(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text("profile = 'sqaaas-v3'\n")
    assert main(["explain", "QC.Doc02.X"]) == 0
    assert capfd.readouterr().out.startswith("In the profile sqaaas-v3:")
    assert main(["explain", "QC.Doc02.X", "--config", str(tmp_path / "c.toml")]) == 0
    assert capfd.readouterr().out.startswith("QC.Doc02.X ")
    assert main(["explain", "QC.Doc02.X", "--config", str(tmp_path / "none.toml")]) == 2
