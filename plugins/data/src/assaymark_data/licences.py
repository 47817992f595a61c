"""Licences that contradict one another: within a record, and between it and what lies beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assaymark_data.record import Record
from assaymark_data.text import is_about_access, licence_of, says_nothing

_FILE = re.compile(r"(?:un)?licen[cs]e(?:[-_.].*)?|copying(?:[-_.].*)?", re.I)
MOST, LARGEST, SHARE = 5, 200_000, 0.5


def terms_of(record: Record) -> list[str]:
    """What the record says of the licence; who has access is something else, and "unknown" says nothing."""
    stated = dict.fromkeys((*record.licences, *record.rights))
    return [t for t in stated if not is_about_access(t) and not says_nothing(t)]


def same_family(name: str) -> str:
    """One name for the ways to write a licence of GNU with and without later versions."""
    return re.sub(r"(?:-only|-or-later|\+)$", "", name)


def of_record(record: Record) -> list[str]:
    """The known licences of the whole; not those that only single parts have."""
    if record.licences_of_parts:
        return []
    known = {same_family(name): name for t in reversed(terms_of(record)) if (name := licence_of(t))}
    return list(reversed(known.values()))


def elsewhere(record: Record) -> Iterator[tuple[str, str]]:
    """What states another licence than the one of the record: the path or address, and that licence."""
    own = {same_family(name) for name in of_record(record)}
    if not own:
        return
    parts = [(p.address or "a part", licence_of(p.licence)) for p in record.parts]
    for where, name in dict.fromkeys((*parts, *record.licence_files)):
        if name and same_family(name) not in own:
            yield where, name


def licence_files(folder: Path, root: Path) -> Iterator[tuple[str, str]]:
    """The licence files right in a folder, by their paths from ``root``, and whose text each is; links are left."""
    found = sorted(p for p in folder.iterdir() if _FILE.fullmatch(p.name) and not p.is_symlink() and p.is_file())
    for place in found[:MOST]:
        try:
            if place.stat().st_size <= LARGEST and (name := _recognised(place.read_text("utf-8", errors="replace"))):
                yield (place.relative_to(root) if place.is_relative_to(root) else place).as_posix(), name
        except OSError:
            continue


def _recognised(text: str) -> str:
    """The licence that makes up most of a text, '' when none or several do."""
    from licenseclassifier import identify_license

    found = {m.id for m in identify_license(text, 0.0) if m.end - m.start >= SHARE * len(text)}
    return licence_of(found.pop()) if len(found) == 1 else ""
