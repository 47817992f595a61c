"""A release that a key of one's own signed: what holds, what each forgery breaks, and when it ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from releasing import SDIST

from assaymark.__main__ import main
from assaymark.badges import did, dsse, jose, keys, status, term
from assaymark.badges.award import Status
from assaymark.badges.keys import Key
from assaymark.badges.status import StatusList
from assaymark.badges.term import Term
from assaymark.badges.verify import Known as OwnKeys
from assaymark.errors import InputError
from assaymark.release import folder, sealed
from assaymark.release.verify import Known, chain

if TYPE_CHECKING:
    from github_fake import FakeGitHub

NOW = datetime.now(UTC).replace(microsecond=0)
LIST = "https://lab.example/status.jwt"


def new_key() -> Key:
    from joserfc.jwk import OKPKey

    return keys.signing_key(OKPKey.generate_key("Ed25519").as_pem(private=True).decode(), "test")


KEY = new_key()


def seal(key: Key = KEY) -> Callable[[bytes], str]:
    return partial(dsse.sign, key=key, kid=did.method(key.did, key))


def lasting(days: int, entry: Status | None = None) -> Callable[[datetime], Term]:
    return lambda since: Term(since, since + timedelta(days=days), entry)


@pytest.fixture
def signed(built: Path) -> Path:
    (built / folder.SEALED).write_text(sealed.signed(built, folder.read(built), seal(), lasting(30, Status(LIST, 7))))
    return built


def listed(*places: int, key: Key = KEY, address: str = LIST) -> bytes:
    given = StatusList(key.did, address, NOW - timedelta(days=1), NOW + timedelta(days=29), status.packed(places))
    return jose.sign(status.claims(given), key, did.method(key.did, key)).encode()


def said(place: Path, **more: Any) -> dict[str, str]:
    told: dict[str, Any] = {"now": NOW + timedelta(days=1), "issuers": (KEY.did,), "status_list": listed(3)}
    known = Known(own=OwnKeys(**told | more))
    return {a.about: str(a.says) for link in chain(place, "", known) if link.name == "signature" for a in link.answers}


def test_an_own_key_is_told_as_the_weaker_class(signed: Path) -> None:
    assert said(signed) == dict.fromkeys(
        ("signature", "vouched", "issuer", "in force", "not revoked", "envelope"), "yes"
    )
    (answer,) = (
        a.text for link in chain(signed, "", Known(own=OwnKeys(now=NOW))) for a in link.answers if a.about == "vouched"
    )
    assert "weaker than a workflow" in answer
    # Whoever asks for a workflow is not content with a key.
    links = chain(signed, "", Known(own=OwnKeys(now=NOW, issuers=(KEY.did,)), workflow="https://github.com/o/r/x.yml"))
    assert [str(a.says) for link in links for a in link.answers if a.about == "bundle"] == ["unknown"]


TIMES = {
    "before it begins": ({"now": NOW - timedelta(days=1)}, "in force", "no"),
    "on its last day": ({"now": NOW + timedelta(days=29, hours=23)}, "in force", "yes"),
    "after its end": ({"now": NOW + timedelta(days=31)}, "in force", "no"),
    "revoked": ({"status_list": listed(7)}, "not revoked", "no"),
    "without the list": ({"status_list": None}, "not revoked", "unknown"),
    "with the list of somebody else": ({"status_list": listed(key=new_key())}, "not revoked", "unknown"),
    "with a list from elsewhere": ({"status_list": listed(address=LIST + "x")}, "not revoked", "unknown"),
    "with a stale list": ({"now": NOW + timedelta(days=29, hours=12)}, "not revoked", "unknown"),
    "by somebody who is not trusted": ({"issuers": (new_key().did,)}, "issuer", "no"),
    "by somebody": ({"issuers": ()}, "issuer", "unknown"),
}


@pytest.mark.parametrize("name", TIMES)
def test_when_and_by_whom(name: str, signed: Path) -> None:
    more, about, says = TIMES[name]
    found = said(signed, **more)
    assert found[about] == says
    assert {a: s for a, s in found.items() if a not in (about, "not revoked")} == dict.fromkeys(
        {"signature", "vouched", "issuer", "in force", "envelope"} - {about}, "yes"
    )


def changed(place: Path, change: Callable[[dict[str, Any]], None], key: Key = KEY) -> None:
    """The statement with a change, signed again by the same key: what only its content can tell."""
    envelope = json.loads((place / folder.SEALED).read_text())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement)
    (place / folder.SEALED).write_text(seal(key)(json.dumps(statement).encode()))


def another_term(statement: dict[str, Any], **more: Any) -> None:
    statement["predicate"][term.MEMBER] |= more


FORGED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a file less": (lambda s: s["subject"].pop(), "envelope"),
    "a file more": (lambda s: s["subject"].append({"name": "x", "digest": {"sha256": "0" * 64}}), "envelope"),
    "another digest": (lambda s: s["subject"][0]["digest"].update(sha256="0" * 64), "envelope"),
    "another tag": (lambda s: s["predicate"]["buildDefinition"]["externalParameters"].update(tag="v9"), "envelope"),
    "another builder": (lambda s: s["predicate"]["runDetails"]["builder"].update(id="https://x.example"), "envelope"),
    "another kind": (lambda s: s.update(predicateType="https://slsa.dev/verification_summary/v1"), "envelope"),
    "a term without an end": (lambda s: s["predicate"][term.MEMBER].pop("validUntil"), "in force"),
    "a term with more": (lambda s: another_term(s, forever=True), "in force"),
    "a term of null": (lambda s: s["predicate"].update({term.MEMBER: None}), "in force"),
    "a status of null": (lambda s: another_term(s, credentialStatus=None), "in force"),
    "a status of another purpose": (lambda s: s["predicate"][term.MEMBER]["credentialStatus"].update(
        statusPurpose="suspension"), "in force"),
    "an end that is no time": (lambda s: another_term(s, validUntil="tomorrow"), "in force"),
}  # fmt: skip # a table of cases


@pytest.mark.parametrize("name", FORGED)
def test_what_is_signed_is_held_against_the_files(name: str, signed: Path) -> None:
    change, about = FORGED[name]
    changed(signed, change)
    assert said(signed)[about] == "no"


def test_a_payload_that_nobody_signed(signed: Path) -> None:
    envelope = json.loads((signed / folder.SEALED).read_text())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    another_term(statement, validUntil="2099-01-01T00:00:00Z")
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    (signed / folder.SEALED).write_text(json.dumps(envelope) + "\n")
    assert said(signed)["signature"] == "no"
    (signed / folder.SEALED).write_text("")
    assert said(signed)["signature"] == "no"


def test_a_file_that_was_changed_after_it_was_signed(signed: Path) -> None:
    (signed / SDIST).write_bytes(b"another")
    assert said(signed)["envelope"] == "no"
    with pytest.raises(InputError, match="another content"):
        sealed.signed(signed, folder.read(signed), seal())


def test_without_a_term_it_has_no_end(built: Path) -> None:
    (built / folder.SEALED).write_text(sealed.signed(built, folder.read(built), seal()))
    found = said(built, now=NOW + timedelta(days=36_500))
    assert found == dict.fromkeys(("signature", "vouched", "issuer", "envelope"), "yes")


def test_on_the_command_line(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(KEY.jwk.as_pem(private=True))
    pem.chmod(0o600)
    assert main(["release", "sign", str(built), "--key", str(pem), "--status-list", LIST, "--status-index", "7"]) == 2
    assert main(["release", "sign", str(built), "--key", str(pem), "--days", "30"]) == 0
    first = (built / folder.SEALED).read_bytes()
    assert main(["release", "sign", str(built), "--key", str(pem), "--days", "30"]) == 0
    assert (built / folder.SEALED).read_bytes() == first, "the same facts give the same bytes"
    assert main(["provenance", "check", str(built), "--issuer", KEY.did]) == 0
    capsys.readouterr()
    assert main(["release", "verify", str(built), "--issuer", KEY.did]) == 3
    assert "not everything could be found out: commit" in capsys.readouterr().err
    assert main(["release", "verify", str(built), "--issuer", new_key().did]) == 1
    assert "the chain is broken: signature" in capsys.readouterr().err
    assert main(["verify", str(built), "--issuer", KEY.did]) == 3
    assert "✓ release: signature" in capsys.readouterr().out
    (built / folder.STATEMENT).write_text("{}\n")
    assert main(["release", "sign", str(built), "--key", str(pem)]) == 2


@pytest.mark.service("github-openapi")
def test_it_is_published_with_the_rest(signed: Path, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    release = folder.read(signed)
    fake_github.state.git.tag(release.tag, release.commit)
    assert main(["release", "publish", str(signed)]) == 0
    [published] = fake_github.state.releases
    assert folder.SEALED in {a["name"] for a in published["assets"]}


def test_statements_of_an_assessment_end_as_well(built: Path, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(KEY.jwk.as_pem(private=True))
    pem.chmod(0o600)
    report = tmp_path / "report"
    report.mkdir()
    for name in ("assessment.json", "provenance.json"):
        (report / name).write_bytes((built / name).read_bytes())
    words = ["provenance", "export", str(report), "--output", str(report)]
    assert main([*words, "--days", "1"]) == 2
    assert main([*words, "--key", str(pem), "--status-list", LIST, "--status-index", "1"]) == 2
    assert main([*words, "--key", str(pem), "--days", "9"]) == 0
    content = (report / "statements.dsse.jsonl").read_bytes()
    from assaymark.badges import envelopes

    lines = envelopes.lines_of(content)
    for days, says in ((1, "yes"), (10, "no")):
        judged = envelopes.judge(lines, OwnKeys(now=NOW + timedelta(days=days), issuers=(KEY.did,)))
        assert str(judged.says) == says
        assert [a.about for a in judged.answers].count("in force") == 1, "told once for all of them"
    assert main(["provenance", "check", str(report), "--issuer", KEY.did]) == 0
    # The report's own statements say the same without a term.
    assert main(["verify", str(report), "--issuer", KEY.did]) == 3
