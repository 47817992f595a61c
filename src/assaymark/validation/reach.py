"""What a change reaches: the changed documents and, through recorded references, all that refer to them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assaymark.validation.context import ALL_PATHS


def reached(changed: Collection[str], reads: Mapping[str, Collection[str]]) -> frozenset[str]:
    """``reads`` maps each document to the files that it asked for, itself or through others.

    A reference to a folder is touched by any change below it, one to the list of all files by any change.
    """
    found = set(changed)
    above = {folder for path in changed for folder in _above(path)}
    for path, asked in reads.items():
        if path not in found and (ALL_PATHS in asked or not found.isdisjoint(asked) or not above.isdisjoint(asked)):
            found.add(path)
    # A document that reads another need not have asked for what that one reads.
    new = found - set(changed)
    while new:
        more = {path for path, asked in reads.items() if path not in found and not new.isdisjoint(asked)}
        found |= more
        new = more
    return frozenset(found)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
