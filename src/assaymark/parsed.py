"""TOML files of our own and of plugins, parsed once for all runs.

Parsing them takes a tenth of a short run. The tables are kept in the user's cache folder under the names, times and
sizes of the files; where that cannot be used, or holds nothing intact, the files are parsed. What is kept are no
results, hence ``--no-cache`` does not matter here. A judged repository never has part in it.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark import cache
from assaymark.errors import InputError
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Table(NamedTuple):
    """One file: the digest of its text (``sha256:...``) and what it holds, which nobody may change."""

    digest: str
    data: dict[str, Any]


def tables(files: Sequence[tuple[Traversable, str]]) -> list[Table]:
    """The files, each given with the name that an error calls it by. Raises InputError for one that is not TOML."""
    key = _key(files)
    kept = cache.get(key) if key else None
    if kept is not None:
        return [Table(*item) for item in marshal.loads(kept)]
    found = [table(file.read_text(encoding="utf-8"), where) for file, where in files]
    if key:
        _keep(key, found)
    return found


def table(text: str, where: str) -> Table:
    """One text. Raises InputError naming ``where`` when it is not TOML."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    return Table("sha256:" + hashlib.sha256(text.encode()).hexdigest(), data)


def _key(files: Sequence[tuple[Traversable, str]]) -> str | None:
    """None when one lies in no folder, as in a zipped wheel."""
    parts = ["toml-1", sys.version]
    for file, where in files:
        if not isinstance(file, Path):
            return None
        status = os.stat(file)  # noqa: PTH116 - hot path
        parts.append(f"{where}:{file}:{status.st_mtime_ns}:{status.st_size}:{status.st_ino}")
    return cache.key(*parts)


def _keep(key: str, found: Sequence[Table]) -> None:
    try:
        data = marshal.dumps([tuple(table) for table in found])
    except ValueError:  # a date, say
        return
    cache.put(key, data)
