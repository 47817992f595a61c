"""Expressions are compiled on use, and each of them can be."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

import assaymark
from assaymark.patterns import Pattern, late


def constants() -> list[tuple[str, Pattern]]:
    names = [info.name for info in pkgutil.walk_packages(assaymark.__path__, "assaymark.") if "__main__" not in info.name]
    return [
        (f"{name}.{key}", value)
        for name in names
        for key, value in vars(import_module(name)).items()
        if isinstance(value, Pattern)
    ]


def test_it_behaves_as_the_compiled_one() -> None:
    word = late(r"(?P<first>[a-z])\w*", re.IGNORECASE)
    found = word.fullmatch("Spam")
    assert found and found["first"] == "S"
    assert [m[0] for m in word.finditer("a bc")] == ["a", "bc"]
    assert word.sub("x", "a bc") == "x x"
    assert (word.pattern, word.flags) == (re.compile(word.pattern, re.I).pattern, re.compile(word.pattern, re.I).flags)
    assert word.groupindex == {"first": 1}
    assert late(rb"\d").search(b"a1")


def test_nothing_is_compiled_before_it_is_used() -> None:
    broken = late("(")
    with pytest.raises(re.error):
        broken.search("x")


def test_every_constant_can_be_compiled() -> None:
    found = constants()
    assert len(found) > 100
    for name, value in found:
        assert value.groups >= 0, name
