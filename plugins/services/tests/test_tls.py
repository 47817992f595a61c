"""What is seen of TLS: each broken thing is told, and what could not be tried is not passed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tides_service import Authority, Behaviour, Project, Service, served

from assaymark.model import Outcome, SubcriterionResult
from assaymark_services import hello
from assaymark_services.client import Budget, Client
from assaymark_services.targets import parse
from assaymark_services.tls import Offered, examine

FAILED, PASSED, UNKNOWN = Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN


def judged(authority: Authority, folder: Path, files: tuple[Path, Path], **more: Any) -> dict[str, SubcriterionResult]:
    """The verdicts about security on a service with these files of a certificate."""
    service = Service(Behaviour())
    with served(service.app(), files) as port:
        project = Project(folder / "project", service, f"https://127.0.0.1:{port}", authority.file)
        project.only()
        project.attested = ()
        project.permitted |= more
        return project.results("SvcQC.Sec01", "SvcQC.Sec04.1", "SVC.Web")


def test_a_certificate_that_ends_soon(authority: Authority, tmp_path: Path, tokens: None) -> None:
    found = judged(authority, tmp_path, authority.issued("soon", days=5))
    assert found["SVC.Web04"].outcome is FAILED
    assert found["SvcQC.Sec04.1"].outcome is PASSED


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"days": -1, "before": 9}, "expired"),
        ({"days": 40, "before": -20}, "not yet valid"),
        ({"host": "127.0.0.2"}, "mismatch"),
        ({"host": "tides.example.org"}, "mismatch"),
    ],
)
def test_a_certificate_that_nobody_should_trust(
    how: dict[str, Any], said: str, authority: Authority, tmp_path: Path, tokens: None
) -> None:
    found = judged(authority, tmp_path, authority.issued("wrong", **how))
    assert found["SvcQC.Sec04.1"].outcome is FAILED
    assert said in found["SvcQC.Sec04.1"].evidence[0].message
    # It was seen that TLS is spoken; nothing was asked over a connection that cannot be trusted.
    assert found["SvcQC.Sec01"].outcome is PASSED
    assert {found[f"SVC.Web0{n}"].outcome for n in (1, 2, 3, 4)} == {UNKNOWN}


def test_an_authority_that_nobody_named(authority: Authority, tmp_path: Path, tokens: None) -> None:
    found = judged(authority, tmp_path, authority.issued("own"), ca=None)
    assert found["SvcQC.Sec04.1"].outcome is FAILED
    assert "issuer" in found["SvcQC.Sec04.1"].evidence[0].message


@contextmanager
def speaking(context: ssl.SSLContext | None, first: bytes = b"") -> Iterator[int]:
    """A server that shakes hands (or only says something) and hangs up."""
    given = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                link, _ = given.accept()
            except OSError:
                return
            link.settimeout(20)
            try:
                if context is None:
                    link.sendall(first)
                else:
                    link = context.wrap_socket(link, server_side=True)
            except OSError:
                pass
            finally:
                link.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield given.getsockname()[1]
    finally:
        over.set()
        given.shutdown(socket.SHUT_RDWR)
        given.close()
        thread.join(30)


def client(authority: Authority, timeout: float = 20.0) -> Client:
    return Client(budget=Budget(100, 60), ca=str(authority.file), timeout=timeout)


def context_of(files: tuple[Path, Path], ciphers: str, oldest: ssl.TLSVersion) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(*files)
    found.set_ciphers(ciphers)
    found.minimum_version = oldest
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("ciphers", "oldest", "weak"),
    [
        ("DEFAULT", ssl.TLSVersion.TLSv1_2, ["no forward secrecy"]),
        ("ECDHE+AESGCM", ssl.TLSVersion.TLSv1_2, []),
        ("aNULL:ECDHE+AESGCM:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2, ["no authentication"]),
        ("eNULL:!aNULL:ECDHE+AESGCM:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2, ["no encryption"]),
        ("ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1, ["no authentication", "no forward secrecy", "TLS 1.0", "TLS 1.1"]),
    ],
)
def test_old_versions_and_weak_ciphers_are_seen(
    ciphers: str, oldest: ssl.TLSVersion, weak: list[str], authority: Authority
) -> None:
    files = authority.issued("rsa", rsa=True)
    with speaking(context_of(files, ciphers, oldest)) as port:
        found = examine(client(authority), parse(f"https://127.0.0.1:{port}"))
    assert found.versions["TLS 1.2"] is found.versions["TLS 1.3"] is Offered.YES
    tried = {**found.weak, **{v: found.versions[v] for v in ("SSL 3.0", "TLS 1.0", "TLS 1.1")}}
    assert sorted(n for n, o in tried.items() if o is Offered.YES) == sorted(weak)
    assert {o for n, o in tried.items() if n not in weak} == {Offered.NO}
    assert found.certificate == ""
    assert found.until is not None
    assert found.until.date() > date.today()


@pytest.mark.parametrize("first", [b"", b"220 mail.example.org ready\r\n", b"\x16\x03\x03\x00\x05\x02", b"\x00" * 9000])
def test_what_is_no_tls_is_not_encrypted(first: bytes, authority: Authority) -> None:
    with speaking(None, first) as port:
        found = examine(client(authority), parse(f"https://127.0.0.1:{port}"))
    assert Offered.YES not in found.versions.values()
    assert found.problem


def test_a_service_that_says_nothing_was_not_tried(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = examine(client(authority, timeout=0.3), parse(f"https://127.0.0.1:{silent.getsockname()[1]}"))
    assert set(found.versions.values()) == {Offered.UNTRIED}


@given(st.binary(max_size=120))
def test_no_reply_of_a_server_is_a_crash(data: bytes) -> None:
    try:
        found = hello.reply(data)
    except ValueError:
        return
    assert found is None or (0 <= found.version < 65_536 and 0 <= found.cipher < 65_536)
