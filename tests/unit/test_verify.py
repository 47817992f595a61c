"""The chain: whole it holds, and with one broken link it says which."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from assaymark.__main__ import main
from assaymark.badges.keys import signing_key

FILES = {"README.md": "# T\n\nA tool.\n", "t.py": "X = 1\n"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository and the reports on it."""
    folder = tmp_path_factory.mktemp("made")
    root = folder / "project"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b.c", *words], check=True)
    report = folder / "report"
    assert main(["assess", str(root), "--no-tools", "--quiet", "--output", str(report)]) == 0
    before = (report / "provenance.json").read_bytes()
    assert main(["provenance", "export", str(report), "--output", str(report)]) == 0
    assert (report / "provenance.json").read_bytes() == before
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The repository and the reports, to be changed at will."""
    for name in ("project", "report"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "project", tmp_path / "report"


def look(place: tuple[Path, Path], capsysbinary: pytest.CaptureFixture[bytes]) -> tuple[int, dict[str, str], str]:
    root, report = place
    capsysbinary.readouterr()
    status = main(["verify", str(report), "--repository", str(root), "--format", "json"])
    told = capsysbinary.readouterr().out.decode()
    return status, {link["name"]: link["says"] for link in json.loads(told)["links"]}, told


def test_a_whole_chain_leaves_only_the_signature_open(
    place: tuple[Path, Path], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    status, says, _ = look(place, capsysbinary)
    assert status == 3
    assert says == {"badge": "unknown", "report": "yes", "provenance": "yes", "subject": "yes"}


def settings(root: Path, report: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> tuple[str, str]:
    told = json.loads(look((root, report), capsysbinary)[2])["links"][3]["answers"]
    return next((a["says"], a["text"]) for a in told if a["about"] == "settings")


def test_settings_that_bear_on_the_verdict_are_told(
    place: tuple[Path, Path], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, report = place
    assert settings(root, report, capsysbinary) == ("yes", "none of the repository's own bears on the verdict")
    (root / ".assaymark.toml").write_text('profile = "assaymark"\nexclude = ["**"]\n[policy.docs]\nuser = false\n')
    for words in (["add", "."], ["commit", "-q", "-m", "Look away"]):
        subprocess.run(["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b.c", *words], check=True)
    assert main(["assess", str(root), "--no-tools", "--quiet", "--output", str(report)]) == 0
    says, text = settings(root, report, capsysbinary)
    assert says == "yes"
    assert text.endswith(": exclude, policy.docs")


def test_settings_that_the_commit_does_not_have_leave_it_open(
    place: tuple[Path, Path], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, report = place
    (tmp_path / "mild.toml").write_text('exclude = ["**"]\n')
    words = ["assess", str(root), "--config", str(tmp_path / "mild.toml"), "--no-tools", "--quiet"]
    assert main([*words, "--output", str(report)]) == 0
    assert settings(root, report, capsysbinary)[0] == "unknown"


def edit(name: str, old: str, new: str) -> Callable[[Path, Path], None]:
    def change(root: Path, report: Path) -> None:
        text = (report / name).read_text()
        assert old in text
        (report / name).write_text(text.replace(old, new, 1))

    return change


def other_commit(root: Path, report: Path) -> None:
    document = json.loads((report / "assessment.json").read_text())
    document["subject"]["digest"] = "sha256:" + "0" * 64
    (report / "assessment.json").write_text(json.dumps(document))


BROKEN = {
    "a badge that was edited": (edit("badge.svg", "none", "gold"), {"badge"}),
    "a level that was raised": (
        edit("assessment.json", '"level": "none"', '"level": "gold"'),
        {"report", "provenance", "badge"},
    ),
    "an outcome that was mended": (
        edit(
            "assessment.json",
            '"id":"QC.Lic01","criterion":"QC.Lic","requirement":"MUST","outcome":"failed"',
            '"id":"QC.Lic01","criterion":"QC.Lic","requirement":"MUST","outcome":"passed"',
        ),
        {"report", "provenance"},
    ),
    "a page that was edited": (edit("report.html", "</title>", " edited</title>"), {"report"}),
    "provenance of something else": (
        edit("provenance.json", '"am:verdict": "none"', '"am:verdict": "gold"'),
        {"provenance"},
    ),
    "provenance that is not sound": (edit("provenance.json", "prov:QUALIFIED_NAME", "xsd:string"), {"provenance"}),
    "provenance that is no JSON": (edit("provenance.json", "{", "["), {"provenance"}),
    "a statement about another report": (
        edit("statements.intoto.jsonl", '"subject":[{"digest":{"sha256":"', '"subject":[{"digest":{"sha256":"0'),
        {"provenance"},
    ),
    "a statement that says more": (
        edit("statements.intoto.jsonl", '"failedTests":["', '"failedTests":[],"other":["'),
        {"provenance"},
    ),
    "a claim with evidence of something else": (
        edit("statements.intoto.jsonl", '"evidence":{"digest":{"sha256":"', '"evidence":{"digest":{"sha256":"0'),
        {"provenance"},
    ),
    "a statement of a kind that the report does not give": (
        edit("statements.intoto.jsonl", "attestation/scai/v0.3", "attestation/svr/v0.2"),
        {"provenance"},
    ),
    "a document for a badge that was edited": (edit("badge.json", "none", "gold"), {"badge"}),
    "a report that is no report": (edit("assessment.json", '"level"', '"lever"'), {"report"}),
    "files that were never committed": (other_commit, {"subject", "provenance", "report"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_link_is_named(
    place: tuple[Path, Path], capsysbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    change, links = BROKEN[name]
    change(*place)
    status, says, told = look(place, capsysbinary)
    assert status == 1
    broken = {link for link, answer in says.items() if answer == "no"}
    assert broken, told
    assert broken <= links, told


def test_an_empty_folder_is_no_proof(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["verify", str(tmp_path)]) == 3
    assert b"? badge" in capsysbinary.readouterr().out


def test_what_is_not_there_is_exit_2(tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "absent")]) == 2


@pytest.fixture
def sealed(place: tuple[Path, Path]) -> tuple[Path, Path, str]:
    """The chain with its statements signed by a key, and the identity of that."""
    root, report = place
    return root, report, seal(report)


def seal(report: Path) -> str:
    """Sign the statements of a report with a new key, and say whose it is."""
    private = ed25519.Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = report.parent / "key.pem"
    key.write_bytes(private.private_bytes(*form))
    key.chmod(0o600)
    assert main(["provenance", "export", str(report), "--output", str(report), "--key", str(key)]) == 0
    return signing_key(key.read_text(), "test").did


def provenance(
    root: Path, report: Path, capsysbinary: pytest.CaptureFixture[bytes], *issuers: str
) -> tuple[str, dict[str, tuple[str, str]]]:
    """What is said of the link, and each answer by what it is about."""
    capsysbinary.readouterr()
    trusted = [word for issuer in issuers for word in ("--issuer", issuer)]
    main(["verify", str(report), "--repository", str(root), "--format", "json", *trusted])
    link = json.loads(capsysbinary.readouterr().out)["links"][2]
    return link["says"], {a["about"]: (a["says"], a["text"]) for a in link["answers"]}


def test_signed_statements_are_part_of_the_chain(
    sealed: tuple[Path, Path, str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, report, issuer = sealed
    says, answers = provenance(root, report, capsysbinary, issuer)
    assert says == "yes", answers
    assert answers["vouched"][1].startswith("own key: ")
    assert "2 bare and 2 signed" in answers["statements"][1]
    says, answers = provenance(root, report, capsysbinary)
    assert says == answers["issuer"][0] == "unknown"


def test_signed_statements_that_do_not_hold_are_named(
    sealed: tuple[Path, Path, str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, report, issuer = sealed
    file = report / "statements.dsse.jsonl"
    first, second = file.read_bytes().splitlines(keepends=True)

    def told(content: bytes, *issuers: str) -> dict[str, tuple[str, str]]:
        file.write_bytes(content)
        return provenance(root, report, capsysbinary, *issuers)[1]

    assert told(first + second, "did:key:zOther")["issuer"][0] == "no"
    assert told(first + first, issuer)["once"][0] == "no"
    assert told(b"", issuer)["signature"] == ("no", "statements.dsse.jsonl: there is no envelope")
    assert told(first, issuer)["statements"][0] == "unknown"
    assert told(first + second.replace(b'"payload":"ey', b'"payload":"eX'), issuer)["signature"][0] == "no"
    assert told(first + second, issuer)["statements"][0] == "yes"


def test_statements_that_somebody_trusted_signed_about_another_report_are_named(
    sealed: tuple[Path, Path, str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, report, issuer = sealed
    signed = (report / "statements.dsse.jsonl").read_bytes()
    (root / "LICENSE").write_text("None.\n")
    for words in (["add", "."], ["commit", "-q", "-m", "Go on"]):
        subprocess.run(["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b.c", *words], check=True)
    assert main(["assess", str(root), "--no-tools", "--quiet", "--output", str(report)]) == 0
    assert main(["provenance", "export", str(report), "--output", str(report)]) == 0
    (report / "statements.dsse.jsonl").write_bytes(signed)
    says, answers = provenance(root, report, capsysbinary, issuer)
    assert says == "no"
    assert answers["signature"][0] == "yes"
    assert answers["statements"] == ("no", "one of them is about another report")
