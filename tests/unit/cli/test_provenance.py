"""The verb: what it writes, what it refuses, and its exit status."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from assaymark.__main__ import main
from assaymark.badges.keys import signing_key


@pytest.fixture
def assessed(checkout: Path, tmp_path: Path) -> Path:
    """The assessment of the snapshots, in a folder."""
    (tmp_path / "assessment.json").write_bytes((checkout / "tests" / "snapshots" / "bronze.json").read_bytes())
    return tmp_path


def test_export_writes_a_folder_that_check_finds_sound(assessed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provenance", "export", str(assessed), "--output", str(assessed / "prov")]) == 0
    written = {path.name for path in (assessed / "prov").rglob("*") if path.is_file()}
    assert {"provenance.json", "ro-crate-metadata.json", "statements.intoto.jsonl", "svr.json", "index.json"} <= written
    assert main(["provenance", "check", str(assessed / "prov" / "provenance.json")]) == 0
    assert "sound" in capsys.readouterr().err


def test_one_document_goes_to_standard_output(assessed: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["provenance", "export", str(assessed), "--format", "everse"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["@type"] == "SoftwareQualityAssessment"


def test_a_validation_is_exported_from_the_record_it_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.cwl").write_text("cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: [\n")
    out = tmp_path / "out"
    assert main(["validate", str(tmp_path / "a.cwl"), "--output", str(out)]) in (1, 3)
    assert main(["provenance", "export", str(out), "--output", str(out / "prov")]) == 0
    assert (out / "prov" / "provenance.json").read_bytes() == (out / "provenance.json").read_bytes()
    crate = json.loads((out / "prov" / "ro-crate-metadata.json").read_text())
    assert {"@id": "validation.json"} in crate["@graph"][1]["hasPart"]
    assert main(["provenance", "graph", str(out), "--output", str(out / "flow.svg")]) == 0
    capsys.readouterr()
    (out / "validation.json").write_text('{"files": []}')
    assert main(["provenance", "export", str(out)]) == 2
    assert "tells of another validation.json" in capsys.readouterr().err


def test_a_folder_without_report_and_record_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provenance", "export", str(tmp_path)]) == 2
    assert "neither assessment.json nor provenance.json" in capsys.readouterr().err


def test_an_upstream_document_is_linked_by_its_digest(
    assessed: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    upstream = assessed / "prov_train_GR0_0.json"
    upstream.write_text("{}")
    assert main(["provenance", "export", str(assessed), "--input", str(upstream)]) == 0
    entities = json.loads(capsysbinary.readouterr().out)["entity"]
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert entities[f"sha256:{digest}"]["am:kind"] == "upstream"


def test_a_broken_document_is_exit_1_with_every_violation(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    broken = tmp_path / "x.json"
    broken.write_text(
        '{"prefix": {"ex": "http://e/"}, "entity": {"ex:a": {}}, "activity": {"ex:a": {}}, "used": {"ex:u": {}}}'
    )
    assert main(["provenance", "check", str(broken)]) == 1
    told = capsysbinary.readouterr()
    assert told.out.count(b"\n") == 2
    assert b"[55]" in told.out
    assert b"2 constraints are broken" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ["export", "{}", "--format", "prof"],
        ["export", "{}", "--format", "prov,crate"],
        ["export", "{}/absent.json"],
        ["check", "{}/absent.json"],
        ["check", "{}/text"],
    ],
)
def test_wrong_input_is_exit_2(assessed: Path, words: list[str]) -> None:
    (assessed / "text").write_text("[" * 100_000)
    assert main(["provenance", *(word.replace("{}", str(assessed)) for word in words)]) == 2


def test_nothing_is_written_when_a_secret_would_be(assessed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = assessed / "assessment.json"
    place.write_text(place.read_text().replace("README.md covers", "canary-value-42 covers"))
    monkeypatch.setenv("DEPLOY_TOKEN", "canary-value-42")
    assert main(["provenance", "export", str(assessed), "--output", str(assessed / "prov")]) == 2
    assert not (assessed / "prov").exists()


WAYS = {
    "graph": ["graph", "{}"],
    "a history as JSON": ["history", "{}/assessment.json", "--format", "json"],
    "a history as PROV": ["history", "{}/assessment.json", "--format", "prov"],
    "a history for readers of yProv4SQA": ["history", "{}/assessment.json", "--format", "yprov4sqa"],
    "a picture of the history": ["history", "{}/assessment.json", "--format", "svg"],
    "a history in words": ["history", "{}/assessment.json"],
    "import": ["import", "{}/upstream.json"],
    "export": ["export", "{}"],
}


@pytest.mark.parametrize("way", WAYS)
def test_whichever_way_it_leaves_it_is_searched_first(
    way: str, assessed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads((assessed / "assessment.json").read_text())
    commit = value["subject"]["commit"]
    upstream = {"prefix": {"ex": "http://e/"}, "entity": {"ex:a": {"ex:commit": commit}}}
    (assessed / "upstream.json").write_text(json.dumps(upstream))
    words = ["provenance", *(word.replace("{}", str(assessed)) for word in WAYS[way])]
    place = assessed / "written"
    assert main([*words, *([] if way == "export" else ["--output", str(place)])]) == 0
    place.unlink(missing_ok=True)
    capsys.readouterr()
    # Whatever of it is drawn: the start of the commit is there.
    monkeypatch.setenv("DEPLOY_TOKEN", commit[:10])
    for more in [[], ["--output", str(place)]]:
        assert main([*words, *more]) == 2
        told = capsys.readouterr()
        assert "not written: it would tell the value of DEPLOY_TOKEN" in told.err
        assert commit[:10] not in told.out + told.err
    assert not place.exists()


@pytest.mark.parametrize("text", ["[]", "3", "{}", '{"prefix": []}'])
def test_what_is_no_document_is_not_pushed(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(text)
    assert main(["provenance", "push", str(tmp_path / "x.json"), "--url", "http://127.0.0.1:9"]) == 2
    assert "no PROV-JSON document" in capsys.readouterr().err


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key as openssl makes it, in a file that only its owner reads."""
    private = ed25519.Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "key.pem"
    file.write_bytes(private.private_bytes(*form))
    file.chmod(0o600)
    return file


def issuer_of(key: Path) -> str:
    return signing_key(key.read_text(), "test").did


def test_statements_are_signed_with_an_own_key_and_checked(
    assessed: Path, key: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    out = assessed / "prov"
    assert main(["provenance", "export", str(assessed), "--output", str(out), "--key", str(key)]) == 0
    sealed = out / "statements.dsse.jsonl"
    bare = (out / "statements.intoto.jsonl").read_bytes().splitlines()
    envelopes = [json.loads(line) for line in sealed.read_bytes().splitlines()]
    assert [base64.b64decode(e["payload"]) for e in envelopes] == bare
    assert len(bare) == 3
    index = json.loads((out / "index.json").read_text())["files"]
    assert {"statements.dsse.jsonl", "statements.intoto.jsonl"} <= {entry["path"] for entry in index}
    capsysbinary.readouterr()
    check = ["provenance", "check", str(sealed)]
    assert main([*check, "--issuer", issuer_of(key)]) == 0
    told = capsysbinary.readouterr().out
    assert b"own key: whoever has it says so; weaker than a workflow" in told
    assert b"attestation/svr/v0.2 about assessment.json" in told
    assert main(check) == 3
    assert main([*check, "--issuer", "did:key:zOther"]) == 1
    assert b"issuer" in capsysbinary.readouterr().err
    single = assessed / "one.json"
    single.write_text(json.dumps(envelopes[0] | {"signatures": []}, indent=1))
    assert main(["provenance", "check", str(single), "--issuer", issuer_of(key)]) == 1
    assert b"it is not signed" in capsysbinary.readouterr().out


def test_the_same_key_gives_the_same_bytes(assessed: Path, key: Path) -> None:
    made = []
    for name in ("a", "b"):
        words = ["provenance", "export", str(assessed), "--output", str(assessed / name), "--key", str(key)]
        assert main(words) == 0
        made.append((assessed / name / "statements.dsse.jsonl").read_bytes())
    assert made[0] == made[1]


def test_a_key_that_lies_around_signs_only_when_asked(
    assessed: Path, key: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["provenance", "export", str(assessed), "--output", str(assessed / "prov")]
    sealed = assessed / "prov" / "statements.dsse.jsonl"
    assert main([*words, "--sign"]) == 2
    assert "there is no key to sign with" in capsys.readouterr().err
    monkeypatch.setenv("ASSAYMARK_SIGNING_KEY", key.read_text())
    assert main(words) == 0
    assert not sealed.exists()
    assert main([*words, "--issuer", "did:web:issuer.example"]) == 2
    assert main([*words, "--format", "prov", "--sign"]) == 2
    assert "no in-toto statement" in capsys.readouterr().err
    assert main([*words, "--sign", "--issuer", "did:web:issuer.example"]) == 0
    assert b"did:web:issuer.example#z" in sealed.read_bytes()


def test_the_document_of_a_site_is_brought_along(
    assessed: Path, key: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    site = ["--issuer", "did:web:issuer.example"]
    words = ["provenance", "export", str(assessed), "--output", str(assessed / "prov")]
    assert main([*words, "--key", str(key), *site]) == 0
    capsysbinary.readouterr()
    assert main(["badge", "did", "--key", str(key), *site]) == 0
    (assessed / "did.json").write_bytes(capsysbinary.readouterr().out)
    check = ["provenance", "check", str(assessed / "prov" / "statements.dsse.jsonl"), *site]
    assert main(check) == 3
    assert main([*check, "--identity", str(assessed / "did.json")]) == 0
