"""A check run with annotations: in batches as GitHub takes them, bounded, and complete even after a lost answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assaymark.findings import Findings, Item, by_weight
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github.changed import Lines, distance
from assaymark.github.text import cut_bytes
from assaymark.model import Assessment, Location, Severity
from assaymark.wording import one_line, visible

BATCH = 50
MOST = 500
SUMMARY = 65_000
_TITLE = 250
_MESSAGE = 4_000
_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTE: "notice"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check run: ``conclusion`` is success, failure or neutral; ``summary`` is Markdown."""

    name: str
    commit: str
    conclusion: str
    title: str
    summary: str
    annotations: tuple[Json, ...] = ()
    link: str = ""

    @property
    def id(self) -> str:
        """The same for the same content: by it a run that was begun is found again."""
        content = [self.name, self.commit, self.conclusion, self.title, self.summary, self.annotations]
        return f"assaymark-{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]}"


def annotations_of(
    assessment: Assessment, prefix: str = "", most: int = MOST, changed: Lines | None = None
) -> tuple[Json, ...]:
    """The findings that lie in a file, as GitHub wants them: on changed lines first, then the worst; no waived ones.

    ``prefix`` is the folder that was judged, within the repository.
    """
    return _chosen(Findings(assessment), prefix, most, changed)


def _chosen(items: Iterable[Item], prefix: str, most: int, changed: Lines | None) -> tuple[Json, ...]:
    placed = [(i, i.finding.location) for i in by_weight(items) if not i.waived]
    usable = [(i, where) for i, where in placed if where and inside(where.path)]
    usable.sort(key=lambda p: distance(changed, prefix + p[1].path, p[1].line, p[1].end_line))
    return tuple(_annotation(i, where, prefix) for i, where in usable[:most])


def inside(path: str) -> bool:
    """Whether a path leads nowhere but into the repository."""
    return path != "" and path[0] != "/" and ".." not in path.split("/")


def _annotation(item: Item, where: Location, prefix: str) -> Json:
    f = item.finding
    start = where.line or 1
    end = where.end_line or start
    made: Json = {
        "path": visible(f"{prefix}{where.path}"),
        "start_line": start,
        "end_line": end,
        "annotation_level": _LEVELS[f.severity],
        "title": one_line(f"{f.rule} ({', '.join(item.subcriteria)})", _TITLE),
        "message": cut_bytes(visible(f.message if f.fix is None else f"{f.message}\nFix: {f.fix}"), _MESSAGE) or f.rule,
    }
    if start == end and where.column:  # GitHub takes columns only within one line
        made |= {"start_column": where.column, "end_column": where.end_column or where.column}
    return made


def post(client: Client, check: Check) -> int:
    """Bring the check run to GitHub; gives its id. One that is there already is finished, not begun anew.

    Raises ForgeProblem.
    """
    batches = [check.annotations[n : n + BATCH] for n in range(0, len(check.annotations), BATCH)] or [()]
    there = _there(client, check)
    run = there or _begin(client, check, batches)
    id = run.get("id")
    if not isinstance(id, int):
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
    if run.get("status") != "completed":  # said only when all has arrived
        first = -(-_count(there) // BATCH) if there else 1
        for n in range(first, len(batches)):
            _add(client, check, id, batches[n], before=n * BATCH)
        client.patch(f"/check-runs/{id}", _ended(check))
    return id


def _there(client: Client, check: Check) -> Json | None:
    path = f"/commits/{check.commit}/check-runs"
    found = client.pages(path, key="check_runs", most=200, check_name=check.name, filter="all")
    return next((r for r in found if r.get("external_id") == check.id), None)


def _begin(client: Client, check: Check, batches: Sequence[Sequence[Json]]) -> Json:
    body: Json = {"name": check.name, "head_sha": check.commit, "external_id": check.id}
    body |= {"output": _output(check, batches[0])}
    body |= {"details_url": check.link} if check.link else {}
    body |= _ended(check) if len(batches) == 1 else {"status": "in_progress"}
    try:
        return client.post("/check-runs", body)
    except ForgeProblem as problem:
        if not problem.uncertain:
            raise
    return _there(client, check) or client.post("/check-runs", body)


def _add(client: Client, check: Check, id: int, batch: Sequence[Json], *, before: int) -> None:
    """One more batch; it appends, so after a lost answer it is counted what arrived before it is sent again."""
    body = {"output": _output(check, batch)}
    try:
        client.patch(f"/check-runs/{id}", body, repeatable=False)
    except ForgeProblem as problem:
        if not problem.uncertain:
            raise
        if _count(client.table(f"/check-runs/{id}")) <= before:
            client.patch(f"/check-runs/{id}", body, repeatable=False)


def _output(check: Check, batch: Sequence[Json]) -> Json:
    made: Json = {"title": one_line(check.title, _TITLE), "summary": cut_bytes(check.summary, SUMMARY)}
    return made | {"annotations": list(batch)} if batch else made


def _ended(check: Check) -> Json:
    return {"status": "completed", "conclusion": check.conclusion}


def _count(run: Json) -> int:
    output = run.get("output")
    count = output.get("annotations_count") if isinstance(output, dict) else None
    return count if isinstance(count, int) else 0
