"""The fact ``requirements``: identifiers of requirements in the documents that list them, and in the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assaymark.api import Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.testing_layout import TestsFound

_LIMIT = 500_000
_MAX = 5_000
_DEPENDENCIES = (
    *(
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
        "requirements*.txt",
        "requirements/*.txt",
        "*/requirements*.txt",
    ),
    *("package.json", "pom.xml", "*/pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "go.mod", "Cargo.toml"),
)
_SCENARIO_LIBRARY = r"(?i)pytest[-_]bdd|behave|cucumber|robotframework|radish-bdd|godog"
_PREFIX = late(r"[A-Za-z][\w.-]{1,30}")


class Requirement(NamedTuple):
    """One requirement, where it is listed first."""

    id: str
    path: str
    line: int


class Requirements(NamedTuple):
    """All requirements and which of them a test names.

    ``problem`` is why the declaration cannot be followed; ``runner`` the file that names a library with which ordinary
    tests run scenarios (pytest-bdd, Cucumber …).
    """

    listed: tuple[Requirement, ...] = ()
    tested: frozenset[str] = frozenset()
    problem: str = ""
    runner: str = ""


@fact
def requirements(tree: Tree, settings: Mapping[str, Any], tests_found: TestsFound) -> Requirements:
    """As the policy ``requirements`` declares them; nothing without it."""
    declared = settings.get("requirements")
    if not isinstance(declared, dict):
        return Requirements(runner=_runner(tree) if tests_found.requirements else "")
    prefix, documents = declared.get("prefix"), declared.get("documents")
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        return Requirements(problem="the policy 'requirements' has no usable 'prefix'")
    if not isinstance(documents, list) or not all(isinstance(d, str) for d in documents):
        return Requirements(problem="the policy 'requirements' names no 'documents'")
    pattern = re.compile(rf"\b{re.escape(prefix)}[A-Za-z0-9][\w-]{{0,30}}")
    listed: dict[str, Requirement] = {}
    for entry in tree.glob(*documents)[:200]:
        text = tree.text(entry.path, _LIMIT)
        for found in pattern.finditer(text):
            if found[0] not in listed and len(listed) < _MAX:
                listed[found[0]] = Requirement(found[0], entry.path, text.count("\n", 0, found.start()) + 1)
    if not listed:
        return Requirements(problem=f"no identifier that begins with {prefix!r} stands in {', '.join(documents[:3])}")
    return Requirements(tuple(listed.values()), _named_in_tests(tree, tests_found, prefix, set(listed)))


def _runner(tree: Tree) -> str:
    """The file that declares a library of scenarios as a dependency."""
    for entry in tree.glob(*_DEPENDENCIES)[:50]:
        if re.search(_SCENARIO_LIBRARY, tree.text(entry.path, _LIMIT)):
            return entry.path
    return ""


def _named_in_tests(tree: Tree, tests_found: TestsFound, prefix: str, listed: set[str]) -> frozenset[str]:
    """Identifiers that a test names, also as ``test_req_12_parses_empty`` names REQ-12."""
    loose = re.compile(
        "(?<![A-Za-z0-9])" + re.sub(r"\\?[-_.]", "[-_.]", re.escape(prefix)) + r"[\w.-]{1,80}", re.IGNORECASE
    )
    by_name = {_plain(id): id for id in listed}
    found: set[str] = set()
    for path in sorted({t.path for t in tests_found.files} | set(tests_found.requirements)):
        for word in loose.findall(tree.text(path, _LIMIT)):
            parts = _plain(word)
            while parts and parts not in by_name:
                parts = parts.rpartition("-")[0]
            if parts:
                found.add(by_name[parts])
    return frozenset(found)


def _plain(id: str) -> str:
    return re.sub(r"[-_.]+", "-", id).strip("-").upper()
