"""Documents as trees: the same values as other readers give, positions that point at them, limits that hold."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark_workflows.source import Kind, Limits, Malformed, Node, parse_json, parse_yaml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_json_reads_what_json_writes(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert parse_json(text).plain() == value


@given(VALUES)
def test_every_position_of_json_is_where_the_value_stands(value: object) -> None:
    text = json.dumps(value, indent=1)
    lines = text.split("\n")

    def check(node: Node) -> None:
        span = node.span
        rest = "\n".join(lines[span.line - 1 : span.end_line])
        end = len(rest) - len(lines[span.end_line - 1]) + span.end_column - 1
        assert json.loads(rest[span.column - 1 : end]) == node.plain()
        for child in [*node.elements, *(item for _, item in node.items)]:
            check(child)

    check(parse_json(text))


def _refusal(parse: Callable[[bytes], Node], data: bytes) -> Malformed | None:
    try:
        parse(data)
    except Malformed as problem:
        return problem
    return None


@given(st.text())
def test_any_text_is_read_or_malformed(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    for parse in (parse_yaml, parse_json):
        problem = _refusal(parse, data)
        assert problem is None or (problem.line >= 1 and problem.column >= 1 and problem.message)


def test_yaml_is_read_by_the_core_schema_of_1_2() -> None:
    text = b"a: on\nb: 010\nc: 0o17\nd: 1:30\ne: ~\nf: .5\ng: '1'\nh: !!str 1\ni: 1e3\nj: NO\nk: 2020-01-01\n"
    assert parse_yaml(text).plain() == {
        "a": "on", "b": 10, "c": 15, "d": "1:30", "e": None, "f": 0.5, "g": "1", "h": "1", "i": 1000.0, "j": "NO",
        "k": "2020-01-01",
    }  # fmt: skip # a table of cases


def test_a_block_ends_with_its_last_value() -> None:
    root = parse_yaml(b"a:\n  - x\n  - yy\n\n\nb: 1\n")
    block = root.get("a")
    assert block is not None
    assert tuple(block.span) == (2, 3, 3, 7)
    assert [tuple(node.span) for node in block.elements] == [(2, 5, 2, 6), (3, 5, 3, 7)]


def test_an_alias_is_the_node_it_names() -> None:
    root = parse_yaml(b"a: &x [1]\nb: *x\n")
    assert root.get("a") is root.get("b")


def test_repeated_keys_are_kept_and_told() -> None:
    for root in (parse_yaml(b"a: 1\nb: 2\na: 3\n"), parse_json(b'{"a": 1, "b": 2, "a": 3}')):
        assert [key.text for key in root.repeated()] == ["a"]
        last = root.get("a")
        assert last is not None
        assert last.value == 3


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", (1, 1)),
        ("[1,]", (1, 4)),
        ('{"a":1,}', (1, 8)),
        ('{"a":\n 1 2}', (2, 4)),
        ("01", (1, 1)),
        ('["a\tb"]', (1, 2)),
        ("{1:2}", (1, 2)),
        ("[1]\n x", (2, 2)),
        ("[" * 100_000, (1, 201)),
        ("1" * 1_000, (1, 1)),
        ("nulll", (1, 1)),
    ],
)
def test_what_is_not_json_is_told_with_its_place(text: str, where: tuple[int, int]) -> None:
    with pytest.raises(Malformed) as caught:
        parse_json(text)
    assert (caught.value.line, caught.value.column) == where


LAUGHS = b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (i, i, b",".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 12)
)


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b"[" * 200_000,
        b"a: *b",
        b"a: &a [*a]",
        b"a: [1",
        b"\xff\xfe\x00",
        b"\ta: 1",
        b"a: 1\n---\nb: 2",
        b"a: \x00",
    ],
)
def test_hostile_yaml_ends_at_once(data: bytes) -> None:
    begin = time.perf_counter()
    with pytest.raises(Malformed):
        parse_yaml(data)
    assert time.perf_counter() - begin < 2


def test_limits_hold() -> None:
    for parse in (parse_yaml, parse_json):
        for limits in (Limits(size=5), Limits(nodes=3), Limits(depth=1)):
            with pytest.raises(Malformed):
                parse(b"[[1, 2, 3]]", limits)


def test_tags_are_text() -> None:
    node = parse_yaml(b"!!python/object/apply:os.system [id]")
    assert node.kind is Kind.ARRAY
    assert node.tag == "tag:yaml.org,2002:python/object/apply:os.system"
