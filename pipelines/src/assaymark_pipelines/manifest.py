"""The manifest of ``image`` (TOML): what is built, tried and published, for any repository."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from assaymark.api import InputError
from assaymark_pipelines.images import Reference, reference
from assaymark_pipelines.tags import POLICIES

LIMIT = 100_000
# In place of an image with Apptainer: mksquashfs and siftool of Debian, put into the base image.
DEBIAN = "debian"
PLATFORM = ("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64", "linux/s390x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A command that must end with ``status`` in the image, on every platform that can be run."""

    name: str
    command: tuple[str, ...]
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``repository`` is published to; ``candidate`` holds what is still to be judged. ``user`` and ``password`` name
    environment variables. ``sif`` and ``skopeo`` are images that hold Apptainer (or `DEBIAN`) and skopeo."""

    repository: Reference
    candidate: Reference
    context: str = "."
    dockerfile: str = "Dockerfile"
    target: str = ""
    platforms: tuple[str, ...] = ("linux/amd64",)
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[Test, ...] = ()
    tags: tuple[str, ...] = ("version", "commit")
    sbom: bool = True
    sif: str | None = None
    skopeo: str = ""
    user: str = ""
    password: str = ""
    plain_http: bool = False


class _Table:
    """A table that knows its place; what was not asked for at the end is unknown."""

    def __init__(self, data: object, where: str, place: str = "") -> None:
        self.where, self.place = where, place
        if not isinstance(data, dict):
            raise self.wrong("", "must be a table")
        self.data: dict[str, Any] = data
        self.known: set[str] = set()

    def wrong(self, key: str, what: str, hint: str | None = None) -> InputError:
        path = ".".join(filter(None, (self.place, key)))
        return InputError(f"{path}: {what}" if path else what, where=self.where, hint=hint)

    def get(self, key: str, kind: type, default: Any = None) -> Any:
        self.known.add(key)
        if key not in self.data:
            if default is None:
                raise self.wrong(key, "is missing")
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be a {kind.__name__}, not {type(value).__name__}")
        return value

    def texts(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        found = self.get(key, list, None if default is None else list(default))
        if not all(isinstance(each, str) and each for each in found):
            raise self.wrong(key, "must be a list of texts")
        return tuple(found)

    def map(self, key: str) -> dict[str, str]:
        found = self.get(key, dict, {})
        if wrong := [name for name, value in found.items() if not isinstance(value, str)]:
            raise self.wrong(f"{key}.{wrong[0]}", "must be a text")
        return dict(found)

    def inside(self, key: str, default: str) -> str:
        path = str(self.get(key, str, default))
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise self.wrong(key, f"{path!r} lies outside the repository")
        return path

    def done(self) -> None:
        for key in self.data:
            if key not in self.known:
                close = get_close_matches(key, self.known, 1)
                raise self.wrong(key, "is not known", f"did you mean {close[0]!r}?" if close else None)


def read(data: bytes, where: str) -> Manifest:
    """Read a manifest. Raises InputError naming file and key."""
    if len(data) > LIMIT:
        raise InputError(f"it is larger than {LIMIT} bytes", where=where)
    try:
        table = _Table(tomllib.loads(data.decode("utf-8")), where)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"it is no TOML: {problem}", where=where) from problem
    if table.get("schema", int) != 1:
        raise table.wrong("schema", "must be 1")
    repository = _named(table, "repository", table.get("repository", str))
    candidate = str(table.get("candidate", str, f"{repository.repository}-candidate"))
    found = Manifest(
        repository=repository,
        candidate=_named(table, "candidate", candidate),
        context=table.inside("context", "."),
        dockerfile=table.inside("dockerfile", "Dockerfile"),
        target=table.get("target", str, ""),
        platforms=_platforms(table),
        build_args=table.map("build_args"),
        labels=table.map("labels"),
        tests=tuple(_tests(table)),
        tags=_policies(table),
        sbom=table.get("sbom", bool, True),
        sif=table.get("sif", str, "") if "sif" in table.data else None,
        skopeo=table.get("skopeo", str, ""),
        user=table.get("user", str, ""),
        password=table.get("password", str, ""),
        plain_http=table.get("plain_http", bool, False),
    )
    table.known.add("sif")
    table.done()
    if bool(found.user) != bool(found.password):
        raise table.wrong("user" if found.password else "password", "is missing: a login needs both")
    return found


def _named(table: _Table, key: str, text: str) -> Reference:
    try:
        found = reference(text)
    except InputError as problem:
        raise table.wrong(key, problem.message, problem.hint) from problem
    if found.tag or found.digest:
        raise table.wrong(key, "names a repository: without tag and digest", "tags come from the policy `tags`")
    return found


def _platforms(table: _Table) -> tuple[str, ...]:
    found = table.texts("platforms", ("linux/amd64",))
    if unknown := [each for each in found if each not in PLATFORM]:
        raise table.wrong("platforms", f"{unknown[0]!r} is not known", f"one of: {', '.join(PLATFORM)}")
    if not found or len(set(found)) != len(found):
        raise table.wrong("platforms", "must name each platform once, and at least one")
    return found


def _policies(table: _Table) -> tuple[str, ...]:
    found = table.texts("tags", ("version", "commit"))
    for each in found:
        if each not in POLICIES and "{" not in each:
            raise table.wrong("tags", f"there is no policy {each!r}", f"one of: {', '.join(POLICIES)}, or a template")
    return found


def _tests(table: _Table) -> list[Test]:
    tests: list[Test] = []
    for number, data in enumerate(table.get("test", list, [])):
        each = _Table(data, table.where, f"test[{number}]")
        name = each.get("name", str)
        if not name.replace("-", "").isalnum() or name in {test.name for test in tests}:
            raise each.wrong("name", "must be letters, digits and '-', each name once")
        command = each.texts("command")
        if not command:
            raise each.wrong("command", "is empty")
        tests.append(Test(name=name, command=command, status=each.get("status", int, 0)))
        each.done()
    return tests
