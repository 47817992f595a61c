from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from assaymark.errors import InputError
from assaymark.release.login import authorization, challenge, kept
from assaymark.release.oci import Name, Registry
from assaymark.release.web import WebProblem

LOGIN = base64.b64encode(b"ada:secret").decode()


class Tokens(BaseHTTPRequestHandler):
    """A registry and its token service in one: ``/token`` gives one, all else wants it."""

    gives: ClassVar[bytes] = b'{"token": "t0ken"}'
    status: ClassVar[int] = 200
    seen: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "")
        self.seen.append((self.path, sent))
        if self.path.startswith("/token"):
            self.answer(self.status, self.gives)
        elif sent == "Bearer t0ken":
            self.answer(200, b"{}")
        else:
            self.answer(401, b"", f'Bearer realm="http://{self.headers["Host"]}/token",service="it",scope="pull"')

    def answer(self, status: int, content: bytes, asks: str = "") -> None:
        self.send_response(status)
        if asks:
            self.send_header("WWW-Authenticate", asks)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Tokens, "seen", [])
    server = HTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("header", "scheme", "told"),
    [
        ('Basic realm="it, really"', "basic", {"realm": "it, really"}),
        (
            'Bearer realm="https://a/t",service="b c" , scope=d',
            "bearer",
            {"realm": "https://a/t", "service": "b c", "scope": "d"},
        ),
        (r'BEARER Realm="a\"b"', "bearer", {"realm": 'a"b'}),
        ("Basic", "basic", {}),
        ("", "", {}),
        ("=,=", "", {}),
    ],
)
def test_a_challenge_is_read(header: str, scheme: str, told: dict[str, str]) -> None:
    assert challenge(header) == (scheme, told)


def test_without_a_login_a_public_image_is_had_by_a_token(tokens: str, tmp_path: Path) -> None:
    there = Registry(Name(tokens, "lab/tool"), {"DOCKER_CONFIG": str(tmp_path)})
    assert there.manifest("1").content == b"{}"
    assert there.manifest("2").content == b"{}"
    manifest, token = "/v2/lab/tool/manifests/1", "/token?service=it&scope=pull"
    later = "/v2/lab/tool/manifests/2"
    assert Tokens.seen == [(manifest, ""), (token, ""), (manifest, "Bearer t0ken"), (later, "Bearer t0ken")]


def test_the_login_goes_to_the_service_of_tokens_only(tokens: str) -> None:
    login = {"REGISTRY_USERNAME": "ada", "REGISTRY_PASSWORD": "secret"}
    Registry(Name(tokens, "lab/tool"), login).manifest("1")
    assert [sent for path, sent in Tokens.seen if path.startswith("/token")] == [f"Basic {LOGIN}"]
    assert {sent for path, sent in Tokens.seen if not path.startswith("/token")} == {"", "Bearer t0ken"}


@pytest.mark.parametrize("gives", [b"", b"[]", b'{"token": 3}', b'{"token": "a\\nb"}', b"[" * 100_000])
def test_a_service_without_a_token(tokens: str, monkeypatch: pytest.MonkeyPatch, gives: bytes) -> None:
    monkeypatch.setattr(Tokens, "gives", gives)
    with pytest.raises(WebProblem, match="no token"):
        authorization(f'Bearer realm="http://{tokens}/token"', "it", "")


def test_a_wrong_login_is_told(tokens: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tokens, "status", 401)
    with pytest.raises(InputError, match="wants a login"):
        authorization(f'Bearer realm="http://{tokens}/token"', "it", LOGIN)


@pytest.mark.parametrize("asked", ["", "Negotiate", "Bearer", 'Basic realm="it"'])
def test_what_only_a_login_could_answer(asked: str) -> None:
    with pytest.raises(InputError, match="wants a login"):
        authorization(asked, "it", "")


def test_no_token_is_asked_for_where_it_could_be_read() -> None:
    with pytest.raises(InputError, match="https"):
        authorization('Bearer realm="http://example.org/token"', "it", LOGIN)


def configured(folder: Path, told: object) -> dict[str, str]:
    (folder / "config.json").write_text(told if isinstance(told, str) else json.dumps(told))
    return {"DOCKER_CONFIG": str(folder)}


def test_the_login_of_docker_is_taken(tmp_path: Path) -> None:
    environment = configured(
        tmp_path, {"auths": {"it": {"auth": LOGIN}, "https://index.docker.io/v1/": {"auth": "aHVi"}}}
    )
    assert kept("it", environment) == LOGIN
    assert kept("docker.io", environment) == "aHVi"
    assert kept("other", environment) == ""
    assert kept("it", {**environment, "REGISTRY_USERNAME": "b", "REGISTRY_PASSWORD": "c"}) == "Yjpj"


def test_the_helper_of_docker_is_asked(tmp_path: Path) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text('#!/bin/sh\nread host\n[ "$host" = it ] && echo \'{"Username": "ada", "Secret": "secret"}\'\n')
    helper.chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for told in ({"credsStore": "mine"}, {"credHelpers": {"it": "mine"}, "auths": {"it": {}}}):
        environment = configured(tmp_path, told) | path
        assert kept("it", environment) == LOGIN
        assert kept("other", environment) == ""
    assert kept("it", configured(tmp_path, {"credsStore": "../mine"}) | path) == ""
    assert kept("it", configured(tmp_path, {"credsStore": "absent"}) | path) == ""


@pytest.mark.parametrize("told", ["{", "[" * 100_000])
def test_an_unreadable_configuration_is_told(tmp_path: Path, told: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        kept("it", configured(tmp_path, told))


@pytest.mark.parametrize("told", [[], {"auths": []}, {"auths": {"it": 3}}, {"credsStore": 3}])
def test_a_strange_configuration_holds_no_login(tmp_path: Path, told: object) -> None:
    assert kept("it", configured(tmp_path, told)) == ""
