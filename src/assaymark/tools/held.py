"""The version of a tool that a project holds on to: what another one finds may be the tool's doing, not the code's."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assaymark.api import Evidence, Outcome, Tree
from assaymark.tools.manifest import Kind, Manifest
from assaymark.tools.text import one_line

_LIMIT = 500_000
_VERSION = r"v?(?P<version>\d+(?:\.\d+){1,3})"
_HOOKS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
_LISTS = (
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
    "requirements/lint.txt",
    "requirements.txt",
)
_CHANGING = (Kind.STYLE, Kind.DOCUMENTATION_STYLE)


@dataclass(frozen=True, slots=True)
class Held:
    """A version and where it is written."""

    version: str
    path: str
    line: int


def held_version(tree: Tree, name: str) -> Held | None:
    """The version of a tool in the hooks, the lock or the requirements of the root; None when none is written there."""
    word = re.escape(name)
    places = (
        (
            _HOOKS,
            rf"repo\s*[:=]\s*\S*[/-]{word}[\w.-]*\s*\n(?:\s*#[^\n]*\n)?\s*rev\s*[:=]\s*[^\n]*?(?<![\w.]){_VERSION}",
        ),
        (("uv.lock", "poetry.lock", "pdm.lock"), rf'name = "{word}"\nversion = "{_VERSION}'),
        (_LISTS, rf"(?<![\w-]){word}\s*==\s*{_VERSION}"),
    )
    for paths, pattern in places:
        for path in paths:
            found = re.search(pattern, tree.text(path, _LIMIT)) if tree.get(path) else None
            if found:
                return Held(found["version"], path, found.string.count("\n", 0, found.start("version")) + 1)
    return None


def weighed(evidence: Evidence, manifest: Manifest, tree: Tree) -> Evidence:
    """``unknown`` instead of ``failed`` when the project holds on to another minor version of a tool of style.

    Such tools gain rules and change their taste with each of them, and a project answers for the version it chose.
    """
    if evidence.outcome is not Outcome.FAILED or manifest.kind not in _CHANGING or evidence.tool is None:
        return evidence
    held = held_version(tree, manifest.name)
    if held is None or not evidence.tool.version or _minor(held.version) == _minor(evidence.tool.version):
        return evidence
    message = (
        f"{evidence.message}, but {held.path}:{held.line} holds on to {manifest.name} {held.version}; this is"
        f" {evidence.tool.version}, which may know other rules"
    )
    remedy = f"assess where {manifest.name} {held.version} is installed, hand in its report, or update {held.path}"
    return replace(evidence, outcome=Outcome.UNKNOWN, message=one_line(message, 600), remedy=remedy)


def _minor(version: str) -> list[str]:
    return re.findall(r"\d+", version)[:2]
