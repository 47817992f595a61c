"""``smoke.toml``: what is asked of one image. Every error names the file and the key."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assaymark.api import InputError

LIMIT = 1_000_000
TESTS = 200
SIZE = 10 * 10**9
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEYS = {"image", "architecture", "start", "max_size", "setuid", "test"}
_TEST = {"name", "command", "exit", "contains", "time"}
# Names of our own trials: a test of the user's must not take the place of one.
PROBES = ("probe-ok", "probe-fails", "probe-late")
OWN = (*PROBES, "start", "read-only", "any-user", "offline", "files", "fails", "lacking")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTest:
    """A command in the image, its exit status, and words that it must print. ``time`` is in seconds."""

    name: str
    command: tuple[str, ...]
    exit: int = 0
    contains: str | None = None
    time: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is asked of an image. ``start`` shows that it starts; ``setuid`` are the programs that may have the bit."""

    image: str
    architecture: str = "amd64"
    start: tuple[str, ...] = ()
    max_size: int = SIZE
    setuid: tuple[str, ...] = ()
    tests: tuple[UserTest, ...] = ()
    digest: str = ""


def is_manifest(path: Path) -> bool:
    """Whether a path is that of a manifest, not of an image."""
    return path.suffix == ".toml"


def read(path: Path) -> Manifest:
    """A manifest; the image is relative to it. Raises InputError."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as problem:
        raise InputError(f"the manifest cannot be read: {problem.strerror}", where=where) from problem
    if len(data) > LIMIT:
        raise InputError("the manifest is larger than 1 MB", where=where)
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    return _manifest(found, path, "sha256:" + hashlib.sha256(data).hexdigest())


def for_image(path: str, architecture: str | None = None) -> Manifest:
    """What is asked of an image without a manifest."""
    asked = Manifest(image=path)
    return asked if architecture is None else Manifest(image=path, architecture=architecture)


def _manifest(data: Mapping[str, Any], path: Path, digest: str) -> Manifest:
    where = str(path)
    _known(data, _KEYS, where)
    default = Manifest(image="")
    return Manifest(
        image=str(path.parent / _text(data, "image", where)),
        architecture=_text(data, "architecture", where) if "architecture" in data else default.architecture,
        start=_words(data, "start", where),
        max_size=_number(data, "max_size", where, default.max_size),
        setuid=_words(data, "setuid", where),
        tests=_tests(data.get("test", []), where),
        digest=digest,
    )


def _tests(data: Any, where: str) -> tuple[UserTest, ...]:
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data) or len(data) > TESTS:
        raise InputError(f"'test' must be at most {TESTS} tables ([[test]])", where=where)
    found: dict[str, UserTest] = {}
    for number, item in enumerate(data):
        place = f"{where}: test[{number}]"
        _known(item, _TEST, place)
        name = _text(item, "name", place)
        if not _NAME.fullmatch(name) or name in OWN or name in found:
            hint = "lower-case letters, digits and '-'; each once, and none of " + ", ".join(OWN)
            raise InputError(f"{name!r} cannot be the name of a test", where=place, hint=hint)
        if not _words(item, "command", place):
            raise InputError("'command' must be a list of one word or more", where=place)
        found[name] = UserTest(
            name=name,
            command=_words(item, "command", place),
            exit=_number(item, "exit", place, 0, most=255),
            contains=_text(item, "contains", place) if "contains" in item else None,
            time=float(_number(item, "time", place, 60, most=86_400)),
        )
    return tuple(found.values())


def _known(data: Mapping[str, Any], keys: set[str], where: str) -> None:
    for key in data:
        if key not in keys:
            close = get_close_matches(key, keys, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(keys))}"
            raise InputError(f"unknown key {key!r}", where=where, hint=hint)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InputError(f"{key!r} must be a string with something in it", where=where)
    return value


def _words(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and "\0" not in v for v in value):
        raise InputError(f"{key!r} must be a list of strings", where=where)
    return tuple(value)


def _number(data: Mapping[str, Any], key: str, where: str, default: int, most: int = 10**15) -> int:
    value = data.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise InputError(f"{key!r} must be a whole number from 0 to {most}", where=where)
    return value
