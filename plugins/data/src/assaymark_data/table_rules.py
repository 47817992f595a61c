"""The rules of columns as SQL: of each rule the condition under which a row breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark_data.dataset import Column, File
from assaymark_data.table_engine import TEXT, is_parquet, source_of, sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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
_CASTS = {"date": "DATE", "time": "TIME", "datetime": "TIMESTAMPTZ"}


def unapplied_of(connection: DuckDBPyConnection, file: File) -> Iterator[tuple[str, str]]:
    """Patterns that the engine (RE2, which takes linear time) does not know, and bounds that are none of their type."""
    for column in file.columns or ():
        if column.pattern is not None and not _knows(connection, column.pattern):
            yield "pattern", f"the pattern of {column.name} is none that takes linear time (RE2)"
        for bound in (column.minimum, column.maximum):
            if bound is not None and not _is_bound(connection, column, bound):
                yield "range", f"the bound {bound[:40]} of {column.name} is no {column.type}"


def applicable(connection: DuckDBPyConnection, columns: tuple[Column, ...] | None) -> tuple[Column, ...] | None:
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


def rules_of(
    file: File, columns: Sequence[tuple[str, str]], connection: DuckDBPyConnection, place: Path
) -> Iterator[tuple[str, str, str, str]]:
    """Rule, column, what is wanted, and the SQL of its breach, for everything that a row shows by itself."""
    told = {c.name: c for c in file.columns or ()}
    inferred = {} if told else _inferred(connection, file, place, columns)
    for name, kind in columns:
        column = told.get(name)
        value = value_of(name, kind, file.missing)
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
    rows = connection.execute(f"DESCRIBE SELECT * FROM {source_of(file, place, typed=True)}").fetchall()
    return {str(r[0]): str(r[1]) for r in rows}


def value_of(name: str, kind: str, missing: Sequence[str]) -> str:
    """A column's value as SQL, NULL where it is missing."""
    column = sql_name(name)
    marks = [m for m in missing if m]
    if kind in TEXT:
        return f"CASE WHEN {column} IN ({', '.join(sql_text(m) for m in ['', *marks])}) THEN NULL ELSE {column} END"
    return column


def _column_rules(column: Column, kind: str, value: str) -> Iterator[tuple[str, str, str, str]]:
    name = column.name
    text = value if kind in TEXT else f"CAST({value} AS VARCHAR)"
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
            f"NOT regexp_full_match({text}, {sql_text(column.pattern)})",
        )
    if column.enum:
        yield (
            "enum",
            name,
            f"one of {', '.join(column.enum[:10])}",
            f"{text} NOT IN ({', '.join(sql_text(v) for v in column.enum)})",
        )
    if column.min_length is not None:
        yield "length", name, f"at least {column.min_length} characters", f"length({text}) < {column.min_length}"
    if column.max_length is not None:
        yield "length", name, f"at most {column.max_length} characters", f"length({text}) > {column.max_length}"
    cast = _cast(column)
    for bound, sign, words in ((column.minimum, "<", "at least"), (column.maximum, ">", "at most")):
        if bound is not None:
            limit = f"CAST({sql_text(bound)} AS {cast})"
            yield "range", name, f"{words} {bound}", f"TRY_CAST({text} AS {cast}) {sign} {limit}"


def _fits(column: Column, kind: str, text: str) -> str | None:
    """SQL that holds where a value is of the column's type; None where every value is."""
    if column.type in ("any", "object", "array", "geojson", "list") or (
        column.type == "string" and column.format not in _FORMATS
    ):
        return None
    if column.type == "string":
        return f"regexp_full_match({text}, {sql_text(_FORMATS[column.format])})"
    if (column.type == "integer" and kind in _WHOLE) or (
        column.type == "number" and (kind in (*_WHOLE, *_REAL) or kind.startswith("DECIMAL"))
    ):
        return None
    if kind == {"boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}.get(column.type) or (
        column.type == "datetime" and kind.startswith("TIMESTAMP")
    ):
        return None
    if column.type in _CASTS and "%" in column.format:
        return f"try_strptime({text}, {sql_text(column.format)}) IS NOT NULL"
    pattern = f"regexp_full_match({text}, {sql_text(_PATTERNS[column.type])})"
    cast = _CASTS.get(column.type)
    return f"{pattern} AND TRY_CAST({text} AS {cast}) IS NOT NULL" if cast else pattern
