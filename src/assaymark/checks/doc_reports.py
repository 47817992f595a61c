"""QC.Doc05: what is reported about the documentation is put right."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Severity, check, failed, passed, unknown
from assaymark.patterns import late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assaymark.subject.forge import Forge, Issue

LEAST = 5
MOST = 0.8
HALF = 0.5
DAYS = 180  # younger reports may still be worked on
_ABOUT_DOCS = late(r"(?i)\b(?:docs?|documentation|docstrings?)\b")
_A_WISH = late(r"(?i)enhancement|feature|question|proposal|discussion|wish|idea|good first|new (?:docs?|page)")
_SHOWN = 20


@check("doc.reports-answered", reads=())
def reports_answered(forge: Forge) -> Evidence:
    """Issues that are labelled as being about the documentation get closed.

    Of the latest such issues of people those count that are closed, or open for more than half a year; wishes
    (enhancement, question …) do not. Passed when four of five are closed, failed when most are left open; what lies
    between, and fewer than five of them, tells nothing.
    """
    if forge.has_issues is False:
        return unknown("issues are switched off, so reports arrive elsewhere", remedy="attest how reports are answered")
    if forge.documentation is None and forge.issues is None:
        return unknown(f"reports on the documentation were not seen: {forge.why('documentation')}")
    reports = _reports((*(forge.documentation or ()), *(forge.issues or ())))
    closed = [i for i in reports if i.state == "closed"]
    stale = [i for i in reports if i.state != "closed" and _age(i, forge.fetched_at) > DAYS]
    judged = len(closed) + len(stale)
    metrics = {"reports": len(reports), "closed": len(closed), "open for half a year": len(stale)}
    if judged < LEAST:
        return unknown(
            f"only {judged} reports on the documentation were seen ({LEAST} are needed)",
            remedy="label such reports 'documentation', or attest how they are answered",
        )
    message = f"{len(closed)} of {judged} reports on the documentation are closed, {len(stale)} open for half a year"
    if len(closed) >= MOST * judged:
        return passed(message, metrics=metrics)
    if len(closed) >= HALF * judged:
        return unknown(message, remedy="answer the oldest ones, or attest how reports are answered")
    findings = [
        Finding(rule="open-report", message=f"#{i.number} is open since {i.created[:10]}", severity=Severity.NOTE)
        for i in stale[:_SHOWN]
    ]
    return failed(message, findings=findings, metrics=metrics, remedy="put right what was reported, oldest first")


def _reports(issues: Iterable[Issue]) -> list[Issue]:
    found = {i.number: i for i in issues if not i.bot and any(_ABOUT_DOCS.search(label) for label in i.labels)}
    return [i for i in found.values() if not any(_A_WISH.search(label) for label in i.labels)]


def _age(issue: Issue, seen: str) -> int:
    """Days from its opening to the day on which it was seen; 0 when a date is not one."""
    try:
        return (date.fromisoformat(seen[:10]) - date.fromisoformat(issue.created[:10])).days
    except ValueError:
        return 0
