"""The manifest: TOML that names a service, what it promises, and where its documents are.

Its shape is ``manifest.schema.json``, which ships in the wheel. Every error names the key and the line.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError

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
        return line_of(self.text, keys)

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
    import tomllib

    try:
        data: Mapping[str, Any] = _plain(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    except ValueError as problem:
        raise InputError(str(problem), where=where) from problem
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = min(Draft202012Validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.path], default=None)
    if wrong is not None:
        _refuse(text, where, *_said(wrong))
    for keys, name in _named_credentials(data):
        if name not in data.get("credentials", {}):
            hint = f'add [credentials.{name}] with env = "NAME_OF_A_VARIABLE"'
            _refuse(text, where, keys, f"{named(keys)} names {name!r}, which is no credential here", hint)
    return data


def _plain(value: Any) -> Any:
    """A value of TOML as one of JSON, dates as text. ValueError for what is no number: no threshold may be that."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number to compare with")
    return value.isoformat() if isinstance(value, date | time) else value


def _refuse(text: str, where: str, keys: tuple[str | int, ...], message: str, hint: str | None) -> None:
    line = line_of(text, keys)
    raise InputError(message, where=f"{where}:{line}" if line else where, hint=hint)


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


def _said(problem: Any) -> tuple[tuple[str | int, ...], str, str | None]:
    """Which key, what is wrong with it, and what it may be."""
    keys = tuple(problem.absolute_path)
    at = named(keys)
    if problem.validator == "additionalProperties" and isinstance(problem.schema.get("additionalProperties"), bool):
        from difflib import get_close_matches

        known = sorted(problem.schema["properties"])
        wrong = sorted(set(problem.instance) - set(known))[0]
        close = get_close_matches(wrong, known, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
        return (*keys, wrong), f"unknown key {named((*keys, wrong))}", hint
    if problem.validator == "required":
        missing = next(k for k in problem.validator_value if k not in problem.instance)
        return keys, f"{named((*keys, missing))} is missing", None
    if problem.validator == "enum":
        return keys, f"{at} is {problem.instance!r}", f"one of: {', '.join(map(str, problem.validator_value))}"
    if problem.validator == "pattern":
        return keys, f"{at} is {str(problem.instance)[:80]!r}, which it cannot be", _hint(problem.validator_value)
    return keys, f"{at or 'the manifest'}: {problem.message[:300]}", None


def _hint(pattern: str) -> str | None:
    if pattern.startswith("^https?://"):
        return "an address that begins with http:// or https://, without user name"
    if pattern.startswith("^(https?"):
        return "an address, or a path of the service that begins with one /"
    return "a path of the service that begins with one /" if pattern.startswith("^/") else None


def named(keys: Sequence[str | int]) -> str:
    """``("request", 0, "name")`` as ``request[0].name``."""
    out = ""
    for key in keys:
        out += f"[{key}]" if isinstance(key, int) else f".{key}" if out else key
    return out


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line of a key of a TOML text: that of the key itself, else of its table, else None. Good for messages."""
    header = str(keys[0]) if keys else ""
    index = keys[1] if len(keys) > 1 and isinstance(keys[1], int) else 0
    last = next((str(k) for k in reversed(keys) if isinstance(k, str)), "")
    found, seen, inside = None, -1, len(keys) == 1
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[\[?\s*([\w.\"-]+)\s*\]\]?", line)
        if opened:
            top = opened[1].replace('"', "").split(".")[0]
            seen += top == header
            inside = top == header and seen >= index and (seen == index or "[[" not in line)
            found = number if inside and found is None else found
        elif inside and re.match(rf"\s*\"?{re.escape(last)}\"?\s*[=.]", line):
            return number
    return found
