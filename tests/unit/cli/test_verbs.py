"""How a verb is found, and what is said of one that is not there."""

from __future__ import annotations

import pytest

from assaymark import cli, registry
from assaymark.__main__ import main


def test_the_verb_of_an_absent_plugin_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.PLUGIN_VERBS, "weigh", "linters")  # an extra that exists, with a verb that does not
    assert main(["weigh", "--help"]) == 2
    said = capfd.readouterr().err
    assert "'weigh' comes with the plugin assaymark-linters, which is not installed" in said
    assert "pip install 'assaymark[linters]'" in said


def test_no_install_line_for_what_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.PLUGIN_VERBS, "weigh", "no-such-extra")
    assert main(["weigh"]) == 2
    said = capfd.readouterr().err
    assert "there is no command 'weigh'" in said
    assert "pip" not in said


def test_without_metadata_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", none)
    monkeypatch.setitem(cli.PLUGIN_VERBS, "weigh", "linters")
    assert main(["weigh"]) == 2


def test_every_verb_of_our_own_plugins_is_known_when_the_plugin_is_absent() -> None:
    ours = {plugin.name: plugin.commands for plugin in registry.load().plugins}
    missing = [verb for verbs in ours.values() for verb in verbs if verb not in cli.PLUGIN_VERBS]
    assert missing == []
