"""Results of tools, remembered by content: the tool, its description, its configuration and the files it was given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assaymark import cache
from assaymark.api import Entry, Finding, Location, Parsed, Severity, Unexamined

if TYPE_CHECKING:
    from assaymark.tools.locate import Located
    from assaymark.tools.run import Job


def key(job: Job, located: Located, version: str, files: Iterable[Entry]) -> str | None:
    """The key of a run; None when it must not be remembered, because it depends on more than files."""
    if not job.remember or job.manifest.kind.runs_tests or job.trusted:
        return None
    found = job.configuration
    configuration = f"{found.entry.blob} {found.entry.path} {found.section}" if found else ""
    return cache.key(
        "tool-1", job.manifest.digest, located.stamp, version, digest((configuration,)), files_digest(files)
    )


def files_digest(files: Iterable[Entry]) -> str:
    """Over paths and contents."""
    return digest(f"{e.blob} {e.path}" for e in files)


def digest(parts: Iterable[str]) -> str:
    """``sha256:`` over strings of any kind."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return f"sha256:{total.hexdigest()}"


def get(key: str | None) -> Parsed | None:
    """A remembered report; anything that is not one is as good as nothing."""
    data = cache.get(key) if key else None
    if data is None:
        return None
    try:
        return _parsed(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def put(key: str | None, parsed: Parsed) -> None:
    """Remember a report."""
    if key:
        data = {
            "findings": [asdict(f) for f in parsed.findings],
            "metrics": dict(parsed.metrics),
            "unexamined": [asdict(u) for u in parsed.unexamined],
        }
        cache.put(key, json.dumps(data).encode())


def version(located: Located) -> str | None:
    """What the program answered when it was last asked for its version."""
    data = cache.get(cache.key("version-1", located.stamp))
    return data.decode("utf-8", "replace") if data is not None else None


def remember_version(located: Located, text: str) -> None:
    """Remember what a program answered; it changes with the program's file."""
    cache.put(cache.key("version-1", located.stamp), text.encode("utf-8", "replace"))


def _parsed(data: Any) -> Parsed:
    return Parsed(
        findings=tuple(_finding(f) for f in data["findings"]),
        metrics=dict(data["metrics"]),
        unexamined=tuple(Unexamined(**u) for u in data["unexamined"]),
    )


def _finding(data: dict[str, Any]) -> Finding:
    where = Location(**data["location"]) if data["location"] else None
    return Finding(**data | {"location": where, "severity": Severity(data["severity"])})
