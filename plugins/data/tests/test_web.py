"""Resolving identifiers, against a server on this machine that also hangs, drips, streams for ever and leads away."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from test_readers import DATACITE, DC, DCAT_TURTLE, SCHEMA_ORG

from assaymark.api import Outcome
from assaymark.case import Request, judge
from assaymark_data.command import case_of, source_of
from assaymark_data.reading import record_of
from assaymark_data.web import Web

HERE = ("127.0.0.1",)
PAGE = b"<!DOCTYPE html><html><head></head><body>Levels</body></html>"


class Server:
    """Answers by path; ``routes`` are functions of the handler."""

    def __init__(self) -> None:
        self.routes: dict[str, Callable[[Any], object]] = {}
        self.asked: list[tuple[str, str]] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                outer.asked.append((self.path, self.headers.get("Accept", "")))
                route = outer.routes.get(path)
                try:
                    if route:
                        route(self)
                    else:
                        self.send_error(404)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server: socketserver.BaseServer = Quiet(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def close(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


def give(handler: Any, body: bytes | str, media: str = "text/html", **headers: str) -> None:
    data = body.encode() if isinstance(body, str) else body
    handler.send_response(200)
    handler.send_header("Content-Type", media)
    handler.send_header("Content-Length", str(len(data)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def lead(handler: Any, to: str) -> None:
    handler.send_response(302)
    handler.send_header("Location", to)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def record_at(server: Server, path: str = "/levels") -> Any:
    found = source_of(server.url(path), HERE)
    assert found.document is not None, found.problem
    return found, record_of(found.document, found.where)


def test_content_negotiation_gives_the_record(server: Server) -> None:
    def negotiate(handler: Any) -> None:
        if "datacite+json" in handler.headers["Accept"]:
            give(handler, json.dumps(DATACITE), "application/vnd.datacite.datacite+json")
        else:
            give(handler, PAGE)

    server.routes = {"/doi": lambda h: lead(h, "/levels"), "/levels": negotiate}
    found, record = record_at(server, "/doi")
    assert (record.title, found.harvested) == ("Levels", "content negotiation")


def test_linked_data_are_negotiated_when_there_is_no_datacite(server: Server) -> None:
    def negotiate(handler: Any) -> None:
        if "ld+json" in handler.headers["Accept"]:
            give(handler, json.dumps(SCHEMA_ORG), "application/ld+json")
        else:
            give(handler, PAGE)

    server.routes = {"/levels": negotiate}
    assert record_at(server)[1].format == "schema.org JSON-LD"


def test_metadata_in_the_page_are_found(server: Server) -> None:
    page = f"<!DOCTYPE html><html><script type='application/ld+json'>{json.dumps(SCHEMA_ORG)}</script></html>"
    server.routes = {"/levels": lambda h: give(h, page)}
    found, record = record_at(server)
    assert (record.title, found.harvested) == ("Levels", "metadata in the page")


@pytest.mark.parametrize("where", ["header", "page"])
def test_signposting_leads_to_the_record(server: Server, where: str) -> None:
    link = '</item>; rel="item", </about.xml>; rel="describedby"; type="application/xml"'
    tag = b"<!DOCTYPE html><html><head><link rel='describedby' type='application/xml' href='/about.xml'></head></html>"
    server.routes = {
        "/levels": (lambda h: give(h, PAGE, Link=link)) if where == "header" else (lambda h: give(h, tag)),
        "/about.xml": lambda h: give(h, DC, "application/xml"),
    }
    found, record = record_at(server)
    assert (record.format, found.harvested) == ("Dublin Core", "Signposting")


def test_a_described_record_may_be_turtle_under_a_name_that_says_so(server: Server) -> None:
    tag = b"<!DOCTYPE html><html><head><link rel='describedby' type='text/turtle' href='/about.ttl'></head></html>"
    server.routes = {
        "/levels": lambda h: give(h, tag),
        "/about.ttl": lambda h: give(h, DCAT_TURTLE, "text/turtle"),
    }
    assert record_at(server)[1].format == "DCAT"


def test_without_leave_nothing_is_asked_and_everything_is_unknown(server: Server) -> None:
    server.routes = {"/levels": lambda h: give(h, json.dumps(DATACITE), "application/json")}
    found = judge(case_of(source_of(server.url("/levels"))), Request()).assessment
    assert server.asked == []
    assert {r.outcome for r in found.results} == {Outcome.UNKNOWN}
    assert "--allow-host 127.0.0.1" in (found.results[0].evidence[0].remedy or "")


def test_a_record_on_disk_asks_nothing_without_leave(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "schema.jsonld"
    document = SCHEMA_ORG | {"schema:identifier": server.url("/levels")}
    place.write_text(json.dumps(document), encoding="utf-8")
    server.routes = {"/levels": lambda h: give(h, PAGE)}
    first = judge(case_of(source_of(str(place))), Request(select=("RDA-A1-02M",))).assessment
    assert (first.results[0].outcome, server.asked) == (Outcome.UNKNOWN, [])


def test_what_the_addresses_of_a_record_answer_decides_its_access(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "schema.jsonld"
    document = {
        **SCHEMA_ORG,
        "schema:identifier": server.url("/levels").replace("127.0.0.1", "data.example.org"),
        "schema:distribution": {"schema:contentUrl": server.url("/levels.csv")},
    }
    place.write_text(json.dumps(document), encoding="utf-8")
    server.routes = {"/levels.csv": lambda h: give(h, b"a,b\n1,2\n", "text/csv")}
    ids = ("RDA-A1-02M", "RDA-A1-03D", "RDA-A1-05D")
    asked = Request(select=ids, options={"allow_hosts": HERE})
    found = {r.definition.id: r.outcome for r in judge(case_of(source_of(str(place))), asked).assessment.results}
    # The host of the page was not allowed, that of the data was.
    assert found == {"RDA-A1-02M": Outcome.UNKNOWN, "RDA-A1-03D": Outcome.PASSED, "RDA-A1-05D": Outcome.PASSED}


def hang(server: Server) -> Callable[[Any], object]:
    return lambda h: server.ended.wait(60)


def drip(server: Server) -> Callable[[Any], object]:
    def route(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        while not server.ended.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return route


def flood(server: Server) -> Callable[[Any], object]:
    def route(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.ended.is_set():
            handler.wfile.write(b" " * 65_536)

    return route


@pytest.mark.parametrize("bad", [hang, drip])
def test_a_server_that_does_not_come_to_an_end_is_left(server: Server, bad: Callable[[Server], Any]) -> None:
    server.routes = {"/levels": bad(server)}
    started = time.monotonic()
    got = Web(HERE, seconds=1.0).get(server.url("/levels"))
    assert (got.status, got.body) == (0, b"")
    assert "took too long" in got.problem or "did not answer" in got.problem
    assert time.monotonic() - started < 30


def test_a_stream_without_end_is_cut_off_at_the_limit(server: Server) -> None:
    server.routes = {"/levels": flood(server)}
    got = Web(HERE).get(server.url("/levels"), most=1_000_000)
    assert got.status == 0
    assert "larger than 1,000,000 bytes" in got.problem
    some = Web(HERE).get(server.url("/levels"), most=1_000, whole=False)
    assert (some.status, len(some.body)) == (200, 1_000)


def test_a_redirect_to_a_host_that_is_not_allowed_is_not_followed(server: Server) -> None:
    server.routes = {"/away": lambda h: lead(h, "http://data.example.org/levels")}
    assert "leads to data.example.org, which is not allowed" in Web(HERE).get(server.url("/away")).problem
    assert source_of(server.url("/away"), HERE).document is None


def test_an_answer_that_breaks_off_is_none(server: Server) -> None:
    def broken(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{}")

    server.routes = {"/levels": broken}
    got = Web(HERE).get(server.url("/levels"))
    assert (got.status, bool(got.problem)) == (0, True)


def test_requests_are_counted(server: Server) -> None:
    server.routes = {"/levels": lambda h: give(h, b"{}")}
    web = Web(HERE)
    said = [web.get(server.url("/levels")).problem for _ in range(45)]
    assert said[39] == ""
    assert "more than 40 requests" in said[40]
