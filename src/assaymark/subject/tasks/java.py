"""``mvn`` and ``gradle``: the plugins that take part in a build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import LIMIT, Line

_PHASES = late(r"\s(?:test|verify|package|install|deploy|site|check|build|[\w-]+:[\w-]+)\b")
_PLUGIN = late(
    r"<artifactId>\s*(?P<maven>[\w.-]{3,80}-plugin)\s*</artifactId>"
    r"|\bid\s*[( ]\s*['\"](?P<id>[\w.-]{3,80})['\"]|apply\s+plugin:\s*['\"](?P<applied>[\w.-]{3,80})['\"]"
    r"|^[ \t]{2,}(?P<bare>jacoco|checkstyle|pmd|spotbugs)[ \t]*$",
    re.MULTILINE,
)
_MAX_FILES = 20


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """One command per plugin that the build files name."""
    if not _PHASES.search(text):
        return
    names = ("pom.xml",) if "mvn" in text else ("build.gradle", "build.gradle.kts")
    patterns = [f"{folder}{name}" for name in names for folder in ("", "*/")]
    for entry in tree.glob(*patterns)[:_MAX_FILES]:
        source = tree.text(entry.path, LIMIT)
        for found in _PLUGIN.finditer(source):
            yield Line(
                f"build plugin {found[found.lastgroup or 0]}", entry.path, source.count("\n", 0, found.start()) + 1
            )
