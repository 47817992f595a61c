"""``assaymark remote``: start, follow and fetch assessments that a repository's own workflow makes on GitHub."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, talk, wants_colour, width, write
from assaymark.cli._forge import asking, decoded
from assaymark.errors import GateNotMet, InputError, Undetermined
from assaymark.wording import log_safe, one_line

if TYPE_CHECKING:
    from assaymark.forge.client import Client
    from assaymark.github.remote import Run
    from assaymark.model import Assessment

FOLLOW = 3_600.0  # seconds
REQUESTS = 2_000

_workflow = click.option(
    "--workflow", default="assaymark.yml", show_default=True, metavar="FILE", help="The workflow's file name."
)
_artifact = click.option("--artifact", default="assaymark", show_default=True, metavar="NAME", help="Its artifact.")
_form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_output = click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Write all reports here.")


@click.group(
    epilog="""\b
Examples:
  assaymark remote assess lab/tide@develop      run the workflow there and show what it finds
  assaymark remote list lab/tide                its latest runs
  assaymark remote get lab/tide --output out    all reports of the latest finished run
\b
GITHUB_TOKEN or GH_TOKEN says who asks; it is neither stored nor shown.
"""
)
def command() -> None:
    """Start, follow and fetch assessments on GitHub, from anywhere."""


@command.command(epilog="\b\nExample:\n  assaymark remote assess lab/tide@develop --output out")
@click.argument("target", metavar="OWNER/REPO[@REF]")
@_workflow
@_artifact
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="Input of the workflow.")
@click.option("--no-wait", is_flag=True, help="Start it and print its number.")
@_form
@_output
def assess(
    target: str, workflow: str, artifact: str, inputs: tuple[str, ...], no_wait: bool, form: str, output: Path | None
) -> None:
    """Start the workflow on a branch or tag, follow it, and show the assessment.

    Exit status: that of a gate in the workflow, 0 or 1; 3 when the run did not get as far as an assessment.
    """
    from assaymark.github import remote

    client, ref = _client(target)
    if not client.has_token:
        raise InputError("only who may write to the repository can start it", hint="set GITHUB_TOKEN or GH_TOKEN")
    with asking(client.name):
        run = remote.start(client, workflow, ref, _inputs(inputs))
        say(f"started run {run.id}: {run.url}")
        if no_wait:
            out(str(run.id))
            return
        with _following(run) as tell:
            run = remote.follow(client, run.id, tell)
    say(f"run {run.id}: {run.state}")
    _show(client, run, artifact, form, output)


@command.command("list", epilog="\b\nExample:\n  assaymark remote list lab/tide --format json")
@click.argument("target", metavar="OWNER/REPO[@REF]")
@_workflow
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@_form
def list_(target: str, workflow: str, limit: int, form: str) -> None:
    """List the latest runs of the workflow."""
    from assaymark.github import remote

    client, ref = _client(target)
    with asking(client.name):
        found = remote.runs(client, workflow, most=limit, **({"branch": ref} if ref else {}))
    if form == "json":
        out(json.dumps([asdict(r) for r in found], indent=1))
    elif found:
        out(_rows(found))
    else:
        say("there is no run yet")


@command.command(epilog="\b\nExample:\n  assaymark remote status lab/tide 1234567")
@click.argument("target", metavar="OWNER/REPO[@REF]")
@click.argument("number", required=False, type=click.IntRange(1), metavar="[RUN]")
@_workflow
@_form
def status(target: str, number: int | None, workflow: str, form: str) -> None:
    """Tell how far a run is (default: the latest)."""
    client, ref = _client(target)
    with asking(client.name):
        run = _chosen(client, number, workflow, ref, finished=False)
    out(json.dumps(asdict(run), indent=1) if form == "json" else _rows([run]))


@command.command(epilog="\b\nExample:\n  assaymark remote get lab/tide --output out")
@click.argument("target", metavar="OWNER/REPO[@REF]")
@click.argument("number", required=False, type=click.IntRange(1), metavar="[RUN]")
@_workflow
@_artifact
@_form
@_output
def get(target: str, number: int | None, workflow: str, artifact: str, form: str, output: Path | None) -> None:
    """Fetch the assessment of a run (default: the latest finished one)."""
    client, ref = _client(target)
    with asking(client.name):
        run = _chosen(client, number, workflow, ref, finished=True)
    _show(client, run, artifact, form, output)


def _client(target: str) -> tuple[Client, str]:
    from assaymark.forge.client import connect

    name, _, ref = target.partition("@")
    if len(ref) > 250 or ref.startswith("-") or any(c.isspace() or not c.isprintable() for c in ref):
        raise InputError(f"{target!r} names no branch or tag", hint="write it as OWNER/REPO@BRANCH")
    return connect(name, os.environ, deadline=FOLLOW, requests=REQUESTS), ref


def _inputs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if not all(name and equals for name, equals, _ in pairs):
        raise InputError("an --input is not NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _chosen(client: Client, number: int | None, workflow: str, ref: str, *, finished: bool) -> Run:
    from assaymark.github import remote

    if number is not None:
        return remote.run(client, number)
    wanted = ({"branch": ref} if ref else {}) | ({"status": remote.FINISHED} if finished else {})
    found = remote.runs(client, workflow, most=1, **wanted)
    if not found:
        raise InputError("there is no run yet", where=client.name, hint=f"assaymark remote assess {client.name}")
    return found[0]


def _show(client: Client, run: Run, artifact: str, form: str, output: Path | None) -> None:
    """The assessment of a run, which has to be about the very commit that the run was for."""
    from assaymark.github import remote
    from assaymark.reports import json as json_report

    if run.status != remote.FINISHED:
        raise Undetermined(f"run {run.id} is {run.state}", hint=f"follow it: assaymark remote status {client.name}")
    with asking(client.name):
        try:
            data = remote.fetch(client, run.id, name=artifact)
        except InputError as problem:
            if run.conclusion == "success":
                raise
            raise Undetermined(f"run {run.id} ended with {run.state}, and {problem.message}", hint=run.url) from problem
    found = json_report.from_json(decoded(data, f"run {run.id}"), where=f"run {run.id}")
    if found.subject.commit != run.commit:
        about = log_safe(one_line(str(found.subject.commit), 40))
        raise InputError(f"it is about {about}, the run was for {run.commit[:10]}", where=f"run {run.id}")
    if output:
        _write(found, output)
    if form == "json":
        out(json_report.render(found))
    elif not talk().quiet:
        from assaymark.reports.text import render

        out(render(found, colour=wants_colour(), width=width()))
    if run.conclusion == "failure":
        raise GateNotMet(f"run {run.id} ended with failure: its gate is not met, or another step failed", hint=run.url)
    if run.conclusion != "success":
        raise Undetermined(f"run {run.id} ended with {run.state}", hint=run.url)


def _write(assessment: Assessment, folder: Path) -> None:
    """All reports, drawn anew: nothing but the assessment is taken from the artifact."""
    from importlib import import_module

    from assaymark.cli._verdict import FILES

    for form, name in FILES.items():
        write(folder, name, import_module(f"assaymark.reports.{form}").render(assessment))


def _rows(runs: list[Run]) -> str:
    lines = [("RUN", "STATE", "BRANCH", "COMMIT", "EVENT", "STARTED")]
    lines += [(str(r.id), r.state, r.ref, r.commit[:10], r.event, r.created) for r in runs]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


@contextmanager
def _following(run: Run) -> Iterator[Any]:
    """A display of what the run does; silent when quiet."""
    if talk().quiet:
        yield lambda now, step: None
        return
    from assaymark.cli._progress import Lines, Live

    display = Live() if sys.stderr.isatty() else Lines()
    shown = ""

    def tell(now: Run, step: str) -> None:
        nonlocal shown
        name = f"run {now.id} {step or now.state.replace('_', ' ')}"
        if name != shown:
            if shown:
                display.done(shown, "done")
            display.start(name)
            shown = name

    try:
        yield tell
    finally:
        if shown:
            display.done(shown, "done")
        display.close()
