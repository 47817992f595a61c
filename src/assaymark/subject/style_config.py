"""The fact ``style_config``: style tools that the project configured, and how far each departs from its community base.

Only settings that change what is judged count: which rules are off (``ignore``), and which rules or formats are the
project's own (``setting``). Paths, versions and line lengths are parameters, not a style.
"""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Tree, fact
from assaymark.records import NamedTuple
from assaymark.subject.styles.model import Override, StyleTool

LIMIT = 100_000  # bytes of one configuration file
_MAX_OVERRIDES = 500


class StyleConfig(NamedTuple):
    """All configured style tools; ``problems`` are files that could not be read, with the reason."""

    tools: tuple[StyleTool, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def settings(self) -> tuple[Override, ...]:
        """Everything of the project's own."""
        return tuple(o for t in self.tools for o in t.settings)

    @property
    def ignores(self) -> tuple[Override, ...]:
        """Everything that is off."""
        return tuple(o for t in self.tools for o in t.ignores)


@fact
def style_config(tree: Tree) -> StyleConfig:
    """Read from the configuration files of the root."""
    return read_style(tree)


def read_style(tree: Tree) -> StyleConfig:
    """The same for any tree, such as that of an earlier release."""
    from assaymark.subject.parsing import ParseProblem
    from assaymark.subject.styles import READERS

    tools: list[StyleTool] = []
    problems: list[tuple[str, str]] = []
    for names, reader in READERS:
        for entry in tree.find(*names):
            if entry.size > LIMIT:
                continue
            try:
                tools.extend(_bounded(reader(entry.path, tree.text(entry.path, LIMIT))))
            except ParseProblem as problem:
                problems.append((entry.path, str(problem)))
    return StyleConfig(tuple(tools), tuple(dict.fromkeys(problems)))


def _bounded(found: Iterator[StyleTool]) -> Iterator[StyleTool]:
    from dataclasses import replace

    for tool in found:
        yield replace(tool, overrides=tool.overrides[:_MAX_OVERRIDES])
