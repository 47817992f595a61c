"""A: it is told how data and metadata are had, and they can be had by open protocols."""

from __future__ import annotations

from assaymark.api import Evidence, check
from assaymark_data.answers import HALF, answered, no, open_, yes
from assaymark_data.record import Record
from assaymark_data.seen import AGENCIES, Seen, data_address, identifier_address, page_address
from assaymark_data.text import is_address, protocol_of, says_nothing

_FREE = ("https", "http", "ftp", "ftps", "sftp")
_GUARDED = ("https", "http", "ftp", "ftps", "sftp", "s3", "gs")
_GONE = 410  # somebody says that it was there and will not come back
# What OAI-PMH's deletedRecord means: at best that a record was there stays known, which is not the record.
_OF_DELETED = {
    "no": "; its OAI-PMH tells nothing of deleted records",
    "transient": "; its OAI-PMH tells of deleted records for a while, without their metadata",
    "persistent": "; its OAI-PMH tells of deleted records for good, without their metadata",
}
_PLACE = "write into the record where the data are had, such as https://doi.org/… or the address of the file"


def _metadata_place(record: Record) -> str:
    return identifier_address(record) or next(
        (a for a in (*record.record_identifiers, record.landing) if is_address(a)), ""
    )


def _data_place(record: Record) -> str:
    return data_address(record) or next((p.address for p in record.parts if is_address(p.address)), "")


@check("data.rda-a1-01m")
def told_how(data_record: Record) -> Evidence:
    """The record tells how the data are had: an address, and under which terms, or whom to ask."""
    where = _data_place(data_record) or data_record.landing or identifier_address(data_record)
    terms = [t for t in data_record.rights if not says_nothing(t)] or data_record.contacts
    if where and terms:
        return yes(f"the record leads to {where[:200]} and tells the terms: {terms[0][:100]}")
    if any(p.address for p in data_record.parts) and terms:
        return yes(f"the record names the files beside it and tells the terms: {terms[0][:100]}")
    if where or any(p.address for p in data_record.parts):
        return no(
            "the record tells where the data are, and not under which terms", "add rights or a contact", points=HALF
        )
    return no("the record does not tell how the data are had", f"{_PLACE}, and add rights or a contact")


@check("data.rda-a1-02m")
def metadata_by_person(data_record: Record, data_seen: Seen) -> Evidence:
    """A person who follows the identifier, or the address of the landing page, gets to a page about the data."""
    if not page_address(data_record):
        return no("the record has no identifier or address that a person could follow", _PLACE)
    reply = answered(data_seen.page, "a page", data_seen.day)
    if data_seen.page.good and "html" not in data_seen.page.media:
        return open_(f"{data_seen.page.address} gave {data_seen.page.media}, which is no page for people")
    return reply


@check("data.rda-a1-02d")
def data_by_person(data_record: Record, data_seen: Seen) -> Evidence:
    """A person gets the data from an address that the record names."""
    if not data_record.parts and not page_address(data_record):
        return no("the record names nothing from which a person could get the data", _PLACE)
    if not data_address(data_record):
        return open_("the record names no address of the data; whether a page offers them cannot be seen", _PLACE)
    return answered(data_seen.data, "the data", data_seen.day)


@check("data.rda-a1-03m")
def metadata_resolves(data_record: Record, data_seen: Seen) -> Evidence:
    """The identifier of the metadata leads to a record or page."""
    if not identifier_address(data_record):
        return no("the record has no identifier that leads anywhere", _PLACE)
    return answered(data_seen.page, "the page of the record", data_seen.day)


@check("data.rda-a1-03d")
def data_resolves(data_record: Record, data_seen: Seen) -> Evidence:
    """The address of the data leads to the data."""
    if not data_address(data_record):
        if any(is_address(p.address) for p in data_record.parts):
            return open_("the record leads to a page about the data, and not to the data", _PLACE)
        if any(p.address for p in data_record.parts):
            return open_("the record names files beside it; whether others get them cannot be seen", _PLACE)
        if identifier_address(data_record):
            return open_("the identifier leads to a page about the data; whether it offers them cannot be seen", _PLACE)
        return no("the record has no address of the data", _PLACE)
    return answered(data_seen.data, "the data", data_seen.day)


@check("data.rda-a1-04m")
def metadata_protocol(data_record: Record) -> Evidence:
    """The metadata are asked for by HTTP(S) or another published protocol."""
    place = _metadata_place(data_record)
    if place:
        return yes(f"the metadata are asked for by {protocol_of(place)}")
    return no("the record has no address at which its metadata are asked for", _PLACE)


@check("data.rda-a1-04d")
def data_protocol(data_record: Record) -> Evidence:
    """The data are asked for by HTTP(S), FTP, S3 or another published protocol."""
    place = _data_place(data_record) or page_address(data_record)
    if place:
        return yes(f"the data are asked for by {protocol_of(place)}")
    return no("the record has no address at which the data are asked for", _PLACE)


@check("data.rda-a1-05d")
def data_by_program(data_record: Record, data_seen: Seen) -> Evidence:
    """A program gets the data without a person's help: the address gives the data and no page."""
    if not data_address(data_record):
        if page_address(data_record) and not any(p.address for p in data_record.parts):
            return open_("the record names no address of a file; whether its page offers one cannot be seen", _PLACE)
        return no("no address in the record gives the data themselves", _PLACE)
    reply = answered(data_seen.data, "the data", data_seen.day)
    if data_seen.data.good and "html" in data_seen.data.media:
        return no(f"{data_seen.data.address} gives a web page, and no data", _PLACE)
    return reply


@check("data.rda-a1-1-01m")
def metadata_free(data_record: Record) -> Evidence:
    """The protocol of the metadata is open and free of charge."""
    place = _metadata_place(data_record)
    if protocol_of(place) in _FREE:
        return yes(f"{protocol_of(place)} is open and free of charge")
    return no("the metadata have no address of an open protocol", _PLACE)


@check("data.rda-a1-1-01d")
def data_free(data_record: Record) -> Evidence:
    """The protocol of the data is open and free of charge."""
    place = _data_place(data_record) or page_address(data_record)
    if protocol_of(place) in _FREE:
        return yes(f"{protocol_of(place)} is open and free of charge")
    if place:
        return open_(f"{protocol_of(place)} belongs to who sells the storage; whether access costs cannot be seen")
    return no("the data have no address of an open protocol", _PLACE)


@check("data.rda-a1-2-01d")
def data_guarded(data_record: Record) -> Evidence:
    """The protocol of the data can ask who somebody is and what he may."""
    place = _data_place(data_record) or page_address(data_record)
    if protocol_of(place) in _GUARDED:
        return yes(f"{protocol_of(place)} supports authentication and authorisation")
    return no("the data have no address of a protocol that supports authentication", _PLACE)


@check("data.rda-a2-01m")
def outlives(data_record: Record, data_seen: Seen) -> Evidence:
    """The metadata lie with a registration agency too, or were seen to be there when the data were gone; a page that is
    gone itself fails. What a repository promises a person attests."""
    page, data = data_seen.page, data_seen.data
    if data_record.registry:
        return yes(f"{data_record.registry}, where the DOI is registered, keeps these metadata apart from the data")
    if data_seen.graph.good and (agency := AGENCIES.get(data_seen.graph.host)):
        return yes(f"{agency} gave the metadata of {data_seen.graph.address} on {data_seen.day}, apart from the data")
    if page.status == _GONE:
        return no(
            f"{page.address} answered 410 on {data_seen.day}: the page about the data is gone",
            "keep a page that tells what the data were, and register a DOI: its agency keeps the metadata",
        )
    if data.status == _GONE and page.good:
        return yes(f"{data.address} is gone (410), and {page.address} still tells about the data on {data_seen.day}")
    told = _OF_DELETED.get(data_record.deleted, "")
    return open_(
        f"whether these metadata ({data_record.format}) stay when the data are gone depends on who keeps them{told}",
        "let the agency of the DOI be asked (--allow-host doi.org --allow-host data.crosscite.org), or attest it with "
        "the address of the repository's preservation policy ([[attestation]], id RDA-A2-01M)",
    )


CHECKS = (
    told_how,
    metadata_by_person,
    data_by_person,
    metadata_resolves,
    data_resolves,
    metadata_protocol,
    data_protocol,
    data_by_program,
    metadata_free,
    data_free,
    data_guarded,
    outlives,
)
