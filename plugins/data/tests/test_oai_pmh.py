"""Harvesting one record by OAI-PMH: where repositories answer, what they call it, and what they say instead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_readers import DATACITE_XML, DC
from test_web import HERE, PAGE, Server, flood, give, lead

from assaymark.api import FactUnavailable, Outcome
from assaymark.case import Request, judge
from assaymark_data import harvest
from assaymark_data.command import case_of, source_of
from assaymark_data.reading import record_of
from assaymark_data.source import Source
from assaymark_data.web import Got, Web


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


def envelope(inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-11-01T00:00:00Z</responseDate><request>https://x.example.org/oai</request>{inner}</OAI-PMH>"
    )


def identify(name: str = "", deleted: str = "persistent", base: str = "https://elsewhere.example.org/oai") -> str:
    told = "<scheme>oai</scheme><delimiter>:</delimiter><sampleIdentifier>oai:x.example.org:1</sampleIdentifier>"
    names = (
        '<description><oai-identifier xmlns="http://www.openarchives.org/OAI/2.0/oai-identifier">'
        f"<repositoryIdentifier>{name}</repositoryIdentifier>{told}</oai-identifier></description>"
    )
    return envelope(
        f"<Identify><repositoryName>X</repositoryName><baseURL>{base}</baseURL><protocolVersion>2.0</protocolVersion>"
        f"<adminEmail>a@example.org</adminEmail><earliestDatestamp>2020-01-01</earliestDatestamp>"
        f"<deletedRecord>{deleted}</deletedRecord><granularity>YYYY-MM-DD</granularity>"
        f"{names if name else ''}</Identify>"
    )


def formats(*prefixes: str) -> str:
    one = "".join(f"<metadataFormat><metadataPrefix>{p}</metadataPrefix></metadataFormat>" for p in prefixes)
    return envelope(f"<ListMetadataFormats>{one}</ListMetadataFormats>")


def record(identifier: str, document: str) -> str:
    header = f"<header><identifier>{identifier}</identifier><datestamp>2025-02-01</datestamp></header>"
    return envelope(f"<GetRecord><record>{header}<metadata>{document}</metadata></record></GetRecord>")


def error(code: str, text: str = "") -> str:
    return envelope(f'<error code="{code}">{text}</error>')


def repository(
    known: dict[str, dict[str, str]], prefixes: tuple[str, ...] = ("oai_dc",), name: str = ""
) -> Callable[[Any], None]:
    """A route that answers as a repository of these records: by identifier and prefix the document."""

    def answer(handler: Any) -> None:
        asked = {k: v[-1] for k, v in parse_qs(urlsplit(handler.path).query).items()}
        verb, identifier, prefix = asked.get("verb"), asked.get("identifier", ""), asked.get("metadataPrefix", "")
        if verb == "Identify":
            body = identify(name)
        elif verb == "ListMetadataFormats":
            body = formats(*prefixes)
        elif identifier not in known:
            body = error("idDoesNotExist", "No matching identifier")
        elif prefix not in known[identifier]:
            body = error("cannotDisseminateFormat")
        else:
            body = record(identifier, known[identifier][prefix])
        give(handler, body, "text/xml")

    return answer


def had(found: Source) -> Any:
    assert found.document is not None, found.problem
    return record_of(found.document, found.where)


@pytest.mark.parametrize("place", harvest.PLACES)
def test_every_usual_place_is_found(server: Server, place: str) -> None:
    name = "oai:127.0.0.1:17"
    server.routes = {
        "/records/17": lambda h: give(h, PAGE),
        urlsplit(place).path: repository({name: {"oai_dc": DC}}),
    }
    found = source_of(server.url("/records/17"), HERE)
    assert (had(found).record_identifiers, found.harvested, found.deleted) == ((name,), "OAI-PMH", "persistent")


@pytest.mark.parametrize(
    ("page", "identifier", "name"),
    [
        ("/handle/123456789/42", "oai:dspace.example.org:123456789/42", "dspace.example.org"),
        ("/index.php/sea/article/view/7", "oai:journal.example.org:article/7", "journal.example.org"),
        ("/dataset.xhtml?persistentId=doi:10.1234/ABC", "doi:10.1234/ABC", ""),
        ("/srv/0b8c4a55-8ae5-4f0b-9d3c-3f1f0a2a5e11", "0b8c4a55-8ae5-4f0b-9d3c-3f1f0a2a5e11", ""),
    ],
)
def test_identifiers_are_formed_as_platforms_form_them(server: Server, page: str, identifier: str, name: str) -> None:
    server.routes = {
        page.partition("?")[0]: lambda h: give(h, PAGE),
        "/oai": repository({identifier: {"oai_dc": DC}}, name=name),
    }
    assert had(source_of(server.url(page), HERE)).record_identifiers == (identifier,)


def test_the_richest_format_is_asked_for_and_the_next_where_it_is_not_given(server: Server) -> None:
    prefixes = ("marc21", "oai_dc", "oai_datacite", "Datacite")
    both = repository({"oai:x:1": {"Datacite": DATACITE_XML.partition("?>")[2], "oai_dc": DC}}, prefixes)
    server.routes = {"/oai": both}
    found = source_of(server.url("/oai?identifier=oai:x:1"), HERE)
    assert had(found).format == "DataCite XML"
    asked = [parse_qs(urlsplit(p).query).get("metadataPrefix") for p, _ in server.asked if "GetRecord" in p]
    assert asked == [["oai_datacite"], ["Datacite"]]


@pytest.mark.parametrize("words", ["verb=GetRecord&metadataPrefix=oai_dc&", "verb=GetRecord&", "", "mode=oaipmh&"])
def test_an_address_may_name_endpoint_and_identifier(server: Server, words: str) -> None:
    server.routes = {"/far/off/provider": repository({"oai:x.org:a/b c:1": {"oai_dc": DC}})}
    found = source_of(server.url(f"/far/off/provider?{words}identifier=oai:x.org:a/b%20c:1"), HERE)
    assert (had(found).title, found.harvested) == ("Levels", "OAI-PMH")
    assert all("mode=oaipmh" in p for p, _ in server.asked) is ("mode" in words)


def test_an_address_with_an_identifier_that_is_no_repository_is_an_ordinary_one(server: Server) -> None:
    server.routes = {"/view": lambda h: give(h, DC, "text/xml")}
    assert source_of(server.url("/view?identifier=17"), HERE).harvested == "content negotiation"


@pytest.mark.parametrize("local", ["123", "path/with/slash", "123456789/42"])
def test_an_identifier_of_oai_pmh_is_asked_at_the_host_that_it_names(
    server: Server, monkeypatch: pytest.MonkeyPatch, local: str
) -> None:
    name = f"oai:data.example.org:{local}"
    server.routes = {"/server/oai/request": repository({name: {"oai_dc": DC}})}
    real, host = Web.get, server.url("")

    def get(web: Web, address: str, **more: Any) -> Got:
        assert address.startswith("https://data.example.org/")
        return real(web, address.replace("https://data.example.org", host), **more)

    monkeypatch.setattr(Web, "get", get)
    found = source_of(name, ("data.example.org", *HERE))
    assert (found.name, had(found).record_identifiers) == (name, (name,))


def test_an_identifier_of_oai_pmh_is_not_asked_without_leave() -> None:
    found = source_of("oai:zenodo.org:123", ())
    assert (found.document, found.remedy) == (
        None,
        "--allow-host zenodo.org, and the hosts it leads to; or give the record as a file",
    )


DELETED = '<header status="deleted"><identifier>oai:x:1</identifier><datestamp>2025-03-04</datestamp></header>'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error("idDoesNotExist", "No <b>such</b> thing".replace("<", "&lt;")), "no record of that identifier"),
        (error("cannotDisseminateFormat"), "not give the record in that format"),
        (error("badArgument", "metadataPrefix"), "does not take the question (badArgument: metadataPrefix)"),
        (error("a" * 5000, "b" * 5000), "it gives none"),
        (envelope(f"<GetRecord><record>{DELETED}</record></GetRecord>"), "oai:x:1 was deleted on 2025-03-04"),
        (identify(), "an answer of OAI-PMH without a record"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "entities"),
        ("<OAI-PMH", "not valid XML"),
        ("<a>" * 500 + "</a>" * 500, "nested too deeply"),
        ("{}", "not valid XML"),
    ],
)
def test_what_comes_in_place_of_a_record_is_told(server: Server, answer: str, said: str) -> None:
    server.routes = {"/oai": lambda h: give(h, answer, "text/xml")}
    found = source_of(server.url("/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:1"), HERE)
    assert found.document is None
    assert said in found.problem
    assert len(found.problem) <= 600
    with pytest.raises(FactUnavailable):
        record_of(answer.encode(), "record.xml")


def test_the_address_that_answered_is_asked_and_not_what_it_calls_its_own(server: Server) -> None:
    server.routes = {"/oai": repository({"oai:127.0.0.1:17": {"oai_dc": DC}}), "/a/17": lambda h: give(h, PAGE)}
    assert had(source_of(server.url("/a/17"), ("127.0.0.1", "*.example.org"))).title == "Levels"
    server.routes["/oai"] = lambda h: lead(h, "https://evil.test/oai")
    found = source_of(server.url("/a/17"), HERE)
    assert (found.document, "at none of the usual places" in found.problem) == (None, True)


def test_a_host_that_streams_for_ever_at_every_place_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "SHORT", 100_000)
    server.routes = dict.fromkeys((urlsplit(p).path for p in harvest.PLACES), flood(server))
    assert harvest.found_at(Web(HERE), server.url("")) is None
    assert len(server.asked) == len(harvest.PLACES)


def test_the_search_for_the_place_ends_in_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "SEARCH", -1.0)
    assert harvest.found_at(Web(HERE), server.url("")) is None
    assert server.asked == []


def outlives(source: Source) -> tuple[Outcome, str]:
    asked = Request(select=("RDA-A2-01M",))
    piece = judge(case_of(source), asked).assessment.results[0].evidence[0]
    return piece.outcome, piece.message


def test_what_an_agency_gave_outlives_the_data_and_what_a_repository_gave_does_not_by_that() -> None:
    def given(where: str, how: str, deleted: str = "") -> Source:
        return Source(name="levels", where=where, document=DC.encode(), harvested=how, deleted=deleted)

    agency = given("https://data.crosscite.org/10.1234/levels", "content negotiation")
    assert outlives(agency)[0] is Outcome.PASSED
    assert outlives(given("https://archive.example.org/levels", "content negotiation"))[0] is Outcome.UNKNOWN
    # A file that has the agency in its name came from nobody.
    assert outlives(given("https://data.crosscite.org/10.1234/levels", ""))[0] is Outcome.UNKNOWN
    for deleted in ("no", "transient", "persistent"):
        outcome, said = outlives(given("https://archive.example.org/oai", "OAI-PMH", deleted))
        assert (outcome, "deleted records" in said) == (Outcome.UNKNOWN, True)
