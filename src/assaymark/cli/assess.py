"""``assaymark assess``: judge a repository, print the verdict, write the files, keep the gate."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, say, split, talk
from assaymark.cli._forge import BRANCH
from assaymark.cli._verdict import (
    FORMATS,
    day_of,
    keep_gate,
    progress_shown,
    read_assessment,
    rendered,
    write_all,
)
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.assessment import Judged, Request
    from assaymark.model import Assessment

CONFIG = ".assaymark.toml"
EPILOG = """\b
Examples:
  assaymark assess                                this folder, static checks and installed tools
  assaymark assess . --no-tools                   static checks only: a second or less
  assaymark assess . --gate silver --output out   exit 1 below silver; all reports in out/
  assaymark assess . --gate no-regression --baseline main.json
  assaymark assess . --select QC.Doc,QC.Lic       only these criteria (a partial run)
  assaymark assess . --runner slurm               as a job; or the name of a site: --runner vega
\b
Exit status: 0 gate met or no gate, 1 gate not met, 2 wrong input, 3 the gate could not be determined.
"""


@click.command(epilog=EPILOG)
@click.argument("path", default=".", type=click.Path())
@click.option("--ref", help="Commit, tag or branch to judge instead of what is checked out.")
@click.option("--profile", envvar="ASSAYMARK_PROFILE", help="assaymark, sqaaas-v3, sqaaas-v2, or a TOML file.")
@click.option("--select", multiple=True, metavar="IDS", help="Only these criteria, sub-criteria or kinds of evidence.")
@click.option("--skip", multiple=True, metavar="IDS", help="All but these.")
@click.option("--changed-since", metavar="REF", help="Only what the change since REF touches.")
@click.option(
    "--gate", envvar="ASSAYMARK_GATE", metavar="G", help="A level, ids separated by commas, or no-regression."
)
@click.option("--baseline", metavar="FILE", help="assessment.json to compare with, or branch:NAME[:PATH].")
@click.option("--no-tools", is_flag=True, envvar="ASSAYMARK_NO_TOOLS", help="Do not run external programs.")
@click.option("--run-tests", is_flag=True, envvar="ASSAYMARK_RUN_TESTS", help="Execute the project's tests.")
@click.option("--run-steps", is_flag=True, envvar="ASSAYMARK_RUN_STEPS", help="Execute the project's own steps.")
@click.option(
    "--executed",
    metavar="FILE",
    help="assessment.json of a run that executed tests or steps: take over what came out of them, self-reported.",
)
@click.option(
    "--trust-repository",
    is_flag=True,
    envvar="ASSAYMARK_TRUST_REPOSITORY",
    help="Let configuration inside the repository execute code, and use its environment.",
)
@click.option("--forge", is_flag=True, envvar="ASSAYMARK_FORGE", help="Ask GitHub what files cannot tell.")
@click.option("--allow-host", multiple=True, metavar="HOST", help="Allow bounded requests to this host.")
@click.option(
    "--provision", is_flag=True, envvar="ASSAYMARK_PROVISION", help="Install missing tools, pinned and isolated."
)
@click.option("--as-of", metavar="DATE", help="The day by which waivers and attestations are judged (default: today).")
@click.option("--jobs", type=int, envvar="ASSAYMARK_JOBS", help="Tools at a time (default: processors).")
@click.option("--no-cache", is_flag=True, envvar="ASSAYMARK_NO_CACHE", help="Neither read nor write cached results.")
@click.option("--runner", "--engine", "runner", metavar="R", help="Judge elsewhere: dagger, slurm, or a site.")
@click.option("--time", type=click.FloatRange(1), default=3600, show_default=True, help="Seconds for that job.")
@click.option("--queue", type=click.FloatRange(1), default=86_400, show_default=True, help="Seconds that it may wait.")
@click.option("--memory", type=click.IntRange(16), metavar="MIB", help="Memory for it (default: the site's).")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Write all reports into this folder.")
def command(
    path: str,
    ref: str | None,
    profile: str | None,
    select: tuple[str, ...],
    skip: tuple[str, ...],
    changed_since: str | None,
    gate: str | None,
    baseline: str | None,
    no_tools: bool,
    run_tests: bool,
    run_steps: bool,
    executed: str | None,
    trust_repository: bool,
    forge: bool,
    allow_host: tuple[str, ...],
    provision: bool,
    as_of: str | None,
    jobs: int | None,
    no_cache: bool,
    runner: str | None,
    time: float,
    queue: float,
    memory: int | None,
    form: str,
    output: Path | None,
) -> None:
    """Judge a repository against a profile and say what is missing for the next level.

    PATH is a checkout (or a folder inside one), a bare repository, a plain folder or a .tar.gz/.zip archive.
    """
    if runner == "local":
        runner = None
    if runner is not None:
        from assaymark.cli import _elsewhere

        if _elsewhere.is_of_plugin(runner):
            _elsewhere.assess(runner, path, form, output)
            return
    from assaymark.assessment import Request

    request = Request(
        path=path,
        ref=ref,
        profile=profile,
        gate=gate,
        config=talk().config,
        select=split(select),
        skip=split(skip),
        changed_since=changed_since,
        tools=not no_tools,
        run_tests=run_tests,
        run_steps=run_steps,
        trust_repository=trust_repository,
        provision=provision,
        forge=forge,
        allow_hosts=_hosts(split(allow_host)),
        as_of=day_of(as_of),
        jobs=jobs,
        cache=not no_cache,
    )
    published = baseline is not None and baseline.startswith(BRANCH)
    earlier = None if published else read_assessment(baseline)
    judged = _judged_at(runner, request, (time, queue, memory)) if runner else _judged(request, executed)
    if not (request.config or ref):
        _mention_unread(judged, Path(path))
    if output:
        write_all(judged.assessment, output)
    if not talk().quiet or form != "text":
        out(rendered(judged.assessment, form))
    gate = gate or judged.config.gate
    if published and gate:
        earlier = _published(str(baseline), judged)
    first = published and earlier is None
    keep_gate(judged, gate, earlier, baseline or judged.config.baseline, first=first)


def _judged(request: Request, executed: str | None) -> Judged:
    from assaymark.assessment import judge
    from assaymark.case import included

    elsewhere = read_assessment(executed)
    with progress_shown() as progress:
        return included(judge(request, progress, (elsewhere, executed) if elsewhere and executed else None))


def _judged_at(runner: str, request: Request, limits: tuple[float, float, int | None]) -> Judged:
    from assaymark.cli import _away, _elsewhere
    from assaymark.job import Resources

    words = _elsewhere.said(click.get_current_context(), (*_elsewhere.HERE, *_away.HERE))
    time, queue, memory = limits
    return _away.judged_at(runner, request, words, Resources(time=time, queue=queue, memory=memory))


def _mention_unread(judged: Judged, place: Path) -> None:
    """A configuration that Git does not track is not read: easy to overlook when it was just written."""
    if judged.config.source is None and not judged.assessment.notices and (place / CONFIG).is_file():
        say(f"{CONFIG} is not tracked by Git, so it was not read: git add {CONFIG}")


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:\d{1,5})?", name):
            raise InputError(f"--allow-host {name!r} is not the name of a host", hint="write it as docs.example.org")
    return names


def _published(spec: str, judged: Judged) -> Assessment | None:
    """What was published last; only the command line may ask GitHub for it. None, said, when nothing was yet."""
    from assaymark.cli._forge import published
    from assaymark.github.parts import place_of

    subject = judged.assessment.subject
    found = published(spec, os.environ.get("GITHUB_REPOSITORY") or subject.repository, place_of(subject))
    if found is None:
        say(f"{spec}: nothing was published there yet, so nothing can be worse than that")
    return found
