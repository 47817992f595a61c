"""The history of verdicts, for people, for scripts and as PROV: assessments, and the commits between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assaymark.provenance.milestones import Milestone, Move, instant
from assaymark.provenance.prov import Writer, local, qualified
from assaymark.provenance.uris import HOME
from assaymark.wording import one_line

_MARK = {"none": "·", "bronze": "▂", "silver": "▅", "gold": "█"}
_MOST_FILES = 5


def document(repository: str | None, milestones: Sequence[Milestone], moves: Sequence[Move] = ()) -> dict[str, Any]:
    """The history as a PROV-JSON document: each commit, each assessment, and which revises which."""
    writer = Writer("urn:assaymark:history", f"https://{repository}" if repository else None)
    known = {id(move.after): move for move in moves}
    before: Milestone | None = None
    for milestone in milestones:
        _milestone(writer, milestone, before, known.get(id(milestone)))
        before = milestone
    return writer.document()


def _milestone(writer: Writer, milestone: Milestone, before: Milestone | None, move: Move | None) -> None:
    commit = writer.entity(f"commit:{milestone.commit}", "am:Source", milestone.commit[:12])
    report = writer.entity(
        _report(milestone),
        "am:Assessment",
        f"{milestone.level} at {milestone.commit[:12]}",
        **{
            "am:verdict": milestone.level,
            "am:source": milestone.source,
            "am:better": " ".join(move.better) if move else None,
            "am:worse": " ".join(move.worse) if move else None,
        },
    )
    moment = instant(milestone.moment).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = local(_report(milestone).partition(":")[2])
    activity = writer.activity(f"run:verdict-{name}", "am:Verdict", "verdict", start=moment, end=moment)
    agent = writer.agent(
        f"tool:{local(milestone.source.lower())}" + (f"%40{local(milestone.assessor)}" if milestone.assessor else ""),
        "prov:SoftwareAgent",
        f"{milestone.source} {milestone.assessor or ''}".strip(),
        **({"am:uri": HOME} if milestone.source == "assaymark" else {}),
    )
    writer.relate("used", activity, commit)
    writer.relate("wasGeneratedBy", report, activity)
    writer.relate("wasAssociatedWith", activity, agent)
    writer.relate("wasAttributedTo", report, agent)
    if before:
        revision = {"prov:type": qualified("prov:Revision")}
        writer.relate("wasDerivedFrom", report, _report(before), **revision)
        if before.commit != milestone.commit:
            writer.relate("wasDerivedFrom", commit, f"commit:{before.commit}", **revision)


def _report(milestone: Milestone) -> str:
    if milestone.sha256:
        return f"sha256:{milestone.sha256}"
    return f"id:assessment-{milestone.commit}-{local(milestone.moment)}"


def lines(milestones: Sequence[Milestone], moves: Sequence[Move], titles: dict[str, str]) -> Iterator[str]:
    """The history for a terminal, newest first: one line per assessment, below it what moved and by which commits.

    ``titles`` are the first lines of commit messages, by commit.
    """
    by_after = {id(move.after): move for move in moves}
    for milestone in reversed(milestones):
        title = one_line(titles.get(milestone.commit, ""))
        level = f"{_MARK[milestone.level]} {milestone.level:<7}"
        yield f"{milestone.commit[:10]}  {milestone.day}  {level} {title}".rstrip()
        move = by_after.get(id(milestone))
        if move:
            yield from _told(move)


def _told(move: Move) -> Iterator[str]:
    if move.rise:
        way = "up" if move.rise > 0 else "down"
        yield f"            level {way}: {move.before.level} -> {move.after.level}"
    for word, ids in (("better", move.better), ("worse", move.worse)):
        if ids:
            yield f"            {word}: {', '.join(ids)}"
    if not (move.better or move.worse or move.rise):
        return
    for commit, title in move.commits[:_MOST_FILES]:
        if commit != move.after.commit:
            yield f"              {commit[:10]} {one_line(title)}"
    if len(move.commits) > _MOST_FILES:
        yield f"              and {len(move.commits) - _MOST_FILES} more commits"
    for file in move.files[:_MOST_FILES]:
        change = "binary" if file.added is None else f"+{file.added} -{file.removed}"
        yield f"              {one_line(file.path)} ({change})"
    if len(move.files) > _MOST_FILES:
        yield f"              and {len(move.files) - _MOST_FILES} more files"


def value(milestones: Sequence[Milestone], moves: Sequence[Move]) -> dict[str, Any]:
    """The history as JSON for scripts, oldest first."""
    by_after = {id(move.after): move for move in moves}
    return {"assessments": [_entry(m, by_after.get(id(m))) for m in milestones]}


def _entry(milestone: Milestone, move: Move | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "commit": milestone.commit,
        "date": milestone.moment,
        "committed": milestone.committed,
        "level": milestone.level,
        "source": milestone.source,
        "report": milestone.sha256,
    }
    if move:
        entry |= {
            "better": list(move.better),
            "worse": list(move.worse),
            "commits": [c for c, _ in move.commits],
            "files": [{"path": f.path, "added": f.added, "removed": f.removed} for f in move.files],
        }
    return entry
