"""Tables against an independent count in plain Python, within their limits, and closed to everything else."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import duckdb
import pytest
from makers import parquet

from assaymark.api import FactUnavailable
from assaymark_data import personal, repeated, table_engine, tables
from assaymark_data.dataset import Column, Dataset, File, ForeignKey
from assaymark_data.table_schema import package_files

COLUMNS = (
    Column(name="id", type="integer", unique=True),
    Column(name="name", type="string", required=True, pattern="[a-z]+", max_length=6),
    Column(name="value", type="number", minimum="0", maximum="100"),
    Column(name="day", type="date"),
)


def dataset(folder: Path) -> Dataset:
    return Dataset(folder=folder, root=folder)


def rows_of(count: int) -> list[list[str]]:
    rng = random.Random(5)
    names = ["abc", "de", "", "Upper", "toolongname", "x1"]
    values = ["1.5", "99", "-3", "250", "nan", "inf", "word", "", "1e2"]
    days = ["2025-01-31", "2025-02-30", "2025-13-01", "yesterday", "", "2024-02-29"]
    return [[str(rng.randrange(count)), rng.choice(names), rng.choice(values), rng.choice(days)] for _ in range(count)]


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def is_day(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_counts_are_those_of_plain_python(tmp_path: Path) -> None:
    rows = rows_of(5_000)
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[c.name for c in COLUMNS], *rows])
    found = tables.measure(dataset(tmp_path), File(path="t.csv", kind="table", columns=COLUMNS))
    assert (found.rows, found.broken, found.unknown) == (5_000, "", "")
    said = {(v.rule, v.column, v.wanted.partition(" ")[2] if v.rule == "range" else ""): v for v in found.violations}
    counts = {key: v.count for key, v in said.items()}
    numbers = [number(r[2]) for r in rows]
    assert counts == {
        ("type", "value", ""): sum(r[2] == "word" for r in rows),
        ("type", "day", ""): sum(bool(r[3]) and not is_day(r[3]) for r in rows),
        ("required", "name", ""): sum(r[1] == "" for r in rows),
        ("pattern", "name", ""): sum(r[1] in ("Upper", "x1") for r in rows),
        ("length", "name", ""): sum(len(r[1]) > 6 for r in rows),
        ("range", "value", "least 0"): sum(n is not None and n < 0 for n in numbers),
        # What is no number at all is not within bounds either.
        ("range", "value", "most 100"): sum(n is not None and not n <= 100 for n in numbers),
        ("finite", "value", ""): sum(n is not None and not math.isfinite(n) for n in numbers),
        ("unique", "id", ""): len(rows) - len({r[0] for r in rows}),
    }
    first = next(n for n, r in enumerate(rows, 1) if r[2] == "word")
    assert said["type", "value", ""].examples[0] == (first, "word")


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    numbers = [1.5, float("nan"), None, 250.0, -3.0]
    parquet(tmp_path / "t.parquet", {"id": [1, 2, 2, 4, 5], "name": ["a", None, "b", "c", "d"], "value": numbers})
    found = tables.measure(dataset(tmp_path), File(path="t.parquet", kind="table", columns=COLUMNS[:3]))
    assert {(v.rule, v.column): (v.count, v.examples[:1]) for v in found.violations if v.rule != "range"} == {
        ("required", "name"): (1, ((2, ""),)),
        ("finite", "value"): (1, ((2, "nan"),)),
        ("unique", "id"): (1, ((3, "2 occurs 2 times"),)),
    }


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_references_that_lead_nowhere_are_counted(tmp_path: Path, rows: int) -> None:
    (tmp_path / "a.csv").write_text("station\n" + "x\n" * rows + "b\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id\nb\n", encoding="utf-8")
    key = ForeignKey(columns=("station",), file="b.csv", to=("id",))
    found = tables.measure(dataset(tmp_path), File(path="a.csv", kind="table", foreign=(key,)))
    assert [(v.count, v.examples) for v in found.of("foreign")] == ([(rows, ((1, "x"),))] if rows else [])


def test_names_that_are_sql_are_names(tmp_path: Path) -> None:
    name = "a\"; DROP TABLE x; --'"
    with (tmp_path / "t'; SELECT 1.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[name], ["1"], ["'"]])
    column = Column(name=name, type="integer", pattern="\\d';--", enum=("'", '"'), minimum="0'", unique=True)
    file = File(path="t'; SELECT 1.csv", kind="table", columns=(column,), missing=("'", "--"), key=(name,))
    found = tables.measure(dataset(tmp_path), file)
    assert (found.broken, found.rows) == ("", 2)
    assert [why for why, _ in found.unapplied] == ["range"]


def test_the_engine_sees_the_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with table_engine.connected([tmp_path / "t.csv"], table_engine.Told(None)) as connection:
        assert connection.execute(f"SELECT * FROM read_csv('{tmp_path}/t.csv')").fetchall() == [(1,)]
        for query in (
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
            "SELECT * FROM read_text('/etc/passwd')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "ATTACH '/tmp/x.db'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query).fetchall()
    assert not (tmp_path / "out.csv").exists()


def test_what_takes_too_long_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("a\n" + "\n".join(map(str, range(300_000))) + "\n", encoding="utf-8")
    monkeypatch.setattr(table_engine, "SECONDS", 0.0)
    forever = "SELECT count(*) FROM range(10000000000)"
    monkeypatch.setattr(personal, "by_value", lambda c, *_: c.execute(forever).fetchall())
    found = tables.measure(dataset(tmp_path), File(path="t.csv", kind="table"))
    assert "took longer" in found.unknown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 1_000,
        b"PAR1" + b"\xff" * 100 + b"PAR1",
        b'"' * 10_000,
        b"a,b\n\xff\xfe,1\n",
        b"," * 5_000,
        b"a\n" + b"x" * 20_000_000,
    ],
)
def test_damaged_tables_never_pass_unseen_and_never_crash(tmp_path: Path, data: bytes) -> None:
    for name in ("t.csv", "t.parquet"):
        (tmp_path / name).write_bytes(data)
        found = tables.measure(dataset(tmp_path), File(path=name, kind="table", columns=COLUMNS, key=("id",)))
        assert found.broken or found.unknown or found.rows == 0 or found.violations or found.columns != COLUMNS


def test_a_package_says_what_its_files_are(tmp_path: Path) -> None:
    schema = {
        "fields": [{"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 1}}],
        "primaryKey": "id",
        "missingValues": ["", "-"],
        "foreignKeys": [{"fields": "id", "reference": {"resource": "other", "fields": "id"}}],
    }
    resources = [
        {
            "name": "a",
            "path": "a.csv",
            "schema": schema,
            "bytes": 9,
            "hash": "md5:" + "0" * 32,
            "dialect": {"delimiter": ";"},
        },
        {"name": "other", "path": "b.csv"},
        {"name": "far", "path": "https://example.org/c.csv"},
    ]
    first, second = package_files({"resources": resources})
    assert (first.key, first.missing, first.delimiter, first.size) == (("id",), ("", "-"), ";", 9)
    assert first.columns == (Column(name="id", type="integer", required=True, minimum="1"),)
    assert first.foreign == (ForeignKey(columns=("id",), file="b.csv", to=("id",)),)
    assert (second.path, second.columns, first.checksums) == ("b.csv", None, (("md5", "0" * 32),))


def test_no_path_leaves_the_root(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "loop.csv").symlink_to("loop.csv")
    for path in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "loop.csv", "none.csv", ".", "a\x00b"):
        with pytest.raises(FactUnavailable):
            dataset(inside).place(path)
        assert tables.measure(dataset(inside), File(path=path, kind="table")).unknown


@pytest.mark.parametrize(
    ("text", "right"), [("DE89 3704 0044 0532 0130 00", True), ("DE88 3704 0044 0532 0130 00", False), ("x", False)]
)
def test_account_numbers_are_known_by_their_check_digits(text: str, right: bool) -> None:
    assert personal.is_iban(text) is right


@pytest.mark.parametrize(
    ("text", "right"), [("4111 1111 1111 1111", True), ("4111 1111 1111 1112", False), ("1234", False)]
)
def test_card_numbers_are_known_by_their_check_digit(text: str, right: bool) -> None:
    assert personal.is_card(text) is right


def test_names_of_columns_are_hints() -> None:
    kinds = {
        h.column: h.kind for h in personal.by_name(["E-Mail", "dateOfBirth", "last_name", "name", "station", "phone"])
    }
    assert kinds == {"E-Mail": "email", "dateOfBirth": "birth", "last_name": "name", "phone": "phone"}


KEYED = File(path="t.csv", kind="table", columns=(Column(name="a"), Column(name="b")), key=("a", "b"))


@pytest.mark.parametrize("compared", [3, 10_000])
def test_keys_that_occur_twice_are_found_range_by_range_as_at_once(
    compared: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(7)
    rows = [(rng.randrange(60), rng.choice(["x", "y", ""])) for _ in range(2_000)]
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows), encoding="utf-8")
    whole = [r for r in rows if r[1]]
    monkeypatch.setattr(repeated, "AT_ONCE", 100)
    monkeypatch.setattr(repeated, "COMPARED", compared)
    twice, gaps = tables.measure(dataset(tmp_path), KEYED).of("unique")
    assert (twice.count, gaps.count) == (len(whole) - len(set(whole)), len(rows) - len(whole))
    assert twice.examples
    for _, text in twice.examples:
        key, n = text.split(" occurs ")
        a, b = key.split(" | ")
        assert n == f"{whole.count((int(a), b))} times"


def test_keys_that_do_not_fit_into_memory_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT 'station-' || i AS a FROM range(2000000) AS t(i)"
    duckdb.sql(f"COPY ({query}) TO '{tmp_path / 't.parquet'}' (FORMAT parquet)")
    file = File(path="t.parquet", kind="table", columns=(Column(name="a"),), key=("a",))
    monkeypatch.setattr(table_engine, "MEMORY", "30MB")
    monkeypatch.setattr(repeated, "AT_ONCE", 200_000)
    found = tables.measure(dataset(tmp_path), file)
    assert (found.unknown, found.broken, found.rows, found.violations) == ("", "", 2_000_000, ())


def test_who_waits_is_told_the_step_and_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_engine, "EVERY", 0.005)
    with (tmp_path / "t.csv").open("w", encoding="utf-8") as stream:
        stream.write("id,value\n" + "".join(f"{i},{i / 7}\n" for i in range(1_500_000)))
    heard: list[tuple[str, float]] = []
    file = File(path="t.csv", kind="table", columns=(Column(name="id", type="integer"), Column(name="value")))
    tables.measure(dataset(tmp_path), file, lambda step, share: heard.append((step, share)))
    shares = [share for step, share in heard if step == "rows"]
    assert any(0 < share <= 100 for share in shares)
    assert shares == sorted(shares)


def test_keys_that_are_twice_or_not_whole_are_shown_by_their_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n,x\n1,y\n1,x\n1,x\n2,\n", encoding="utf-8")
    found = tables.measure(dataset(tmp_path), File(path="t.csv", kind="table", key=("a", "b")))
    assert [(v.wanted, v.count, v.examples) for v in found.of("unique")] == [
        ("no value twice", 2, ((4, "1 | x occurs 3 times"),)),
        ("a value in every column of the key", 2, ((2, "the key is not whole"), (6, "the key is not whole"))),
    ]
