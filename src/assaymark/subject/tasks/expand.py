"""What a command that calls a task runner would start: one look-up per runner, files read and never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import Line

# ``ci/test``, ``CI=1 bash -e build``, ``uv run tools/check.py``: a program of the repository, by its path.
_SCRIPT = late(
    r"(?:^|\s)(?:\./)?[\w./-]+\.(?:sh|bash)\b"
    r"|^(?:\w+=\S*\s+)*(?:(?:sudo|time|env|exec|source|\.|xvfb-run|(?:uv|poetry|pdm|pixi|hatch)\s+run)\s+(?:-\S+\s+)*)*"
    r"(?:[\w.-]+/[\w./-]+|(?:\S*/)?(?:(?:ba|da|z|k)?sh|python[\d.]*)\s+(?:-[a-zA-Z]\s+)*[\w.-]+(?:/|\.py\b|\s|$))"
)

Reader = Callable[[Tree, str], Iterator[Line]]

_START = r"(?:^|[\s/'\"(])"
_MAVEN = r"(?:mvnw?|mvnw?\.cmd)(?:\s|$)"
_GRADLE = r"gradlew?\s"


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The commands behind ``text``; none when it starts a program of its own."""
    for pattern, reader in _READERS:
        if pattern.search(text):
            yield from reader(tree, text)


def _tox(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import tox

    return tox.expand(tree, text)


def _nox(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import nox

    return nox.expand(tree, text)


def _make(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import make

    return make.expand(tree, text)


def _npm(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import npm

    return npm.expand(tree, text)


def _python(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import python

    return python.expand(tree, text)


def _pytest(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import python

    return python.pytest_options(tree)


def _hooks(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import hooks

    return hooks.expand(tree)


def _overcommit(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import hooks

    return hooks.overcommit(tree)


def _lefthook(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import hooks

    return hooks.lefthook(tree)


def _java(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import java

    return java.expand(tree, text)


def _script(tree: Tree, text: str) -> Iterator[Line]:
    from assaymark.subject.tasks import script

    return script.expand(tree, text)


_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (late(_START + r"tox(?:\s|$)"), _tox),
    (late(_START + r"nox(?:\s|$)"), _nox),
    (late(_START + r"(?:make|gmake|just)(?:\s|$)"), _make),
    (late(_START + r"(?:npm|yarn|pnpm|bun|lerna|npx)\s"), _npm),
    (late(_START + r"(?:hatch|pdm|poe|pixi|rye|invoke|inv|task|doit)\s"), _python),
    (late(_START + r"(?:pytest|py\.test)(?:\s|$|[\"'])"), _pytest),
    (late(_START + r"(?:pre-commit|prek)(?:\s+run|/action|-action)|j178/prek-action|pre-commit-uv"), _hooks),
    (late(_START + r"overcommit\s+(?:--run|-r)(?:\s|$)"), _overcommit),
    (late(_START + r"lefthook\s+run\s"), _lefthook),
    (late(_START + f"(?:{_MAVEN}|{_GRADLE})"), _java),
    (_SCRIPT, _script),
)
