"""What is installed, and what a broken plugin is told."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from assaymark import registry
from assaymark.api import Plugin, check, passed
from assaymark.errors import InputError
from assaymark.model import Evidence


@check("spam.eggs")
def eggs() -> Evidence:
    """Eggs are there."""
    return passed("eggs")


GOOD = Plugin(name="spam", version="1", checks=(eggs,))
WRONG = "not a plugin"


def forget() -> None:
    registry.load.cache_clear()
    registry._points.cache_clear()


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> object:
    def install(*values: str) -> None:
        points = [EntryPoint(f"p{i}", value, registry.ENTRY_POINTS) for i, value in enumerate(values)]
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
        forget()

    yield install
    forget()


def test_builtin_checks_have_a_help_page() -> None:
    for name, found in registry.load().checks.items():
        assert found.id == name
        assert len(found.help) > 20, f"{name} needs a docstring: it is its help page"


def test_a_plugin_adds_its_checks(only: object, monkeypatch: pytest.MonkeyPatch) -> None:
    only(f"{__name__}:GOOD")  # type: ignore[operator]
    assert registry.load().checks["spam.eggs"].help == "Eggs are there."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("no_such_module:PLUGIN",), "could not be loaded"),
        ((f"{__name__}:WRONG",), "is a str, not an assaymark.api.Plugin"),
        ((f"{__name__}:GOOD", f"{__name__}:GOOD"), "takes names that exist already: spam.eggs"),
    ],
)
def test_a_broken_plugin_is_named(only: object, values: tuple[str, ...], said: str) -> None:
    only(*values)  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        registry.load()


def test_what_is_installed_is_told_without_importing_it(
    only: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "spam_plugin"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit")
    (tmp_path / "spam_module.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    only("spam_plugin.deep:PLUGIN", "spam_module:PLUGIN", "spam_absent:PLUGIN")  # type: ignore[operator]
    assert registry.installed() == (
        ("p0=spam_plugin.deep:PLUGIN ", package),
        ("p1=spam_module:PLUGIN ", tmp_path / "spam_module.py"),
        ("p2=spam_absent:PLUGIN ", None),
    )
