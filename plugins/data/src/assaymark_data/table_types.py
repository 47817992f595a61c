"""Types of Table Schema as SQL: whether a text is of a type, and which value it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark_data.dataset import Column
from assaymark_data.table_engine import sql_text

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
REAL = ("FLOAT", "DOUBLE")
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
    "binary": r"[A-Za-z0-9+/\s]*={0,2}",
}
_CASTS = {"date": "DATE", "time": "TIME", "datetime": "TIMESTAMPTZ"}
_JSON = {"object": ("OBJECT",), "array": ("ARRAY",), "geojson": ("OBJECT",)}
# Directives whose meaning hangs on the place where the program runs.
_LOCAL = ("%c", "%x", "%X")


def cast_of(column: Column) -> str:
    """The type by which values of a column are compared with bounds."""
    return _CASTS.get(column.type, "VARCHAR" if column.type in ("string", "any", "yearmonth") else "DOUBLE")


def typed(column: Column, text: str) -> str:
    """SQL of the value that a text stands for; NULL where it is none."""
    if _is_patterned(column):
        if "%z" in column.format:  # Z is an offset for everyone but the engine
            text = f"regexp_replace({text}, 'Z$', '+00:00')"
        return f"CAST(try_strptime({text}, {sql_text(column.format)}) AS {_CASTS[column.type]})"
    return f"TRY_CAST({_plain(column, text)} AS {cast_of(column)})"


def bound(column: Column, value: str) -> str:
    """SQL of a bound, which may stand in the schema as plain JSON or as it would in the data."""
    return f"coalesce(TRY_CAST({sql_text(value)} AS {cast_of(column)}), {typed(column, sql_text(value))})"


def undecided(connection: DuckDBPyConnection, column: Column) -> str:
    """Why it cannot be told whether values are of a column's type, '' when it can."""
    if column.type in _CASTS and column.format == "any":
        return f"{column.name} may be written in any way, and what is no {column.type} then is a matter of guessing"
    if not _is_patterned(column):
        return ""
    if any(mark in column.format for mark in _LOCAL):
        return f"the format {column.format[:40]} of {column.name} means something else at each place"
    import duckdb

    try:
        connection.execute("SELECT try_strptime('', ?) IS NULL", [column.format]).fetchall()
    except duckdb.Error:
        return f"the format {column.format[:40]} of {column.name} is not known"
    return ""


def fits(column: Column, kind: str, text: str) -> str | None:
    """SQL that holds where a value is of the column's type; None where every value is."""
    if column.type == "string":
        return _matches(text, _FORMATS[column.format]) if column.format in _FORMATS else None
    if column.type in ("any", "list") or _is_stored(column.type, kind):
        return None
    if column.type in _JSON:
        kinds = ", ".join(sql_text(k) for k in _JSON[column.type])
        return f"CASE WHEN json_valid({text}) THEN json_type({text}) IN ({kinds}) ELSE false END"
    if column.type == "geopoint" and column.format in ("array", "object"):
        return _point(column.format, text)
    if column.type == "boolean" and (column.true or column.false):
        return f"{text} IN ({', '.join(sql_text(w) for w in (*column.true, *column.false))})"
    if _is_patterned(column):
        return f"{typed(column, text)} IS NOT NULL"
    matched = _matches(_plain(column, text), _PATTERNS[column.type])
    return f"{matched} AND {typed(column, text)} IS NOT NULL" if column.type in _CASTS else matched


def _is_patterned(column: Column) -> bool:
    return column.type in _CASTS and "%" in column.format


def _is_stored(wanted: str, kind: str) -> bool:
    """Whether a file that has types stores a column as the one that is wanted."""
    if wanted in ("integer", "number") and kind in _WHOLE:
        return True
    if wanted == "number" and (kind in REAL or kind.startswith("DECIMAL")):
        return True
    return kind == {"boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}.get(wanted) or (
        wanted == "datetime" and kind.startswith("TIMESTAMP")
    )


def _plain(column: Column, text: str) -> str:
    """A number without what the schema lets stand around and within it, with a point before its fraction."""
    if column.type not in ("number", "integer"):
        return text
    if column.group:
        text = f"replace({text}, {sql_text(column.group)}, '')"
    if column.decimal != ".":
        text = f"replace({text}, {sql_text(column.decimal)}, '.')"
    if not column.bare:
        text = f"regexp_replace({text}, '^[^\\d.+-]*|[^\\d]*$', '', 'g')"
    return text


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {sql_text(pattern)})"


def _point(form: str, text: str) -> str:
    """A place as JSON: ``[lon, lat]`` or ``{"lon": …, "lat": …}``."""
    keys = ("$[0]", "$[1]") if form == "array" else ("$.lon", "$.lat")
    numbers = " AND ".join(f"TRY_CAST(json_extract_string({text}, '{k}') AS DOUBLE) IS NOT NULL" for k in keys)
    return (
        f"CASE WHEN json_valid({text}) THEN json_type({text}) = {sql_text(form.upper())} AND {numbers} ELSE false END"
    )
