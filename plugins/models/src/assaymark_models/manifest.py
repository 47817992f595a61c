"""The manifest: TOML that names a model, reference data, metrics with thresholds and rules.

Its shape is ``manifest.schema.json``, which ships in the wheel. Every error names the key and the line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.api import InputError, Misfit, line_of_key, read_manifest

LIMIT = 1_000_000
SCHEMA = Path(__file__).with_name("manifest.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest that keeps to the schema. ``data`` is its table; ``root`` the folder that no path may leave."""

    path: Path
    root: Path
    text: str
    data: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Digest of the file, line ends and all."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The file's path within the root."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def task(self) -> str:
        """What kind of answer the model gives."""
        return str(self.data["task"])

    def get(self, table: str, key: str, default: Any = None) -> Any:
        """A value of a table, or what stands for it."""
        return self.data.get(table, {}).get(key, default)

    def line_of(self, *keys: str | int) -> int | None:
        """The line on which a key, or the table that would hold it, stands."""
        return line_of_key(self.text, keys)

    def thresholds(self) -> str:
        """Digest of all that decides: metrics, slices, tolerances, constraints and how intervals are drawn."""
        rules = {k: v for k, v in self.data.items() if k not in ("title", "model", "predictions", "reference")}
        return "sha256:" + hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode()).hexdigest()


def load(path: Path, root: Path | None = None) -> Manifest:
    """Read and check a manifest. Raises InputError naming file, key and line."""
    try:
        place = path.resolve(strict=True)
        if place.stat().st_size > LIMIT:
            raise InputError(f"is larger than {LIMIT:,} bytes", where=str(path))
        text = place.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the manifest cannot be read: {problem}", where=str(path)) from problem
    folder = (root.resolve() if root else _repository(place)) or place.parent
    if not place.is_relative_to(folder):
        raise InputError("lies outside --root", where=str(path))
    return Manifest(path=place, root=folder, text=text, data=read(text, str(path)))


def _repository(place: Path) -> Path | None:
    return next((p for p in place.parents if (p / ".git").exists()), None)


def read(text: str, where: str) -> Mapping[str, Any]:
    """The table of a manifest's text. Raises InputError when it is no TOML or does not keep to the schema."""
    return read_manifest(text, where, SCHEMA, _explained)


def _explained(wrong: Any, at: str) -> Misfit | None:
    """What the alternatives of the schema mean."""
    keys = tuple(wrong.absolute_path)
    if wrong.validator == "anyOf":
        needed = "[reference] with [[metric]] (or rules), or [[reported]]"
        return Misfit(keys, f"the manifest judges nothing: it needs {needed}")
    if wrong.validator == "oneOf" and keys[:1] == ("robustness",):
        return Misfit(keys, f"{at} needs exactly one of predictions, noise, missing, shift")
    if wrong.validator == "oneOf":
        return Misfit(keys, f"{at} needs either at-least or at-most, and not both")
    return None
