"""Everything that is shown of an assessment on GitHub: comment, status, check run, code scanning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from assaymark.forge.client import Client
from assaymark.github import checks, comment, comment_body, sarif_upload, statuses
from assaymark.github.changed import Lines
from assaymark.github.comment_body import Report
from assaymark.github.posting import Posted
from assaymark.links import prefix_of
from assaymark.wording import LEVEL_WORDS, one_line

# What the gate said, as a state of a commit and as the end of a check run; without a gate nothing has failed.
STATES = {"passed": "success", "failed": "failure", "unknown": "error", "error": "error"}
CONCLUSIONS = {"passed": "success", "failed": "failure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One assessment on its way: to which pull requests and which commit, and what of it is wanted there.

    ``summary`` is Markdown for the check run and ``sarif`` a log for code scanning at ``ref``; None for none.
    ``outcome`` is what the gate said, None when there was none; ``author`` the account of the token,
    ``changed`` what the change touches, when that is known.
    """

    report: Report
    pulls: tuple[int, ...]
    commit: str
    fork: bool = False
    outcome: str | None = None
    status: bool = True
    summary: str | None = None
    sarif: str | None = None
    ref: str = ""
    author: str | None = None
    changed: Lines | None = None

    @property
    def name(self) -> str:
        """What check runs and statuses are called; those of a fork otherwise, so that nobody requires them."""
        part = f": {self.report.key}" if self.report.title else ""
        return (statuses.FORK_CONTEXT if self.fork else statuses.CONTEXT) + part

    @property
    def state(self) -> str:
        """What the gate said, as the state of a commit."""
        return STATES[self.outcome] if self.outcome else "success"

    @property
    def prefix(self) -> str:
        """What leads to the folder that was judged; empty for all of the repository."""
        prefix = prefix_of(self.report.assessment.subject)
        return prefix if checks.inside(f"{prefix}x") else ""


def deliver(client: Client, deliveries: Sequence[Delivery]) -> Posted:
    """Bring all of it there; what does not work does not keep the rest.

    The outcome of several is that of the run which made them all: they have one status together, and which of them it
    was that failed is not told. Raises InputError for a SARIF log that is too large.
    """
    posted = Posted()
    if len(deliveries) == 1:
        _deliver(client, posted, deliveries[0])
        return posted
    for d in deliveries:
        alone = replace(d, status=False, outcome=d.outcome if d.outcome == "passed" else None)
        _deliver(client, posted, alone)
    if deliveries and deliveries[0].status:
        posted.attempt("status", lambda: _together(client, deliveries))
    return posted


def _deliver(client: Client, posted: Posted, d: Delivery) -> None:
    _comment(client, posted, d)
    if d.status:
        posted.attempt("status", lambda: _status(client, d))
    if d.summary is not None:
        _check(client, posted, d, d.summary)
    if (log := d.sarif) is not None:
        posted.attempt("code scanning", lambda: sarif_upload.upload(client, log, d.commit, d.ref))


def _comment(client: Client, posted: Posted, d: Delivery) -> None:
    if not d.pulls:
        posted.done.append("comment: none, this is no pull request")
    body = comment_body.render(d.report)

    def act(number: int) -> str:
        done = comment.upsert(client, number, body, author=d.author, news=d.report.says_something)
        return f"#{number} {done}"

    for number in d.pulls:
        posted.attempt("comment", partial(act, number))


def _status(client: Client, d: Delivery) -> str:
    text = statuses.describe(d.report.assessment)
    statuses.post(client, d.commit, d.state, text, context=d.name, link=d.report.report)
    return text


def _together(client: Client, deliveries: Sequence[Delivery]) -> str:
    """One status for several parts of a repository."""
    levels = [(d.report.title or "all of it", LEVEL_WORDS[d.report.assessment.level]) for d in deliveries]
    text = one_line(", ".join(f"{title}: {level}" for title, level in levels), statuses.DESCRIPTION)
    first = deliveries[0]
    context = statuses.FORK_CONTEXT if first.fork else statuses.CONTEXT
    statuses.post(client, first.commit, first.state, text, context=context, link=first.report.report)
    return text


def _check(client: Client, posted: Posted, d: Delivery, summary: str) -> None:
    check = checks.Check(
        name=d.name,
        commit=d.commit,
        conclusion=CONCLUSIONS.get(d.outcome or "", "neutral"),
        title=statuses.describe(d.report.assessment),
        summary=summary,
        annotations=checks.annotations_of(d.report.assessment, d.prefix, changed=d.changed),
        link=d.report.report,
    )
    if not posted.attempt("check run", lambda: f"{checks.post(client, check)}, {len(check.annotations)} annotations"):
        posted.refused.append("annotations: those of the workflow's own log have to do")
