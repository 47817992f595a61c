"""What is installed, and what a broken plugin is told."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from assaymark import registry
from assaymark.api import Parts, Plugin, check, passed
from assaymark.errors import InputError
from assaymark.model import Evidence


@check("spam.eggs")
def eggs() -> Evidence:
    """Eggs are there."""
    return passed("eggs")


GOOD = Plugin(name="spam", version="1", checks=(eggs,))
PARTS = Parts((eggs,))
WAITING = Plugin(name="spam", version="1", parts=f"{__name__}:PARTS")
ABSENT = Plugin(name="spam", version="1", parts="no_such_module:PARTS")
UNLIKE = Plugin(name="spam", version="1", parts=f"{__name__}:WRONG")
ATTACHED = Parts((replace(eggs, subcriteria=("QC.Doc01",)),))
EAGER = Plugin(name="spam", version="1", parts=f"{__name__}:ATTACHED")
WRONG = "not a plugin"


def forget() -> None:
    registry.load.cache_clear()
    registry.at_hand.cache_clear()
    registry.plugins.cache_clear()
    registry.points.cache_clear()


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> object:
    def install(*values: str) -> None:
        forget()
        points = tuple(registry.Point(f"p{i}", value) for i, value in enumerate(values))
        monkeypatch.setattr(registry, "points", cache(lambda: points))

    yield install
    monkeypatch.undo()
    forget()


def test_builtin_checks_have_a_help_page() -> None:
    for name, found in registry.load().checks.items():
        assert found.id == name
        assert len(found.help) > 20, f"{name} needs a docstring: it is its help page"


def test_a_plugin_adds_its_checks(only: object, monkeypatch: pytest.MonkeyPatch) -> None:
    only(f"{__name__}:GOOD")  # type: ignore[operator]
    assert registry.load().checks["spam.eggs"].help == "Eggs are there."


def test_parts_wait_until_one_of_them_is_asked_for(only: object) -> None:
    only(f"{__name__}:WAITING")  # type: ignore[operator]
    assert "spam.eggs" not in registry.load_for(["lic.root-file"]).checks
    assert registry.load_for(["lic.root-file", "spam.eggs"]).checks["spam.eggs"] is eggs


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("no_such_module:PLUGIN",), "could not be loaded"),
        ((f"{__name__}:WRONG",), "is a str, not an assaymark.api.Plugin"),
        ((f"{__name__}:ABSENT",), "the parts of plugin 'spam' could not be loaded: ModuleNotFoundError"),
        ((f"{__name__}:UNLIKE",), "is no assaymark.api.Parts"),
        ((f"{__name__}:EAGER",), "attaches itself, so it cannot wait"),
        ((f"{__name__}:WAITING", f"{__name__}:GOOD"), "takes names that exist already: spam.eggs"),
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


def test_entry_points_are_kept_until_something_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(name: str) -> Path:
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text(f"[assaymark.plugins]\n{name} = {name}:PLUGIN\n")
        return info

    def found() -> list[str]:
        forget()
        return [point.name for point in registry.points()]

    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    spam = install("spam")
    assert found() == ["spam"]
    (spam / "entry_points.txt").write_text("")  # behind the back of every installer
    assert found() == ["spam"]
    install("eggs")
    (spam / "entry_points.txt").write_text("[assaymark.plugins]\nham = ham:PLUGIN\n")
    assert found() == ["eggs", "ham"]
    forget()


def test_entry_points_are_those_that_the_standard_library_finds() -> None:
    forget()
    told = {(p.name, p.value, p.dist.version if p.dist else "") for p in entry_points(group=registry.ENTRY_POINTS)}
    assert told
    assert {(p.name, p.value, p.version) for p in registry.points()} == told


def test_an_entry_point_is_read_where_installers_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, version in ((first, "2.0"), (second, "1.0")):
        info = folder / f"spam-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(
            "[console_scripts]\nspam = spam:main\n\n[assaymark.plugins]\n# ours\n"
            "spam = tests_of_spam:deep.PLUGIN [extra]\n"
        )
    (second / "eggs-1.dist-info").mkdir()
    (second / "eggs-1.dist-info" / "entry_points.txt").write_bytes(b"\xff[assaymark.plugins]\nx = y:Z\n")
    monkeypatch.setattr(sys, "path", [str(first), str(second), str(tmp_path / "absent"), __file__])
    forget()
    assert registry.points() == (registry.Point("spam", "tests_of_spam:deep.PLUGIN", "spam", "2.0"),)
    forget()


def test_an_entry_point_may_name_an_attribute_of_an_attribute() -> None:
    assert registry.Point("p", f"{__name__}:GOOD.name").load() == "spam"
