"""Over real TLS on this machine: what is asked, of whom, and how much is taken."""

from __future__ import annotations

import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assaymark.badges import fetch as module
from assaymark.badges.fetch import NotFetched, fetch


class Site(http.server.BaseHTTPRequestHandler):
    """Answers by path and notes what was asked."""

    asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012 one list for all requests

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "https://evil.example/did.json")
            self.end_headers()
        elif self.path == "/absent":
            self.send_error(404)
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b" " * (module.LIMIT + 10))
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"not all")
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"id": "did:web:here"}')

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "site.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return file


@pytest.fixture
def host(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site that the system is made to trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    Site.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_what_an_allowed_host_answers(host: str) -> None:
    assert fetch(f"https://{host}/badges/did.json#key", [host]) == b'{"id": "did:web:here"}'
    path, headers = Site.asked[0]
    assert path == "/badges/did.json"
    assert {"Authorization", "Cookie"} & set(headers) == set()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/moved", "answered 302"),
        ("/absent", "answered 404"),
        ("/large", "larger than 2,000,000 bytes"),
        ("/short", "broke off"),
    ],
)
def test_any_other_answer_is_none(path: str, message: str, host: str) -> None:
    with pytest.raises(NotFetched, match=message):
        fetch(f"https://{host}{path}", [host])
    assert [asked for asked, _ in Site.asked] == [path], "nothing is followed"


def test_a_certificate_that_nobody_vouches_for(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotFetched, match="certificate verify failed"):
        fetch(f"https://{host}/x", [host])


def test_a_host_that_is_not_there() -> None:
    with pytest.raises(NotFetched, match=r"did not answer: .*Connection refused"):
        fetch("https://127.0.0.1:9/x", ["127.0.0.1:9"])


@pytest.mark.parametrize(
    "url",
    [
        *("http://h.example/x", "file:///etc/passwd", "https://u:p@h.example/x", "https://h.example:99999999/x"),
        *("https://h.example/x y", "https://h.example/x\r\nHost: evil", "https://h.example\\@evil.example/", ""),
        *("https://h.example/?q=1", "https://H.example/x", "https://h.example/" + "x" * 3_000),
    ],
)
def test_an_address_of_another_form_is_not_asked_for(url: str) -> None:
    with pytest.raises(NotFetched, match="not a plain https address"):
        fetch(url, ["h.example", "evil.example"])


def test_a_host_that_was_not_allowed_is_not_asked() -> None:
    with pytest.raises(NotFetched, match=r"--allow-host a\.example"):
        fetch("https://a.example/x", ["example", "b.example"])
