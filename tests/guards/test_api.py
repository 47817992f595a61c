"""The names that plugins and scripts rely on: `assaymark.api`, the exit codes, the versions."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import assaymark
from assaymark import api, errors


def test_all_of_the_api_is_sorted_and_complete() -> None:
    own = {
        name
        for name, value in vars(api).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == api.__name__
    }
    values = {f"assaymark.{module}" for module in ("errors", "image", "job", "model")}
    words = {
        name
        for name in {*vars(api), *api._ELSEWHERE}
        if not name.startswith("_") and inspect.isclass(value := getattr(api, name)) and value.__module__ in values
    }
    assert list(api.__all__) == sorted(api.__all__)
    assert set(api.__all__) == own | words | set(api._ELSEWHERE)


def test_every_public_name_of_the_api_has_a_docstring() -> None:
    assert [name for name in api.__all__ if not inspect.getdoc(getattr(api, name))] == []


def test_all_of_the_package_is_there() -> None:
    assert list(assaymark.__all__) == sorted(assaymark.__all__)
    assert all(getattr(assaymark, name) for name in assaymark.__all__)


def error_classes() -> list[type[errors.AssaymarkError]]:
    return [c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, errors.AssaymarkError)]


def test_exit_codes_are_unique() -> None:
    codes = list(errors.EXIT_CODES.values())
    assert len(codes) == len(set(codes))
    meant_for_people = [c.code for c in error_classes() if c is not errors.AssaymarkError]
    assert len(meant_for_people) == len(set(meant_for_people))
    assert set(meant_for_people) <= set(codes)


def table(text: str) -> dict[int, str]:
    """Code -> class of the table in the module's docstring."""
    rows = re.findall(r"^(\d+) +(\(.*?\)|\w+) ", text, re.MULTILINE)
    return {int(code): name for code, name in rows}


def test_the_docstring_tables_every_exit_code() -> None:
    documented = table(errors.__doc__ or "")
    assert set(documented) == set(errors.EXIT_CODES.values())
    for class_ in error_classes():
        if class_ is not errors.AssaymarkError:
            assert documented[class_.code] == class_.__name__


@pytest.mark.parametrize("page", ["docs/exit-codes.md"])
def test_the_guide_lists_the_same_exit_codes(page: str, checkout: Path) -> None:
    text = (checkout / page).read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == set(errors.EXIT_CODES.values())


def test_all_distributions_carry_one_version(checkout: Path) -> None:
    core = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert assaymark.__version__ == core
    plugins = [*sorted(checkout.glob("plugins/*/pyproject.toml")), checkout / "pipelines" / "pyproject.toml"]
    assert plugins
    for file in plugins:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        assert project["version"] == core, file
        assert f"assaymark=={core}" in project["dependencies"], file
        for name, value in project["entry-points"]["assaymark.plugins"].items():
            assert EntryPoint(name, value, "assaymark.plugins").load().version == core, file


def test_every_plugin_is_typed_licensed_and_of_the_same_python(checkout: Path) -> None:
    core = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for file in (*checkout.glob("plugins/*/pyproject.toml"), checkout / "pipelines" / "pyproject.toml"):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        assert project["requires-python"] == core["requires-python"], file
        assert project["license"] == core["license"], file
        assert list(file.parent.glob("src/*/py.typed")), file
