"""What a metadata record says, in one shape whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from assaymark_data.text import is_persistent, is_reference, same


class Agent(NamedTuple):
    """A person or an organisation; ``id`` is an ORCID, a ROR or another address, '' when none is given."""

    name: str
    id: str = ""


class Keyword(NamedTuple):
    """A subject; ``vocabulary`` is the address of the term or of the list it is taken from."""

    text: str
    vocabulary: str = ""


class Link(NamedTuple):
    """A reference to something else. ``kind`` is the relation ('' when it is not told), ``data`` whether it is data."""

    kind: str
    target: str
    data: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file or service by which the data are had. ``address`` is a web address or a path beside the record.

    ``described`` tells whether columns or variables are described, ``terms`` whether by terms of a vocabulary;
    ``refers`` whether values refer to another part (a foreign key), ``astray`` to parts that the record does not have.
    """

    address: str
    media: str = ""
    size: int | None = None
    checksum: str = ""
    conforms: str = ""
    described: bool = False
    terms: bool = False
    refers: bool = False
    astray: tuple[str, ...] = ()
    direct: bool = True
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One dataset as its metadata tell of it; text is plain, and empty means that it is not told.

    ``standard`` names the version of the metadata standard in the record's own words, ``graph`` whether the format is
    one of linked data, ``lacking`` what the standard requires and the record has not; ``harvested`` tells how it was
    got from a service (content negotiation, Signposting, OAI-PMH), '' for a file; ``registry`` is the agency that
    has the record with its DOI, ``deleted`` what a repository's OAI-PMH says of deleted ones; ``hidden`` is the
    state in which a registry keeps it from being found. ``conforms`` are standards of the data, and not of the record.
    ``licences_of_parts`` tells that only parts have the licences, each its own; ``licence_files`` are files that lie
    beside the data, with the licence whose text each is.
    """

    format: str
    where: str
    standard: str = ""
    graph: bool = False
    harvested: str = ""
    registry: str = ""
    deleted: str = ""
    hidden: str = ""
    lacking: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    record_identifiers: tuple[str, ...] = ()
    landing: str = ""
    title: str = ""
    description: str = ""
    publisher: str = ""
    language: str = ""
    version: str = ""
    type: str = ""
    creators: tuple[Agent, ...] = ()
    contacts: tuple[str, ...] = ()
    created: str = ""
    published: str = ""
    keywords: tuple[Keyword, ...] = ()
    licences: tuple[str, ...] = ()
    licence_fields: bool = True
    licences_of_parts: bool = False
    licence_files: tuple[tuple[str, str], ...] = ()
    rights: tuple[str, ...] = ()
    coverage: tuple[str, ...] = ()
    methods: str = ""
    funding: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    provenance_terms: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    parts: tuple[Part, ...] = ()
    conforms: tuple[str, ...] = ()

    def references(self) -> Iterator[Link]:
        """Links to what lies outside the record and its data, those of creators to their identifiers included."""
        own = {same(i) for i in (*self.identifiers, *self.record_identifiers, self.landing)}
        own |= {same(p.address) for p in self.parts}
        yield from (k for k in self.links if is_reference(k.target) and same(k.target) not in own)
        yield from (Link("creator", agent.id, False) for agent in self.creators if is_persistent(agent.id))
