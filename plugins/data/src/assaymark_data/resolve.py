"""An identifier or address, resolved to a record: content negotiation, Signposting, OAI-PMH, metadata in the page."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

from assaymark.api import FactUnavailable, is_allowed
from assaymark_data.source import Source
from assaymark_data.text import address_of
from assaymark_data.web import Got, Web

NEGOTIATED = (
    "application/vnd.datacite.datacite+json",
    "application/ld+json",
    "application/vnd.schemaorg.ld+json",
)
_OAI = ("oai_datacite", "datacite", "oai_dc")
_RECORDS = ("json", "xml", "turtle", "rdf")


def source(subject: str, hosts: tuple[str, ...]) -> Source:
    """The record that an identifier leads to; without leave to ask, or without an answer, a source that says so."""
    address = address_of(subject)
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
    for accept, how in ((NEGOTIATED[0], "content negotiation"), (", ".join(NEGOTIATED[1:]), "content negotiation")):
        got = web.get(address, accept=accept)
        if found := _record(got, subject, how if "html" not in got.media else "metadata in the page", problems):
            return found
    page = web.get(address, accept="text/html")
    for found in (_signposted(web, page, subject, problems), _harvested(web, page, subject, problems)):
        if found:
            return found
    return Source(
        name=subject,
        where=address,
        problem=f"no metadata were had from {address}: {'; '.join(dict.fromkeys(problems)) or 'nothing came'}"[:600],
        remedy="allow the hosts that it leads to (--allow-host), or give the record as a file",
    )


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


def _harvested(web: Web, page: Got, subject: str, problems: list[str]) -> Source | None:
    """Ask the repository's OAI-PMH, at the usual place and by the usual form of identifiers."""
    parts = urlsplit(page.address)
    number = parts.path.rstrip("/").rpartition("/")[2]
    if page.status != 200 or not number or not parts.hostname:
        return None
    base = f"{parts.scheme}://{parts.netloc}/oai2d"
    for prefix in _OAI:
        query = f"?verb=GetRecord&metadataPrefix={prefix}&identifier={quote(f'oai:{parts.hostname}:{number}')}"
        if found := _record(web.get(base + query), subject, "OAI-PMH", problems):
            return found
    return None
