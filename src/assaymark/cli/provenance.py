"""``assaymark provenance``: records of who did what, by digest; written, checked, drawn and exchanged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from assaymark.cli._common import out, say, split, write
from assaymark.errors import GateNotMet, InputError


@click.group(
    epilog="""\b
Examples:
  assaymark provenance export out/assessment.json --output prov/
  assaymark provenance check prov/provenance.json
"""
)
def command() -> None:
    """Write, check and exchange provenance: W3C PROV, RO-Crate, in-toto, EVERSE."""


@command.command(epilog="\b\nExample:\n  assaymark provenance export out/assessment.json --output prov/")
@click.argument("assessment", type=click.Path())
@click.option("--output", type=click.Path(file_okay=False), help="Folder for the documents and their index.")
@click.option("--format", "forms", multiple=True, help="prov, crate, intoto, everse, provn, xml, rdf, jsonld.")
@click.option("--input", "inputs", multiple=True, type=click.Path(), help="An upstream document, linked by its digest.")
@click.option("--previous", type=click.Path(), help="The assessment before this one: assessment.json.")
def export(
    assessment: str, output: str | None, forms: tuple[str, ...], inputs: tuple[str, ...], previous: str | None
) -> None:
    """Draw provenance from ASSESSMENT, an assessment.json or a folder that holds one.

    Without --output the W3C PROV document goes to standard output. Nothing is written if a document would tell a
    secret, a name of the host or of the user, or a place on this machine.
    """
    from assaymark.provenance import folder
    from assaymark.provenance.assessed import account_of

    wanted = split(forms) or (folder.DEFAULT if output else ("prov",))
    unknown = sorted(set(wanted) - set(folder.FORMATS))
    if unknown:
        raise InputError(f"no such format: {', '.join(unknown)}", hint=f"one of {', '.join(folder.FORMATS)}")
    judged, data = _loaded(assessment)
    account = account_of(
        judged,
        data,
        os.environ,
        inputs=tuple(_input(place) for place in inputs),
        previous=_previous(previous) if previous else None,
    )
    try:
        made = folder.documents(account, os.environ, wanted)
    except ModuleNotFoundError as problem:
        raise InputError(
            f"this format needs a package that is not installed: {problem.name}", hint="pip install 'assaymark[rdf]'"
        ) from problem
    if output:
        _write(Path(output), made)
    elif len(made) == 2:
        out(next(iter(made.values())))
    else:
        raise InputError("several formats need a folder", hint="add --output DIR")


@command.command(epilog="\b\nExample:\n  assaymark provenance check prov/provenance.json")
@click.argument("document", type=click.Path())
@click.option("--any-maker", is_flag=True, help="Leave out the rules that only documents of ours keep.")
@click.option("--skew", default=2.0, show_default=True, metavar="SECONDS", help="How far two clocks may differ.")
def check(document: str, any_maker: bool, skew: float) -> None:
    """Judge a PROV-JSON DOCUMENT by the constraints of W3C PROV; exit 1 if it breaks one."""
    from datetime import timedelta

    from assaymark.provenance.constraints import violations

    value = _json(Path(document))
    found = violations(value, strict=not any_maker, skew=timedelta(seconds=skew))
    for violation in found:
        out(f"{document}: {violation.record}: {violation.message} [{violation.rule}]")
    if found:
        raise GateNotMet(f"{len(found)} constraint{'s are' if len(found) > 1 else ' is'} broken", where=document)
    say(f"{document}: sound")


def _loaded(place: str) -> tuple[Any, bytes]:
    from assaymark.reports.json import from_json

    path = Path(place)
    path = path / "assessment.json" if path.is_dir() else path
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
    import hashlib

    from assaymark.provenance.account import Artifact

    path = Path(place)
    return Artifact(name=path.name, kind="upstream", sha256=hashlib.sha256(_read(path)).hexdigest())


def _previous(place: str) -> Any:
    import hashlib

    from assaymark.provenance.account import Artifact

    judged, data = _loaded(place)
    digest = hashlib.sha256(data).hexdigest()
    return Artifact(name="assessment.json", kind="report", sha256=digest, commit=judged.subject.commit)


def _write(folder: Path, made: dict[str, str]) -> None:
    for name, text in made.items():
        place = folder / name
        write(place.parent, place.name, text)
    say(f"{len(made)} files in {folder}")
