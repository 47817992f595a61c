"""Values read at full speed stand where the slower reader finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark_workflows.source import Malformed, Node, Place, Places, Pointer, parse_json, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def nodes(node: Node, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Node, Node | None]]:
    yield pointer, node, None
    for key, child in node.items:
        for at, found, own in nodes(child, (*pointer, key.text)):
            yield at, found, key if found is child else own
    for number, child in enumerate(node.elements):
        yield from nodes(child, (*pointer, number))


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_places_are_those_of_the_other_reader(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read_json(text).value == value
    places = Places(text)
    for pointer, node, key in nodes(parse_json(text)):
        assert places.span(pointer) == node.span
        if key is not None:
            assert places.span(Place(pointer, key=True)) == key.span


@given(st.text(alphabet='{}[]",:0a \n\\-.eE', max_size=30))
def test_both_readers_refuse_the_same(text: str) -> None:
    try:
        parse_json(text)
    except Malformed:
        with pytest.raises(Malformed):
            read_json(text)
    else:
        read_json(text)


def test_equal_keys_are_counted_even_where_one_is_inside_what_is_lost() -> None:
    text = '{"a": {"x": 1, "x": 2}, "b": {"y": 1}, "a": [{"z": 1, "z": 2, "z": 3}]}'
    read = read_json(text)
    assert sorted(again.keys for again in read.repeated.values()) == [["a"], ["x"], ["z", "z"]]
    assert Places(text).span(Place(("a",), key=True, repeat=1)).column == text.rindex('"a"') + 1
    assert Places(text).span(Place(("a", 0, "z"), key=True, repeat=2)).column == text.rindex('"z"') + 1


def test_what_leads_nowhere_is_the_last_value_on_the_way() -> None:
    places = Places('{"a": [1]}')
    assert places.span(("a", 5)) == places.span(("a",))
    assert places.span(("b",)) == places.span(())


@pytest.mark.parametrize(
    ("text", "pointer", "left"),
    [
        ("[1, 2, 3]", (1,), "[1, 3]"),
        ("[1, 2, 3]", (2,), "[1, 2]"),
        ("[1]", (0,), "[]"),
        ('{"a": 1, "b": 2}', ("a",), '{"b": 2}'),
        ('{"a": 1, "b": 2}', ("b",), '{"a": 1}'),
    ],
)
def test_what_is_removed_takes_its_comma_along(text: str, pointer: Pointer, left: str) -> None:
    span = Places(text).removal(pointer)
    assert text[: span.column - 1] + text[span.end_column - 1 :] == left


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_nesting_without_end_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="deep"):
        read_json(text)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1" * 10_000, '{"a": 1e}'])
def test_numbers_are_those_of_json(text: str) -> None:
    with pytest.raises(Malformed):
        read_json(text)
