"""Our expressions mean the same on every Python that we support.

Before 3.11.5, when a group that is repeated possessively failed in the middle of a turn, what that turn had read
stayed read: ``(?:ab?c)*+`` matched all of ``aca``. Debian 12 has such a Python. It is right where a turn cannot stop
half way: of a single item, or of an atomic group.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from assaymark.patterns import Pattern

parser, constants = import_module("re._parser"), import_module("re._constants")

PACKAGES = ("", "_python", "_linters", "_workflows", "_hpc", "_models", "_services", "_data", "_pipelines")


@pytest.mark.parametrize("package", [f"assaymark{name}" for name in PACKAGES])
def test_a_turn_of_a_possessive_repeat_is_whole(package: str) -> None:
    wrong = [
        f"{name}: {text}"
        for name, text, flags in of_package(package)
        if any(halting(body) for body in possessive(parser.parse(text, flags)))
    ]
    assert not wrong, "\n".join(["put what can stop half way into (?>...):", *wrong])


@pytest.mark.parametrize(
    ("text", "halts"),
    [
        ("a*+", False),
        ("(?:[ab]++|(?>cd))*+", False),
        ("(?>(?:ab?c)*)", False),
        ("(?:ab?c)*+", True),
        ("x(?:(?!y).)++", True),
        ("(?:(?:[ab]++|cd)*+e|f)?", True),
    ],
)
def test_what_is_looked_for(text: str, halts: bool) -> None:
    assert any(halting(body) for body in possessive(parser.parse(text))) is halts


def test_the_guard_sees_expressions() -> None:
    assert len(list(of_package("assaymark"))) > 250
    assert sum(len(list(possessive(parser.parse(t, f)))) for _, t, f in of_package("assaymark_workflows")) >= 4


def of_package(package: str) -> Iterator[tuple[str, Any, int]]:
    """Name, text and flags of each expression that a module of a package keeps as a constant."""
    parent = import_module(package)
    names = [info.name for info in pkgutil.walk_packages(parent.__path__, f"{package}.")]
    for name in [package, *(name for name in names if not name.endswith("__main__"))]:
        for key, value in vars(import_module(name)).items():
            for text, flags in within(value):
                yield f"{name}.{key}", text, flags


def within(value: object) -> Iterator[tuple[Any, int]]:
    if isinstance(value, Pattern):
        yield value._source, value._flags
    elif isinstance(value, re.Pattern):
        yield value.pattern, value.flags & ~re.UNICODE
    elif isinstance(value, tuple | list | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from within(item)


def possessive(items: Any) -> Iterator[Any]:
    """The bodies of possessive repeats of more than one character, wherever they stand in a parsed expression."""
    for op, value in items:
        if op is constants.POSSESSIVE_REPEAT and not simple(value[2]):
            yield value[2]
        for inner in parts(op, value):
            yield from possessive(inner)


def halting(body: Any) -> bool:
    """Whether one turn can read something and fail then."""
    if len(body) != 1:
        return True
    op, value = body[0]
    if op is constants.BRANCH:
        return any(halting(choice) for choice in value[1])
    if op is constants.SUBPATTERN:
        return halting(value[3])
    return op is not constants.ATOMIC_GROUP and not simple(body) and op is not constants.POSSESSIVE_REPEAT


def parts(op: Any, value: Any) -> tuple[Any, ...]:
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
        return (value[2],)
    if op in (constants.ASSERT, constants.ASSERT_NOT):
        return (value[1],)
    if op is constants.BRANCH:
        return tuple(value[1])
    if op is constants.GROUPREF_EXISTS:
        return tuple(choice for choice in value[1:] if choice)
    return {constants.SUBPATTERN: lambda: (value[3],), constants.ATOMIC_GROUP: lambda: (value,)}.get(op, tuple)()


def simple(body: Any) -> bool:
    """One character of some kind."""
    kinds = (constants.LITERAL, constants.NOT_LITERAL, constants.IN, constants.ANY, constants.CATEGORY)
    return len(body) == 1 and body[0][0] in kinds
