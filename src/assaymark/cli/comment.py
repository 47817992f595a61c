"""``assaymark comment``: bring an assessment to the pull request it is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._comment_about import Target, assessments, server
from assaymark.cli._common import out, say
from assaymark.cli._forge import BRANCH, asking, published, repository_of
from assaymark.errors import AssaymarkError, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.comparison import Difference
    from assaymark.forge.client import Client
    from assaymark.github.changed import Lines
    from assaymark.github.comment_body import Report
    from assaymark.github.posting import Posted
    from assaymark.model import Assessment

OUTCOMES = ("passed", "failed", "unknown", "error")
CONCLUSIONS = {"success": "passed", "failure": "failed"}
EPILOG = """\b
Examples:
  assaymark comment assaymark-report                   in a workflow on pull_request
  assaymark comment                                    in a workflow on workflow_run: fetches the artifact itself
  assaymark comment out --check --outcome failed       a check run with annotations too
  assaymark comment out --dry-run                      show what would be written
\b
Needs GITHUB_TOKEN with pull-requests: write and statuses: write (--check: checks: write; --sarif: security-events:
write). What the token may not do is left out, and said.
"""


@click.command(epilog=EPILOG)
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--repository", metavar="OWNER/REPO", help="Default: GITHUB_REPOSITORY.")
@click.option("--pull", type=click.IntRange(1), metavar="N", help="Pull request (default: that of the event).")
@click.option(
    "--baseline",
    default=f"{BRANCH}badges",
    show_default=True,
    metavar="FILE",
    help="assessment.json to compare with, branch:NAME[:PATH], or none.",
)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What the gate said (default: that of the run before).")
@click.option("--status/--no-status", default=True, show_default=True, help="Set a commit status with the level.")
@click.option("--check/--no-check", default=False, show_default=True, help="Make a check run with annotations.")
@click.option("--sarif/--no-sarif", default=False, show_default=True, help="Upload DIR/report.sarif to code scanning.")
@click.option(
    "--artifact",
    default="assaymark",
    show_default=True,
    metavar="NAME",
    help="Artifact of the run before, and those called NAME-...; without DIR.",
)
@click.option(
    "--title",
    default="",
    metavar="TEXT",
    help="Which of several parts this is (default: its path); each has its comment.",
)
@click.option("--author", metavar="LOGIN", help="Account of the token (default: asked, else github-actions[bot]).")
@click.option("--report", metavar="URL", help="Address of the full report (default: the run's page).")
@click.option("--dry-run", is_flag=True, help="Print the comment instead of writing it.")
def command(
    folder: Path | None,
    repository: str | None,
    pull: int | None,
    baseline: str,
    outcome: str | None,
    status: bool,
    check: bool,
    sarif: bool,
    artifact: str,
    title: str,
    author: str | None,
    report: str | None,
    dry_run: bool,
) -> None:
    """Write one comment on the pull request, kept up to date, and set a status with the level.

    DIR holds assessment.json (and report.sarif). In a workflow_run workflow the run before is asked for it when no DIR
    is given; what that run left is taken as the work of a stranger.
    """
    from assaymark.forge.client import connect

    name = repository_of(repository)
    client = connect(name, os.environ)
    if not client.has_token and not dry_run:
        hint = "in a workflow: env: GITHUB_TOKEN: ${{ github.token }}"
        raise InputError("there is no token in GITHUB_TOKEN or GH_TOKEN", hint=hint)
    target = _target(client, name, pull)
    if target is None:
        return
    found = assessments(client, folder, artifact, target)
    if title and len(found) > 1:
        raise InputError(f"--title goes with one assessment, and there are {len(found)}")
    reports = [_report(a, *_before(baseline, name, a), target, title=title, report=report) for a in found]
    if dry_run:
        from assaymark.github.comment_body import render

        out("\n".join(map(render, reports)))
        return
    from assaymark.github.deliver import Delivery, deliver

    if target.origin:
        # How the run before ended is GitHub's word; one that was cancelled says nothing about a gate.
        outcome = outcome or CONCLUSIONS.get(target.origin.conclusion, "unknown")
    changed, log = _changed(client, target) if check else None, _sarif(folder, target) if sarif else None
    deliveries = [
        Delivery(
            report=made,
            pulls=target.pulls,
            commit=target.head,
            fork=target.fork,
            outcome=outcome,
            status=status,
            summary=_summary(made.assessment) if check else None,
            sarif=log,
            ref=f"refs/pull/{target.pulls[0]}/head" if target.pulls else os.environ.get("GITHUB_REF", ""),
            author=author,
            changed=changed,
        )
        for made in reports
    ]
    _tell(deliver(client, deliveries))


def _target(client: Client, name: str, pull: int | None) -> Target | None:
    """Where to write; None, said, when there is nothing to write to."""
    from assaymark.github import companion, event

    if os.environ.get("GITHUB_EVENT_NAME") == companion.EVENT:
        if pull is not None:
            raise InputError("--pull does not go with workflow_run: the event says which pull request it is")
        origin = companion.origin_of(event.payload(os.environ.get("GITHUB_EVENT_PATH", "")), client.name)
        with asking(name):
            pulls = companion.pulls_of(client, origin)
        if not pulls:
            say(f"no open pull request has {origin.head[:10]} as its newest commit: nothing to comment on")
            return None
        return Target(tuple(p.number for p in pulls), origin.head, any(p.fork for p in pulls), origin)
    found = event.read(os.environ)
    if pull is not None:
        with asking(name):
            shown = companion.shown(client.table(f"/pulls/{pull}"))
        return Target((pull,), shown.head, shown.fork)
    if found.head is None:
        raise InputError("which pull request is meant?", hint="outside GitHub Actions: --pull N")
    return Target((found.number,) if found.number else (), found.head, found.fork)


def _before(spec: str, name: str, now: Assessment) -> tuple[Assessment | None, tuple[str, ...]]:
    """What to compare ``now`` with; when it cannot be had, a sentence about it that the comment shows."""
    if spec == "none":
        return None, ()
    if not spec.startswith(BRANCH):
        from assaymark.cli.compare import load

        return load(spec), ()
    from assaymark.github.parts import place_of

    try:
        found = published(spec, name, place_of(now.subject))
    except AssaymarkError as problem:
        return None, (f"There is nothing to compare with: {problem.message}.",)
    return found, () if found else ("There is no earlier assessment to compare with yet.",)


def _report(
    assessment: Assessment,
    before: Assessment | None,
    notes: tuple[str, ...],
    target: Target,
    *,
    title: str,
    report: str | None,
) -> Report:
    from dataclasses import replace

    from assaymark.github.comment_body import Report, key_of
    from assaymark.github.parts import part_of

    title = title or part_of(assessment.subject)
    if target.origin is None:
        assessment = replace(assessment, subject=replace(assessment.subject, commit=target.head))
    if target.fork:
        notes = ("From a fork: this is what its own run found, and nobody here checked it.", *notes)
    return Report(
        assessment=assessment,
        change=_difference(before, assessment),
        head=target.head,
        report=_address(report, target),
        title=title,
        key=key_of(title),
        notes=notes,
    )


def _difference(before: Assessment | None, after: Assessment) -> Difference | None:
    from assaymark.comparison import difference

    return difference(before, after) if before else None


def _address(given: str | None, target: Target) -> str:
    """The page of the run, or what was given, if it is an ordinary address."""
    import re

    run = os.environ.get("GITHUB_RUN_ID", "")
    own = f"{server()}/{os.environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}" if run.isdecimal() else ""
    address = given or (target.origin.url if target.origin else own)
    return address if re.fullmatch(r"https://[A-Za-z0-9._~:/?#@!$&*+,;=%-]{1,500}", address) else ""


def _changed(client: Client, target: Target) -> Lines | None:
    """What the pull request touches, so that it is said first; None when GitHub does not tell."""
    from assaymark.forge.client import ForgeProblem
    from assaymark.github.changed import of_files

    if not target.pulls:
        return None
    try:
        return of_files(client.pages(f"/pulls/{target.pulls[0]}/files", most=3_000))
    except ForgeProblem:
        return None


def _summary(assessment: Assessment) -> str:
    from assaymark.github.checks import SUMMARY
    from assaymark.reports.markdown import render

    return render(assessment, limit=SUMMARY)


def _sarif(folder: Path | None, target: Target) -> str | None:
    """The log that lies beside the assessment; never that of a stranger."""
    if folder is None or target.origin is not None:
        say("left out: code scanning: what a stranger's run found is not uploaded")
        return None
    from assaymark.github.sarif_upload import checked

    try:
        return checked((folder / "report.sarif").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the SARIF cannot be read: {problem}", where=str(folder)) from problem


def _tell(posted: Posted) -> None:
    for line in posted.done:
        say(line)
    for line in posted.refused:
        say(f"left out: {line}")
    if posted.broken:
        raise Undetermined("GitHub did not take it: " + "; ".join(posted.broken), hint="run it again later")
