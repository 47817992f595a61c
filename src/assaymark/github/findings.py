"""The findings of any verb as annotations: those on changed lines first, within GitHub's limits, none twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from assaymark.github.changed import distance
from assaymark.github.workflow_commands import Kind, annotation
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.github.changed import Lines

# GitHub shows ten of each kind per step and fifty per job, and says nothing of the rest.
PER_KIND = 10
PER_JOB = 50
_KINDS: Mapping[str, Kind] = {"error": "error", "warning": "warning", "note": "notice"}


class Found(NamedTuple):
    """One finding of a SARIF report of ours; lines and columns count from 1, None when the whole file is meant."""

    kind: Kind
    rule: str
    message: str
    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


def read(sarif: Path) -> list[Found]:
    """The results of a SARIF log that assaymark wrote; those that are waived are left out."""
    runs = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    return [_found(r) for run in runs for r in run.get("results", ()) if not r.get("suppressions")]


def _found(result: Mapping[str, Any]) -> Found:
    places: Sequence[Mapping[str, Any]] = result.get("locations") or ({},)
    physical = places[0].get("physicalLocation", {})
    region = physical.get("region", {})
    return Found(
        kind=_KINDS.get(result.get("level", "warning"), "notice"),
        rule=result.get("ruleId", ""),
        message=result["message"]["text"],
        path=unquote(physical.get("artifactLocation", {}).get("uri", ""), errors="surrogateescape"),
        line=region.get("startLine"),
        column=region.get("startColumn"),
        end_line=region.get("endLine"),
        end_column=region.get("endColumn"),
    )


class Chosen(NamedTuple):
    """Annotations as lines of the log, what identifies each, and how many findings have none."""

    lines: tuple[str, ...]
    ids: tuple[str, ...]
    hidden: int


def choose(
    found: Iterable[Found], prefix: str, changed: Lines | None, earlier: Collection[str] = (), errors: int = 0
) -> Chosen:
    """The annotations that are worth the room, best first.

    ``prefix`` leads from the repository's root to what was judged. ``earlier`` identifies those that this job has
    already; they are not repeated and take their part of what a job may have. So do ``errors``, the number of those
    that the step has made besides.
    """
    ranked = sorted(found, key=lambda f: (_far(f, prefix, changed), tuple(_KINDS.values()).index(f.kind)))
    lines: list[str] = []
    ids: list[str] = []
    used: dict[str, int] = {"error": errors}
    hidden = 0
    for f in ranked:
        id = _id(f, prefix)
        if id in earlier or id in ids:
            continue
        if used.get(f.kind, 0) >= PER_KIND or errors + len(earlier) + len(ids) >= PER_JOB:
            hidden += 1
            continue
        used[f.kind] = used.get(f.kind, 0) + 1
        ids.append(id)
        lines.append(_line(f, prefix))
    return Chosen(tuple(lines), tuple(ids), hidden)


def _far(f: Found, prefix: str, changed: Lines | None) -> int:
    return distance(changed, prefix + f.path, f.line, f.end_line)


def _id(f: Found, prefix: str) -> str:
    text = "\0".join((f.kind, prefix + f.path, str(f.line), f.message))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _line(f: Found, prefix: str) -> str:
    return annotation(
        f.kind,
        f.message,
        title=f.rule,
        path=prefix + f.path if f.path else "",
        line=f.line,
        end_line=f.end_line,
        column=f.column,
        end_column=f.end_column,
    )


def remember(place: Path, ids: Iterable[str]) -> None:
    """Keep what identifies the annotations of this step for those that follow in the job."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a", encoding="ascii") as file:
        file.writelines(f"{id}\n" for id in ids)


def remembered(place: Path) -> frozenset[str]:
    """What identifies the annotations of earlier steps of this job."""
    return frozenset(_ids(place))


def _ids(place: Path) -> Iterator[str]:
    try:
        with place.open(encoding="ascii", errors="replace") as file:
            yield from file.read(100_000).split()
    except OSError:
        return
