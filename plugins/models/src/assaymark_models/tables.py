"""Tables of reference data and predictions: CSV, Parquet, NumPy, NetCDF, Zarr. Nothing is ever unpickled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable
from assaymark_models.places import is_pickle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

MOST_ROWS = 200_000_000
MOST_BYTES = 8_000_000_000  # of one file, and of what an archive says it unpacks to
KINDS = (".csv", ".parquet", ".npy", ".npz", ".nc", ".zarr")


class Unreadable(FactUnavailable):
    """A file is not the table that its name promises."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}", remedy=f"write {name} again as CSV, Parquet or NumPy arrays without objects")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns to read: those that have to be there, and those that are taken if they are.

    ``measured`` is the one that has units in a file that can state them; ``units`` are what it has to be in.
    """

    needed: frozenset[str]
    welcome: frozenset[str] = frozenset()
    measured: str | None = None
    units: str | None = None


def read(place: Path, name: str, wanted: Wanted) -> Any:
    """A table (`pyarrow.Table`) of the ``wanted`` columns. ``name`` is what messages call the file.

    Raises FactUnavailable when the file is a pickle, too large, truncated or no table, or lacks a column.
    """
    if place.is_file() and is_pickle(place):
        raise FactUnavailable(
            f"{name} is a pickle and is not opened: loading one runs the code that it holds",
            remedy=f"write {name} as CSV, Parquet or .npz (numpy.savez)",
        )
    kind = place.suffix.lower()
    if kind not in KINDS:
        raise FactUnavailable(f"{name} is none of {', '.join(KINDS)}", remedy="convert it to one of them")
    if place.is_file() and place.stat().st_size > MOST_BYTES:
        raise FactUnavailable(f"{name} is larger than {MOST_BYTES:,} bytes", remedy="judge a random sample of it")
    import pyarrow as pa

    try:
        table = _reader(kind)(place, name, wanted)
    except FactUnavailable:
        raise
    except (pa.ArrowException, OSError, ValueError, EOFError, KeyError, TypeError, MemoryError) as problem:
        raise Unreadable(name, f"cannot be read: {' '.join(str(problem).split())[:200]}") from problem
    if len(set(table.column_names)) != len(table.column_names):
        raise Unreadable(name, "two of its columns have the same name")
    return table


def _reader(kind: str) -> Callable[[Path, str, Wanted], Any]:
    if kind in (".nc", ".zarr"):
        from assaymark_models import grids

        return grids.table_of
    return {".csv": _csv, ".parquet": _parquet}.get(kind, _numpy)


def chosen(name: str, there: Collection[str], wanted: Wanted) -> list[str]:
    """The columns to read of those that are there. Raises FactUnavailable when one that is needed is not."""
    missing = sorted(wanted.needed - set(there))
    if missing:
        shown = ", ".join(list(there)[:20])
        raise FactUnavailable(
            f"{name} has no column {', '.join(missing)}", remedy=f"name one of its columns: {shown or 'it has none'}"
        )
    return [c for c in there if c in wanted.needed or c in wanted.welcome]


def _csv(place: Path, name: str, wanted: Wanted) -> Any:
    from pyarrow import csv

    with csv.open_csv(place) as head:
        names = head.schema.names
    picked = chosen(name, names, wanted)
    return csv.read_csv(place, convert_options=csv.ConvertOptions(include_columns=picked))


def _parquet(place: Path, name: str, wanted: Wanted) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(place, memory_map=True) as file:
        if file.metadata.num_rows > MOST_ROWS:
            raise Unreadable(name, f"claims {file.metadata.num_rows:,} rows, more than {MOST_ROWS:,}")
        picked = chosen(name, file.schema_arrow.names, wanted)
        kinds = {c: file.schema_arrow.field(c).type for c in picked}
    # A short file may say one long text many times: texts are read once each, and written out when that is bearable.
    texts = [c for c, kind in kinds.items() if _is_text(kind)]
    with parquet.ParquetFile(place, memory_map=True, read_dictionary=texts) as file:
        table = file.read(columns=picked)
    for column in texts:
        if sum(map(_written_out, table[column].chunks)) > MOST_BYTES:
            raise Unreadable(name, f"the texts of {column} take more than {MOST_BYTES:,} bytes")
        table = table.set_column(table.column_names.index(column), column, table[column].cast(kinds[column]))
    return table


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _written_out(chunk: Any) -> int:
    """Bytes of a chunk of texts, each time that one is said."""
    import pyarrow.compute as pc

    return int(pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() or 0)


def _numpy(place: Path, name: str, wanted: Wanted) -> Any:
    import numpy as np
    import pyarrow as pa

    if place.suffix.lower() == ".npz":
        _refuse_bomb(place, name)
    loaded = np.load(place, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        columns = _columns_of(loaded, name)
        picked = chosen(name, list(columns), wanted)
    else:
        picked = chosen(name, loaded.files, wanted)
        columns = {c: loaded[c] for c in picked}
    for column in picked:
        if columns[column].ndim != 1:
            raise Unreadable(name, f"{column} has {columns[column].ndim} dimensions instead of one")
    if len({columns[c].shape[0] for c in picked}) > 1:
        raise Unreadable(name, "its arrays differ in length")
    return pa.table({c: pa.array(np.ascontiguousarray(columns[c])) for c in picked})


def _columns_of(array: Any, name: str) -> dict[str, Any]:
    """The columns of one array: those of a structured one, else ``0``, ``1``, ... of a matrix, or ``0``."""
    if array.dtype.names:
        return {c: array[c] for c in array.dtype.names}
    if array.ndim == 1:
        return {"0": array}
    if array.ndim == 2 and array.shape[1] <= 10_000:
        return {str(i): array[:, i] for i in range(array.shape[1])}
    raise Unreadable(name, f"an array of {array.ndim} dimensions is no table")


def _refuse_bomb(place: Path, name: str) -> None:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(place) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except BadZipFile as problem:
        raise Unreadable(name, f"is no whole .npz: {problem}") from problem
    if size > MOST_BYTES:
        raise Unreadable(name, f"unpacks to more than {MOST_BYTES:,} bytes")


def floats(column: Any) -> Floats:
    """A column as 64-bit floats, NaN for what is missing. Raises ValueError when it holds no numbers."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        raise ValueError("holds text")
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)):
        if pa.types.is_null(column.type):
            return np.full(len(column), np.nan)
        raise ValueError(f"holds {column.type}, which is no number")
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def codes(*columns: Any) -> tuple[list[Codes], list[str]]:
    """Columns of classes as codes into one list of labels, which is sorted; -1 for what is missing or NaN.

    A whole number and the same number written as a float or as text are one class. Text without a letter is missing, as
    is the text ``nan``: that is how a table of text writes what it lacks.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = []
    for column in columns:
        chunk = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_floating(chunk.type):
            chunk = pc.if_else(pc.is_finite(chunk), chunk, pa.scalar(None, chunk.type))
        found = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        encoded.append((found.indices, [_label(v) for v in found.dictionary.to_pylist()]))
    labels = sorted({label for _, own in encoded for label in own} - {""})
    place = {label: i for i, label in enumerate(labels)}
    out = []
    for indices, own in encoded:
        mapping = np.array([place.get(label, -1) for label in own] + [-1], dtype=np.int64)
        numbers = pc.fill_null(indices, len(own)).to_numpy(zero_copy_only=False)
        out.append(mapping[numbers])
    return out, labels


def _label(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return "" if text.strip().lower() in ("", "nan") else text
