"""``assaymark provenance check``: W3C PROV by its constraints, envelopes by who signed them, a release as one chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from assaymark.cli._common import out, say, split
from assaymark.cli._provenance_release import MOST, records
from assaymark.cli._signing import identity_of
from assaymark.content import content_of
from assaymark.errors import GateNotMet, InputError, Undetermined
from assaymark.wording import one_line

# What is judged of a folder.
DOCUMENTS = ("provenance.json", "release-provenance.json", "publication-provenance.json")
ENVELOPES = ("statements.dsse.jsonl", "release.dsse.jsonl")


@click.command(
    epilog="""\b
Examples:
  assaymark provenance check prov/provenance.json
  assaymark provenance check release
  assaymark provenance check prov/statements.dsse.jsonl --issuer did:key:z6Mk…
\b
Exit status: 0 it holds, 1 it does not, 2 wrong input, 3 nothing is wrong, but not everything could be found out.
"""
)
@click.argument("document", type=click.Path())
@click.option("--any-maker", is_flag=True, help="Leave out the rules that only documents of ours keep.")
@click.option("--skew", default=2.0, show_default=True, metavar="SECONDS", help="How far two clocks may differ.")
@click.option("--issuer", multiple=True, metavar="DID", help="Whose signature on an envelope you trust.")
@click.option("--identity", multiple=True, type=click.Path(path_type=Path), help="The did.json of a did:web issuer.")
def check(document: str, any_maker: bool, skew: float, issuer: tuple[str, ...], identity: tuple[Path, ...]) -> None:
    """Judge a PROV-JSON DOCUMENT by the constraints of W3C PROV, or DSSE envelopes by who signed them.

    Of a folder all such documents in it are judged, and the records of a release also as the one chain that they make.
    Whether signed statements say what the report says is for 'assaymark verify', which looks at the whole chain.
    """
    path = Path(document)
    sound = partial(_sound, strict=not any_maker, skew=timedelta(seconds=skew))
    sealed = partial(_sealed, issuers=issuer, identities=identity)
    if not path.is_dir():
        value = None if path.suffix == ".jsonl" else _json(path)
        if value is None or (isinstance(value, dict) and "payload" in value):
            sealed(path)
        else:
            sound(document, value)
        return
    _worst(list(_of_a_folder(path, sound, sealed)), str(path))


def _of_a_folder(
    path: Path, sound: Callable[[str, Any], None], sealed: Callable[[Path], None]
) -> Iterator[Callable[[], None]]:
    for name in DOCUMENTS:
        if (path / name).is_file():
            yield partial(lambda file: sound(str(file), _json(file)), path / name)
    for name in ENVELOPES:
        if (path / name).is_file():
            yield partial(sealed, path / name)
    if (files := records(str(path))) is not None:
        yield partial(_whole, path, files, sound)


def _whole(path: Path, files: Mapping[str, bytes], sound: Callable[[str, Any], None]) -> None:
    """The records of a release as one; then the way that they tell, from the commit to where it was published."""
    from assaymark.provenance import chain

    sound(f"{path} as a whole", chain.joined(files))
    for what, named in chain.steps(chain.read(files)):
        out(one_line(f"{what:<14} {named}", 300))


def _worst(judgements: list[Callable[[], None]], where: str) -> None:
    """Each of them is heard; of what they say the worst counts."""
    if not judgements:
        raise InputError("there is no provenance in this folder", where=where)
    heard: list[GateNotMet | Undetermined] = []
    for judge in judgements:
        try:
            judge()
        except (GateNotMet, Undetermined) as problem:
            say(f"assaymark: {problem}")
            heard.append(problem)
    if broken := [problem for problem in heard if isinstance(problem, GateNotMet)]:
        raise broken[0]
    if heard:
        raise heard[0]


def _sound(document: str, value: Any, *, strict: bool, skew: timedelta) -> None:
    from assaymark.provenance.constraints import violations

    found = violations(value, strict=strict, skew=skew)
    for violation in found:
        out(f"{document}: {violation.record}: {violation.message} [{violation.rule}]")
    if found:
        raise GateNotMet(f"{len(found)} constraint{'s are' if len(found) > 1 else ' is'} broken", where=document)
    say(f"{document}: sound")


def _sealed(path: Path, *, issuers: tuple[str, ...], identities: tuple[Path, ...]) -> None:
    from datetime import UTC, datetime

    from assaymark.badges import envelopes
    from assaymark.badges.verify import Known

    content = content_of(path, MOST)
    lines = envelopes.lines_of(content) if path.suffix == ".jsonl" else [content]
    known = Known(now=datetime.now(UTC), issuers=split(issuers), identities=dict(map(identity_of, identities)))
    judged = envelopes.judge(lines, known)
    for answer in judged.answers:
        out(f"{answer.says:<8} {answer.about:<10} {answer.text}")
    open_ = ", ".join(dict.fromkeys(a.about for a in judged.answers if a.says != "yes"))
    if judged.says == "no":
        raise GateNotMet(f"the signed statements do not hold: {open_}", where=str(path))
    if judged.says == "unknown":
        raise Undetermined(f"not everything about the signed statements could be found out: {open_}", where=str(path))
    for statement in judged.statements:
        about = ", ".join(str(s.get("name", "")) for s in statement["subject"])
        out(one_line(f"signed   {statement['predicateType']} about {about}", 300))


def _json(path: Path) -> Any:
    try:
        return json.loads(content_of(path, MOST))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not a JSON document: {problem}", where=str(path)) from problem
