"""``assaymark provenance``: records of who did what, by digest; written, checked, drawn and exchanged."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split, write
from assaymark.cli._provenance_check import check
from assaymark.cli._provenance_release import BUILD, records
from assaymark.cli._signing import key_options, signer_of, status_of, term_from, term_options
from assaymark.errors import GateNotMet, InputError

if TYPE_CHECKING:
    from assaymark.badges.award import Status
    from assaymark.provenance.account import Account

REPORT = "assessment.json"
RECORD = "provenance.json"
HISTORIES = ("text", "json", "prov", "yprov4sqa", "svg")


@click.group(
    epilog="""\b
Examples:
  assaymark provenance export out/assessment.json --output prov/
  assaymark provenance check prov/provenance.json
"""
)
def command() -> None:
    """Write, check and exchange provenance: W3C PROV, RO-Crate, in-toto, EVERSE."""


command.add_command(check)


@command.command(
    epilog="""\b
Examples:
  assaymark provenance export out/assessment.json --output prov/
  assaymark provenance export out --output out --key key.pem
"""
)
@click.argument("report", type=click.Path())
@click.option("--output", type=click.Path(file_okay=False), help="Folder for the documents and their index.")
@click.option(
    "--format", "forms", multiple=True, help="prov, crate, crate-steps, intoto, everse, provn, xml, rdf, jsonld."
)
@click.option("--input", "inputs", multiple=True, type=click.Path(), help="An upstream document, linked by its digest.")
@click.option("--previous", type=click.Path(), help="The assessment before this one: assessment.json.")
@click.option("--sign", is_flag=True, help="Sign the in-toto statements with a key of your own; --key says so too.")
@key_options
@term_options
def export(
    report: str,
    output: str | None,
    forms: tuple[str, ...],
    inputs: tuple[str, ...],
    previous: str | None,
    sign: bool,
    key: Path | None,
    issuer: str | None,
    days: int | None,
    status_list: str | None,
    status_index: int | None,
) -> None:
    """Draw provenance from the REPORT of assess, model, smoke or validate, or from the record of a release.

    REPORT is the folder that --output named, or assessment.json, provenance.json or release-provenance.json in it.
    Without --output here the W3C PROV document goes to standard output. Signed statements lie beside the others, each
    in a DSSE envelope: statements.dsse.jsonl. Nothing is written if a document would tell a secret, a name of the host
    or of the user, or a place on this machine.
    """
    from assaymark.provenance import folder

    wanted = split(forms) or (folder.DEFAULT if output else ("prov",))
    unknown = sorted(set(wanted) - set(folder.FORMATS))
    if unknown:
        raise InputError(f"no such format: {', '.join(unknown)}", hint=f"one of {', '.join(folder.FORMATS)}")
    seal = _seal(sign, key, issuer, wanted)
    status = status_of(status_list, status_index)
    if (days or status) and seal is None:
        raise InputError("nothing is to be signed that could end", hint="add --sign or --key FILE")
    if status and days is None:
        raise InputError("what can be revoked needs an end, too", hint="add --days N")
    account = _account(report)
    if seal and days:
        seal = _lasting(seal, account.run.ended, days, status)
    account = replace(
        account,
        inputs=(*account.inputs, *(_input(place) for place in inputs)),
        previous=_previous(previous) if previous else account.previous,
    )
    made = folder.documents(account, os.environ, wanted, seal)
    if output:
        _write(Path(output), made)
    elif len(made) == 2:
        out(next(iter(made.values())))
    else:
        raise InputError("several formats need a folder", hint="add --output DIR")


def _seal(sign: bool, key: Path | None, issuer: str | None, wanted: tuple[str, ...]) -> Callable[[bytes], str] | None:
    """What signs a statement; None unless the user asked for it: a key that merely lies around signs nothing."""
    if not sign and key is None:
        if issuer is not None:
            raise InputError("--issuer says who signs, and nothing is to be signed", hint="add --sign or --key FILE")
        return None
    if "intoto" not in wanted:
        raise InputError("there is no in-toto statement to sign", hint="add --output DIR, or --format intoto")
    from assaymark.badges import did, dsse

    signer, identity = signer_of(key, issuer)
    return partial(dsse.sign, key=signer, kid=did.method(identity, signer))


def _lasting(seal: Callable[[bytes], str], ended: str, days: int, status: Status | None) -> Callable[[bytes], str]:
    """What signs a statement that is in force for so many days after the run: the same facts give the same bytes."""
    from datetime import UTC, datetime

    from assaymark.badges.term import put
    from assaymark.provenance.intoto import render

    since = datetime.fromisoformat(ended.replace("Z", "+00:00")).astimezone(UTC).replace(microsecond=0)
    term = term_from(since, days, status)
    return lambda body: seal(render(put(json.loads(body), term)).strip().encode())


@command.command(
    epilog="""\b
Examples:
  assaymark provenance graph out/assessment.json --output flow.svg
  assaymark provenance graph release --output release.svg
"""
)
@click.argument("places", nargs=-1, required=True, type=click.Path())
@click.option("--output", type=click.Path(dir_okay=False), help="File for the picture (default: standard output).")
def graph(places: tuple[str, ...], output: str | None) -> None:
    """Draw one assessment as SVG, the way of a release, or the history of several assessments.

    PLACES is one report (as for export), or the folder of a release (drawn from the commit to where it was published),
    or several assessments, or a history that is kept beside a badge (.jsonl).
    """
    from assaymark.provenance import milestones, picture

    files = records(places[0]) if len(places) == 1 else None
    if files is not None:
        from assaymark.provenance import chain, chain_picture

        way = chain.read(files)
        name, drawn = way.build.subject.name, chain_picture.release(way)
    elif len(places) == 1 and not places[0].endswith(".jsonl"):
        account = _account(places[0])
        name, drawn = account.subject.name, picture.assessment(account)
    else:
        known = milestones.ordered(_milestones(places))
        name = next((m.repository for m in known if m.repository), None) or "the repository"
        drawn = picture.history(name, known, milestones.moves(known))
    _given(output, drawn, name)


@command.command(
    epilog="""\b
Examples:
  assaymark provenance history reports/*.json --repository .
  assaymark provenance history --repository . --last 20
"""
)
@click.argument("reports", nargs=-1, type=click.Path())
@click.option("--repository", type=click.Path(), help="The checkout: orders commits, names what changed between.")
@click.option(
    "--last", type=click.IntRange(1, 10_000), help="Judge this many last commits of --repository, statically."
)
@click.option("--every", type=click.IntRange(1), default=1, help="Of those, every N-th.")
@click.option("--format", "form", type=click.Choice(HISTORIES), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False), help="File (default: standard output).")
def history(
    reports: tuple[str, ...], repository: str | None, last: int | None, every: int, form: str, output: str | None
) -> None:
    """Tell how the level moved, assessment by assessment, and which commits and files lie behind it.

    REPORTS are assessment.json files, SQAaaS's assessment_output.json, or a kept history (.jsonl). With --last the
    commits themselves are judged as they were: files and Git only, nothing of theirs is run.
    """
    from assaymark.provenance import between, milestones
    from assaymark.provenance import history as told

    checkout = between.repository_at(repository) if repository else None
    known = between.line(checkout) if checkout else None
    found = list(_milestones(reports))
    if last:
        if not repository or not known:
            raise InputError("--last needs a repository", hint="add --repository PATH")
        found += _judged(repository, known.commits[::-1][:last][::every])
    if not found:
        raise InputError("there is no report to tell of", hint="name reports, or --repository PATH --last N")
    line = milestones.ordered(found, known.commits if known else ())
    line = between.dated(line, known) if known else line
    moves = milestones.moves(line)
    if checkout and known:
        moves = between.told(checkout, moves, known)
    name = next((m.repository for m in line if m.repository), None)
    if form == "text":
        text = "\n".join(told.lines(line, moves, known.titles if known else {})) + "\n"
    elif form == "json":
        text = json.dumps(told.value(line, moves), indent=1, sort_keys=True) + "\n"
    elif form == "svg":
        from assaymark.provenance import picture

        text = picture.history(name or "the repository", line, moves)
    else:
        from assaymark.provenance import prov, yprov4sqa

        view = yprov4sqa.document(line) if form == "yprov4sqa" else told.document(name, line, moves)
        text = prov.dump(view)
    _given(output, text, name)


@command.command(
    epilog="""\b
Example:
  YPROV_TOKEN=... assaymark provenance push prov/provenance.json --url http://localhost:3000
"""
)
@click.argument("document", type=click.Path())
@click.option("--url", required=True, help="Address of the yProv service.")
@click.option("--name", help="Name of the document there (default: made of the repository and the digest).")
def push(document: str, url: str, name: str | None) -> None:
    """Put a PROV-JSON DOCUMENT into a yProv service, read it back and compare.

    The token comes from YPROV_TOKEN, or user and password from YPROV_USER and YPROV_PASSWORD. Everything in the
    service can be read by anyone. Exit 1 if something did not come back.
    """
    from assaymark.provenance.projection import differences, project
    from assaymark.provenance.redact import refuse_leaks
    from assaymark.provenance.yprov import Service, document_name

    data = _read(Path(document))
    value = _json(Path(document))
    if not isinstance(value, dict) or not isinstance(value.get("prefix"), dict):
        raise InputError("is no PROV-JSON document: it has no prefixes", where=document)
    digest = hashlib.sha256(data).hexdigest()
    refuse_leaks(document, data.decode("utf-8", "replace"), os.environ)
    projected = project(value, digest)
    place = name or document_name(str(value["prefix"].get("commit", "local")), digest)
    service = Service(url, os.environ.get("YPROV_TOKEN"))
    if not os.environ.get("YPROV_TOKEN"):
        user, password = os.environ.get("YPROV_USER"), os.environ.get("YPROV_PASSWORD")
        if not user or not password:
            raise InputError("no token", hint="set YPROV_TOKEN, or YPROV_USER and YPROV_PASSWORD")
        service.log_in(user, password)
    service.replace(place, projected)
    found = list(differences(projected, service.read(place)))
    for difference in found:
        out(difference)
    if found:
        raise GateNotMet(f"{len(found)} things did not come back as they were sent", where=place)
    say(f"{place}: all of it came back")
    out(place)


@command.command(
    epilog="\b\nExample:\n  assaymark provenance pull am-acme-widget-0a1b2c3d4e5f --url http://localhost:3000"
)
@click.argument("name")
@click.option("--url", required=True, help="Address of the yProv service.")
@click.option("--output", type=click.Path(dir_okay=False), help="File (default: standard output).")
def pull(name: str, url: str, output: str | None) -> None:
    """Read the document NAME from a yProv service, as it is kept there."""
    from assaymark.provenance.prov import dump
    from assaymark.provenance.yprov import Service

    _given(output, dump(Service(url, os.environ.get("YPROV_TOKEN")).read(name)))


@command.command("import", epilog="\b\nExample:\n  assaymark provenance import prov_run_GR0_0.json --output up.json")
@click.argument("document", type=click.Path())
@click.option("--output", type=click.Path(dir_okay=False), help="File (default: standard output).")
def import_(document: str, output: str | None) -> None:
    """Make PROV of another tool (yProv4ML, yProv4WFs, any PROV-JSON) or a report of SQAaaS stand beside ours.

    Times and namespaces are put right, hosts and users left out; the digest of DOCUMENT ties it to the original. Of a
    release (its folder, or release-provenance.json) the records of assessment, build and publication become one.
    """
    from assaymark.provenance import history as told
    from assaymark.provenance import milestones, upstream
    from assaymark.provenance.prov import dump

    files = records(document)
    if files is not None:
        from assaymark.provenance import chain

        _given(output, dump(chain.joined(files)), chain.read(files).build.subject.name)
        return
    path = Path(document)
    data = _read(path)
    value = _json(path)
    if isinstance(value, dict) and isinstance(value.get("report"), dict):
        line = list(milestones.read(data, document))
        _given(output, dump(told.document(line[0].repository, line)), line[0].repository)
        return
    _given(output, dump(upstream.imported(data, path.name)))


def _judged(repository: str, commits: Any) -> Any:
    """Judge commits as they were, by their files and the history up to them; cached, since they never change."""
    from assaymark.assessment import Request, judge
    from assaymark.cli._progress import steps
    from assaymark.provenance import milestones
    from assaymark.reports.json import render

    for commit in steps("judging commits", list(commits)):
        judged = judge(Request(path=repository, ref=commit, tools=False)).assessment
        yield from milestones.read(render(judged).encode(), commit)


def _milestones(places: tuple[str, ...]) -> Any:
    from assaymark.provenance import milestones

    for place in places:
        path = Path(place)
        path = path / REPORT if path.is_dir() else path
        yield from milestones.read(_read(path), str(path))


def _given(output: str | None, text: str, *public: str | None) -> None:
    """To the file or to standard output, unless it tells what must not leave; ``public`` are names that may."""
    from assaymark.provenance.redact import refuse_leaks

    refuse_leaks(output or "the document", text, os.environ, allowed=[name for name in public if name])
    if output is None:
        out(text)
        return
    place = Path(output)
    write(place.parent, place.name, text)
    say(f"written: {place}")


def _account(place: str) -> Account:
    """The account of a run: out of its assessment, or of its record when that is all it left."""
    from assaymark.provenance import assessed, recorded

    path = Path(place)
    record = path
    if path.is_dir():
        record = next((path / name for name in (BUILD, REPORT, RECORD) if (path / name).exists()), path / RECORD)
    if record.name not in (RECORD, BUILD):
        judged, data = _loaded(place)
        return assessed.account_of(judged, data, os.environ)
    if not record.is_file():
        raise InputError(f"there is neither {REPORT} nor {RECORD}", where=place)
    try:
        account = recorded.account_of(_read(record))
    except InputError as problem:
        raise InputError(problem.message, where=str(record), hint=problem.hint) from problem
    report = record.parent / account.report.name
    if record.name == BUILD:
        from assaymark.provenance import chain

        chain.read(records(str(record)) or {})
    elif report.is_file() and hashlib.sha256(_read(report)).hexdigest() != account.report.sha256:
        raise InputError(f"tells of another {report.name} than the one beside it", where=str(record))
    return account


def _loaded(place: str) -> tuple[Any, bytes]:
    from assaymark.reports.json import from_json

    path = Path(place)
    path = path / REPORT if path.is_dir() else path
    data = _read(path)
    return from_json(data.decode("utf-8", "replace"), where=str(path)), data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from problem


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not a JSON document: {problem}", where=str(path)) from problem


def _input(place: str) -> Any:
    from assaymark.provenance.account import Artifact

    path = Path(place)
    return Artifact(name=path.name, kind="upstream", sha256=hashlib.sha256(_read(path)).hexdigest())


def _previous(place: str) -> Any:
    from assaymark.provenance.account import Artifact

    judged, data = _loaded(place)
    digest = hashlib.sha256(data).hexdigest()
    return Artifact(name=REPORT, kind="report", sha256=digest, commit=judged.subject.commit)


def _write(folder: Path, made: dict[str, str]) -> None:
    for name, text in made.items():
        place = folder / name
        write(place.parent, place.name, text)
    say(f"{len(made)} files in {folder}")
