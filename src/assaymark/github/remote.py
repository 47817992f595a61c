"""Assessments that a repository's own workflow makes: start one, follow it, and fetch what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github import archive
from assaymark.wording import one_line

WORKFLOW = "assaymark.yml"
ARTIFACT = "assaymark"
FILE = "assessment.json"
MAX_ASSESSMENT = 20_000_000
MOST_PARTS = 20
FINISHED = "completed"
_FIRST_PAUSE, _LAST_PAUSE = 2.0, 15.0
_LOOKS = 15
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the workflow; ``conclusion`` is empty until it has finished."""

    id: int
    status: str
    conclusion: str
    ref: str
    commit: str
    event: str
    created: str
    url: str

    @property
    def state(self) -> str:
        """In one word how far it is, or how it ended."""
        return self.conclusion or self.status


def runs(client: Client, workflow: str = WORKFLOW, *, most: int = 20, **wanted: str) -> list[Run]:
    """The newest runs, the newest first. Raises ForgeProblem."""
    found = client.pages(f"/actions/workflows/{_file(workflow)}/runs", key="workflow_runs", most=most, **wanted)
    return [_run(row) for row in found]


def run(client: Client, id: int) -> Run:
    """One run. Raises ForgeProblem."""
    return _run(client.table(f"/actions/runs/{id}"))


def start(client: Client, workflow: str = WORKFLOW, ref: str = "", inputs: dict[str, str] | None = None) -> Run:
    """Start the workflow by hand on a branch or tag (default: the default branch); gives the run.

    Raises InputError when it cannot be told which run it is, ForgeProblem when GitHub does not start one.
    """
    ref = ref or str(client.table("").get("default_branch") or "main")
    earlier = max((r.id for r in runs(client, workflow, most=1)), default=0)
    body: Json = {"ref": ref, "return_run_details": True} | ({"inputs": inputs} if inputs else {})
    made = client.post(f"/actions/workflows/{_file(workflow)}/dispatches", body).get("workflow_run_id")
    return run(client, made) if isinstance(made, int) else _started(client, workflow, ref, earlier)


def _started(client: Client, workflow: str, ref: str, earlier: int) -> Run:
    """The run that began just now, on servers that do not say which."""
    for _ in range(_LOOKS):
        newest = runs(client, workflow, event="workflow_dispatch", branch=ref)
        new = [r for r in newest if r.id > earlier]
        if len(new) == 1:
            return new[0]
        if new:
            ids = ", ".join(str(r.id) for r in new)
            raise InputError(f"several runs began at once: {ids}", hint="take one: assaymark remote get OWNER/REPO ID")
        client.pause(_FIRST_PAUSE)
    raise InputError("the run was asked for but did not begin", hint="look: assaymark remote list OWNER/REPO")


def follow(client: Client, id: int, tell: Callable[[Run, str], None]) -> Run:
    """Wait until the run has finished; ``tell`` hears after each look where it is and what it does.

    Raises ForgeProblem, also when it takes longer than the client may ask.
    """
    pause = _FIRST_PAUSE
    while True:
        now = run(client, id)
        if now.status == FINISHED:
            return now
        tell(now, _step(client, id) if now.status == "in_progress" else "")
        client.pause(pause)
        pause = min(pause * 1.3, _LAST_PAUSE)


def _step(client: Client, id: int) -> str:
    """What the run is doing, as far as GitHub tells."""
    try:
        jobs = list(client.pages(f"/actions/runs/{id}/jobs", key="jobs", most=50))
    except ForgeProblem:
        return ""
    doing = []
    for job in jobs:
        steps = [s for s in _rows(job.get("steps")) if isinstance(s, dict) and s.get("status") == "in_progress"]
        doing += [f"{one_line(str(job.get('name')), 40)}: {one_line(str(s.get('name')), 40)}" for s in steps[:1]]
    # Square brackets would be markup for the display.
    return ", ".join(doing[:3]).replace("[", "(").replace("]", ")")


def fetch(client: Client, id: int, *, name: str = ARTIFACT, most: int = MAX_ASSESSMENT) -> bytes:
    """The assessment.json of a run, out of its artifact called ``name``; at most ``most`` bytes.

    Raises InputError for an artifact that is missing, expired or no honest archive, ForgeProblem.
    """
    return _content(client, id, _artifacts(client, id), name, most)


def fetch_parts(
    client: Client, id: int, *, name: str = ARTIFACT, most: int = MAX_ASSESSMENT
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The same out of every artifact called ``name`` or ``name-…``, by its name, and what was left out and why.

    A matrix over several projects leaves one for each. Raises as `fetch` does, when there is none that can be read.
    """
    rows = _artifacts(client, id)
    told = {n for row in rows if isinstance(n := row.get("name"), str)}
    names = sorted(n for n in told if n == name or n.startswith(f"{name}-"))
    if len(names) < 2:
        only = (names or [name])[0]
        return {only: _content(client, id, rows, only, most)}, ()
    found: dict[str, bytes] = {}
    left = [f"{len(names) - MOST_PARTS:,} more artifacts"] if len(names) > MOST_PARTS else []
    for one in names[:MOST_PARTS]:
        try:
            found[one] = _content(client, id, rows, one, most)
        except InputError as problem:
            left.append(f"{one_line(one, 80)}: {problem.message}")
    if not found:
        raise InputError("; ".join(left[:3]), where=f"run {id}")
    return found, tuple(left)


def _artifacts(client: Client, id: int) -> list[Json]:
    return list(client.pages(f"/actions/runs/{id}/artifacts", key="artifacts", most=200))


def _content(client: Client, id: int, rows: list[Json], name: str, most: int) -> bytes:
    found = [a for a in rows if a.get("name") == name and isinstance(a.get("id"), int)]
    where = f"run {id}"
    if not found:
        others = sorted({n for a in rows if isinstance(n := a.get("name"), str)})
        shown = ", ".join(one_line(n, 80) for n in others[:10])
        hint = f"it has {shown}: name one with --artifact" if others else None
        raise InputError(f"it has no artifact called {one_line(name, 80)!r}", where=where, hint=hint)
    newest = max(found, key=lambda a: int(a["id"]))  # of a run that was repeated
    if newest.get("expired") is True:
        raise InputError("its artifact has expired", where=where, hint="start another run: assaymark remote assess")
    size = newest.get("size_in_bytes")
    if isinstance(size, int) and size > archive.MAX_ARCHIVE:
        raise InputError(f"its artifact has {size / 1e6:.0f} MB, which is no assessment", where=where)
    data = client.download(f"/actions/artifacts/{newest['id']}/zip", archive.MAX_ARCHIVE)
    content = archive.member(data, FILE, most)
    if content is None:
        raise InputError(f"its artifact holds no {FILE}", where=where)
    return content


def _file(workflow: str) -> str:
    """The workflow as a part of a path."""
    from urllib.parse import quote

    if not workflow or workflow in (".", "..") or len(workflow) > 200:
        raise InputError(f"{one_line(workflow, 80)!r} is no workflow", hint="give its file name: assaymark.yml")
    return quote(workflow.rpartition("/")[2], safe="")


def _run(row: Json) -> Run:
    id = row.get("id")
    if not isinstance(id, int):
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form")
    return Run(
        id=id,
        status=_word(row, "status"),
        conclusion=_word(row, "conclusion"),
        ref=_word(row, "head_branch"),
        commit=_word(row, "head_sha"),
        event=_word(row, "event"),
        created=_word(row, "created_at"),
        url=_word(row, "html_url"),
    )


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(row: Json, key: str) -> str:
    value = row.get(key)
    return one_line(value, 300) if isinstance(value, str) else ""
