"""The engine of tables: DuckDB with some files in sight and nothing else, and those files as its sources.

Memory and time are limited; keys and groups that do not fit are kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark_data.dataset import File

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "600MB"
THREADS = 2
SECONDS = 3600.0
EVERY = 0.2  # seconds between two looks at how far it is
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"), "utf-8"),
    **dict.fromkeys(("latin-1", "latin1", "iso-8859-1", "iso8859-1", "cp1252", "windows-1252"), "latin-1"),
    **dict.fromkeys(("utf-16", "utf16", "utf-16le", "utf-16-le"), "utf-16"),
}
TEXT = ("VARCHAR",)  # kinds of columns that hold text


@cache
def tidy_exit() -> None:
    """Lets the interpreter clean up at exit, which assaymark spares itself: the engine complains otherwise."""
    import atexit
    import gc

    atexit.register(gc.unfreeze)


@dataclass(slots=True)
class Told:
    """Who is told how far it is (``heard``: the step and its share in percent), and which step it is."""

    heard: Callable[[str, float], None] | None
    step: str = ""


@contextmanager
def connected(places: Sequence[Path], told: Told) -> Iterator[DuckDBPyConnection]:
    """A database that sees these files and nothing else, and stops when its time is over."""
    import tempfile
    import threading

    import duckdb

    with tempfile.TemporaryDirectory(prefix="assaymark-data-") as spill:
        connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": THREADS})
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(connection, ended, told), daemon=True)
        try:
            connection.execute(f"SET temp_directory = {sql_text(spill)}")
            connection.execute(f"SET allowed_paths = [{', '.join(sql_text(str(p)) for p in places)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute("SET TimeZone = 'UTC'")
            if told.heard:  # the engine counts only when it believes that it shows a bar
                connection.execute("SET enable_progress_bar = true")
                connection.execute("SET enable_progress_bar_print = false")
                connection.execute("SET progress_bar_time = 0")
            connection.execute("SET lock_configuration = true")
            watch.start()
            yield connection
        finally:
            ended.set()
            if watch.is_alive():
                watch.join(5)
            connection.close()


def _watch(connection: DuckDBPyConnection, ended: Any, told: Told) -> None:
    """Interrupts what takes too long, and tells how far it is."""
    import time

    end, step, most = time.monotonic() + SECONDS, "", 0.0
    while not ended.wait(EVERY):
        if time.monotonic() > end:
            connection.interrupt()
            return
        if told.heard:
            # Between two queries of a step the engine says 0 or less again.
            step, most = (step, most) if step == told.step else (told.step, 0.0)
            most = max(most, connection.query_progress())
            told.heard(step, most)


def is_parquet(path: str) -> bool:
    """Whether a table is read as Parquet."""
    return path.lower().endswith((".parquet", ".pq", ".geoparquet"))


def source_of(file: File, place: Path, *, typed: bool = False, numbered: bool = False) -> str:
    """A table as a source of SQL; a CSV file as text unless ``typed``, Parquet with numbers of rows if ``numbered``."""
    name = sql_text(str(place))
    if is_parquet(file.path):
        return f"read_parquet({name}{', file_row_number = true' if numbered else ''})"
    delimiter = file.delimiter or _delimiter(place)
    options = [
        "header = true" if file.header else _named(file),
        "store_rejects = true",
        "rejects_limit = 1000",
        f"all_varchar = {not typed}".lower(),
    ]
    options += ["null_padding = false", "max_line_size = 2000000", "buffer_size = 4000000"]
    options += [
        f"delim = {sql_text(delimiter)}",
        f"quote = {sql_text(file.quote)}",
        f"escape = {sql_text(file.escape)}",
    ]
    if file.comment:
        options.append(f"comment = {sql_text(file.comment)}")
    if (encoding := encoding_of(file)) != "utf-8":
        options.append(f"encoding = {sql_text(encoding)}")
    return f"read_csv({name}, {', '.join(options)})"


def encoding_of(file: File) -> str:
    """The engine's name of an encoding, '' for one that it does not read. Windows-1252 adds marks to Latin 1 only."""
    return _ENCODINGS.get(file.encoding.lower().replace("_", "-"), "")


def _named(file: File) -> str:
    names = ", ".join(sql_text(c.name) for c in file.columns or ())
    return f"header = false{f', names = [{names}]' if names else ''}"


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


def sql_text(value: str) -> str:
    """A string of SQL."""
    return "'" + value.replace("'", "''") + "'"


def sql_name(value: str) -> str:
    """A name of SQL."""
    return '"' + value.replace('"', '""') + '"'
