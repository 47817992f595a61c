"""What verbs share whose answer is an assessment: their options, printing, files, the gate."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split, talk, wants_colour, width, write
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.api import Case
    from assaymark.assessment import Judged
    from assaymark.model import Assessment, Outcome, Progress

FORMATS = ("text", "json", "sqaaas", "sarif", "junit", "markdown", "html")
FILES = {
    "json": "assessment.json",
    "sqaaas": "assessment_output.json",
    "sarif": "report.sarif",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "html": "report.html",
}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `answer` understands, for the verbs of plugins."""
    folder = click.Path(path_type=Path)
    for option in (
        click.option("--output", type=folder, metavar="DIR", help="Write all reports into this folder."),
        click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True),
        click.option("--as-of", metavar="DATE", help="The day by which waivers and attestations are judged."),
        click.option("--skip", multiple=True, metavar="IDS", help="All but these."),
        click.option("--select", multiple=True, metavar="IDS", help="Only these criteria or sub-criteria."),
        click.option("--baseline", metavar="FILE", help="assessment.json to compare with."),
        click.option("--gate", metavar="G", help="A level, ids separated by commas, or no-regression."),
        click.option("--profile", help="A shipped profile of this kind, or a TOML file."),
    ):
        command = option(command)
    return command


def answer(case: Case, wanted: Mapping[str, Any], granted: Mapping[str, Any]) -> None:
    """Judge a case of a plugin, print, write, keep the gate. Raises as the gate says."""
    from assaymark.case import Request, judge

    request = Request(
        profile=wanted.get("profile"),
        config=talk().config,
        select=split(wanted.get("select", ())),
        skip=split(wanted.get("skip", ())),
        as_of=day_of(wanted.get("as_of")),
        options=granted,
    )
    earlier = read_assessment(wanted.get("baseline"))
    with progress_shown() as progress:
        judged = judge(case, request, progress)
    form = wanted.get("form", "text")
    if wanted.get("output"):
        write_all(judged.assessment, wanted["output"])
    if not talk().quiet or form != "text":
        out(rendered(judged.assessment, form))
    keep_gate(judged, wanted.get("gate"), earlier, wanted.get("baseline"))


def day_of(text: str | None) -> date | None:
    """What ``--as-of`` says. Raises InputError when it is no date."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as problem:
        raise InputError(f"--as-of {text!r} is not a date", hint="write it as 2026-11-30") from problem


def read_assessment(path: str | None) -> Assessment | None:
    """An ``assessment.json``; None for no path. Raises InputError when it cannot be read or is none."""
    if path is None:
        return None
    from assaymark.content import text_of
    from assaymark.reports.json import MAX_SIZE

    return assessment_of(text_of(Path(path), MAX_SIZE), path)


def assessment_of(text: str, where: str) -> Assessment:
    """The assessment that a text is. Raises InputError naming ``where`` when it is none."""
    from assaymark.reports.json import from_json

    return from_json(text, where=where)


def rendered(assessment: Assessment, form: str) -> str:
    """One report, as ``--format`` names it."""
    if form == "text":
        from assaymark.reports.text import render

        return render(assessment, colour=wants_colour(), width=width(), verbose=talk().verbose)
    return _renderer(form)(assessment)


def _renderer(form: str) -> Callable[[Assessment], str]:
    from importlib import import_module

    render: Callable[[Assessment], str] = import_module(f"assaymark.reports.{form}").render
    return render


def write_all(assessment: Assessment, folder: Path) -> None:
    """All reports, the badge and the provenance record into a folder, under fixed names."""
    for form, name in FILES.items():
        write(folder, name, _renderer(form)(assessment))
    from assaymark.badges import assessed, endpoint, svg

    badge = assessed.level(assessment)
    write(folder, "badge.svg", svg.render(badge))
    write(folder, "badge.json", endpoint.render(badge))
    _write_provenance(assessment, folder)


def write_stale(place: Path, reason: str, folder: Path) -> None:
    """The badge of an assessment that is no longer about what there is."""
    from assaymark.badges import assessed, endpoint, svg
    from assaymark.badges.model import aged

    earlier = read_assessment(str(place))
    assert earlier is not None
    badge = aged(assessed.level(earlier), reason)
    write(folder, "badge.svg", svg.render(badge))
    write(folder, "badge.json", endpoint.render(badge))
    write(folder, FILES["json"], place.read_text(encoding="utf-8"))


def _write_provenance(assessment: Assessment, folder: Path) -> None:
    from assaymark.cli._provenance import write_provenance
    from assaymark.provenance.assessed import account_of

    write_provenance(account_of(assessment, (folder / FILES["json"]).read_bytes(), os.environ), folder)


def keep_gate(
    judged: Judged, gate: str | None, earlier: Assessment | None, configured: str | None, *, first: bool = False
) -> None:
    """Raise unless the gate is met. With ``first``, nothing was published yet that could be compared with."""
    if not gate:
        return
    from assaymark import catalogue, policy

    ids = catalogue.load().subcriteria(judged.profile)
    parts = policy.check_gate(gate, judged.profile, ids)
    if earlier is None and policy.NO_REGRESSION in parts and configured and not first:
        earlier = (
            assessment_of(judged.baseline, configured) if judged.baseline is not None else read_assessment(configured)
        )
    regressions: tuple[tuple[str, Outcome], ...] | None = () if first else None
    unseen: list[str] = []
    if earlier is not None and policy.NO_REGRESSION in parts:
        from assaymark.comparison import difference, regressions_of, unseen_of

        if earlier.profile != judged.assessment.profile:
            raise InputError(
                f"the baseline was judged by {earlier.profile!r}, this run by {judged.assessment.profile!r}",
                hint="assess both with the same --profile",
            )
        change = difference(earlier, judged.assessment)
        regressions, unseen = regressions_of(change), [i for i in unseen_of(change) if i in ids]
    answer = policy.gate(parts, judged.profile, ids, judged.assessment, regressions, unseen)
    if answer.outcome is policy.GateOutcome.MET:
        partial = "; ".join(judged.assessment.partial)
        say(f"gate {gate}: met" + (f" by this partial run: {partial}" if partial else ""))
        return
    text = f"gate {gate}: {answer.outcome}\n" + "\n".join(f"  {reason}" for reason in answer.reasons)
    raise (GateNotMet if answer.outcome is policy.GateOutcome.NOT_MET else Undetermined)(text)


@contextmanager
def progress_shown() -> Iterator[Progress | None]:
    """A display on standard error while tools run; none when quiet."""
    if talk().quiet:
        yield None
        return
    from assaymark.cli._progress import Lines, Live

    display = Live() if sys.stderr.isatty() else Lines()
    try:
        yield display
    finally:
        display.close()
