"""Data Packages as they are found: what the library of Frictionless finds valid is valid here, and the other way round.

`CASES` are verdicts of that library (5.21), which is not installed here; where a rule has no name there it is left out.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assaymark_data import tables
from assaymark_data.checks.tables import described
from assaymark_data.local import source
from assaymark_data.tables import Measured


def field(kind: str, **more: Any) -> dict[str, Any]:
    return {"name": "a", "type": kind, **more}


def rule(kind: str, **rules: Any) -> dict[str, Any]:
    return field(kind, constraints=rules)


# A field, values of its column, and how many of them are wrong.
CASES: tuple[tuple[dict[str, Any], tuple[str, ...], int], ...] = (
    (field("boolean"), ("true", "FALSE", "1", "0", "yes"), 1),
    (field("boolean", trueValues=["Y"], falseValues=["N"]), ("Y", "N", "true"), 1),
    (field("boolean", trueValues=["Y"]), ("Y", "false"), 0),
    (rule("boolean", enum=[True]), ("true", "1", "false"), 1),
    (field("number", decimalChar=",", groupChar="."), ("1.234,5", "-2,5", "x"), 1),
    (field("number", bareNumber=False), ("$4.00", "95%", "word"), 1),
    (field("integer", bareNumber=False), ("12 EUR", "word"), 1),
    (rule("number", minimum=1, maximum="3"), ("1", "3.0", "0.9", "3.1"), 2),
    ({**rule("number", minimum="1,5"), "decimalChar": ","}, ("1,4", "1,6"), 1),
    (rule("integer", enum=[1, 2]), ("1", "2", "3"), 1),
    (rule("number", enum=["1.0"]), ("1", "1.0", "2"), 1),
    (field("date"), ("2025-02-28", "2025-02-30", "28.02.2025"), 2),
    (field("date", format="%d.%m.%Y"), ("28.02.2025", "2025-02-28"), 1),
    ({**rule("date", minimum="01.02.2025"), "format": "%d.%m.%Y"}, ("31.01.2025", "02.02.2025"), 1),
    (field("datetime", format="%Y-%m-%dT%H:%M:%S%z"), ("2025-02-28T00:13:07Z", "2025-02-28T00:13:07+0200", "noon"), 1),
    (field("time", format="%H:%M"), ("12:30", "25:00"), 1),
    (field("geopoint"), ("6.75,53.56", "here"), 1),
    (field("geopoint", format="array"), ("[6.75, 53.56]", "6.75,53.56"), 1),
    (field("geopoint", format="object"), ('{"lon": 6.75, "lat": 53.56}', "[6.75, 53.56]"), 1),
    (field("object"), ('{"b": 1}', "[1]", "{"), 2),
    (field("array"), ("[1]", '{"b": 1}'), 1),
    (field("string", format="email"), ("ada@example.org", "ada"), 1),
    (field("yearmonth"), ("2025-02", "2025-13"), 1),
    (rule("string", required=True, minLength=2), ("ab", "", "a"), 2),
    (rule("string", pattern="[a-c]+"), ("abc", "abd"), 1),
    (field("integer", missingValues=["-"]), ("1", "-", "x"), 1),
)


def package(folder: Path, text: bytes, schema: Any, name: str = "t.csv", **resource: Any) -> list[Measured]:
    (folder / name).write_bytes(text)
    described = {"name": "t", "path": name, "schema": schema, **resource}
    (folder / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [described]}), encoding="utf-8")
    return measured(folder)


def measured(folder: Path) -> list[Measured]:
    dataset = source(folder).dataset
    assert dataset is not None
    return [tables.measure(dataset, f) for f in dataset.of("table")]


def wrong(found: Measured) -> int:
    assert (found.broken, found.unknown, found.unapplied) == ("", "", ())
    return sum(v.count for v in found.violations)


@pytest.mark.parametrize(("column", "values", "count"), CASES, ids=lambda v: json.dumps(v)[:60])
def test_values_are_judged_as_the_library_does(
    tmp_path: Path, column: dict[str, Any], values: tuple[str, ...], count: int
) -> None:
    import csv

    with (tmp_path / "made").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["n", "a"], *enumerate(values)])
    schema = {"fields": [{"name": "n", "type": "integer"}, column]}
    (found,) = package(tmp_path, (tmp_path / "made").read_bytes(), schema)
    assert wrong(found) == count


def test_exclusive_bounds_are_not_reached(tmp_path: Path) -> None:
    """Of Table Schema 2, which the library does not know yet."""
    schema = {"fields": [rule("number", exclusiveMinimum=0, exclusiveMaximum=1)]}
    (found,) = package(tmp_path, b"a\n0\n0.5\n1\n", schema)
    assert wrong(found) == 2


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (
            "a;b\n1;'x;y'\n# no row\n2;'it\\'s'\n",
            {"delimiter": ";", "quoteChar": "'", "escapeChar": "\\", "commentChar": "#"},
        ),
        ("1,x\n2,y\n", {"header": False}),
        ("a, b\n1, x\n2,  y\n", {"skipInitialSpace": True}),
        ("a|b\n1|x\n2|y\n", {"csv": {"delimiter": "|"}}),
    ],
)
def test_a_dialect_is_followed(tmp_path: Path, text: str, more: dict[str, Any]) -> None:
    schema = {"fields": [field("integer"), {"name": "b", "type": "string", "constraints": {"minLength": 1}}]}
    (found,) = package(tmp_path, text.encode(), schema, dialect=more)
    assert (wrong(found), found.rows, [n for n, _ in found.columns]) == (0, 2, ["a", "b"])


def test_schema_and_dialect_may_be_files_and_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps({"fields": [field("integer")]}), encoding="utf-8")
    (tmp_path / "dialect.json").write_text('{"delimiter": ";"}', encoding="utf-8")
    (found,) = package(tmp_path, b"a\n1\nx\n", "schema.json", dialect="dialect.json")
    assert (wrong(found), found.file.delimiter) == (1, ";")
    for elsewhere in ("../schema.json", "https://data.example.org/schema.json", "none.json", "t.csv"):
        (found,) = package(tmp_path, b"a\n1\n", elsewhere)
        assert found.file.problem
        assert found.file.columns is None


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("iso-8859-1", ""),
        ("windows-1252", ""),
        ("utf-16", ""),
        ("big5", "encoded as big5"),
        ("x" * 99, ""),
    ],
)
def test_encodings_are_read_or_named(tmp_path: Path, encoding: str, said: str) -> None:
    text = "a\nä\n".encode(encoding if len(encoding) < 20 and encoding != "big5" else "utf-8")
    (found,) = package(tmp_path, text, {"fields": [rule("string", maxLength=1)]}, encoding=encoding)
    if encoding == "big5" or len(encoding) > 20:
        assert said in found.unknown != ""
    else:
        assert wrong(found) == 0


def test_what_is_packed_is_read_or_said_not_to_be(tmp_path: Path) -> None:
    schema = {"fields": [field("integer")]}
    (found,) = package(tmp_path, gzip.compress(b"a\n1\nx\n"), schema, name="t.csv.gz")
    assert wrong(found) == 1
    for name, more in (("u.csv", {"compression": "zip"}), ("u.csv.zip", {}), ("u.json", {}), ("u.xlsx", {})):
        (found,) = package(tmp_path, b"PK\x03\x04", schema, name=name, **more)
        assert "not read" in found.unknown


def test_keys_lead_to_tables_as_these_are_written(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_bytes("id;n\nä;1\nb;2\n".encode("latin-1"))
    key = {"fields": "a", "reference": {"resource": "far", "fields": "id"}}
    near = {"name": "t", "path": "t.csv", "schema": {"fields": [field("string")], "foreignKeys": [key]}}
    far = {"name": "far", "path": "far.csv", "encoding": "latin-1", "dialect": {"delimiter": ";"}}
    (tmp_path / "t.csv").write_text("a\nä\nb\nc\n", encoding="utf-8")
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [near, far]}), encoding="utf-8")
    found = measured(tmp_path)[0]
    assert [(v.rule, v.count) for v in found.violations] == [("foreign", 1)]


def test_a_table_of_several_files_is_judged_file_by_file_and_its_keys_stay_open(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_bytes(b"2,x\n1,y\n")
    schema = {"fields": [field("integer"), {"name": "b", "type": "string"}], "primaryKey": "a"}
    found = package(tmp_path, b"a,b\n1,x\n", schema, path=["t.csv", "u.csv"])
    assert [(m.rows, [n for n, _ in m.columns], m.violations) for m in found] == [
        (1, ["a", "b"], ()),
        (2, ["a", "b"], ()),
    ]
    assert all("unique" in dict(m.unapplied) for m in found)


def test_more_keys_than_the_primary_one(tmp_path: Path) -> None:
    schema = {"fields": [field("integer"), {"name": "b", "type": "string"}], "uniqueKeys": [["a", "b"], ["b"]]}
    (found,) = package(tmp_path, b"a,b\n1,x\n1,y\n2,x\n", schema)
    assert [(v.rule, v.column, v.count) for v in found.violations] == [("unique", "b", 1)]


@pytest.mark.parametrize(
    ("word", "columns", "outcome"),
    [
        ("exact", "a,b", "passed"),
        ("exact", "b,a", "failed"),
        ("equal", "b,a", "passed"),
        ("equal", "a", "failed"),
        ("subset", "c,b,a", "passed"),
        ("subset", "a,c", "failed"),
        ("superset", "b", "passed"),
        ("superset", "a,c", "failed"),
        ("partial", "b,c", "passed"),
        ("partial", "c", "failed"),
    ],
)
def test_columns_go_with_fields_as_the_schema_says(tmp_path: Path, word: str, columns: str, outcome: str) -> None:
    schema = {"fields": [field("any"), {"name": "b"}], "fieldsMatch": [word]}
    found = package(tmp_path, f"{columns}\n{columns}\n".encode(), schema)
    dataset = source(tmp_path).dataset
    assert dataset is not None
    assert described.function(dataset, tuple(found)).outcome.value == outcome


@pytest.mark.parametrize("form", ["any", "%x", "%q"])
def test_a_format_that_means_nothing_certain_decides_nothing(tmp_path: Path, form: str) -> None:
    (found,) = package(tmp_path, b"a\n09/25/20\n", {"fields": [field("date", format=form)]})
    assert (found.violations, [r for r, _ in found.unapplied]) == ((), ["type"])


@pytest.mark.parametrize(
    "dialect", [{"headerRows": [1, 2]}, {"skipRows": [1]}, {"delimiter": "::"}, {"doubleQuote": False}]
)
def test_a_dialect_that_is_not_followed_is_said(tmp_path: Path, dialect: dict[str, Any]) -> None:
    (found,) = package(tmp_path, b"a\n1\n", {"fields": [field("integer")]}, dialect=dialect)
    assert "has a dialect that is not read" in found.unknown
