"""Every verb explains itself, with an example that a person can copy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from assaymark.cli import Verbs

COMMON = {"--quiet", "--verbose", "--color", "--config", "--version"}


def commands(group: click.Group, context: click.Context, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*words, name)
        if isinstance(found, click.Group):
            yield from commands(found, context, (*words, name))


def all_commands() -> list[tuple[str, ...]]:
    root = Verbs(name="assaymark")
    return list(commands(root, click.Context(root)))


def test_the_verbs_are_found() -> None:
    assert {("assess",), ("compare",), ("criteria",), ("criteria", "coverage"), ("explain",), ("ingest",)} <= set(
        all_commands()
    )


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_has_an_example(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    from assaymark.__main__ import main

    assert main([*words, "--help"]) == 0
    said = capfd.readouterr()
    assert "Example" in said.out
    assert f"assaymark {' '.join(words)}" in said.out.partition("Example")[2]
    assert said.err == ""
    assert [word for word in COMMON if not re.search(rf"^ +(.+ )?{word}\b", said.out, re.MULTILINE)] == []


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_no_verb_has_a_meaning_of_its_own_for_a_common_option(words: tuple[str, ...]) -> None:
    """They are given by `assaymark.cli.Verbs`; one that is declared again would not hear what stands before it."""
    command: click.Command | None = Verbs(name="assaymark")
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command
    common = [p for p in command.params if {*p.opts, *p.secondary_opts} & COMMON]
    assert len(common) == 4
    assert [p.name for p in common if p.expose_value] == []
