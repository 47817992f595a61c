"""``data.toml``: files, their columns and keys, checksums, and which personal data are meant to be there.

Its shape is ``manifest.schema.json``, which ships in the wheel. Every error names the key and the line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError, content_of, line_of_key, read_manifest
from assaymark_data import table_schema
from assaymark_data.dataset import Column, Dataset, File, ForeignKey, kind_of
from assaymark_data.reading import from_json
from assaymark_data.source import LIMIT as LARGEST_RECORD

LIMIT = 1_000_000
SCHEMA = Path(__file__).with_name("manifest.schema.json")


def load(path: Path, root: Path) -> tuple[Dataset, Mapping[str, Any]]:
    """The dataset that a manifest describes, and its table. Raises InputError naming file, key and line."""
    data = path.read_bytes() if path.stat().st_size <= LIMIT else b"\xff"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(f"is no text in UTF-8, or larger than {LIMIT:,} bytes", where=str(path)) from problem
    table = read_manifest(text, str(path), SCHEMA)
    draft = Dataset(folder=path.parent, root=root)
    personal = table.get("personal-data", {})
    dataset = Dataset(
        folder=path.parent,
        root=root,
        said_by=path.name,
        files=tuple(_file(item, line_of_key(text, ("file", n)), draft) for n, item in enumerate(table.get("file", ()))),
        checksum_files=tuple(table.get("checksums", ())),
        personal=dict.fromkeys(personal.get("declared", ()), personal.get("reason", "")),
        largest=table.get("limits", {}).get("file-bytes"),
    )
    return dataset, table


def is_one(path: Path) -> bool:
    """Whether a file is a manifest of data by its text: it has a title, and files or a record."""
    try:
        data = tomllib.loads(path.read_bytes()[:LIMIT].decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError):
        return False
    return isinstance(data.get("title"), str) and (
        _lists_files(data.get("file")) or isinstance(data.get("record"), str)
    )


def _lists_files(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(v, dict) and "path" in v for v in value)


def _file(item: Mapping[str, Any], line: int | None, draft: Dataset) -> File:
    columns: tuple[Column, ...] | None = tuple(_column(c) for c in item["column"]) if "column" in item else None
    key = tuple(item.get("primary-key", ()))
    foreign = tuple(
        ForeignKey(columns=tuple(k["columns"]), file=k["file"], to=tuple(k["to"])) for k in item.get("foreign-key", ())
    )
    missing, problem = tuple(item.get("missing", ("",))), ""
    unique, matching = tuple[tuple[str, ...], ...](), "exact"
    if columns is None and "schema" in item:
        try:
            schema = _schema(item["schema"], draft)
            columns, key = table_schema.columns_of(schema), key or table_schema.keys_of(schema)
            foreign = foreign or table_schema.foreign_of(schema, {})
            unique, matching = table_schema.unique_of(schema), table_schema.matching_of(schema)
            missing = missing if "missing" in item else table_schema.missing_of(schema)
        except FactUnavailable as reason:
            problem = reason.reason
    return File(
        path=item["path"],
        kind=item.get("kind", kind_of(item["path"])),
        line=line,
        size=item.get("bytes"),
        checksums=tuple(table_schema.checksum(item.get("hash"))),
        columns=columns,
        key=key,
        unique=unique,
        matching=matching,
        foreign=foreign,
        missing=missing,
        delimiter=item.get("delimiter"),
        encoding=item.get("encoding", "utf-8"),
        rows=item.get("rows-at-least"),
        problem=problem,
    )


def _schema(path: str, draft: Dataset) -> Mapping[str, Any]:
    try:
        tree = from_json(content_of(draft.place(path), LARGEST_RECORD), path)
    except InputError as problem:
        raise FactUnavailable(f"{path}: {problem}") from problem
    if not isinstance(tree, dict) or not isinstance(tree.get("fields"), list):
        raise FactUnavailable(f"{path} is no Table Schema: it has no list of fields")
    return tree


def _column(item: Mapping[str, Any]) -> Column:
    return Column(
        name=item["name"],
        type=item.get("type", "any"),
        format=item.get("format", "default"),
        required=item.get("required", False),
        unique=item.get("unique", False),
        minimum=str(item["minimum"]) if "minimum" in item else None,
        maximum=str(item["maximum"]) if "maximum" in item else None,
        pattern=item.get("pattern"),
        enum=tuple(str(v) for v in item.get("enum", ())),
        min_length=item.get("min-length"),
        max_length=item.get("max-length"),
    )
