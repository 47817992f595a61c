from __future__ import annotations

import configparser
import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Entry
from assaymark.subject.parsing import ParseProblem
from assaymark.subject.tree import IndexedTree
from assaymark.tools import sanitise
from assaymark.tools.sanitise import Configuration, find, sanitised

Trees = Callable[..., IndexedTree]


def of(text: str, path: str, section: str | None, *drop: str) -> str:
    entry = Entry(path, 0o100644, "0" * 40, len(text))
    tree = IndexedTree([entry], lambda entry, limit: text.encode("utf-8", "surrogatepass")[:limit])
    return sanitised(tree, Configuration(entry, section), drop)


@pytest.mark.parametrize(
    ("files", "places", "found"),
    [
        ({"ruff.toml": ""}, ["ruff.toml"], ("ruff.toml", None)),
        (
            {"pyproject.toml": "[tool.ruff]\nx=1\n"},
            ["ruff.toml", "pyproject.toml#tool.ruff"],
            ("pyproject.toml", "tool.ruff"),
        ),
        ({"pyproject.toml": "[tool.ruff]\n"}, ["pyproject.toml#tool.ruff"], ("pyproject.toml", "tool.ruff")),
        ({"pyproject.toml": "# ruff\n"}, ["pyproject.toml#tool.ruff"], None),
        ({"pyproject.toml": "[tool.ruff"}, ["pyproject.toml#tool.ruff"], None),
        ({"sub/ruff.toml": ""}, ["**/ruff.toml"], ("sub/ruff.toml", None)),
        ({"setup.cfg": "[flake8]\n"}, ["setup.cfg#flake8"], ("setup.cfg", "flake8")),
        ({"setup.cfg": "[flake8:local-plugins]\n"}, ["setup.cfg#flake8"], ("setup.cfg", "flake8")),
        ({"setup.cfg": "[pylint.FORMAT]\n"}, ["setup.cfg#pylint"], ("setup.cfg", "pylint")),
        ({"setup.cfg": "[flake88]\n"}, ["setup.cfg#flake8"], None),
        ({"setup.cfg": "flake8 = here\n"}, ["setup.cfg#flake8"], None),
        ({"package.json": '{"eslintConfig": {}}'}, ["package.json#eslintConfig"], ("package.json", "eslintConfig")),
    ],
)
def test_where_a_tool_is_configured(files: dict[str, str], places: list[str], found: Any, tree: Trees) -> None:
    answer = find(tree(files), places)
    assert (answer and (answer.entry.path, answer.section)) == found


def test_a_hook_is_a_mention_and_a_file_goes_before_it(tree: Trees) -> None:
    hooks = "repos:\n- repo: x\n  hooks:\n  - id: ruff\n"
    named = find(tree({".pre-commit-config.yaml": hooks}), ["ruff.toml"], [".pre-commit-config.yaml#ruff"])
    assert named is not None
    assert named.mention
    both = find(
        tree({".pre-commit-config.yaml": hooks, "ruff.toml": ""}), ["ruff.toml"], [".pre-commit-config.yaml#ruff"]
    )
    assert both is not None
    assert not both.mention
    assert (
        find(
            tree({".pre-commit-config.yaml": "repos:\n- x\n- hooks: [1, {id: 2}] # ruff\n"}),
            (),
            [".pre-commit-config.yaml#ruff"],
        )
        is None
    )


@pytest.mark.parametrize("key", ["init-hook", "init_hook", "INIT-HOOK", "Init_Hook", " init-hook "])
@pytest.mark.parametrize("section", ["MAIN", "MASTER", "DEFAULT", "anything"])
def test_a_key_goes_however_it_is_spelt(key: str, section: str) -> None:
    text = of(f"[{section}]\n{key} = evil\n  more evil\nkept = 1\n", ".pylintrc", None, "init-hook")
    assert "evil" not in text
    assert "kept = 1" in text


def test_sections_go_and_foreign_ones_do_not_come_along() -> None:
    text = of(
        "[flake8]\nx = 1\n[flake8:local-plugins]\ny = evil\n[metadata]\nname = z\n",
        "setup.cfg",
        "flake8",
        "[flake8:local-plugins]",
    )
    parsed = configparser.RawConfigParser()
    parsed.read_string(text)
    assert parsed.sections() == ["flake8"]


def test_toml_keeps_its_shape_without_what_executes() -> None:
    text = """
[project]
name = "x"
[tool.pylint]
init-hook = "evil"
[tool.pylint.main]
load-plugins = ["evil"]
"max line" = 99
ratio = 0.5
names = ["a", "b\\n\\u007f\\"", {x = 1}]
[[tool.pylint.list]]
init_hook = "evil"
kept = true
"""
    found = tomllib.loads(of(text, "pyproject.toml", "tool.pylint", "init-hook", "load-plugins"))
    assert found == {
        "tool": {
            "pylint": {
                "main": {"max line": 99, "ratio": 0.5, "names": ["a", 'b\n\x7f"', {"x": 1}]},
                "list": [{"kept": True}],
            }
        }
    }


def test_yaml_and_json_become_json() -> None:
    assert json.loads(of("plugins: [evil]\nrules:\n  a: 1\n", "x.yaml", None, "plugins")) == {"rules": {"a": 1}}
    assert json.loads(of('{"a": [{"plugins": 1, "b": 2}]}', "x.json", None, "plugins")) == {"a": [{"b": 2}]}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.toml", "[x"),
        ("x.ini", "no section = 1\n"),
        ("x.ini", "[x]\nkey\n  more\n"),
        ("x.json", "{"),
        ("x.yaml", "a: ["),
    ],
)
def test_what_cannot_be_read_says_so(path: str, text: str) -> None:
    with pytest.raises(ParseProblem):
        of(text, path, None, "x")


_keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
_values = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_keys, _values, max_size=4))
def test_toml_is_written_as_it_was_read(data: dict[str, Any]) -> None:
    text = "\n".join(sanitise._tables(data, ""))
    assert tomllib.loads(text) == data


@given(st.text(max_size=200))
def test_no_text_slips_a_key_through(text: str) -> None:
    try:
        found = of(f"[a]\ninit-hook = evil\n{text}\n", ".pylintrc", None, "init-hook")
    except ParseProblem:
        return
    again = configparser.RawConfigParser(strict=False, allow_no_value=True)
    again.read_string(found)
    assert not any(key.lower().replace("_", "-") == "init-hook" for section in again.values() for key in section)
