"""Built-in parts + entry points -> one typed mapping each. Nothing registers itself on import."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from assaymark.api import Check, Fact, Plugin
from assaymark.errors import InputError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")
ENTRY_POINTS = "assaymark.plugins"


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
    plugins = tuple(_plugins())
    own = builtin()
    checks, facts = dict(own.checks), dict(own.facts)
    for plugin in plugins:
        _merge(checks, _by_name(plugin.checks, "id", plugin.name), plugin.name)
        _merge(facts, _by_name(plugin.facts, "name", plugin.name), plugin.name)
    return Registry(checks, facts, plugins)


def installed() -> tuple[tuple[str, Path | None], ...]:
    """Name with version, and folder (or file) of the code, of every plugin; without importing any, so it is quick."""
    from importlib.util import find_spec

    found: list[tuple[str, Path | None]] = []
    for point in _points():
        spec = find_spec(point.module.partition(".")[0])
        places = (spec.submodule_search_locations or (spec.origin,)) if spec else ()
        named = f"{point.name}={point.value} {point.dist.version if point.dist else ''}"
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
def _points() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=ENTRY_POINTS), key=lambda p: p.name))


def _plugins() -> Iterator[Plugin]:
    for point in _points():
        owner = point.dist.name if point.dist else point.value
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
