"""What the addresses of a record answered, if the user allowed their hosts."""

from __future__ import annotations

from dataclasses import dataclass

from assaymark_data.record import Record
from assaymark_data.text import address_of, is_address, is_persistent, is_reference

# Where agencies give the metadata that were registered with a DOI: they lie there whatever becomes of the data.
AGENCIES = {
    "data.crosscite.org": "DataCite",
    "data.datacite.org": "DataCite",
    "api.datacite.org": "DataCite",
    "api.crossref.org": "Crossref",
    "data.crossref.org": "Crossref",
    "data.medra.org": "mEDRA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an address answered: ``asked`` is False when its host is not allowed, ``status`` 0 when nothing came.

    ``host`` is the one that answered in the end, where redirections led.
    """

    address: str = ""
    host: str = ""
    asked: bool = False
    status: int = 0
    media: str = ""
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether what was asked for came."""
        return self.status == 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Replies of the page to which the identifier leads, and of the data; ``graph`` of metadata as linked data."""

    page: Reply = Reply()
    graph: Reply = Reply()
    data: Reply = Reply()
    day: str = ""


def agency_at(address: str) -> str:
    """The registration agency of DOIs that gives its own copy of the metadata at an address, '' for anybody else."""
    from assaymark.api import host_of

    return AGENCIES.get(host_of(address), "")


def identifier_address(record: Record) -> str:
    """Where an identifier of the data or of their metadata leads, a lasting one first; '' when none leads anywhere."""
    known = sorted(
        (*record.identifiers, *record.record_identifiers), key=lambda i: (not is_persistent(i), not is_reference(i))
    )
    return next((a for i in known if (a := address_of(i))), "")


def page_address(record: Record) -> str:
    """Where a person finds a page about the data: an identifier's, else the landing page that the record names."""
    return identifier_address(record) or address_of(record.landing)


def data_address(record: Record) -> str:
    """An address under which data are had directly, '' when the record names none."""
    places = [p.address for p in record.parts if p.direct and is_address(p.address)]
    return next(iter(places), "")


def ask(record: Record, hosts: tuple[str, ...]) -> Seen:
    """Ask page, linked data and data; an address whose host is not allowed is not asked."""
    from datetime import UTC, datetime

    from assaymark.api import host_of, is_allowed
    from assaymark_data.web import Web

    web = Web(hosts)
    page, data = page_address(record), data_address(record)

    def reply(address: str, accept: str, most: int) -> Reply:
        if not address or not is_allowed(address, hosts):
            return Reply(address=address)
        got = web.get(address, accept=accept, most=most, whole=False)
        host = host_of(got.address)
        return Reply(address=address, host=host, asked=True, status=got.status, media=got.media, problem=got.problem)

    return Seen(
        page=reply(page, "text/html", 100_000),
        graph=reply(page, "application/ld+json, application/rdf+xml;q=0.9, text/turtle;q=0.9", 100_000),
        data=reply(data, "*/*", 1_000),
        day=datetime.now(UTC).date().isoformat(),
    )
