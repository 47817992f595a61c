"""All documents of one account, and the index that names each by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from assaymark.errors import InputError
from assaymark.provenance import crate, everse, intoto, prov
from assaymark.provenance.account import Account, Artifact
from assaymark.provenance.redact import refuse_leaks
from assaymark.provenance.uris import PREDICATES

FORMATS = ("prov", "crate", "crate-steps", "intoto", "everse", "provn", "xml", "rdf", "jsonld")
DEFAULT = ("prov", "crate", "intoto", "everse")
# The statements again, each in an envelope that a key of one's own signed.
SEALED = "statements.dsse.jsonl"
_MEDIA = {
    "provenance.json": "application/json",
    "ro-crate-metadata.json": "application/ld+json",
    "everse.jsonld": "application/ld+json",
    "provenance.provn": "text/provenance-notation",
    "provenance.xml": "application/provenance+xml",
    "provenance.ttl": "text/turtle",
    "provenance.jsonld": "application/ld+json",
    "statements.intoto.jsonl": "application/vnd.in-toto.bundle",
    SEALED: "application/vnd.in-toto.bundle",
}
_NOTATIONS = {
    "provn": "provenance.provn",
    "xml": "provenance.xml",
    "rdf": "provenance.ttl",
    "jsonld": "provenance.jsonld",
}


def documents(
    account: Account,
    environment: Mapping[str, str],
    formats: Sequence[str] = DEFAULT,
    seal: Callable[[bytes], str] | None = None,
) -> dict[str, str]:
    """The documents by the name of their file, ``index.json`` last.

    By default EVERSE's is left out where it would have nothing to say. ``seal`` puts the bytes of a statement into a
    signed envelope, one line; without it none is signed. Raises InputError when one of them would tell
    what must not leave the machine: then nothing may be written.
    """
    made = dict(_made(account, formats, seal))
    made["index.json"] = _index(account, made)
    public = [p for p in (account.subject.uri, account.run.repository, account.subject.name) if p]
    for name, text in made.items():
        refuse_leaks(name, text, environment, allowed=public)
    return made


def _made(account: Account, formats: Sequence[str], seal: Callable[[bytes], str] | None) -> Iterable[tuple[str, str]]:
    text = prov.render(account)
    if "prov" in formats:
        yield "provenance.json", text
    for notation, name in _NOTATIONS.items():
        if notation in formats:
            yield name, prov.convert(text, notation)
    if "everse" in formats and (everse.applies(account) or formats is not DEFAULT):
        if not everse.applies(account):
            raise InputError("no criterion that was judged here names an indicator of EVERSE")
        yield "everse.jsonld", everse.render(account)
    if "intoto" in formats:
        predicates = intoto.predicates(account)
        for kind, predicate in predicates.items():
            yield f"predicates/{kind}.json", intoto.render(predicate)
        about = intoto.subjects(account)
        lines = [intoto.render(intoto.statement(kind, predicates[kind], about)) for kind in predicates]
        yield "statements.intoto.jsonl", "".join(lines)
        if seal:
            yield SEALED, "".join(seal(line.strip().encode()) for line in lines)
    if "crate" in formats or "crate-steps" in formats:
        beside = [_file("provenance.json", text)] if "prov" in formats else []
        yield "ro-crate-metadata.json", crate.render(account, beside, steps="crate-steps" in formats)


def _index(account: Account, made: Mapping[str, str]) -> str:
    entries = [
        {
            "path": name,
            "mediaType": _MEDIA.get(name, "application/json"),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "predicateType": PREDICATES.get(name.removeprefix("predicates/").removesuffix(".json")),
        }
        for name, text in sorted(made.items())
    ]
    whole = {"report": account.report.sha256, "content": account.content, "files": entries}
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


def _file(name: str, text: str) -> Artifact:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Artifact(name=name, kind="file", sha256=digest, media_type=_MEDIA.get(name))
