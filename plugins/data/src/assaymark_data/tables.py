"""Tables (CSV, TSV, Parquet) measured by DuckDB: streamed, within a memory limit, with no access to anything else.

A file is passed over once for everything that can be counted row by row; positions are looked up only for what was
found, and keys are grouped on disk when they do not fit into memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable
from assaymark_data import personal
from assaymark_data.dataset import Column, Dataset, File, ForeignKey
from assaymark_data.personal import Hint
from assaymark_data.repeated import repeated

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "600MB"
THREADS = 2
SHOWN = 20
SECONDS = 3600.0
_TEXT = ("VARCHAR",)
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_REAL = ("FLOAT", "DOUBLE")
_PATTERNS = {
    "integer": r"[+-]?\d+",
    "number": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:nan|inf|infinity)",
    "boolean": r"(?i:true|false)|[01]",
    "date": r"\d{4}-\d{2}-\d{2}",
    "time": r"\d{2}:\d{2}:\d{2}(\.\d+)?Z?",
    "datetime": r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?",
    "year": r"-?\d{4,}",
    "yearmonth": r"\d{4}-(0[1-9]|1[0-2])",
    "duration": r"-?P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
    "geopoint": r"-?\d+(\.\d+)?,\s*-?\d+(\.\d+)?",
}
_FORMATS = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "uuid": r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
}
_CHECKED = {"iban": personal.is_iban, "card": personal.is_card}
_CASTS = {"date": "DATE", "time": "TIME", "datetime": "TIMESTAMPTZ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Rows that break one rule: how many, and the first of them with what stands there (rows count from 1)."""

    rule: str
    column: str
    wanted: str
    count: int
    examples: tuple[tuple[int | None, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was seen of one table. ``broken`` says why it could not be read to its end.

    ``unapplied`` are rules that cannot be applied (rule and why), ``hints`` those of personal data.
    """

    file: File
    rows: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    violations: tuple[Violation, ...] = ()
    broken: str = ""
    unknown: str = ""
    unapplied: tuple[tuple[str, str], ...] = ()
    hints: tuple[Hint, ...] = ()

    def of(self, *rules: str) -> tuple[Violation, ...]:
        """The violations of some rules."""
        return tuple(v for v in self.violations if v.rule in rules)


def measure(dataset: Dataset, file: File, heard: Callable[[float], None] | None = None) -> Measured:
    """Measure one table by its rules; what cannot be read is said, not raised. ``heard`` is told how far it is."""
    import duckdb

    _tidy_exit()
    try:
        place = dataset.place(file.path)
        others = {k.file: dataset.place(k.file) for k in file.foreign if k.file}
    except FactUnavailable as problem:
        return Measured(file=file, unknown=problem.reason)
    try:
        with _connected([place, *others.values()], heard) as connection:
            return _measured(connection, file, place, others)
    except duckdb.InterruptException:
        return Measured(file=file, unknown=f"took longer than {SECONDS / 60:.0f} minutes")
    except duckdb.OutOfMemoryException as problem:
        return Measured(file=file, unknown=f"did not fit into memory and disk: {_line(problem)}")
    except (duckdb.Error, UnicodeDecodeError, RuntimeError) as problem:
        return Measured(file=file, broken=_line(problem))


@cache
def _tidy_exit() -> None:
    """Lets the interpreter clean up at exit, which assaymark spares itself: the engine complains otherwise."""
    import atexit
    import gc

    atexit.register(gc.unfreeze)


def _line(problem: object) -> str:
    return " ".join(str(problem).split())[:300]


@contextmanager
def _connected(places: Sequence[Path], heard: Callable[[float], None] | None) -> Iterator[DuckDBPyConnection]:
    """A database that sees these files and nothing else, and stops when its time is over."""
    import tempfile
    import threading

    import duckdb

    with tempfile.TemporaryDirectory(prefix="assaymark-data-") as spill:
        connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": THREADS})
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(connection, ended, heard), daemon=True)
        try:
            connection.execute(f"SET temp_directory = {_text(spill)}")
            connection.execute(f"SET allowed_paths = [{', '.join(_text(str(p)) for p in places)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET lock_configuration = true")
            watch.start()
            yield connection
        finally:
            ended.set()
            if watch.is_alive():
                watch.join(5)
            connection.close()


def _watch(connection: DuckDBPyConnection, ended: Any, heard: Callable[[float], None] | None) -> None:
    """Interrupts what takes too long, and tells how far it is."""
    import time

    end = time.monotonic() + SECONDS
    while not ended.wait(0.2):
        if time.monotonic() > end:
            connection.interrupt()
            return
        if heard:
            heard(max(0.0, connection.query_progress()))


def _measured(connection: DuckDBPyConnection, file: File, place: Path, others: dict[str, Path]) -> Measured:
    source = _source(file, place)
    columns = tuple((str(r[0]), str(r[1])) for r in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall())
    measured = Measured(file=file, columns=columns)
    unapplied = tuple(_unapplied(connection, file))
    file = replace(file, columns=_applicable(connection, file.columns))
    rules = list(_rules(file, columns, connection, place))
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, _, _, condition in rules)
    # All rows are fetched, here and below: the engine finishes its list of rejected lines only then.
    row = connection.execute(f"SELECT count(*){', ' + counted if counted else ''} FROM {source}").fetchall()[0]
    rejected = tuple(_rejected(connection, file))
    found = [
        Violation(
            rule=rule,
            column=column,
            wanted=wanted,
            count=int(n),
            examples=_where(connection, file, place, column, condition),
        )
        for (rule, column, wanted, condition), n in zip(rules, row[1:], strict=True)
        if n
    ]
    found += [v for v in _keys(connection, source, file, columns, int(row[0])) if v.count]
    found += [v for k in file.foreign if (v := _foreign(connection, source, file, columns, k, others)).count]
    hints = (*personal.by_name([c for c, _ in columns]), *_hints(connection, source, columns))
    return replace(measured, rows=int(row[0]), violations=(*rejected, *found), unapplied=unapplied, hints=hints)


def _unapplied(connection: DuckDBPyConnection, file: File) -> Iterator[tuple[str, str]]:
    """Patterns that the engine (RE2, which takes linear time) does not know, and bounds that are none of their type."""
    for column in file.columns or ():
        if column.pattern is not None and not _knows(connection, column.pattern):
            yield "pattern", f"the pattern of {column.name} is none that takes linear time (RE2)"
        for bound in (column.minimum, column.maximum):
            if bound is not None and not _is_bound(connection, column, bound):
                yield "range", f"the bound {bound[:40]} of {column.name} is no {column.type}"


def _applicable(connection: DuckDBPyConnection, columns: tuple[Column, ...] | None) -> tuple[Column, ...] | None:
    """The columns without the rules that cannot be applied."""
    if columns is None:
        return None
    return tuple(
        replace(
            c,
            pattern=c.pattern if c.pattern is not None and _knows(connection, c.pattern) else None,
            minimum=c.minimum if c.minimum is not None and _is_bound(connection, c, c.minimum) else None,
            maximum=c.maximum if c.maximum is not None and _is_bound(connection, c, c.maximum) else None,
        )
        for c in columns
    )


def _knows(connection: DuckDBPyConnection, pattern: str) -> bool:
    import duckdb

    try:
        connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


def _is_bound(connection: DuckDBPyConnection, column: Column, bound: str) -> bool:
    found = connection.execute(f"SELECT TRY_CAST(? AS {_cast(column)}) IS NOT NULL", [bound]).fetchall()
    return bool(found[0][0])


def _cast(column: Column) -> str:
    """The type by which values of a column are compared with bounds."""
    return _CASTS.get(column.type, "VARCHAR" if column.type in ("string", "any", "yearmonth") else "DOUBLE")


def _hints(connection: DuckDBPyConnection, source: str, columns: Sequence[tuple[str, str]]) -> Iterator[Hint]:
    """Values in the first rows that look like personal data."""
    names = [n for n, kind in columns if kind in _TEXT][:200]
    if not names:
        return
    asked = [(n, kind, pattern) for n in names for kind, pattern in personal.VALUES.items()]
    counted = ", ".join(f"count(*) FILTER (WHERE regexp_matches({_name(n)}, {_text(p)}))" for n, _, p in asked)
    picked = ", ".join(_name(n) for n in names)
    sample = f"(SELECT {picked} FROM {source} LIMIT {personal.ROWS})"
    row = connection.execute(f"SELECT {counted} FROM {sample}").fetchall()[0]
    for (name, kind, pattern), count in zip(asked, row, strict=True):
        if count and (first := _first_hint(connection, sample, name, kind, pattern)):
            yield Hint(kind, name, first, int(count))


def _first_hint(connection: DuckDBPyConnection, sample: str, name: str, kind: str, pattern: str) -> int | None:
    """The first row whose value is what it looks like; None when check digits say that none is."""
    query = f"SELECT row_number() OVER () AS n, {_name(name)} AS v FROM {sample}"
    found = connection.execute(
        f"SELECT n, v FROM ({query}) WHERE regexp_matches(v, {_text(pattern)}) LIMIT 200"
    ).fetchall()
    for n, value in found:
        text = re.search(pattern, str(value))
        if kind not in _CHECKED or (text and _CHECKED[kind](text[0])):
            return int(n)
    return None


def is_parquet(path: str) -> bool:
    """Whether a table is read as Parquet."""
    return path.lower().endswith((".parquet", ".pq", ".geoparquet"))


def _source(file: File, place: Path, *, typed: bool = False, numbered: bool = False) -> str:
    name = _text(str(place))
    if is_parquet(file.path):
        return f"read_parquet({name}{', file_row_number = true' if numbered else ''})"
    delimiter = file.delimiter or _delimiter(place)
    options = ["header = true", "store_rejects = true", "rejects_limit = 1000", f"all_varchar = {not typed}".lower()]
    options += ["null_padding = false", "max_line_size = 2000000", "buffer_size = 4000000"]
    options += [f"delim = {_text(delimiter)}", "quote = '\"'", "escape = '\"'"]
    if file.encoding.lower().replace("_", "-") in ("latin-1", "iso-8859-1", "latin1"):
        options.append("encoding = 'latin-1'")
    return f"read_csv({name}, {', '.join(options)})"


def _delimiter(place: Path) -> str:
    """What stands most often in the first line: comma, semicolon, tab or bar."""
    import gzip

    opened = gzip.open if place.suffix == ".gz" else open
    with opened(place, "rb") as stream:
        try:
            line = stream.readline(100_000)
        except (OSError, EOFError):
            return ","
    return max(",;\t|", key=lambda mark: line.count(mark.encode()))


def _rules(
    file: File, columns: Sequence[tuple[str, str]], connection: DuckDBPyConnection, place: Path
) -> Iterator[tuple[str, str, str, str]]:
    """Rule, column, what is wanted, and the SQL of its breach, for everything that a row shows by itself."""
    told = {c.name: c for c in file.columns or ()}
    inferred = {} if told else _inferred(connection, file, place, columns)
    for name, kind in columns:
        column = told.get(name)
        value = _value(name, kind, file.missing)
        if column is not None:
            yield from _column_rules(column, kind, value)
        number = kind in _REAL or (column is not None and column.type == "number") or inferred.get(name) in _REAL
        if number:
            yield "finite", name, "a finite number", f"NOT isfinite(TRY_CAST({value} AS DOUBLE))"


def _inferred(
    connection: DuckDBPyConnection, file: File, place: Path, columns: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Types as the engine guesses them from the beginning of a CSV file for which nobody told any."""
    if is_parquet(file.path):
        return dict(columns)
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_source(file, place, typed=True)}").fetchall()
    return {str(r[0]): str(r[1]) for r in rows}


def _value(name: str, kind: str, missing: Sequence[str]) -> str:
    """A column's value as SQL, NULL where it is missing."""
    column = _name(name)
    marks = [m for m in missing if m]
    if kind in _TEXT:
        return f"CASE WHEN {column} IN ({', '.join(_text(m) for m in ['', *marks])}) THEN NULL ELSE {column} END"
    return column


def _column_rules(column: Column, kind: str, value: str) -> Iterator[tuple[str, str, str, str]]:
    name = column.name
    text = value if kind in _TEXT else f"CAST({value} AS VARCHAR)"
    good = _fits(column, kind, text)
    if good is not None:
        yield "type", name, f"of type {column.type}", f"({text}) IS NOT NULL AND NOT ({good})"
    if column.required:
        yield "required", name, "a value", f"({value}) IS NULL"
    if column.pattern is not None:
        yield (
            "pattern",
            name,
            f"the pattern {column.pattern}",
            f"NOT regexp_full_match({text}, {_text(column.pattern)})",
        )
    if column.enum:
        yield (
            "enum",
            name,
            f"one of {', '.join(column.enum[:10])}",
            f"{text} NOT IN ({', '.join(_text(v) for v in column.enum)})",
        )
    if column.min_length is not None:
        yield "length", name, f"at least {column.min_length} characters", f"length({text}) < {column.min_length}"
    if column.max_length is not None:
        yield "length", name, f"at most {column.max_length} characters", f"length({text}) > {column.max_length}"
    cast = _cast(column)
    for bound, sign, words in ((column.minimum, "<", "at least"), (column.maximum, ">", "at most")):
        if bound is not None:
            limit = f"CAST({_text(bound)} AS {cast})"
            yield "range", name, f"{words} {bound}", f"TRY_CAST({text} AS {cast}) {sign} {limit}"


def _fits(column: Column, kind: str, text: str) -> str | None:
    """SQL that holds where a value is of the column's type; None where every value is."""
    if column.type in ("any", "object", "array", "geojson", "list") or (
        column.type == "string" and column.format not in _FORMATS
    ):
        return None
    if column.type == "string":
        return f"regexp_full_match({text}, {_text(_FORMATS[column.format])})"
    if (column.type == "integer" and kind in _WHOLE) or (
        column.type == "number" and (kind in (*_WHOLE, *_REAL) or kind.startswith("DECIMAL"))
    ):
        return None
    if kind == {"boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}.get(column.type) or (
        column.type == "datetime" and kind.startswith("TIMESTAMP")
    ):
        return None
    if column.type in _CASTS and "%" in column.format:
        return f"try_strptime({text}, {_text(column.format)}) IS NOT NULL"
    pattern = f"regexp_full_match({text}, {_text(_PATTERNS[column.type])})"
    cast = _CASTS.get(column.type)
    return f"{pattern} AND TRY_CAST({text} AS {cast}) IS NOT NULL" if cast else pattern


def _where(
    connection: DuckDBPyConnection, file: File, place: Path, column: str, condition: str
) -> tuple[tuple[int | None, str], ...]:
    """The first rows that break a rule, with what stands in them."""
    source = _source(file, place, numbered=True)
    row = "file_row_number + 1" if is_parquet(file.path) else "row_number() OVER ()"
    query = (
        f"SELECT assaymark_row, left(CAST({_name(column)} AS VARCHAR), 80) FROM "
        f"(SELECT *, {row} AS assaymark_row FROM {source}) WHERE {condition} LIMIT {SHOWN}"
    )
    return tuple((int(r[0]), "" if r[1] is None else str(r[1])) for r in connection.execute(query).fetchall())


def _rejected(connection: DuckDBPyConnection, file: File) -> Iterator[Violation]:
    """Lines that a CSV file cannot be divided into columns at."""
    if is_parquet(file.path):
        return
    import duckdb

    query = "SELECT line, any_value(error_type), count(*) FROM reject_errors GROUP BY line ORDER BY line"
    try:
        rows = connection.execute(query).fetchall()
    except duckdb.CatalogException:  # the table is made with the first rejected line
        return
    if rows:
        shown = tuple((max(int(r[0]) - 1, 0), str(r[1]).lower()) for r in rows[:SHOWN])
        yield Violation(
            rule="structure", column="", wanted="as many values as columns", count=len(rows), examples=shown
        )


def _keys(
    connection: DuckDBPyConnection, source: str, file: File, columns: Sequence[tuple[str, str]], rows: int
) -> Iterator[Violation]:
    """Values that occur twice where they may once; the primary key may not be missing either."""
    kinds = dict(columns)
    alone = [(c.name,) for c in file.columns or () if c.unique and (c.name,) != file.key]
    for names in [*alone, *([file.key] if file.key else [])]:
        if not set(names) <= kinds.keys():
            continue
        values = [_value(n, kinds[n], file.missing) for n in names]
        label = ", ".join(names)
        found = repeated(connection, source, values, rows=rows, most=SHOWN)
        if found.again:
            shown = tuple((None, f"{' | '.join(v[:60] for v in r[:-1])} occurs {r[-1]} times") for r in found.examples)
            yield Violation(rule="unique", column=label, wanted="no value twice", count=found.again, examples=shown)
        if names == file.key:
            gaps = " OR ".join(f"({v}) IS NULL" for v in values)
            row = connection.execute(f"SELECT count(*) FROM {source} WHERE {gaps}").fetchall()[0]
            yield Violation(rule="unique", column=label, wanted="a value in every column of the key", count=int(row[0]))


def _foreign(
    connection: DuckDBPyConnection,
    source: str,
    file: File,
    columns: Sequence[tuple[str, str]],
    key: ForeignKey,
    others: dict[str, Path],
) -> Violation:
    """Values that are not found where they should be."""
    target = _source(File(path=key.file, kind="table"), others[key.file]) if key.file else source
    kinds = dict(columns)
    label, wanted = ", ".join(key.columns), f"a row of {key.file or file.path} with this {', '.join(key.to)}"
    if not set(key.columns) <= kinds.keys():
        return Violation(rule="foreign", column=label, wanted=wanted, count=1, examples=((None, "no such column"),))
    own = ", ".join(f"CAST({_value(n, kinds[n], file.missing)} AS VARCHAR) AS k{i}" for i, n in enumerate(key.columns))
    far = ", ".join(f"CAST({_name(n)} AS VARCHAR) AS k{i}" for i, n in enumerate(key.to))
    keys = [f"k{i}" for i in range(len(key.to))]
    there = " AND ".join(f"{k} IS NOT NULL" for k in keys)
    same = " AND ".join(f"a.{k} = b.{k}" for k in keys)
    found = f"EXISTS (SELECT 1 FROM (SELECT {far} FROM {target}) AS b WHERE {same})"
    picked = ", ".join(keys)
    lost = f"SELECT {picked}, count(*) AS n FROM (SELECT {own} FROM {source}) AS a"
    lost += f" WHERE {there} AND NOT {found} GROUP BY {picked}"
    rows = connection.execute(f"SELECT * FROM ({lost}) ORDER BY ALL LIMIT {SHOWN}").fetchall()
    total = connection.execute(f"SELECT coalesce(sum(n), 0) FROM ({lost})").fetchall()[0] if rows else (0,)
    shown = tuple((None, " | ".join(str(v)[:60] for v in r[:-1])) for r in rows)
    return Violation(rule="foreign", column=label, wanted=wanted, count=int(total[0]), examples=shown)


def _text(value: str) -> str:
    """A string of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    """A name of SQL."""
    return '"' + value.replace('"', '""') + '"'
