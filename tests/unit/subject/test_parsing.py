"""Readers of strangers' documents: right on the ordinary, bounded on the hostile, and never any other exception."""

import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.parsing import (
    ParseProblem,
    load_json,
    load_toml,
    load_xml,
    load_yaml,
    load_yaml_all,
    load_yaml_lines,
)

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{c}: &{c} {{<<: [{','.join(['*' + p] * 10)}]}}\n" for p, c in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)


class TestYaml:
    def test_keys_are_text_and_values_are_typed(self) -> None:
        text = "on: push\n3.10: 1\nnull: 2\nvalues: [yes, 1, 0x1f, 1.5, ~, 'no', 2020-01-01, 1:30, .inf]\n"
        assert load_yaml(text) == {
            "on": "push",
            "3.10": 1,
            "null": 2,
            "values": [True, 1, 31, 1.5, None, "no", "2020-01-01", "1:30", ".inf"],
        }

    def test_merge_keys_give_way_to_explicit_ones(self) -> None:
        text = "base: &b {a: 1, b: 1}\nlow: &c {b: 9, c: 9}\nx:\n  <<: [*b, *c]\n  a: 2\n"
        assert load_yaml(text)["x"] == {"a": 2, "b": 1, "c": 9}

    def test_tags_run_nothing_and_leave_the_data(self) -> None:
        assert load_yaml(
            "a: !!python/object/apply:os.system ['false']\nb: !reference [x, y]\nc: !!str 1\nd: !!int '7'"
        ) == {
            "a": ["false"],
            "b": ["x", "y"],
            "c": "1",
            "d": 7,
        }

    @pytest.mark.parametrize("empty", ["", "# nothing\n", "\ufeff", b"", b"\xef\xbb\xbf"])
    def test_nothing_is_none(self, empty: str | bytes) -> None:
        assert load_yaml(empty) is None

    def test_utf_16_is_read(self) -> None:
        assert load_yaml("a: é".encode("utf-16")) == {"a": "é"}

    def test_several_documents(self) -> None:
        assert load_yaml_all("a: 1\n---\n- b\n---\n") == ({"a": 1}, ["b"], None)
        with pytest.raises(ParseProblem, match="several"):
            load_yaml("a: 1\n---\nb: 2\n")

    def test_lines_of_keys_and_items(self) -> None:
        text = "# c\non: push\njobs:\n  test:\n    steps:\n      - uses: a\n      -\n        run: |\n          b\n"
        data, lines = load_yaml_lines(text)
        assert data == load_yaml(text)
        assert lines[("on",)] == 2
        assert lines[("jobs", "test", "steps")] == 5
        assert lines[("jobs", "test", "steps", 0, "uses")] == 6
        assert lines[("jobs", "test", "steps", 1, "run")] == 8

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (LAUGHS, "too many aliases"),
            (MERGE_BOMB, "too many aliases"),
            ("a: &a [1]\nb: [" + "*a," * 2_000 + "]", "too many aliases"),
            ("&a [*a]", "contains itself"),
            ("a: *nowhere", "no anchor"),
            ("[" * 200_000, "nested too deeply"),
            ("{" * 200_000, "nested too deeply"),
            ("- " * 200_000, "nested too deeply"),
            ("? " * 5_000, "nested too deeply"),
            ("{{ jinja }}: 1", "cannot be a key"),
            ("a: 0b_", "not a number"),
            ("1" * 100_000, "not a number"),
            ("a: [", "did not find"),
            ("a\x00b", "not allowed"),
            ("\ud800: a", "surrogates"),
            ("%YAML 9.9\n---\na", "incompatible"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"caf\xe9: 1", "UTF-8"),
            ("a" * 3_000_000, "larger than"),
        ],
        ids=lambda v: str(v)[:24].encode("ascii", "backslashreplace").decode(),
    )
    def test_hostile_documents_are_problems(self, text: str | bytes, message: str) -> None:
        with pytest.raises(ParseProblem, match=message):
            load_yaml(text)

    def test_problems_carry_their_place(self) -> None:
        with pytest.raises(ParseProblem) as caught:
            load_yaml("a: 1\nb: *x\n")
        assert (caught.value.line, caught.value.column) == (2, 4)
        assert str(caught.value).startswith("line 2: ")

    @given(st.text())
    def test_any_text_is_data_or_a_problem(self, text: str) -> None:
        for load in (load_yaml, load_yaml_lines):
            with suppress(ParseProblem):
                load(text)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="ascii")),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,4}x", fullmatch=True), inner)
            ),
            max_leaves=20,
        )
    )
    def test_what_pyyaml_writes_is_read_back(self, data: object) -> None:
        assert load_yaml(yaml.safe_dump(data)) == data


class TestToml:
    def test_a_document(self) -> None:
        assert load_toml('a.b = 1\n[t]\nx = ["y"]\n') == {"a": {"b": 1}, "t": {"x": ["y"]}}
        assert load_toml(b"\xef\xbb\xbfa = 1") == {"a": 1}

    def test_the_place_of_a_problem(self) -> None:
        with pytest.raises(ParseProblem) as caught:
            load_toml("a = 1\nb = = 2\n")
        assert (caught.value.line, caught.value.column) == (2, 5)
        assert "at line" not in caught.value.message

    @pytest.mark.parametrize(
        "text",
        [
            "a." * 20_000 + "a=1",
            "[" + "a." * 20_000 + "a]",
            "a=" + "[" * 5_000,
            "a=" + "[" * 150 + "]" * 150,
            "a=" + "1" * 10_000,
            "a=2020-02-31",
            "a=1\na=2",
            "a",
            b"\xff",
            "#" * 3_000_000,
        ],
        ids=range(10),
    )
    def test_hostile_documents_are_problems(self, text: str | bytes) -> None:
        with pytest.raises(ParseProblem):
            load_toml(text)

    def test_long_words_without_dots_are_fast(self) -> None:
        assert load_toml(f'a = "{"x" * 1_000_000}"')["a"].startswith("x")

    @given(st.text())
    def test_any_text_is_data_or_a_problem(self, text: str) -> None:
        with suppress(ParseProblem):
            assert isinstance(load_toml(text), dict)


class TestJson:
    def test_a_document(self) -> None:
        assert load_json('{"a": [1, 2.5, null], "a": "b"}') == {"a": "b"}

    def test_lone_surrogates_become_printable(self) -> None:
        data = load_json('{"\\ud800k": ["\\ud83d\\ude00", "\\udc00"]}')
        assert data == {"\ufffdk": ["\U0001f600", "\ufffd"]}
        json.dumps(data, ensure_ascii=False).encode()

    @pytest.mark.parametrize(
        "text",
        ["[" * 100_000, "[" * 300 + "]" * 300, "1" * 100_000, "NaN", "-Infinity", "1e999", "{", "", b"\x80", "1 2"],
        ids=range(10),
    )
    def test_hostile_documents_are_problems(self, text: str | bytes) -> None:
        with pytest.raises(ParseProblem):
            load_json(text)

    def test_the_place_of_a_problem(self) -> None:
        with pytest.raises(ParseProblem) as caught:
            load_json('{\n"a":}')
        assert (caught.value.line, caught.value.column) == (2, 5)

    @given(st.recursive(st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
    def test_round_trip(self, data: object) -> None:
        assert load_json(json.dumps(data, ensure_ascii=False)) == data


class TestXml:
    def test_a_cobertura_document_type_is_harmless(self) -> None:
        root = load_xml(
            '<!DOCTYPE coverage SYSTEM "http://example.org/x.dtd"><coverage line-rate="0.5"><a/></coverage>'
        )
        assert root.tag == "coverage"
        assert root.get("line-rate") == "0.5"

    @pytest.mark.parametrize(
        "text",
        [
            '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            '<!DOCTYPE a [<!ENTITY % r SYSTEM "file:///etc/passwd">%r;]><a/>',
            "<a>" * 300 + "</a>" * 300,
            "<a",
            "",
            b"\x00",
            "\ud800",
            b'<?xml version="1.0" encoding="nope"?>' + b"<a>\xff</a>",
        ],
        ids=range(9),
    )
    def test_hostile_documents_are_problems(self, text: str | bytes) -> None:
        with pytest.raises(ParseProblem):
            load_xml(text)

    def test_size_is_bounded(self) -> None:
        with pytest.raises(ParseProblem, match="larger than 3 bytes"):
            load_xml("<a/>", limit=3)

    @given(st.binary())
    def test_any_bytes_are_data_or_a_problem(self, data: bytes) -> None:
        for load in (load_xml, load_json, load_yaml, load_toml):
            with suppress(ParseProblem):
                load(data)
