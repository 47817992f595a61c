"""OAI-PMH: where a host answers it, and what it gives of one record."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from assaymark.api import FactUnavailable
from assaymark_data.readers.oai_pmh import Identity, formats, identity, refusal
from assaymark_data.text import address_of, scheme_of
from assaymark_data.web import Got, Web

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Where the known platforms answer, in the order in which they are asked.
PLACES = (
    "/oai2d",  # Invenio, Zenodo
    "/server/oai/request",  # DSpace 7 and later
    "/oai/request",  # DSpace up to 6, Islandora 2
    "/oai",  # Dataverse, OPUS, CKAN
    "/cgi/oai2",  # EPrints
    "/index.php/index/oai",  # OJS
    "/oai2",  # Islandora 7
    "/api/oai2d",  # B2SHARE
    "/v2/oai",  # Figshare (its host is api.figshare.com)
    "/oai/provider",  # Fedora's provider, Pangaea
    "/geonetwork/srv/eng/oaipmh",  # GeoNetwork
    "/csw?mode=oaipmh",  # pycsw
)
# Metadata formats that are read, best first; every repository has the last.
PREFIXES = ("oai_datacite", "datacite", "datacite4", "iso19115-3.2018", "iso19139", "oai_dc")
SEARCH = 60.0  # seconds for finding the place
SHORT = 1_000_000  # bytes of what a repository says of itself
MOST_FORMATS = 3
_ELSEWHERE = ("idDoesNotExist", "badArgument", "noMetadataFormats", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that answers OAI-PMH, with what it says of itself."""

    address: str
    identity: Identity = field(default_factory=Identity)

    def asking(self, **words: str) -> str:
        """The address of a question."""
        joint = "&" if "?" in self.address else "?"
        return self.address + joint + urlencode(words, quote_via=quote, safe="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an address asks that names endpoint and identifier itself; ``sure`` when it asks GetRecord."""

    endpoint: Endpoint
    identifier: str
    prefix: str = ""
    sure: bool = False


def question(address: str) -> Question | None:
    """The question that an address is: ``…?verb=GetRecord&identifier=…``, or without the verb."""
    parts = urlsplit(address)
    try:
        given = {k: v[-1] for k, v in parse_qs(parts.query, max_num_fields=20).items()}
    except ValueError:
        return None
    if not given.get("identifier") or given.get("verb", "GetRecord") != "GetRecord":
        return None
    rest = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("verb", "identifier", "metadataPrefix")]
    base = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(rest), ""))
    return Question(
        endpoint=Endpoint(address=base),
        identifier=given["identifier"],
        prefix=given.get("metadataPrefix", ""),
        sure="verb" in given,
    )


def identified(web: Web, address: str) -> Endpoint | None:
    """The endpoint at an address, None when nothing there answers ``Identify``. Its own baseURL is not followed."""
    root = _told(web, Endpoint(address=address), "Identify")
    told = identity(root) if root is not None else None
    return Endpoint(address=address, identity=told) if told else None


def found_at(web: Web, host: str) -> Endpoint | None:
    """The endpoint at one of the usual places of a host (``https://repository.example.org``)."""
    end = time.monotonic() + SEARCH
    for place in PLACES:
        if time.monotonic() > end:
            return None
        if endpoint := identified(web, host + place):
            return endpoint
    return None


def prefixes(web: Web, endpoint: Endpoint) -> tuple[str, ...]:
    """The formats to ask for: those that the repository lists and that are read here, best first."""
    root = _told(web, endpoint, "ListMetadataFormats")
    listed = {p.lower(): p for p in formats(root)} if root is not None else {}
    return tuple(listed[p] for p in PREFIXES if p in listed)[:MOST_FORMATS] or PREFIXES[-1:]


def identifiers(endpoint: Endpoint, subject: str, page: str) -> tuple[str, ...]:
    """The names that a repository may have for what a page shows, likely ones first."""
    parts = urlsplit(page)
    name = endpoint.identity.name or parts.hostname or ""
    found = [f"oai:{name}:{local}" for local in _locals(parts.path)]
    query = parse_qs(parts.query, max_num_fields=50) if parts.query.count("&") < 50 else {}
    found += query.get("persistentId", [])  # Dataverse
    if scheme_of(subject) == "doi":
        found.append("doi:" + address_of(subject).partition("doi.org/")[2])  # Dataverse, too
    last = parts.path.rstrip("/").rpartition("/")[2]
    if scheme_of(last) == "uuid":
        found.append(last)  # catalogues of maps
    return tuple(dict.fromkeys(found))[:4]


def _locals(path: str) -> Iterator[str]:
    """The last part of identifiers by the path of a page: ``…/handle/123456789/42``, ``…/article/view/7``, ``…/17``."""
    words = [w for w in path.split("/") if w]
    if len(words) > 1 and re.fullmatch(r"\d[\d.]*", words[-2]):
        yield f"{words[-2]}/{words[-1]}"
    if words and words[-1].isdigit() and any(w.startswith("article") for w in words[:-1]):
        yield f"article/{words[-1]}"
    if words:
        yield words[-1]


def harvested(
    web: Web, endpoint: Endpoint, names: tuple[str, ...], prefix: str, problems: list[str]
) -> tuple[str, bytes] | None:
    """Address and body of the first answer with a record; ``problems`` says why there is none."""
    wanted = (prefix,) if prefix else prefixes(web, endpoint)
    for name in names:
        for word in wanted:
            got = web.get(endpoint.asking(verb="GetRecord", metadataPrefix=word, identifier=name))
            code, why = _refused(got)
            if not why:
                return got.address, got.body
            problems.append(f"{endpoint.address}: {why}")
            if code in _ELSEWHERE:
                break
    return None


def _refused(got: Got) -> tuple[str, str]:
    """Code and words, both empty when a record came."""
    from assaymark_data.reading import from_xml, record_of

    if got.status != 200 or not got.body:
        return "", got.problem or f"answered {got.status}"
    try:
        if (said := refusal(from_xml(got.body, "the answer")))[1]:
            return said
        record_of(got.body, got.address)
    except FactUnavailable as problem:
        return "", problem.reason
    return "", ""


def _told(web: Web, endpoint: Endpoint, verb: str) -> Element | None:
    """What a repository says of itself, None when no XML came."""
    from assaymark_data.reading import from_xml

    got = web.get(endpoint.asking(verb=verb), accept="text/xml, application/xml", most=SHORT)
    if got.status != 200:
        return None
    try:
        return from_xml(got.body, "the answer")
    except FactUnavailable:
        return None
