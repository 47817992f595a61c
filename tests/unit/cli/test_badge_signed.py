"""``assaymark badge issue|verify|did|revoke``, from the key to the exit status; keys reach nothing that is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assaymark.__main__ import main

Capture = pytest.CaptureFixture[str]
ISSUER = "did:web:issuer.example:badges"
LIST = "https://issuer.example/status.jwt"
# What bronze asks for, so that there is a level to sign.
FILES = {
    "README.md": """\
# Tides

Predicts the tides at any place of a coast, from harmonic constants.

## Installation

    pip install tides

## Usage

    tides predict Venice

## Contributing

See [CONTRIBUTING.md](CONTRIBUTING.md).

## License

Apache-2.0
""",
}


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """A folder with a checkout of a repository on GitHub, and what an assessment of it wrote, had it come out gold."""
    folder = tmp_path_factory.mktemp("gold")
    root = folder / "project"
    root.mkdir()
    for name, text in (FILES | {"LICENSE": (checkout / "LICENSE").read_text()}).items():
        (root / name).write_text(text)
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/o/n.git"], cwd=root, check=True)
    golden_report(root, folder / "out")
    return folder


@pytest.fixture
def project(gold: Path, tmp_path: Path) -> Path:
    """The checkout, to be changed at will."""
    return shutil.copytree(gold / "project", tmp_path / "project")


@pytest.fixture
def report(gold: Path, tmp_path: Path) -> Path:
    """The report, to be changed at will."""
    return shutil.copytree(gold / "out", tmp_path / "out")


def golden_report(root: Path, folder: Path) -> None:
    """Writes the report of a project in which everything passed."""
    from dataclasses import replace

    from assaymark import assess, catalogue
    from assaymark.cli._verdict import write_all
    from assaymark.model import Evidence, Grade, Level, Outcome

    seen = Evidence(outcome=Outcome.PASSED, message="it was seen", check="test.seen")
    a = assess(root, tools=False, cache=False)
    results = tuple(
        replace(r, outcome=Outcome.PASSED, grade=Grade.MEASURED, evidence=(seen,), waiver=None) for r in a.results
    )
    levels = {rule.level: () for rule in catalogue.profile(a.profile).levels}
    write_all(replace(a, results=results, level=Level.GOLD, missing=levels, withheld={}, attested=0), folder)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path / "key.pem")


def new_key(path: Path) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(ed25519.Ed25519PrivateKey.generate().private_bytes(*form))
    path.chmod(0o600)
    return path


def badge(*words: str | Path) -> int:
    return main(["badge", *map(str, words)])


def identity(key: Path, capfd: Capture) -> str:
    assert badge("did", "--key", key) == 0
    return capfd.readouterr().out.strip()


def test_from_a_report_to_a_badge_that_holds(report: Path, project: Path, key: Path, capfd: Capture) -> None:
    issuer = identity(key, capfd)
    assert badge("issue", report, "--key", key, "--issuer-name", "The tide people") == 0
    assert f"by {issuer}" in capfd.readouterr().err
    checked = ("--issuer", issuer, "--repository", project, "--evidence", report)
    for name in ("badge.svg", "credential.jwt"):
        assert badge("verify", report / name, *checked) == 0
        shown = capfd.readouterr().out
        assert "✗" not in shown
        assert "?" not in shown
        assert shown.splitlines()[-1].startswith("vouched for by whoever has the key, no more")
        assert "calling itself The tide people" in shown
    assert badge("verify", report / "badge.svg", *checked, "--format", "json") == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["says"], found["vouched"]) == ("yes", "own key")
    assert {a["says"] for a in found["answers"]} == {"yes"}
    assert found["award"]["repository"] == "github.com/o/n"
    assert found["award"]["level"] == "gold"


def test_what_is_not_known_or_does_not_hold_ends_in_its_exit_status(
    report: Path, project: Path, key: Path, capfd: Capture
) -> None:
    issuer = identity(key, capfd)
    assert badge("issue", report, "--key", key) == 0
    file = report / "badge.svg"
    checked = ("--issuer", issuer, "--repository", project, "--evidence", report)
    assert badge("verify", file) == 3
    assert "could be found out: issuer, repository, commit, evidence" in capfd.readouterr().err
    assert badge("verify", file, *checked, "--as-of", "2099-01-01") == 1
    assert "does not hold: in force" in capfd.readouterr().err
    assert badge("verify", file, *checked, "--commit", "e" * 40) == 1
    assert badge("verify", file, *checked[2:], "--issuer", "did:web:other.example") == 1
    assert badge("verify", file, *checked[:2], *checked[4:], "--repository", "github.com/o/other") == 1
    (report / "report.html").write_text("edited")
    assert badge("verify", file, *checked) == 1
    file.write_text(file.read_text().replace(">gold<", ">platinum<"))
    capfd.readouterr()
    assert badge("verify", file, *checked) == 1
    assert "does not hold: evidence, picture" in capfd.readouterr().err


def test_a_signed_badge_turns_grey_without_its_key(report: Path, project: Path, key: Path, capfd: Capture) -> None:
    issuer = identity(key, capfd)
    assert badge("issue", report, "--key", key) == 0
    key.unlink()
    file = report / "badge.svg"
    fresh = file.read_text()
    again = ("render", file, "--output", file)
    assert badge(*again, "--repository", project) == 0
    assert file.read_text() == fresh
    assert badge(*again, "--as-of", "2099-01-01") == 0
    assert ">gold, stale<" in file.read_text()
    assert badge(*again, "--head", "e" * 40) == 0
    assert "the branch is at eeeeeee now" in file.read_text()
    capfd.readouterr()
    checked = ("--issuer", issuer, "--repository", project, "--evidence", report)
    assert badge("verify", file, *checked) == 0, "grey claims less than the credential"
    assert "as stale, byte for byte" in capfd.readouterr().out
    assert badge("verify", file, *checked, "--commit", "e" * 40) == 1
    assert badge("render", report / "credential.jwt", "--output", file) == 0
    assert file.read_text() == fresh
    assert badge("render", file, "--format", "endpoint") == 0
    assert '"message": "gold | ' in capfd.readouterr().out
    file.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert badge("render", file) == 2
    assert "the badge is only a picture" in capfd.readouterr().err


@pytest.mark.service("font")
def test_a_png_carries_it_too(report: Path, project: Path, key: Path, capfd: Capture) -> None:
    issuer = identity(key, capfd)
    assert badge("issue", report, "--key", key, "--png") == 0
    checked = ("--issuer", issuer, "--repository", project, "--evidence", report)
    assert badge("verify", report / "badge.png", *checked) == 0
    assert badge("verify", report / "badge.svg", *checked) == 0


def chain(report: Path, project: Path, key: Path, capfd: Capture) -> dict[str, str]:
    """What ``assaymark verify`` says of the folder, answer by answer."""
    issuer = identity(key, capfd)
    main(["verify", str(report), "--issuer", issuer, "--repository", str(project), "--format", "json"])
    links = json.loads(capfd.readouterr().out)["links"]
    return {a["about"]: f"{a['says']}: {a['text']}" for a in next(k for k in links if k["name"] == "badge")["answers"]}


@pytest.mark.service("font")
def test_every_form_of_the_badge_in_a_folder_is_looked_at(
    report: Path, project: Path, key: Path, tmp_path: Path, capfd: Capture
) -> None:
    """An honest badge.svg does not vouch for what lies beside it."""
    assert badge("issue", report, "--key", key, "--png") == 0
    honest = chain(report, project, key, capfd)
    assert {text.partition(":")[0] for text in honest.values()} == {"yes"}
    forged = tmp_path / "forged"
    assert badge("issue", report, "--key", new_key(tmp_path / "other.pem"), "--png", "--output", forged) == 0
    for name in ("badge.png", "credential.jwt"):
        good = (report / name).read_bytes()
        (report / name).write_bytes((forged / name).read_bytes())
        assert chain(report, project, key, capfd)["credential"] == f"no: {name} carries another one"
        (report / name).write_bytes(good)
    # The right credential over another picture.
    from assaymark.badges import bake, png, svg
    from assaymark.badges.assessed import not_assessed
    from assaymark.badges.model import Kind

    token = bake.extract((report / "badge.png").read_bytes()).token
    (report / "badge.png").write_bytes(bake.into_png(png.draw(svg.render(not_assessed(Kind.LEVEL))), token))
    assert chain(report, project, key, capfd)["picture"].startswith("no: badge.png: ")
    # A credential alone is a badge too.
    for name in ("badge.svg", "badge.png"):
        (report / name).unlink()
    assert chain(report, project, key, capfd)["signature"].startswith("yes: credential.jwt: ")


def test_an_issuer_on_the_web_who_can_revoke(
    report: Path, project: Path, key: Path, tmp_path: Path, capfd: Capture
) -> None:
    assert badge("did", "--key", key, "--issuer", ISSUER) == 0
    said = capfd.readouterr()
    assert said.err == "publish it as https://issuer.example/badges/did.json\n"
    (tmp_path / "did.json").write_text(said.out)
    web = ("--key", key, "--issuer", ISSUER)
    assert badge("issue", report, *web, "--status-list", LIST, "--status-index", "7") == 0
    listed = tmp_path / "status.jwt"
    assert badge("revoke", listed, "--url", LIST, *web) == 0
    assert capfd.readouterr().err.endswith("status.jwt: 0 revoked\n")
    place = ("--issuer", ISSUER, "--repository", project, "--evidence", report, "--identity", tmp_path / "did.json")
    assert badge("verify", report / "badge.svg", *place, "--status-list", listed) == 0
    assert badge("verify", report / "badge.svg", *place) == 3
    assert badge("revoke", listed, "--url", LIST, *web, "--index", "7") == 0
    capfd.readouterr()
    assert badge("verify", report / "badge.svg", *place, "--status-list", listed) == 1
    assert "revoked: place 7" in capfd.readouterr().out
    assert badge("revoke", listed, "--url", LIST, *web, "--index", "9") == 0
    assert capfd.readouterr().err.endswith("2 revoked\n"), "a mark is never taken back"


def test_a_list_of_another_key_is_not_overwritten(key: Path, tmp_path: Path, capfd: Capture) -> None:
    listed = tmp_path / "status.jwt"
    assert badge("revoke", listed, "--url", LIST, "--key", key, "--index", "7") == 0
    before = listed.read_bytes()
    other = new_key(tmp_path / "other.pem")
    assert badge("revoke", listed, "--url", LIST, "--key", other) == 2
    assert "is not a list that this key signed" in capfd.readouterr().err
    assert badge("revoke", listed, "--url", LIST + "x", "--key", key) == 2
    assert listed.read_bytes() == before


def test_the_key_comes_from_the_environment_and_is_written_nowhere(
    report: Path, project: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    text = key.read_text()
    secret = "".join(text.splitlines()[1:-1])
    key.unlink()
    assert badge("issue", report) == 2
    assert "there is no key to sign with" in capfd.readouterr().err
    monkeypatch.setenv("ASSAYMARK_SIGNING_KEY", text)
    assert badge("issue", report, "--output", tmp_path / "signed") == 0
    assert badge("did") == 0
    assert badge("did", "--issuer", ISSUER) == 0
    said = capfd.readouterr()
    written = b"".join(p.read_bytes() for p in (tmp_path / "signed").iterdir())
    for place in (said.out, said.err, written.decode("utf-8", "replace")):
        assert secret not in place
        assert secret[20:] not in place


def test_no_option_takes_a_key_itself() -> None:
    from assaymark.cli.badge import command

    for name in ("issue", "did", "revoke"):
        options = {p.name: p for p in command.commands[name].params}
        assert options["key"].type.name == "path"


def test_a_key_that_others_may_read_is_told(report: Path, key: Path, capfd: Capture) -> None:
    key.chmod(0o644)
    assert badge("issue", report, "--key", key) == 0
    assert f"chmod 600 {key}" in capfd.readouterr().err


def test_a_level_that_does_not_follow_is_not_signed(report: Path, key: Path, capfd: Capture) -> None:
    file = report / "assessment.json"
    text = file.read_text()
    file.write_text(text.replace('"level": "gold"', '"level": "silver"'))
    assert text != file.read_text()
    assert badge("issue", report, "--key", key) == 2
    assert "the level does not follow from the results" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["issue", "nowhere", "--key", "{key}"], "cannot be read"),
        (["issue", "{report}", "--key", "nowhere.pem"], "cannot be read"),
        (["issue", "{report}", "--key", "README.md"], "README.md: it is neither a PEM nor a JWK"),
        (["issue", "{report}", "--key", "{key}", "--issuer", "https://a"], "is not a did:web"),
        (["issue", "{report}", "--key", "{key}", "--evidence-url", "file:///etc"], "not a plain https address"),
        (["issue", "{report}", "--key", "{key}", "--status-index", "1"], "belong together"),
        (["verify", "nowhere.svg"], "cannot be read"),
        (["verify", "https://issuer.example/b.svg"], "was not allowed: --allow-host issuer.example"),
        (["verify", "http://issuer.example/b.svg", "--allow-host", "issuer.example"], "not a plain https address"),
        (["verify", "README.md", "--as-of", "soon"], "is not a date"),
        (["verify", "README.md", "--repository", "nonsense"], "neither a folder nor host/owner/name"),
        (["verify", "README.md", "--identity", "README.md"], "not the document of an identity"),
    ],
)
def test_what_is_wrong_is_told(
    words: list[str],
    message: str,
    report: Path,
    key: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Capture,
) -> None:
    monkeypatch.chdir(project)
    assert badge(*(w.format(report=report, key=key) for w in words)) == 2
    assert message in capfd.readouterr().err


def test_a_plain_badge_is_only_a_picture(report: Path, capfd: Capture) -> None:
    assert badge("verify", report / "badge.svg") == 1
    assert "the badge is only a picture" in capfd.readouterr().out
    assert os.environ.get("ASSAYMARK_SIGNING_KEY") is None


def test_a_workflow_vouches_for_no_rules_of_its_caller(report: Path, capfd: Capture) -> None:
    """A profile that lies in the judged repository may make anything gold."""
    file = report / "assessment.json"
    value = json.loads(file.read_text())
    value["profile"] = "easy"
    file.write_text(json.dumps(value))
    assert badge("issue", report, "--once") == 2
    assert "does not ship with assaymark" in capfd.readouterr().err
    assert not (report / "credential.jwt").exists()
