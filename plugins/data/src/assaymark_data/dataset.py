"""The files of a dataset and the rules they are to keep, whatever said so: a manifest, a package, a checksum file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from assaymark.api import FactUnavailable

TABLES = (".csv", ".tsv", ".parquet", ".pq")
GRIDS = (".nc", ".nc4", ".cdf", ".zarr")
MAPS = (".geojson", ".tif", ".tiff", ".geoparquet", ".gpkg", ".shp")
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt", ".dill", ".cloudpickle", ".rds", ".rdata")
_PACKED = (".gz", ".zst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column and its rules, in the words of Table Schema. Bounds are text: they are compared as the type says.

    ``above`` and ``below`` are bounds that are not reached; ``decimal``, ``group`` and ``bare`` tell how numbers are
    written, ``true`` and ``false`` the words of a boolean, and ``missing`` the column's own marks of no value.
    """

    name: str
    type: str = "any"
    format: str = "default"
    required: bool = False
    unique: bool = False
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    above: str | None = None
    below: str | None = None
    decimal: str = "."
    group: str = ""
    bare: bool = True
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    missing: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """Columns whose values must be found in columns of another file ('' is the same)."""

    columns: tuple[str, ...]
    file: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file by its path from the folder of the dataset, and what is said of it.

    ``line`` is where the manifest names it; ``columns`` is None when nobody said what the columns are; ``problem`` why
    a schema that is named could not be read, ``unread`` why the file is not. ``unique`` are keys besides the primary
    one, ``matching`` says how columns and schema go together (fieldsMatch), ``part`` that the table has more files.
    Of a CSV file: ``header`` whether names stand first, ``trim`` whether blanks after a delimiter mean nothing.
    """

    path: str
    kind: str
    line: int | None = None
    size: int | None = None
    checksums: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] | None = None
    key: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()
    missing: tuple[str, ...] = ("",)
    delimiter: str | None = None
    encoding: str = "utf-8"
    rows: int | None = None
    problem: str = ""
    unread: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    matching: str = "exact"
    part: bool = False
    quote: str = '"'
    escape: str = '"'
    comment: str = ""
    header: bool = True
    trim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Files below ``folder``, none of which may leave ``root``; ``said_by`` is the document that names them.

    ``personal`` are the kinds of personal data that are declared, ``largest`` the size that no file may exceed.
    """

    folder: Path
    root: Path
    said_by: str = ""
    files: tuple[File, ...] = ()
    checksum_files: tuple[str, ...] = ()
    personal: Mapping[str, str] = field(default_factory=dict)
    largest: int | None = None

    def of(self, kind: str) -> tuple[File, ...]:
        """The files of a kind: table, grid, map, other."""
        return tuple(f for f in self.files if f.kind == kind)

    def named(self, path: str) -> File:
        """What is said of a file, with nothing where nothing is."""
        return next((f for f in self.files if f.path == path), File(path=path, kind=kind_of(path)))

    def place(self, path: str) -> Path:
        """Where a file lies. Raises FactUnavailable when it leaves the root (by a link too) or is not there."""
        given = PurePosixPath(path)
        if given.is_absolute() or ".." in given.parts:
            raise FactUnavailable(f"{path} is no path below the dataset's folder", remedy="write it relative to that")
        try:
            place = (self.folder / path).resolve()
            if not place.is_relative_to(self.root):
                raise FactUnavailable(f"{path} leads out of the dataset's folder and is not read")
            if not (place.is_file() or (place.is_dir() and path.endswith(".zarr"))):
                raise FactUnavailable(f"there is no file {path}", remedy=f"put {path} there, or mend its path")
        except (OSError, ValueError, RuntimeError) as problem:
            raise FactUnavailable(f"{path} cannot be opened: {problem}") from problem
        return place


def kind_of(path: str) -> str:
    """table, grid, map or other, by a file's name."""
    suffixes = [s.lower() for s in PurePosixPath(path).suffixes]
    last = next((s for s in reversed(suffixes) if s not in _PACKED), "")
    for kind, known in (("table", TABLES), ("grid", GRIDS), ("map", MAPS)):
        if last in known:
            return kind
    return "other"


def is_pickle(path: str, head: bytes = b"") -> bool:
    """Whether a file holds, or by its name may hold, objects whose loading runs code."""
    if PurePosixPath(path).suffix.lower() in PICKLES:
        return True
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
