"""The manifest: TOML that names a service, what it promises, and where its documents are.

Its shape is ``manifest.schema.json``, which ships in the wheel. Every error names the key and the line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError, Misfit, line_of_key, misfit, name_of_key, read_manifest

LIMIT = 1_000_000
SCHEMA = Path(__file__).with_name("manifest.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest that keeps to the schema. ``path`` is None when only an address was given, or it lies in no folder."""

    name: str
    text: str
    data: Mapping[str, Any]
    path: Path | None = None
    root: Path | None = None

    @property
    def digest(self) -> str:
        """Digest of the text, line ends and all."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def digest_of_all(self) -> str:
        """Digest of the manifest and of every file that it names; one that cannot be read counts as absent."""
        parts = [self.digest]
        for name in self._files():
            try:
                parts.append(f"{name} {hashlib.sha256(self.read(name)).hexdigest()}")
            except FactUnavailable:
                parts.append(f"{name} absent")
        return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _files(self) -> list[str]:
        api = str(self.table("api").get("openapi", "/"))
        found = [] if api.startswith("/") or "://" in api else [api]
        found += [str(r["schema"]) for r in self.tables("request") if "schema" in r]
        return found + [str(f) for f in self.table("deployment").get("files", ())]

    @property
    def url(self) -> str:
        """Address of the service without a slash at its end."""
        return str(self.data["url"]).rstrip("/")

    def table(self, name: str) -> Mapping[str, Any]:
        """A table, empty when it is not there."""
        found: Mapping[str, Any] = self.data.get(name, {})
        return found

    def tables(self, name: str) -> Sequence[Mapping[str, Any]]:
        """A list of tables, empty when it is not there."""
        found: Sequence[Mapping[str, Any]] = self.data.get(name, ())
        return found

    def line_of(self, *keys: str | int) -> int | None:
        """The line on which a key, or the table that would hold it, stands."""
        return line_of_key(self.text, keys)

    def file(self, name: str) -> Path:
        """A file that the manifest names, by a path relative to it.

        Raises FactUnavailable when it leaves the repository (by a link too), is missing or is no ordinary file.
        """
        if self.path is None or self.root is None:
            raise FactUnavailable(f"{name} cannot be looked for: there is no manifest beside which it would lie")
        try:
            place = (self.path.parent / name).resolve()
            if Path(name).is_absolute() or not place.is_relative_to(self.root):
                raise FactUnavailable(
                    f"{name} lies outside of the repository and is not read", remedy="put it beside the manifest"
                )
            if not place.is_file():
                raise FactUnavailable(f"there is no file {name}", remedy=f"put {name} there, or mend its path")
        except (OSError, ValueError, RuntimeError) as problem:
            raise FactUnavailable(f"{name} cannot be opened: {problem}") from problem
        return place

    def read(self, name: str, limit: int = 5_000_000) -> bytes:
        """What such a file holds. Raises FactUnavailable when it cannot be read or is too large."""
        place = self.file(name)
        try:
            with place.open("rb") as stream:
                data = stream.read(limit + 1)
        except OSError as problem:
            raise FactUnavailable(f"{name} cannot be read: {problem.strerror}") from problem
        if len(data) > limit:
            raise FactUnavailable(f"{name} is larger than {limit:,} bytes")
        return data


def load(path: Path) -> Manifest:
    """Read and check a manifest. Raises InputError naming file, key and line."""
    try:
        place = path.resolve(strict=True)
        with place.open("rb") as stream:
            data = stream.read(LIMIT + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the manifest cannot be read: {problem}", where=str(path)) from problem
    if len(data) > LIMIT:
        raise InputError(f"is larger than {LIMIT:,} bytes", where=str(path))
    root = next((p for p in place.parents if (p / ".git").exists()), place.parent)
    name = place.relative_to(root).as_posix()
    return Manifest(name=name, text=text, data=read(text, str(path)), path=place, root=root)


# What stands in a manifest of a service and in few other files that have an address.
TABLES = {"credentials", "api", "request", "protected", "documentation", "policies", "support", "monitoring", "load"}


def is_one(path: Path) -> bool:
    """Whether a file is meant as a manifest of a service, by its name and its tables."""
    if path.name != "service.toml" and not path.name.endswith(".service.toml"):
        return False
    try:
        with path.open("rb") as stream:
            return looks_like(stream.read(LIMIT).decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return False


def looks_like(text: str) -> bool:
    """Whether a text is meant as a manifest: other programs have files of this name too."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return "url" in text and any(f"[{t}]" in text or f"[[{t}]]" in text for t in TABLES)
    return isinstance(data.get("url"), str) and (bool(TABLES & set(data)) or set(data) <= {"url", "title", "released"})


def for_address(url: str) -> Manifest:
    """What is known of a service when only its address is given. Raises InputError when it is none."""
    text = f"url = {json.dumps(url)}\n"
    return Manifest(name=url, text=text, data=read(text, url))


def read(text: str, where: str) -> Mapping[str, Any]:
    """The table of a manifest's text. Raises InputError when it is no TOML or does not keep to the schema."""
    data = read_manifest(text, where, SCHEMA, _explained)
    for keys, name in _named_credentials(data):
        if name not in data.get("credentials", {}):
            said = f"{name_of_key(keys)} names {name!r}, which is no credential here"
            raise misfit(text, where, Misfit(keys, said, f'add [credentials.{name}] with env = "NAME_OF_A_VARIABLE"'))
    return data


def _named_credentials(data: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Every place that names a credential."""
    found: list[tuple[tuple[str | int, ...], str]] = [
        ((table, "credential"), data[table]["credential"])
        for table in ("api", "monitoring", "load")
        if "credential" in data.get(table, {})
    ]
    found += [
        (("request", i, "credential"), r["credential"])
        for i, r in enumerate(data.get("request", ()))
        if "credential" in r
    ]
    for i, item in enumerate(data.get("protected", ())):
        found += [(("protected", i, key), name) for key in ("allowed", "forbidden") for name in item.get(key, ())]
    return found


def _explained(wrong: Any, at: str) -> Misfit | None:
    """What an address or a path should look like."""
    if wrong.validator != "pattern":
        return None
    said = f"{at} is {str(wrong.instance)[:80]!r}, which it cannot be"
    return Misfit(tuple(wrong.absolute_path), said, _hint(wrong.validator_value))


def _hint(pattern: str) -> str | None:
    if pattern.startswith("^https?://"):
        return "an address that begins with http:// or https://, without user name"
    if pattern.startswith("^(https?"):
        return "an address, or a path of the service that begins with one /"
    return "a path of the service that begins with one /" if pattern.startswith("^/") else None
