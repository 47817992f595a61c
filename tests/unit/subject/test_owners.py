from __future__ import annotations

import time

import pytest

from assaymark.api import Entry
from assaymark.subject.owners import Owners, owners
from assaymark.subject.tree import IndexedTree


def read(text: str, path: str = "CODEOWNERS") -> Owners:
    data = text.encode()
    found: Owners = owners.provide(IndexedTree([Entry(path, 0o100644, "0" * 40, len(data))], lambda e, n: data[:n]))
    return found


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "a/b/c.py", True),
        ("*.py", "a/b/c.py", True),
        ("*.py", "c.pyx", False),
        ("/docs/", "docs/a/b.md", True),
        ("/docs/", "x/docs/b.md", False),
        ("docs/", "x/docs/b.md", True),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/a/b.md", False),
        ("/.github", ".github/workflows/ci.yml", True),
        (".github/workflows/*.yml", ".github/workflows/ci.yml", True),
        ("**/ci.yml", ".github/workflows/ci.yml", True),
        ("/a/**/z", "a/b/c/z", True),
        ("/a/**/z", "a/z", True),
        ("/a/**", "a/b/c", True),
        ("a?c", "abc", True),
        ("a.c", "abc", False),
        ("with\\ space", "with space", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert (read(f"{pattern} @lab/core").of(path) == ("@lab/core",)) is expected


def test_the_last_rule_decides_and_may_take_owners_away() -> None:
    found = read("# all\n* @a  # them\n/vendor/ \n*.c @b @c\n")
    assert found.of("x.py") == ("@a",)
    assert found.of("vendor/x.py") == ()
    assert found.of("vendor/x.c") == ("@b", "@c")
    assert [rule.line for rule in found.rules] == [2, 3, 4]


def test_gitlab_sections_give_their_owners() -> None:
    assert read("[CI][2] @ci\n.gitlab-ci.yml\n", ".gitlab/CODEOWNERS").of(".gitlab-ci.yml") == ("@ci",)


def test_no_file_no_owners() -> None:
    assert read("* @a", "src/CODEOWNERS") == Owners()


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "**/" * 100 + "b", "a/**/" * 80 + "b", "*" * 400, "?" * 400])
def test_no_pattern_is_slow(pattern: str) -> None:
    found = read(f"{pattern} @a\n" * 20)
    started = time.perf_counter()
    for path in ("a" * 250, "a/" * 120, "/".join(["ab" * 20] * 20)):
        found.of(path)
    assert time.perf_counter() - started < 1
