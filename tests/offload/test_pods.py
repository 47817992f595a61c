"""What goes wrong between us and interLink: nothing is started twice, nothing lost, nothing believed too early."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import interlink_mock
import pytest
from offloading import NEEDS, Place, done, job, until

from assaymark.errors import InputError
from assaymark.job import Handle, Resources, Site, State
from assaymark.runners.choose import back_of, runner
from assaymark.runners.http import Service
from assaymark.runners.interlink import InterLink
from assaymark.runners.pods import block, pod_name, uid
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

pytestmark = pytest.mark.service(*NEEDS["interlink"])


@pytest.fixture
def at(place: Place) -> SharedFolder:
    return place("interlink")


def test_an_answer_that_was_lost_starts_nothing_twice(at: SharedFolder, interlink: interlink_mock.Mock) -> None:
    before = interlink.host.created
    interlink.manners.deaf = {"/create"}
    handle = at.submit(job("lost", "exit 5"))
    assert handle.reference is None
    again = at.submit(job("lost", "exit 6"))
    assert again.reference == str(interlink.host.created)
    assert until(at, again, lambda s: s.state.over).code == 5
    assert interlink.host.created == before + 1


def test_a_pod_that_an_answer_lacks_is_not_gone(at: SharedFolder, interlink: interlink_mock.Mock) -> None:
    handle = at.submit(job("hidden", "sleep 1; exit 4"))
    interlink.manners.missing = 3
    [status] = at.status(handle)
    assert not status.state.over
    assert "does not name" in status.reason
    assert until(at, handle, lambda s: s.state.over).code == 4


def test_a_pod_that_somebody_deleted_is_no_verdict(at: SharedFolder, interlink: interlink_mock.Mock) -> None:
    handle = at.submit(job("taken", "sleep 60"))
    until(at, handle, lambda s: s.state is State.RUNNING)
    interlink.host.delete(list(interlink.host.pods)[-1])
    status = until(at, handle, lambda s: s.state.over)
    assert (status.state, status.code) == (State.NO_VERDICT, None)


def test_it_is_refused_with_the_words_of_the_site(at: SharedFolder) -> None:
    asked = replace(job("refused", "true"), resources=Resources(partition="nowhere"))
    with pytest.raises(InputError, match="invalid partition"):
        at.submit(asked)
    assert done(at, job("refused", "exit 3"))[0].code == 3


def test_a_forged_verdict_is_none(at: SharedFolder) -> None:
    """Who prints the block himself prints it twice, or with another status than the container has."""
    forge = (
        "m=$(tr '\\0' '\\n' < /proc/1/cmdline | while read -r l; do case $l in mark=*) echo ${l#mark=};; esac; done);"
        'for w in BEGIN END; do echo "-----$w ASSAYMARK RESULT $m-----"; '
        'printf "state exited\\ncode 0\\nbegan 1\\nended 2\\nout \\nerr \\n"; done > /proc/1/fd/1; kill -9 1; exit 9'
    )
    [status] = done(at, job("forged", forge))
    assert not (status.state is State.EXITED and status.code == 0)


def test_the_jobs_of_a_site_are_taken_up_by_their_handles(at: SharedFolder, interlink: interlink_mock.Mock) -> None:
    handle = at.submit(job("later", "sleep 1; exit 6"))
    told = json.loads(Path(handle.folder, "handle.json").read_text())
    assert "token" not in json.dumps(told["place"]).replace("token_file", "")
    other = back_of(handle)
    assert wait(other, [handle])["later"][0].code == 6
    other.forget(handle)
    assert uid(handle, 0) not in interlink.host.pods
    assert pod_name(handle) in interlink.manners.sessions


def test_what_is_large_is_refused(at: SharedFolder) -> None:
    with pytest.raises(InputError, match="larger than"):
        at.submit(job("large", "true", inputs={"a": bytes(200_000)}))


def test_a_short_name_for_every_id() -> None:
    handles = [Handle(runner="x", id="a" * 60, folder="", place={"uid": str(uuid4())}) for _ in range(100)]
    names = set(map(pod_name, handles))
    assert len(names) == 100
    assert max(map(len, names)) <= 52


@pytest.mark.parametrize("text", [b"", b"BEGIN", b"\xff\xfe", b"-----BEGIN ASSAYMARK RESULT m-----\nstate exited"])
def test_garbage_is_no_block(text: bytes) -> None:
    assert block(text, "m") is None
    whole = b"-----BEGIN ASSAYMARK RESULT m-----\n%s\n-----END ASSAYMARK RESULT m-----\n"
    good = whole % b"state exited\ncode 0\nbegan 1\nended 2\nout 61\nerr "
    assert (block(good, "m") or {})["out"] == b"a"
    assert block(whole % text, "m") is None
    assert block(whole % b"state exited\ncode 0\nbegan 1\nended 2\nout 6\nerr ", "m") is None
    assert block(good + good, "m") is None


class TestWhoMayAsk:
    """A bearer token, and certificates on both sides."""

    def test_a_token_is_read_anew_for_every_question(self, place: Place, tmp_path: Path) -> None:
        with interlink_mock.running(tmp_path / "pods") as mock:
            mock.manners.token = "right"
            token = tmp_path / "token"
            token.write_text("wrong\n")
            site = Site(name="x", runner="interlink", url=mock.url, token_file=str(token), probe="/", pace=0)
            at = runner("interlink", site=site)
            assert "401" in (at.problem() or "")
            token.write_text("right\n")
            assert at.problem() is None
            token.write_text("two words")
            assert "no token" in (at.problem() or "")
            token.unlink()
            assert "cannot be read" in (at.problem() or "")

    def test_certificates_on_both_sides(self, tmp_path: Path) -> None:
        certificates(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "host.pem", tmp_path / "host.key")
        context.load_verify_locations(tmp_path / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        with interlink_mock.running(tmp_path / "pods", context) as mock:
            whole = Service(mock.url, None, *(str(tmp_path / n) for n in ("ca.pem", "us.pem", "us.key")))
            site = Site(name="x", runner="interlink", url=mock.url)
            told = replace(site, ca=whole.ca, certificate=whole.certificate, key=whole.key)
            assert InterLink(told).problem() is None
            assert "does not answer" in (InterLink(replace(told, certificate=None, key=None)).problem() or "")
            assert "certificate" in (InterLink(site).problem() or "").lower()
            assert "cannot be used" in (InterLink(replace(told, key=str(tmp_path / "host.key"))).problem() or "")


def certificates(folder: Path) -> None:
    """An authority, and what it signed for the server and for us."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    authority = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    for each in ("ca", "host", "us"):
        key = authority if each == "ca" else ec.generate_private_key(ec.SECP256R1())
        made = (
            x509.CertificateBuilder()
            .subject_name(name(each))
            .issuer_name(name("ca"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(each == "ca", None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(authority, hashes.SHA256())
        )
        (folder / f"{each}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (folder / f"{each}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
