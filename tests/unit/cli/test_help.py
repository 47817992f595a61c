"""Every verb explains itself, with an example that a person can copy."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from assaymark.cli import Verbs


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
