"""Built-in parts + entry points -> one typed mapping each. Nothing registers itself on import."""

from __future__ import annotations

import contextlib
import marshal
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from assaymark import cache as store
from assaymark.api import Check, Fact, Parts, Plugin
from assaymark.errors import InputError
from assaymark.patterns import of_library
from assaymark.records import NamedTuple

T = TypeVar("T")
ENTRY_POINTS = "assaymark.plugins"


class Point(NamedTuple):
    """An entry point: ``value`` is ``module:attribute``; ``owner`` and ``version`` are those of its distribution."""

    name: str
    value: str
    owner: str = ""
    version: str = ""

    @property
    def module(self) -> str:
        """What is imported to load it."""
        return self.value.partition(":")[0].strip()

    def load(self) -> object:
        """The value itself."""
        names = self.value.partition(":")[2].strip()
        with of_library():
            module = import_module(self.module)
        return reduce(getattr, filter(None, names.split(".")), module)


class Registry(NamedTuple):
    """Everything that is installed, by name."""

    checks: dict[str, Check]
    facts: dict[str, Fact]
    plugins: tuple[Plugin, ...]


@cache
def load() -> Registry:
    """The built-in parts and those of every installed plugin.

    Raises InputError naming the distribution when a plugin is not what it should be or takes a name that is taken.
    """
    found = at_hand()
    checks, facts = dict(found.checks), dict(found.facts)
    for plugin in plugins():
        for parts in _waiting(plugin):
            _merge(checks, _by_name(parts.checks, "id", plugin.name), plugin.name)
            _merge(facts, _by_name(parts.facts, "name", plugin.name), plugin.name)
    return Registry(checks, facts, plugins())


def load_for(names: Iterable[str]) -> Registry:
    """What there is for checks of these names: the parts that plugins keep waiting only if one of them is there."""
    found = at_hand()
    return found if set(names) <= found.checks.keys() else load()


@cache
def at_hand() -> Registry:
    """All but what plugins load only when it is asked for."""
    own = builtin()
    checks, facts = dict(own.checks), dict(own.facts)
    for plugin in plugins():
        _merge(checks, _by_name(plugin.checks, "id", plugin.name), plugin.name)
        _merge(facts, _by_name(plugin.facts, "name", plugin.name), plugin.name)
    return Registry(checks, facts, plugins())


@cache
def plugins() -> tuple[Plugin, ...]:
    """The plugins themselves. Raises InputError naming the distribution of one that is not what it should be."""
    return tuple(_plugins())


def _waiting(plugin: Plugin) -> Iterator[Parts]:
    if not plugin.parts:
        return
    try:
        parts = Point(plugin.name, plugin.parts).load()
    except Exception as problem:
        raise InputError(
            f"the parts of plugin {plugin.name!r} could not be loaded: {type(problem).__name__}: {problem}"
        ) from problem
    if not isinstance(parts, Parts):
        raise InputError(f"{plugin.parts} of plugin {plugin.name!r} is no assaymark.api.Parts")
    for check in parts.checks:
        if check.subcriteria:
            raise InputError(f"check {check.id!r} of plugin {plugin.name!r} attaches itself, so it cannot wait")
    yield parts


def installed() -> tuple[tuple[str, Path | None], ...]:
    """Name with version, and folder (or file) of the code, of every plugin; without importing any, so it is quick."""
    from importlib.util import find_spec

    found: list[tuple[str, Path | None]] = []
    for point in points():
        spec = find_spec(point.module.partition(".")[0])
        places = (spec.submodule_search_locations or (spec.origin,)) if spec else ()
        named = f"{point.name}={point.value} {point.version}"
        found += [(named, Path(place) if place else None) for place in places] or [(named, None)]
    return tuple(found)


@cache
def builtin() -> Registry:
    """The parts of assaymark itself: all that the catalogue may name."""
    checks = _by_name(_builtin("assaymark.checks", Check), "id", "assaymark")
    facts = _by_name(_builtin("assaymark.subject", Fact), "name", "assaymark")
    return Registry(checks, facts, ())


def _builtin(package: str, kind: type[T]) -> Iterator[T]:
    parent = import_module(package)
    for info in pkgutil.iter_modules(parent.__path__):
        yield from _values(import_module(f"{package}.{info.name}"), kind)


def _values(module: ModuleType, kind: type[T]) -> Iterator[T]:
    return (value for value in vars(module).values() if isinstance(value, kind))


def _by_name(values: Iterable[T], key: str, owner: str) -> dict[str, T]:
    out: dict[str, T] = {}
    for value in values:
        name = getattr(value, key)
        if name in out and out[name] is not value:
            raise InputError(f"{owner} offers {name!r} twice")
        out[name] = value
    return out


def _merge(into: dict[str, T], new: dict[str, T], owner: str) -> None:
    taken = sorted(into.keys() & new.keys())
    if taken:
        raise InputError(f"plugin {owner!r} takes names that exist already: {', '.join(taken)}")
    into.update(new)


@cache
def points() -> tuple[Point, ...]:
    """The entry points of every installed plugin.

    Read from where installers write them: ``importlib.metadata`` takes as long to load as all checks of a small
    repository take to run. What was found is kept until something is installed or removed, which changes a folder.
    """
    folders = tuple(folder or os.curdir for folder in sys.path)
    key = store.key("points-1", *map(_state, folders))
    kept = store.get(key)
    if kept is None:
        found = _found(folders)
        store.put(key, marshal.dumps([tuple(point) for point in found]))
        return found
    return tuple(Point(*point) for point in marshal.loads(kept))


def _state(folder: str) -> str:
    try:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - hot path
    except OSError:
        changed = 0
    return f"{os.path.abspath(folder)}:{changed}"  # noqa: PTH100 - hot path


def _found(folders: Iterable[str]) -> tuple[Point, ...]:
    found: dict[str, tuple[Point, ...]] = {}
    for folder in folders:
        with contextlib.suppress(OSError):  # there is no such folder, or it is a zip file
            for name in os.listdir(folder):  # noqa: PTH208 - names only
                if name.endswith((".dist-info", ".egg-info")):
                    owner, _, version = name.rpartition(".")[0].partition("-")
                    if owner not in found:  # else a folder before this one has it
                        file = f"{folder}/{name}/entry_points.txt"
                        found[owner] = tuple(Point(*pair, owner, version) for pair in _declared(file))
    return tuple(sorted(point for own in found.values() for point in own))


def _declared(file: str) -> Iterator[tuple[str, str]]:
    try:
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - hot path
            text = stream.read()
    except (OSError, UnicodeDecodeError):
        return
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{ENTRY_POINTS}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.partition("[")[0].strip()


def _plugins() -> Iterator[Plugin]:
    for point in points():
        owner = point.owner or point.value
        try:
            plugin = point.load()
        except Exception as problem:
            raise InputError(
                f"plugin {point.name!r} of {owner} could not be loaded: {type(problem).__name__}: {problem}",
                hint=f"reinstall or remove it: pip uninstall {owner}",
            ) from problem
        if not isinstance(plugin, Plugin):
            raise InputError(
                f"plugin {point.name!r} of {owner} is a {type(plugin).__name__}, not an assaymark.api.Plugin"
            )
        yield plugin
