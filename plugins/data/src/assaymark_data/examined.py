"""What a process of its own said of a grid or a map."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assaymark.api import FactUnavailable, run_program
from assaymark_data.dataset import Dataset, File
from assaymark_data.reading import from_json

SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One file: ``said`` is what the process found, unless it is ``broken`` or ``unknown`` why."""

    file: File
    said: Mapping[str, Any] = field(default_factory=dict)
    broken: str = ""
    unknown: str = ""

    def problems(self, key: str) -> list[tuple[str, str]]:
        """Pairs of severity and message."""
        return [(str(p[0]), str(p[1])) for p in self.said.get(key, ()) if len(p) == 2]


def examine(dataset: Dataset, file: File) -> Examined:
    """Look at one file; what goes wrong is said, not raised."""
    try:
        place = dataset.place(file.path)
    except FactUnavailable as problem:
        return Examined(file=file, unknown=problem.reason)
    argv = [sys.executable, "-I", "-m", f"{__package__}.child", file.kind, str(place)]
    ran = run_program(argv, folder=place.parent, time=SECONDS)
    if ran.code != 0:
        return Examined(file=file, unknown=f"the reader did not come to an end: {ran.problem or f'exit {ran.code}'}")
    try:
        said = from_json(ran.stdout, "the reader's answer")
    except FactUnavailable as problem:
        return Examined(file=file, unknown=problem.reason)
    return Examined(file=file, said=said, broken=str(said.get("broken", "")), unknown=str(said.get("unknown", "")))
