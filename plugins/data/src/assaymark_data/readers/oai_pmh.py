"""What stands around a record in an answer of OAI-PMH 2.0: its header, an error, what a repository says of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assaymark_data.readers.nodes import unique
from assaymark_data.record import Record
from assaymark_data.text import clean

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

OAI = "{http://www.openarchives.org/OAI/2.0/}"
_NAMES = "{http://www.openarchives.org/OAI/2.0/oai-identifier}"
_MEANING = {
    "idDoesNotExist": "it has no record of that identifier",
    "cannotDisseminateFormat": "it does not give the record in that format (metadataPrefix)",
    "badArgument": "it does not take the question",
    "badVerb": "it does not know the question",
    "noMetadataFormats": "it gives the record in no format",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a repository says of itself: ``name`` in its identifiers ('' when it uses others), ``deleted`` the level."""

    name: str = ""
    deleted: str = ""


def is_answer(root: Element) -> bool:
    """Whether a document is an answer of OAI-PMH."""
    return root.tag == f"{OAI}OAI-PMH"


def header(record: Record, root: Element) -> Record:
    """The record with the identifier that OAI-PMH gave it, if the document is an answer of OAI-PMH."""
    place = next(root.iter(f"{OAI}header"), None)
    if place is None:
        return record
    own = unique(clean(e.text) for e in place if e.tag == f"{OAI}identifier")
    return replace(record, record_identifiers=(*record.record_identifiers, *own), harvested="OAI-PMH")


def refusal(root: Element) -> tuple[str, str]:
    """Code and words of an answer without a record: an error, ``deleted``, or an answer to another question."""
    if not is_answer(root):
        return "", ""
    for error in root.iter(f"{OAI}error"):
        code = clean(error.get("code"))[:40] or "error"
        said = clean(error.text)[:200]
        return code, f"{_MEANING.get(code, 'it gives none')} ({code}{': ' + said if said else ''})"
    found = list(root.iter(f"{OAI}header"))
    if len(found) == 1 and found[0].get("status") == "deleted":
        day = clean(found[0].findtext(f"{OAI}datestamp"))[:30]
        who = clean(found[0].findtext(f"{OAI}identifier"))[:200] or "the record"
        return "deleted", f"{who} was deleted{f' on {day}' if day else ''}, and the repository gives no metadata of it"
    if not found and root.find(f".//{OAI}record") is None:
        return "none", "it is an answer of OAI-PMH without a record: ask ?verb=GetRecord&identifier=…"
    return "", ""


def identity(root: Element) -> Identity | None:
    """What an answer to ``Identify`` says, None for anything else."""
    told = root.find(f"{OAI}Identify") if is_answer(root) else None
    if told is None or not told.findtext(f"{OAI}baseURL"):
        return None
    name = next((clean(e.text) for e in told.iter(f"{_NAMES}repositoryIdentifier")), "")
    return Identity(name=name[:200], deleted=clean(told.findtext(f"{OAI}deletedRecord"))[:20])


def formats(root: Element) -> tuple[str, ...]:
    """The prefixes that an answer to ``ListMetadataFormats`` lists."""
    return unique(clean(e.text) for e in root.iter(f"{OAI}metadataPrefix"))
