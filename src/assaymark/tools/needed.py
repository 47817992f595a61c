"""Which distributions of tools a subject can have a use for, told before they are installed.

Needs the standard library only: the Actions ask it of a bare environment. Whatever is excluded, selected or skipped
later only takes files and tools away, so what is left out here could never have run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.tools.manifest import Kind, Manifest, load

if TYPE_CHECKING:
    from assaymark.api import Tree
    from assaymark.subject.languages import Languages

_LIMIT = 1_000_000


def unneeded(folders: Iterable[Path], place: Path, *, run_tests: bool, trusted: bool) -> frozenset[str]:
    """Names (normalised) of the distributions with tools that have nothing to do at ``place``.

    ``folders`` hold manifests; the tests of a project run only with ``run_tests``, type checkers only when it is
    ``trusted``. Raises what opening a subject raises.
    """
    from assaymark.subject.checkout import open_subject
    from assaymark.subject.languages import languages

    manifests = load(folders)
    tree = open_subject(place).tree
    useful = [m for m in manifests if (run_tests or not m.kind.runs_tests) and (trusted or m.kind is not Kind.TYPES)]
    return _distributions(manifests) - _distributions(applicable(useful, languages.provide(tree), tree))


def provided(folders: Iterable[Path]) -> frozenset[str]:
    """Names (normalised) of all distributions that bring a tool."""
    return _distributions(load(folders))


def applicable(manifests: Iterable[Manifest], languages: Languages, tree: Tree) -> list[Manifest]:
    """Those that may run: they have files, and judge by default or are perhaps configured."""
    return [m for m in manifests if _has_files(m, languages, tree) and (m.default or _configured(m, tree))]


def _has_files(manifest: Manifest, languages: Languages, tree: Tree) -> bool:
    if any(languages.files.get(name) for name in manifest.languages):
        return True
    return bool(manifest.files) and any(True for _ in tree.glob(*manifest.files))


def _configured(manifest: Manifest, tree: Tree) -> bool:
    """Whether a place of its configuration is there and holds its name; what is written there is not parsed."""
    for place in (*manifest.config.files, *manifest.config.mentions):
        glob, _, section = place.partition("#")
        word = section.rpartition(".")[2]
        if any(not word or word in tree.text(entry.path, _LIMIT) for entry in tree.glob(glob)):
            return True
    return False


def _distributions(manifests: Iterable[Manifest]) -> frozenset[str]:
    return frozenset(re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for m in manifests for pin in m.pypi)
