"""An identifier or address, resolved to a record: content negotiation, Signposting, OAI-PMH, metadata in the page."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from assaymark.api import FactUnavailable, is_allowed
from assaymark_data import harvest
from assaymark_data.source import Source
from assaymark_data.text import address_of, oai_host
from assaymark_data.web import Got, Web

NEGOTIATED = (
    "application/vnd.datacite.datacite+json",
    "application/ld+json",
    "application/vnd.schemaorg.ld+json",
)
_RECORDS = ("json", "xml", "turtle", "rdf")


def place_of(subject: str) -> str:
    """The address at which a DOI, Handle, address or ``oai:HOST:LOCAL`` is asked for, '' for anything else."""
    host = oai_host(subject)
    return f"https://{host}" if host else address_of(subject)


def source(subject: str, hosts: tuple[str, ...]) -> Source:
    """The record that an identifier leads to; without leave to ask, or without an answer, a source that says so."""
    address = place_of(subject)
    if not is_allowed(address, hosts):
        host = urlsplit(address).hostname or ""
        return Source(
            name=subject,
            where=address,
            problem=f"{address} was not asked: the network is used only where it is allowed",
            remedy=f"--allow-host {host}, and the hosts it leads to; or give the record as a file",
        )
    web = Web(hosts)
    problems: list[str] = []
    asked = harvest.question(address)
    if oai_host(subject):
        found = _at_host(web, address, subject, (subject.strip(),), problems)
    elif asked and (
        endpoint := harvest.identified(web, asked.endpoint.address) or (asked.endpoint if asked.sure else None)
    ):
        found = _harvested(web, endpoint, subject, (asked.identifier,), problems, prefix=asked.prefix)
    else:
        found = _looked_up(web, address, subject, problems)
    return found or Source(
        name=subject,
        where=address,
        problem=f"no metadata were had from {address}: {'; '.join(dict.fromkeys(problems)) or 'nothing came'}"[:600],
        remedy="allow the hosts that it leads to (--allow-host), or give the record as a file",
    )


def _looked_up(web: Web, address: str, subject: str, problems: list[str]) -> Source | None:
    """By content negotiation, typed links of the page, and OAI-PMH of the page's host, in this order."""
    for accept, how in ((NEGOTIATED[0], "content negotiation"), (", ".join(NEGOTIATED[1:]), "content negotiation")):
        got = web.get(address, accept=accept)
        if found := _record(got, subject, how if "html" not in got.media else "metadata in the page", problems):
            return found
    page = web.get(address, accept="text/html")
    if found := _signposted(web, page, subject, problems):
        return found
    parts = urlsplit(page.address)
    if page.status != 200 or not parts.path.strip("/"):
        return None
    return _at_host(web, f"{parts.scheme}://{parts.netloc}", subject, (), problems, page=page.address)


def _record(got: Got, subject: str, how: str, problems: list[str]) -> Source | None:
    """A source, if what came is a record that is known."""
    from assaymark_data.reading import record_of

    if got.status != 200 or not got.body:
        problems.append(f"{got.address} {got.problem or f'answered {got.status}'}")
        return None
    try:
        record_of(got.body, got.address)
    except FactUnavailable as problem:
        problems.append(problem.reason)
        return None
    return Source(name=subject, where=got.address, document=got.body, harvested=how)


def _signposted(web: Web, page: Got, subject: str, problems: list[str]) -> Source | None:
    """Follow typed links to descriptions, in the header or in the page."""
    from assaymark_data.page import links_in_header, links_of

    if page.status != 200:
        return None
    links = links_in_header(page.links) + (links_of(page.body) if "html" in page.media else [])
    for link in [k for k in links if k.rel == "describedby" and (not k.type or any(r in k.type for r in _RECORDS))][:5]:
        got = web.get(urljoin(page.address, link.href), accept=link.type or "*/*")
        if found := _record(got, subject, "Signposting", problems):
            return found
    return None


def _at_host(
    web: Web, host: str, subject: str, names: tuple[str, ...], problems: list[str], *, page: str = ""
) -> Source | None:
    """Ask OAI-PMH at the usual places of a host; by these names, or by those that the page suggests."""
    endpoint = harvest.found_at(web, host)
    if endpoint is None:
        problems.append(f"{host} answers OAI-PMH at none of the usual places")
        return None
    return _harvested(web, endpoint, subject, names or harvest.identifiers(endpoint, subject, page), problems)


def _harvested(
    web: Web, endpoint: harvest.Endpoint, subject: str, names: tuple[str, ...], problems: list[str], *, prefix: str = ""
) -> Source | None:
    found = harvest.harvested(web, endpoint, names, prefix, problems)
    if found is None:
        return None
    where, document = found
    return Source(name=subject, where=where, document=document, harvested="OAI-PMH", deleted=endpoint.identity.deleted)
