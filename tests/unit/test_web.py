"""What is asked, of whom, and how much is taken: against a server on this machine that also behaves badly."""

from __future__ import annotations

import gzip
import io
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assaymark.web import HOPS, Silent, WebAnswer, ask_web, host_of, is_allowed, is_private, only_to

HERE = ("127.0.0.1",)
Route = Callable[[Any], object]


class Server:
    """Answers by path; ``routes`` are functions of the handler, ``asked`` what came."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                try:
                    outer.routes.get(self.path.partition("?")[0], lambda h: h.send_error(404))(self)
                except OSError:
                    self.close_connection = True

            do_PUT = do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def drip(self, head: bytes) -> Route:
        def route(handler: Any) -> None:
            handler.wfile.write(head)
            while not self.ended.wait(0.05):
                handler.wfile.write(b"a")
                handler.wfile.flush()

        return route

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


def give(body: bytes, status: int = 200, **headers: str) -> Route:
    def route(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return route


def lead(to: str) -> Route:
    return give(b"moved", 302, Location=to, Set_Cookie="a=b")


def silence(*words: Any, **more: Any) -> str:
    with pytest.raises(Silent) as caught:
        ask_web(*words, **more)
    return caught.value.text


def test_an_answer_of_any_status(server: Server) -> None:
    server.routes = {"/x": give(b'{"a": 1}', 418, Content_Type="Application/JSON; charset=utf-8", Link="<b>")}
    came = ask_web(server.url("/x"), parameters={"q": "a b", "n": 2})
    assert came == WebAnswer(address=server.url("/x"), status=418, headers=came.headers, body=b'{"a": 1}')
    assert (came.media, came.headers["link"], came.document(), came.text) == (
        "application/json",
        "<b>",
        {"a": 1},
        '{"a": 1}',
    )
    assert server.asked[0][1] == "/x?q=a+b&n=2"


def test_nothing_is_sent_along(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    server.routes = {"/x": give(b"", Set_Cookie="a=b")}
    ask_web(server.url("/x"))
    ask_web(server.url("/x"), headers={"Accept": "text/html"})
    assert {name.lower() for _, _, headers, _ in server.asked for name in headers} == {
        *("host", "user-agent", "accept", "accept-encoding"),
    }
    assert [headers["Accept"] for _, _, headers, _ in server.asked] == ["*/*", "text/html"]


@pytest.mark.parametrize("body", [b"abc", io.BytesIO(b"abc")], ids=["bytes", "file"])
def test_a_body_is_sent(server: Server, body: Any) -> None:
    server.routes = {"/x": give(b"")}
    ask_web(server.url("/x"), method="PUT", body=body, longest=None)
    [(method, _, _, sent)] = server.asked
    assert (method, sent) == ("PUT", b"abc")


def test_a_redirection_is_the_answer_unless_it_may_be_followed(server: Server) -> None:
    server.routes = {"/a": lead("/b"), "/b": lead(server.url("/c")), "/c": give(b"here")}
    assert ask_web(server.url("/a")).status == 302
    server.asked.clear()
    came = ask_web(server.url("/a"), headers={"Authorization": "token t"}, follow=only_to(HERE))
    assert (came.address, came.body) == (server.url("/c"), b"here")
    assert [path for _, path, _, _ in server.asked] == ["/a", "/b", "/c"]
    # Neither the login nor a cookie goes on.
    assert [{"Authorization", "Cookie"} & set(headers) for _, _, headers, _ in server.asked] == [
        {"Authorization"},
        set(),
        set(),
    ]


def test_a_redirection_to_a_host_that_is_not_allowed_is_not_followed(server: Server) -> None:
    server.routes = {
        "/away": lead("http://data.example.org/x"),
        "/file": lead("file:///etc/passwd"),
        "/round": lead("/round"),
    }
    follow = only_to(HERE)
    assert silence(server.url("/away"), follow=follow) == "leads to data.example.org, which is not allowed"
    assert silence(server.url("/file"), follow=follow) == "leads to no web address, which is not allowed"
    server.asked.clear()
    assert f"more than {HOPS} times" in silence(server.url("/round"), follow=follow)
    assert len(server.asked) == HOPS + 1


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["line", "headers", "body"]
)
def test_a_server_that_gives_a_byte_now_and_then_is_left(server: Server, head: bytes) -> None:
    server.routes = {"/x": server.drip(head)}
    assert silence(server.url("/x"), longest=0.7) == "took too long"


def test_a_server_that_says_nothing_is_left(server: Server) -> None:
    server.routes = {"/x": lambda _: server.ended.wait(60)}
    started = time.monotonic()
    assert silence(server.url("/x"), quiet=0.3, longest=50) == "took too long"
    assert time.monotonic() - started < 40


def test_more_than_the_limit_is_not_taken(server: Server) -> None:
    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.ended.is_set():
            handler.wfile.write(b" " * 65_536)

    server.routes = {
        "/flood": flood,
        "/just": give(b"x" * 1_000),
        "/bomb": give(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
    }
    assert silence(server.url("/flood"), most=100_000) == "is larger than 100,000 bytes"
    assert silence(server.url("/bomb"), most=100_000) == "is larger than 100,000 bytes"
    assert len(ask_web(server.url("/flood"), most=1_000, whole=False).body) == 1_000
    assert len(ask_web(server.url("/just"), most=1_000).body) == 1_000


@pytest.mark.parametrize("headers", [{"Content_Length": "1000"}, {"Content_Length": "5", "Content_Encoding": "gzip"}])
def test_an_answer_that_breaks_off_is_none(server: Server, headers: dict[str, str]) -> None:
    server.routes = {"/x": give(b"not a", **headers)}
    assert silence(server.url("/x")).startswith(("broke off", "did not answer"))


def test_what_is_no_answer(server: Server) -> None:
    server.routes = {"/x": lambda h: h.wfile.write(b"SSH-2.0-OpenSSH\r\n")}
    assert silence(server.url("/x")).startswith("did not answer: ")
    assert silence("http://127.0.0.1:9/x").endswith("Connection refused")
    assert silence("http://[::1/x").startswith("did not answer")
    assert silence("file:///etc/passwd").startswith("did not answer")
    server.routes = {"/x": give(b"[" * 100_000)}
    with pytest.raises(Silent, match="not JSON"):
        ask_web(server.url("/x")).document()


def test_the_proxy_of_the_environment_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    server.routes = {"http://data.example.org/x": give(b"by proxy")}
    assert ask_web("http://data.example.org/x").body == b"by proxy"


def test_hosts_are_allowed_by_name_or_glob_only() -> None:
    assert is_allowed("https://doi.org/10.1234/a", ("doi.org",))
    assert is_allowed("https://a.example.org/", ("*.example.org",))
    assert not is_allowed("https://doi.org.example.com/", ("doi.org",))
    assert not is_allowed("https://example.com/doi.org", ("doi.org",))
    assert not is_allowed("https://user@doi.org:x@example.com/", ("doi.org",))
    assert not is_allowed("file:///etc/passwd", ("*",))
    assert not is_allowed("http://exa mple.org/", ("*",))


def test_the_host_of_an_address() -> None:
    assert host_of("HTTPS://Docs.Example.org:8443/x") == "docs.example.org"
    assert host_of("javascript:alert(1)") == ""
    assert host_of("http://[::1") == ""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *(("https://a.example", True), ("HTTPS://a.example", True), ("http://localhost:3/x", True)),
        *(
            ("http://[::1]:3/x", True),
            ("http://a.example", False),
            ("http://localhost.example", False),
            ("ftp://a", False),
        ),
    ],
)
def test_where_nobody_can_read_on_the_way(address: str, expected: bool) -> None:
    assert is_private(address) is expected
