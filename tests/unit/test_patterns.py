"""Expressions are compiled on use, and each of them can be."""

from __future__ import annotations

import pkgutil
import re
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assaymark
from assaymark import patterns
from assaymark.expressions import assembled, parts_of
from assaymark.patterns import Pattern, late, literals
from assaymark.subject import purposes


def constants() -> list[tuple[str, Pattern]]:
    names = [
        info.name for info in pkgutil.walk_packages(assaymark.__path__, "assaymark.") if "__main__" not in info.name
    ]
    return [
        (f"{name}.{key}", pattern)
        for name in names
        for key, value in vars(import_module(name)).items()
        for pattern in within(value)
    ]


def within(value: object) -> Iterator[Pattern]:
    """The expressions of a constant, also those inside of a table."""
    if isinstance(value, Pattern):
        yield value
    elif isinstance(value, tuple | list | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from within(item)


def test_it_behaves_as_the_compiled_one() -> None:
    word = late(r"(?P<first>[a-z])\w*", re.IGNORECASE)
    found = word.fullmatch("Spam")
    assert found is not None
    assert found["first"] == "S"
    assert [m[0] for m in word.finditer("a bc")] == ["a", "bc"]
    assert word.sub("x", "a bc") == "x x"
    assert (word.pattern, word.flags) == (re.compile(word.pattern, re.I).pattern, re.compile(word.pattern, re.I).flags)
    assert word.groupindex == {"first": 1}
    assert late(rb"\d").search(b"a1")


def test_nothing_is_compiled_before_it_is_used() -> None:
    broken = late("(")
    with pytest.raises(re.error):
        broken.search("x")


def test_threads_that_load_libraries_may_end_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    own: list[object] = []
    plain = re.compile
    monkeypatch.setattr(patterns, "_compiler", lambda source, flags: own.append(source) or plain(source, flags))
    begun, ended = threading.Event(), threading.Event()

    def other() -> None:
        with patterns.of_library():
            begun.set()
            ended.wait(60)
            re.compile("of the other")

    thread = threading.Thread(target=other)
    with patterns.of_library():
        thread.start()
        assert begun.wait(60)
        with patterns.of_library():
            re.compile("of this one")
        re.compile("of this one, too")
    re.compile("of a repository")
    ended.set()
    thread.join(60)
    re.compile("of a repository, too")
    assert own == ["of this one", "of this one, too", "of the other"]
    assert re.compile is plain


def test_every_constant_can_be_compiled() -> None:
    found = constants()
    assert len(found) > 250
    for name, value in found:
        assert value.groups >= 0, name


def test_each_constant_that_is_kept_is_what_the_interpreter_compiles() -> None:
    for name, value in constants():
        kept = assembled(value._source, parts_of(value._source, value._flags))
        expected = re.compile(value._source, value._flags)
        # Equal are those of the same text, flags, groups and code.
        assert (kept, kept.groupindex) == (expected, expected.groupindex), name


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("pytest", ("pytest",)),
        (r"py\.test", ("py.test",)),
        (r"(?:-m )?unittest", ("unittest",)),
        (r"ruff(?:-format|-check)?", ("ruff",)),
        (r"gradlew?(?:\.bat)?(?: [^ |]+){0,12}? sonar(?:qube)?", ("gradle",)),
        (r"make (?:a|b)*x{0,3}deep\d+er", ("make ",)),
        (r"a|bcd?|(?:e|f)", ("a", "bc", "")),
        (r"[ab|]+\w", ("",)),
        (r"[]x]yz|[^]()]w", ("yz", "w")),
        (r"ab+c", ("ab",)),
        (r"x{2}yz", ("yz",)),
        (r"\(a(b(c)d)e\|f", ("e|f",)),
    ],
)
def test_what_every_match_holds(expression: str, expected: tuple[str, ...]) -> None:
    assert literals(expression) == expected


@pytest.mark.parametrize("purpose", [p for p in vars(purposes).values() if isinstance(p, purposes.Purpose)])
def test_no_purpose_is_always_tried(purpose: purposes.Purpose) -> None:
    assert all(word for expression in (*purpose.run, *purpose.uses) for word in literals(expression))


@given(st.from_regex(re.compile("|".join(purposes.TEST.run + purposes.BUILD.run + purposes.PUBLISH.run), re.ASCII)))
def test_what_matches_holds_a_literal(text: str) -> None:
    for purpose in (purposes.TEST, purposes.BUILD, purposes.PUBLISH):
        for expression in purpose.run:
            if re.search(expression, text):
                assert any(word in text for word in literals(expression)), expression
