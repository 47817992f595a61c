"""At which commits our own callable workflow may vouch for a badge: those of releases."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from assaymark import data

# Written when a release is built: a wheel knows its own commit by it.
RELEASE = Path(__file__).parents[1] / "release.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")


@cache
def released() -> Mapping[str, str]:
    """The version of each commit: of the releases listed in ``badges/signers.toml``, and of this one."""
    text = (data.folder("badges") / "signers.toml").read_text(encoding="utf-8")
    return MappingProxyType(dict([*_listed(text), *_own(RELEASE)]))


def _listed(text: str) -> Iterator[tuple[str, str]]:
    """Raises ValueError for an entry that is no commit: a wrong list is worse than none."""
    for entry in tomllib.loads(text)["release"]:
        if not _COMMIT.fullmatch(entry["commit"]):
            raise ValueError(f"signers.toml: {entry['commit']!r} is not a commit")
        yield entry["commit"], entry["version"]


def _own(release: Path) -> Iterator[tuple[str, str]]:
    try:
        known = json.loads(release.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    if _COMMIT.fullmatch(known["commit"]):
        yield known["commit"], known["version"]
