"""Several projects of one repository: what keeps their comments, artifacts and badges apart."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assaymark.model import Subject

_FOREIGN = re.compile(r"[^A-Za-z0-9_+=@.-]+")
_UNLIKE = re.compile(r"[^A-Za-z0-9_.]+")
_REFUSED = re.compile(r'[":<>|*?\r\n\\/]')
_DEPTH = 6  # folders that a project may lie in on the badge branch, which takes eight


def part_of(subject: Subject) -> str:
    """Which part of its repository was judged, a folder or a manifest, by its path; empty for all of it."""
    return "" if subject.path in ("", ".") else subject.path


def place_of(subject: Subject) -> str:
    """The folder of the badge branch that belongs to what was judged: its own path; empty for all of the repository.

    A path that may not be published under its own name gets another one, which no other path gets.
    """
    path = part_of(subject)
    names = [_FOREIGN.sub("-", name).lstrip(".-") for name in path.split("/")]
    names = [name[:60] for name in names if name]
    made = "/".join(names if len(names) <= _DEPTH else ["-".join(names)[:60]])
    return made if made == path else "-".join(filter(None, [made, hashlib.sha256(path.encode()).hexdigest()[:12]]))


def artifact_of(name: str, path: str) -> str:
    """The name of the artifact with the reports on ``path``, such as ``assaymark-packages-tide``.

    A path that the name ends in already is not told again: ``model.toml`` in ``assaymark-model``.
    """
    words = "-".join(filter(None, (_UNLIKE.sub("-", part).strip("-.") for part in path.split("/")))).removesuffix(
        ".toml"
    )
    return name if not words or name.endswith(f"-{words}") else f"{name}-{words}"[:200]


def permitted(name: str) -> str:
    """The name of an artifact without what GitHub refuses in one, such as the slash of a path."""
    return _REFUSED.sub("-", name)
