"""The step summary: Markdown on the page of a run. Above GitHub's limit it would be refused whole, not cut."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assaymark.wording import utf8

LIMIT = 1_048_576
_NOTE = "\n\nThe rest did not fit here: see the report.\n"


def append(environment: Mapping[str, str], text: str) -> None:
    """Add Markdown to the summary of this step, as much of it as fits; do nothing where there is no summary."""
    place = environment.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    file = Path(place)
    used = file.stat().st_size if file.exists() else 0
    with file.open("ab") as summary:
        summary.write(fitting(text, LIMIT - used))


def fitting(text: str, room: int) -> bytes:
    """The text in at most ``room`` bytes: whole lines, and a last one that says what happened."""
    data = utf8(text).encode()
    if len(data) <= room:
        return data
    note = _NOTE.encode()
    kept = data[: max(room - len(note), 0)]
    kept = kept[: kept.rfind(b"\n") + 1]
    return kept + note if len(kept) + len(note) <= room else b""
