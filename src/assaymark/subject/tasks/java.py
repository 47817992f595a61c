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
_DEFAULT = late(r"<defaultGoal>\s*([^<]{1,500}?)\s*</defaultGoal>")
_PARENT = late(r"<parent>\s*<")
# Options with a value of their own; whatever else starts with a dash has none.
_VALUED = late(
    r"\s(?:-(?:f|P|pl|s|gs|t|gt|T|l|D|b|rf|ps)|--(?:file|activate-profiles|projects|settings|global-settings|toolchains"
    r"|global-toolchains|threads|log-file|define|builder|resume-from|color))\s+[^\s-]\S*"
)
_ASKS = late(r"\s(?:-v|--version|-h|--help)(?:\s|$)")


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """One command per plugin that the build files name; before them the goals that ``mvn`` without any has."""
    if unaimed(text):
        yield from _default_goals(tree)
        return
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


def unaimed(text: str) -> bool:
    """Whether a command calls Maven without a goal, so that ``pom.xml`` says what it does."""
    name, _, rest = text.strip().partition(" ")
    if name.rpartition("/")[2] not in ("mvn", "mvnw", "mvn.cmd", "mvnw.cmd") or _ASKS.search(f" {rest}"):
        return False
    words = _VALUED.sub(" ", f" {rest}").split()
    return all(word.startswith("-") for word in words)


def inherits(tree: Tree) -> bool:
    """Whether a goal that ``pom.xml`` does not state may come from a parent that is not kept here."""
    source = tree.text("pom.xml", LIMIT) if tree.get("pom.xml") else ""
    return not _DEFAULT.search(source) and _PARENT.search(source) is not None


def _default_goals(tree: Tree) -> Iterator[Line]:
    source = tree.text("pom.xml", LIMIT) if tree.get("pom.xml") else ""
    if found := _DEFAULT.search(source):
        yield Line(f"mvn {' '.join(found[1].split())}", "pom.xml", source.count("\n", 0, found.start()) + 1)
