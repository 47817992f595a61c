"""The commit status: the level in one line beside the commit."""

from __future__ import annotations

from assaymark.ahead import next_level
from assaymark.forge.client import Client
from assaymark.model import Assessment
from assaymark.wording import LEVEL_WORDS, count, one_line

CONTEXT = "assaymark"
# What a fork's own run says has a name of its own, so that nobody requires it by mistake.
FORK_CONTEXT = "assaymark (fork)"
DESCRIPTION = 140


def describe(assessment: Assessment) -> str:
    """The level and the way to the next, in at most 140 characters."""
    ahead = next_level(assessment)
    far = "" if ahead.level is None else f", {count(ahead.items, 'item')} short of {ahead.level}"
    partial = " (partial run)" if assessment.partial else ""
    trust = f", {assessment.attested} on a person's word" if assessment.attested else ""
    return one_line(f"{LEVEL_WORDS[assessment.level]}{far}{trust}{partial}", DESCRIPTION)


def post(client: Client, commit: str, state: str, description: str, *, context: str = CONTEXT, link: str = "") -> None:
    """Set the status; ``state`` is success, failure, error or pending. The last one counts. Raises ForgeProblem."""
    body = {"state": state, "context": context, "description": one_line(description, DESCRIPTION)}
    client.post(f"/statuses/{commit}", body | ({"target_url": link} if link else {}), repeatable=True)
