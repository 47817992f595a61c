"""Globs mean what a plain, slow matcher says they mean, and hostile ones cost nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.subject.globs import compile_globs, expanded, fixed_end
from assaymark.testing import tree_of


def matches(pattern: str, path: str) -> bool:
    """The meaning, said without regard to speed."""
    return any(_parts(one.split("/"), path.split("/")) for one in expanded([pattern]))


def _parts(patterns: list[str], parts: list[str]) -> bool:
    if not patterns:
        return not parts
    if patterns == ["**"]:
        return bool(parts)
    if patterns[0] == "**":
        return any(_parts(patterns[1:], parts[i:]) for i in range(len(parts) + 1))
    return bool(parts) and _part(patterns[0], parts[0]) and _parts(patterns[1:], parts[1:])


def _part(pattern: str, part: str) -> bool:
    if not pattern:
        return not part
    if pattern[0] == "*":
        return any(_part(pattern[1:], part[i:]) for i in range(len(part) + 1))
    return bool(part) and pattern[0] in ("?", part[0]) and _part(pattern[1:], part[1:])


PART = st.text("ab.\n", min_size=1, max_size=4)
PATH = st.lists(PART, min_size=1, max_size=4).map("/".join)
PATTERN = st.lists(
    st.one_of(
        st.just("**"), st.text("ab.*?\n", min_size=1, max_size=5).filter(lambda p: "**" not in p), st.just("*.{a,ab}")
    ),
    min_size=1,
    max_size=4,
).map("/".join)


@settings(max_examples=400)
@given(PATTERN, PATH)
def test_the_expression_agrees_with_the_plain_matcher(pattern: str, path: str) -> None:
    assert bool(compile_globs([pattern]).fullmatch(path)) == matches(pattern, path)


@settings(max_examples=200)
@given(st.lists(PATTERN, max_size=3), st.sets(PATH, max_size=6))
def test_a_tree_finds_what_the_expression_matches(patterns: list[str], paths: set[str]) -> None:
    expected = sorted(p for p in paths if compile_globs(patterns).fullmatch(p))
    assert [e.path for e in tree_of(dict.fromkeys(paths, "")).glob(*patterns)] == expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "d/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "d/e/a.py", True),
        ("docs/**", "docs/a/b", True),
        ("docs/**", "docs", False),
        ("**", "any/thing", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "ab", False),
        ("*.{yml,yaml}", "x.yaml", True),
        (".github/workflows/*.y*ml", ".github/workflows/ci.yml", True),
        ("[a].txt", "a.txt", False),
        ("[a].txt", "[a].txt", True),
        ("a+(b)", "a+(b)", True),
        ("?.c", "é.c", True),
        ("*", ".hidden", True),
        ("*.PY", "a.py", False),
    ],
)
def test_examples(pattern: str, path: str, expected: bool) -> None:
    assert bool(compile_globs([pattern]).fullmatch(path)) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not compile_globs([]).fullmatch("")


@pytest.mark.parametrize(
    "pattern", ["*a" * 300 + "b", "**/a/" * 100 + "b", "**/*a*a*a*a*a*a*/" * 30 + "b", "?*" * 400 + "b"]
)
@pytest.mark.parametrize("path", ["a" * 4_000, "a/" * 2_000, "aaaaaaaaaaaaaaa/" * 250])
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    # With ordinary groups these would not end within the age of the universe.
    assert not compile_globs([pattern]).fullmatch(path)


@pytest.mark.parametrize("pattern", ["x" * 2_000, "{a,b}" * 20, "{" + "a," * 300 + "a}"])
def test_unreasonable_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="too long or has too many"):
        compile_globs([pattern])


@given(PATTERN, PATH)
def test_what_must_be_at_the_end_is_at_the_end_of_every_match(pattern: str, path: str) -> None:
    for one in expanded([pattern]):
        end = fixed_end(one)
        if end and compile_globs([one]).fullmatch(path):
            kind, text = end
            name = path.rpartition("/")[2]
            assert name == text if kind == "name" else re.search(r"\.[^.]*$", name, re.DOTALL)[0] == text  # type: ignore[index]
