"""Measured values, run after run: one line of JSON each, kept beside the jobs, never part of a verdict."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assaymark_hpc.asked import Manifest
from assaymark_hpc.trials import Trials
from assaymark_hpc.tried import measured

SHOWN = 20
_KEPT = 1_000
_LIMIT = 2_000_000


def values(trials: Trials, asked: Manifest) -> list[dict[str, Any]]:
    """What the tests of a manifest measured, with what was expected; those without a number are left out."""
    found = []
    for test in asked.tests:
        trial = trials.made.get(test.name)
        value = measured(test, trial) if trial is not None else None
        if value is not None and test.performance is not None:
            stated = test.performance
            told = {"test": test.name, "value": value, "unit": stated.unit, "reference": stated.reference}
            found.append(told | {"lower": stated.lower, "upper": stated.upper})
    return found


def kept(folder: Path, image: str, site: str, digest: str, new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add values to the history of an image at a site; gives the last of that, oldest first, the new ones included."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{site}-{Path(image).name}")[:150]
    file = folder / f"{name}.jsonl"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [*_lines(file), *({"date": when, "digest": digest, **each} for each in new)][-_KEPT:]
    if new:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines), encoding="utf-8")
        temporary.replace(file)
    return lines[-SHOWN:]


def _lines(file: Path) -> list[dict[str, Any]]:
    """What is there; a line that is damaged is left out."""
    try:
        with file.open("rb") as stream:
            text = stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            found.append(told)
    return found
