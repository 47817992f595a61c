"""TOML held to a schema, and the places of its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.manifest import Misfit, line_of_key, name_of_key, read_manifest

TEXT = """\
title = "t"
[model]
path = "m"
[[file]]
path = "a"
[[file.column]]
name = "x"
[[file.column]]
name = "y"
type = "number"
[file.more]
"odd key".deep = 1
[[file]]
path = "b"
[[file.column]]
name = "z"
list = [
  { inner = 1 },
]
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 1),
        (("model",), 2),
        (("model", "path"), 3),
        (("model", "absent"), 2),
        (("file", 0), 4),
        (("file", 1), 13),
        (("file", 1, "path"), 14),
        (("file", 0, "column", 1, "name"), 9),
        (("file", 0, "column", 1, "absent"), 8),
        (("file", 1, "column", 0, "name"), 16),
        (("file", 1, "column", 0, "list", 0, "inner"), 17),
        (("file", 0, "more", "odd key", "deep"), 12),
        (("file", 7), None),
        (("absent",), None),
        ((), None),
    ],
)
def test_the_line_of_a_key(keys: tuple[str | int, ...], line: int | None) -> None:
    assert line_of_key(TEXT, keys) == line


@given(st.text(max_size=200), st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=4))
def test_any_text_has_a_line_or_none(text: str, keys: list[str | int]) -> None:
    line = line_of_key(text, keys)
    assert line is None or 1 <= line <= len(text.splitlines())


def test_keys_are_written_as_a_person_would() -> None:
    assert name_of_key(("metric", 0, "name")) == "metric[0].name"
    assert name_of_key(()) == ""


RULES: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string"},
        "least": {"type": "number"},
        "released": {"type": "string", "pattern": "^[0-9-]+$"},
        "kind": {"enum": ["a", "b"]},
        "item": {"type": "array", "items": {"type": "object", "properties": {"size": {"type": "number"}}}},
    },
}


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(RULES))
    return path


def test_what_keeps_to_the_schema(schema: Path) -> None:
    found = read_manifest('title = "t"\nleast = 0.5\nreleased = 2026-01-02\n', "m.toml", schema)
    assert found == {"title": "t", "least": 0.5, "released": "2026-01-02"}


@pytest.mark.parametrize(
    ("text", "said", "where", "hint"),
    [
        ("title = ", "not valid TOML", "m.toml", None),
        ("title = 't'\nleast = " + "9" * 5000, "not valid TOML", "m.toml", None),
        ("kind = 'a'", "title is missing", "m.toml", None),
        ("title = 't'\ntitel = 1", "unknown key titel", "m.toml:2", "did you mean 'title'?"),
        ("title = 't'\nzzz = 1", "unknown key zzz", "m.toml:2", "known keys: item, kind, least"),
        ("title = 't'\nkind = 'c'", "kind is 'c'", "m.toml:2", "one of: a, b"),
        ("title = 't'\n[[item]]\nsize = 1\n[[item]]\nsize = 'x'", "item[1].size: 'x' is not", "m.toml:5", None),
        ("title = 't'\nleast = nan", "least is no finite number", "m.toml:2", None),
        ("title = 't'\n[[item]]\nsize = -inf", "item[0].size is no finite number", "m.toml:3", None),
        ("title = 't'\nleast = " + "9" * 400, "least is no finite number", "m.toml:2", None),
    ],
)
def test_what_does_not_is_told_with_its_place(text: str, said: str, where: str, hint: str | None, schema: Path) -> None:
    with pytest.raises(InputError) as wrong:
        read_manifest(text, "m.toml", schema)
    assert said in str(wrong.value)
    assert wrong.value.where == where
    assert hint is None or hint in str(wrong.value.hint)


def test_a_schema_may_have_words_of_its_own(schema: Path) -> None:
    def explain(wrong: Any, at: str) -> Misfit | None:
        return Misfit(("kind",), f"{at}: two kinds there are") if wrong.validator == "enum" else None

    with pytest.raises(InputError, match="kind: two kinds there are") as wrong:
        read_manifest("title = 't'\nkind = 'c'", "m.toml", schema, explain)
    assert wrong.value.where == "m.toml:2"
    with pytest.raises(InputError, match="title is missing"):
        read_manifest("", "m.toml", schema, explain)
