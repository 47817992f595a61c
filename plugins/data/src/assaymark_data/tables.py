"""Tables (CSV, TSV, Parquet) measured by DuckDB: streamed, within a memory limit, with no access to anything else.

A file is passed over once for everything that can be counted row by row; positions are looked up only for what was
found, and keys are grouped on disk when they do not fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.api import FactUnavailable
from assaymark_data import personal, table_engine
from assaymark_data.dataset import Dataset, File, ForeignKey
from assaymark_data.personal import Hint
from assaymark_data.repeated import repeated
from assaymark_data.table_engine import (
    Told,
    connected,
    encoding_of,
    is_parquet,
    source_of,
    sql_name,
    sql_text,
    tidy_exit,
)
from assaymark_data.table_rules import applicable, rules_of, unapplied_of, value_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 20


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


def measure(dataset: Dataset, file: File, heard: Callable[[str, float], None] | None = None) -> Measured:
    """Measure one table by its rules; what cannot be read is said, not raised.

    ``heard`` is told which step is done, and which share of it in percent.
    """
    import duckdb

    tidy_exit()
    try:
        place = dataset.place(file.path)
        others = {k.file: dataset.place(k.file) for k in file.foreign if k.file}
        if unread := next((u for f in (file, *map(dataset.named, others)) if (u := _unread(f))), ""):
            return Measured(file=file, unknown=unread)
        if file.part:
            file = replace(file, header=_has_names(file, place))
    except (FactUnavailable, OSError) as problem:
        return Measured(file=file, unknown=getattr(problem, "reason", str(problem)))
    others_read = {path: (dataset.named(path), there) for path, there in others.items()}
    told = Told(heard)
    try:
        with connected([place, *others.values()], told) as connection:
            return _measured(connection, file, place, others_read, told)
    except duckdb.InterruptException:
        return Measured(file=file, unknown=f"took longer than {table_engine.SECONDS / 60:.0f} minutes")
    except duckdb.OutOfMemoryException as problem:
        return Measured(file=file, unknown=f"did not fit into memory and disk: {_line(problem)}")
    except (duckdb.Error, UnicodeDecodeError, RuntimeError) as problem:
        return Measured(file=file, broken=_line(problem))


def _unread(file: File) -> str:
    """Why a table is not read, '' when it is."""
    if file.unread:
        return f"{file.path} {file.unread}"
    if not is_parquet(file.path) and not encoding_of(file):
        return f"{file.path} is encoded as {file.encoding[:40]}, which is not read"
    return ""


def _has_names(file: File, place: Path) -> bool:
    """Whether one of several files of a table begins with the names of the columns."""
    if is_parquet(file.path) or not file.columns:
        return True
    with place.open("rb") as stream:
        line = stream.readline(100_000)
    return all(c.name.encode() in line for c in file.columns)


def _line(problem: object) -> str:
    return " ".join(str(problem).split())[:300]


def _measured(
    connection: DuckDBPyConnection, file: File, place: Path, others: dict[str, tuple[File, Path]], told: Told
) -> Measured:
    source = source_of(file, place)
    columns = tuple((str(r[0]), str(r[1])) for r in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall())
    measured = Measured(file=file, columns=columns)
    unapplied = tuple(unapplied_of(connection, file))
    file = replace(file, columns=applicable(connection, file.columns))
    rules = list(rules_of(file, columns, connection, place))
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, _, _, condition in rules)
    told.step = "rows"
    # All rows are fetched, here and below: the engine finishes its list of rejected lines only then.
    row = connection.execute(f"SELECT count(*){', ' + counted if counted else ''} FROM {source}").fetchall()[0]
    rejected = tuple(_rejected(connection, file))
    told.step = "places"
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
    told.step = "keys"
    found += [v for v in _keys(connection, source, file, place, columns, int(row[0])) if v.count]
    found += [v for k in file.foreign if (v := _foreign(connection, source, file, place, columns, k, others)).count]
    hints = (*personal.by_name([c for c, _ in columns]), *personal.by_value(connection, source, columns))
    return replace(measured, rows=int(row[0]), violations=(*rejected, *found), unapplied=unapplied, hints=hints)


def _where(
    connection: DuckDBPyConnection, file: File, place: Path, column: str, condition: str
) -> tuple[tuple[int | None, str], ...]:
    """The first rows that break a rule, with what stands in them."""
    query = (
        f"SELECT assaymark_row, left(CAST({sql_name(column)} AS VARCHAR), 80) FROM "
        f"{_numbered(file, place)} WHERE {condition} LIMIT {SHOWN}"
    )
    return tuple((int(r[0]), "" if r[1] is None else str(r[1])) for r in connection.execute(query).fetchall())


def _numbered(file: File, place: Path) -> str:
    """A table as a source of SQL with the number of each row, from 1."""
    row = "file_row_number + 1" if is_parquet(file.path) else "row_number() OVER ()"
    return f"(SELECT *, {row} AS assaymark_row FROM {source_of(file, place, numbered=True)})"


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
        shown = tuple((max(int(r[0]) - file.header, 0), str(r[1]).lower()) for r in rows[:SHOWN])
        yield Violation(
            rule="structure", column="", wanted="as many values as columns", count=len(rows), examples=shown
        )


def _keys(
    connection: DuckDBPyConnection,
    source: str,
    file: File,
    place: Path,
    columns: Sequence[tuple[str, str]],
    rows: int,
) -> Iterator[Violation]:
    """Values that occur twice where they may once; the primary key may not be missing either."""
    kinds = dict(columns)
    alone = [(c.name,) for c in file.columns or () if c.unique and (c.name,) != file.key]
    for names in [*alone, *file.unique, *([file.key] if file.key else [])]:
        if not set(names) <= kinds.keys():
            continue
        values = [value_of(n, kinds[n], file) for n in names]
        label = ", ".join(names)
        found = repeated(connection, source, values, rows=rows, most=SHOWN)
        if found.again:
            keys = [r[:-1] for r in found.examples]
            at = _rows_with(connection, file, place, values, keys, 2)
            shown = tuple(
                (at.get(k), f"{' | '.join(v[:60] for v in k)} occurs {r[-1]} times")
                for k, r in zip(keys, found.examples, strict=True)
            )
            yield Violation(rule="unique", column=label, wanted="no value twice", count=found.again, examples=shown)
        if names == file.key:
            gaps = " OR ".join(f"({v}) IS NULL" for v in values)
            row = connection.execute(f"SELECT count(*) FROM {source} WHERE {gaps}").fetchall()[0]
            yield Violation(
                rule="unique",
                column=label,
                wanted="a value in every column of the key",
                count=int(row[0]),
                examples=tuple(
                    (n, "the key is not whole") for n, _ in _where(connection, file, place, names[0], gaps) if row[0]
                ),
            )


def _rows_with(
    connection: DuckDBPyConnection,
    file: File,
    place: Path,
    values: Sequence[str],
    wanted: Sequence[tuple[str, ...]],
    time: int,
) -> dict[tuple[str, ...], int]:
    """The row in which combinations of values (SQL) stand for the first, second … time."""
    texts = [f"CAST({v} AS VARCHAR)" for v in values]
    picked = ", ".join(f"{t} AS k{i}" for i, t in enumerate(texts))
    keys = ", ".join(f"k{i}" for i in range(len(values)))
    listed = ", ".join(f"({', '.join(sql_text(w) for w in one)})" for one in wanted)
    query = (
        f"SELECT {keys}, min(assaymark_row, {time}) FROM (SELECT {picked}, assaymark_row FROM "
        f"{_numbered(file, place)}) WHERE ({keys}) IN ({listed}) GROUP BY {keys}"
    )
    found = connection.execute(query).fetchall() if wanted else []
    return {tuple(str(v) for v in r[:-1]): int(r[-1][-1]) for r in found}


def _foreign(
    connection: DuckDBPyConnection,
    source: str,
    file: File,
    place: Path,
    columns: Sequence[tuple[str, str]],
    key: ForeignKey,
    others: dict[str, tuple[File, Path]],
) -> Violation:
    """Values that are not found where they should be."""
    target = source_of(*others[key.file]) if key.file else source
    kinds = dict(columns)
    label, wanted = ", ".join(key.columns), f"a row of {key.file or file.path} with this {', '.join(key.to)}"
    if not set(key.columns) <= kinds.keys():
        return Violation(rule="foreign", column=label, wanted=wanted, count=1, examples=((None, "no such column"),))
    values = [value_of(n, kinds[n], file) for n in key.columns]
    own = ", ".join(f"CAST({v} AS VARCHAR) AS k{i}" for i, v in enumerate(values))
    far = ", ".join(f"CAST({sql_name(n)} AS VARCHAR) AS k{i}" for i, n in enumerate(key.to))
    keys = [f"k{i}" for i in range(len(key.to))]
    there = " AND ".join(f"{k} IS NOT NULL" for k in keys)
    same = " AND ".join(f"a.{k} = b.{k}" for k in keys)
    found = f"EXISTS (SELECT 1 FROM (SELECT {far} FROM {target}) AS b WHERE {same})"
    picked = ", ".join(keys)
    lost = f"SELECT {picked}, count(*) AS n FROM (SELECT {own} FROM {source}) AS a"
    lost += f" WHERE {there} AND NOT {found} GROUP BY {picked}"
    rows = connection.execute(f"SELECT * FROM ({lost}) ORDER BY ALL LIMIT {SHOWN}").fetchall()
    total = connection.execute(f"SELECT coalesce(sum(n), 0) FROM ({lost})").fetchall()[0] if rows else (0,)
    at = _rows_with(connection, file, place, values, [tuple(map(str, r[:-1])) for r in rows], 1)
    shown = tuple((at.get(tuple(map(str, r[:-1]))), " | ".join(str(v)[:60] for v in r[:-1])) for r in rows)
    return Violation(rule="foreign", column=label, wanted=wanted, count=int(total[0]), examples=shown)
