"""The rules of columns as SQL: of each rule the condition under which a row breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark_data.dataset import Column, File
from assaymark_data.table_engine import TEXT, is_parquet, source_of, sql_name, sql_text
from assaymark_data.table_types import REAL, bound, fits, typed, undecided

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BOUNDS = ("minimum", "maximum", "above", "below")


def unapplied_of(connection: DuckDBPyConnection, file: File) -> Iterator[tuple[str, str]]:
    """Patterns that the engine (RE2, which takes linear time) does not know, bounds that are none of their type,
    formats that decide nothing, and keys that hold over several files."""
    for column in file.columns or ():
        if column.pattern is not None and not _knows(connection, column.pattern):
            yield "pattern", f"the pattern of {column.name} is none that takes linear time (RE2)"
        for name in _BOUNDS:
            value = getattr(column, name)
            if value is not None and not _is_bound(connection, column, value):
                yield "range", f"the bound {value[:40]} of {column.name} is no {column.type}"
        if why := undecided(connection, column):
            yield "type", why
    if file.part and (file.key or file.unique or any(c.unique for c in file.columns or ())):
        yield "unique", "its keys hold over all files of the table, which were looked at one by one"


def applicable(connection: DuckDBPyConnection, columns: tuple[Column, ...] | None) -> tuple[Column, ...] | None:
    """The columns without the rules that cannot be applied."""
    if columns is None:
        return None
    return tuple(_applicable(connection, c) for c in columns)


def _applicable(connection: DuckDBPyConnection, column: Column) -> Column:
    if column.pattern is not None and not _knows(connection, column.pattern):
        column = replace(column, pattern=None)
    given = {name: getattr(column, name) for name in _BOUNDS}
    kept: dict[str, Any] = {
        n: v if v is not None and _is_bound(connection, column, v) else None for n, v in given.items()
    }
    column = replace(column, **kept)
    if undecided(connection, column):
        column = replace(column, type="any", minimum=None, maximum=None, above=None, below=None)
    return column


def _knows(connection: DuckDBPyConnection, pattern: str) -> bool:
    import duckdb

    try:
        connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


def _is_bound(connection: DuckDBPyConnection, column: Column, value: str) -> bool:
    if undecided(connection, column):
        return False
    found = connection.execute(f"SELECT {bound(column, value)} IS NOT NULL").fetchall()
    return bool(found[0][0])


def rules_of(
    file: File, columns: Sequence[tuple[str, str]], connection: DuckDBPyConnection, place: Path
) -> Iterator[tuple[str, str, str, str]]:
    """Rule, column, what is wanted, and the SQL of its breach, for everything that a row shows by itself."""
    told = {c.name: c for c in file.columns or ()}
    inferred = {} if told else _inferred(connection, file, place, columns)
    for name, kind in columns:
        column = told.get(name)
        value = value_of(name, kind, file)
        if column is not None:
            yield from _column_rules(column, kind, value)
        if kind in REAL or (column is not None and column.type == "number") or inferred.get(name) in REAL:
            number = typed(column, value) if column and column.type == "number" and kind in TEXT else value
            yield "finite", name, "a finite number", f"NOT isfinite(TRY_CAST({number} AS DOUBLE))"


def _inferred(
    connection: DuckDBPyConnection, file: File, place: Path, columns: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Types as the engine guesses them from the beginning of a CSV file for which nobody told any."""
    if is_parquet(file.path):
        return dict(columns)
    rows = connection.execute(f"DESCRIBE SELECT * FROM {source_of(file, place, typed=True)}").fetchall()
    return {str(r[0]): str(r[1]) for r in rows}


def value_of(name: str, kind: str, file: File) -> str:
    """A column's value as SQL, NULL where it is missing."""
    if kind not in TEXT:
        return sql_name(name)
    own = next((c.missing for c in file.columns or () if c.name == name and c.missing is not None), file.missing)
    text = f"ltrim({sql_name(name)})" if file.trim else sql_name(name)
    marks = ", ".join(sql_text(m) for m in ["", *(m for m in own if m)])
    return f"CASE WHEN {text} IN ({marks}) THEN NULL ELSE {text} END"


def _column_rules(column: Column, kind: str, value: str) -> Iterator[tuple[str, str, str, str]]:
    name = column.name
    text = value if kind in TEXT else f"CAST({value} AS VARCHAR)"
    good = fits(column, kind, text)
    if good is not None:
        yield "type", name, f"of type {column.type}", f"({text}) IS NOT NULL AND NOT ({good})"
    if column.required:
        yield "required", name, "a value", f"({value}) IS NULL"
    if column.pattern is not None:
        matched = f"regexp_full_match({text}, {sql_text(column.pattern)})"
        yield "pattern", name, f"the pattern {column.pattern}", f"NOT {matched}"
    if column.enum:
        yield "enum", name, f"one of {', '.join(column.enum[:10])}", _is_other(column, text)
    if column.min_length is not None:
        yield "length", name, f"at least {column.min_length} characters", f"length({text}) < {column.min_length}"
    if column.max_length is not None:
        yield "length", name, f"at most {column.max_length} characters", f"length({text}) > {column.max_length}"
    for limit, sign, words in (
        (column.minimum, "<", "at least"),
        (column.maximum, ">", "at most"),
        (column.above, "<=", "more than"),
        (column.below, ">=", "less than"),
    ):
        if limit is not None:
            yield "range", name, f"{words} {limit}", f"{typed(column, text)} {sign} {bound(column, limit)}"


def _is_other(column: Column, text: str) -> str:
    """SQL that holds where a value is none of the list; numbers are compared as numbers, and words of truth as such."""
    words = list(column.enum)
    if column.type == "boolean":
        for wanted, known in (
            ("true", column.true or ("True", "TRUE", "1")),
            ("false", column.false or ("False", "FALSE", "0")),
        ):
            words += known if wanted in words else ()
    other = f"{text} NOT IN ({', '.join(sql_text(w) for w in words)})"
    if column.type in ("number", "integer"):
        numbers = ", ".join(bound(column, w) for w in column.enum)
        other += f" AND coalesce({typed(column, text)} NOT IN ({numbers}), true)"
    return other
