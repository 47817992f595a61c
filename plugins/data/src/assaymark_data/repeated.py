"""Values that occur twice in a table of any size, within the memory of the engine.

Grouping all keys at once keeps all of them in memory at the end. Beyond a few million rows the keys' hashes are sorted,
which the engine does on disk, and grouped range by range; what has the same hash is then compared in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_ONCE = 4_000_000
COMPARED = 10_000
_HASHES = 1 << 64


class Repeated(NamedTuple):
    """``again``: how many rows hold what an earlier row holds; the first such values, each with how often it occurs."""

    again: int
    examples: tuple[tuple[str, ...], ...]


def repeated(connection: DuckDBPyConnection, source: str, values: list[str], *, rows: int, most: int) -> Repeated:
    """Combinations of ``values`` (SQL) that occur twice in ``source``, which has ``rows``; missing ones never do."""
    picked = ", ".join(f"{v} AS k{i}" for i, v in enumerate(values))
    there = " AND ".join(f"k{i} IS NOT NULL" for i in range(len(values)))
    table = f"(SELECT * FROM (SELECT {picked} FROM {source}) WHERE {there})"
    keys = ", ".join(f"k{i}" for i in range(len(values)))
    if rows <= AT_ONCE:
        return _compared(connection, table, keys, len(values), most)
    count, hashes = _same_hash(connection, table, keys, rows)
    if not hashes:
        return Repeated(0, ())
    listed = f"(SELECT * FROM {table} WHERE hash({keys}) IN ({', '.join(map(str, hashes))}))"
    found = _compared(connection, listed, keys, len(values), most)
    # Two keys of one hash count here and not there; of more than is compared they are too small a part to matter.
    return found if len(hashes) < COMPARED else Repeated(count, found.examples)


def _compared(connection: DuckDBPyConnection, table: str, keys: str, width: int, most: int) -> Repeated:
    """The combinations that occur twice, by the values themselves."""
    twice = f"SELECT {keys}, count(*) AS n FROM {table} GROUP BY {keys} HAVING n > 1"
    texts = ", ".join(f"CAST(k{i} AS VARCHAR)" for i in range(width))
    rows = connection.execute(f"SELECT {texts}, n FROM ({twice}) LIMIT {most}").fetchall()
    if not rows:
        return Repeated(0, ())
    total = connection.execute(f"SELECT sum(n) - count(*) FROM ({twice})").fetchall()[0]
    return Repeated(int(total[0]), tuple(tuple(str(v) for v in r) for r in rows))


def _same_hash(connection: DuckDBPyConnection, table: str, keys: str, rows: int) -> tuple[int, list[int]]:
    """How many rows have the hash of an earlier one, and up to `COMPARED` of these hashes."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE hashes AS SELECT hash({keys}) AS h FROM {table} ORDER BY h")
    ranges = -(-rows // AT_ONCE)
    width = -(-_HASHES // ranges)
    count, found = 0, list[int]()
    for start in range(0, _HASHES, width):
        within = f"h BETWEEN {start} AND {min(start + width, _HASHES) - 1}"
        twice = f"SELECT h, count(*) AS n FROM hashes WHERE {within} GROUP BY h HAVING n > 1"
        more = connection.execute(f"SELECT sum(n) - count(*) FROM ({twice})").fetchall()[0][0]
        if more:
            count += int(more)
            left = COMPARED - len(found)
            found += [int(r[0]) for r in connection.execute(f"SELECT h FROM ({twice}) LIMIT {left}").fetchall()]
    connection.execute("DROP TABLE hashes")
    return count, found
