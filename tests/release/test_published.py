"""Where a release was taken, told beside it; and the way from there back to the commit, walked in one document."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from releasing import SDIST
from zenodo_fake import TOKEN, FakeZenodo

from assaymark.__main__ import main
from assaymark.errors import InputError
from assaymark.provenance import chain, published
from assaymark.provenance.constraints import RELATIONS, violations
from assaymark.provenance.published import Place, Published
from assaymark.release import folder, record
from assaymark.release.forge import Done
from assaymark.release.images import parse
from assaymark.release.zenodo import Deposit

if TYPE_CHECKING:
    from github_fake import FakeGitHub

IMAGE = "r.example/lab/tide@sha256:" + "1" * 64
DOI = "10.5281/zenodo.7"


@pytest.fixture
def taken(built: Path) -> Path:
    """The folder of a release that was taken to three kinds of places."""
    release = folder.read(built)
    release = replace(release, images=(IMAGE,))
    (built / folder.MANIFEST).write_text(folder.render(release))
    (built / folder.SUMS).write_text(folder.sums(built))
    name = parse(IMAGE)
    for places in (
        record.at_tags(name, name.reference, ("1.2.0", "latest"), ("1.2.0",)),
        record.at_forge(built, Done(("publish v1.2.0",), "https://github.com/lab/tide/releases/tag/v1.2.0")),
        record.at_archive(built, Deposit(DOI, "https://zenodo.org/records/7", True, ("publish",))),
    ):
        assert record.add_places(built, release, places, {})
    return built


def told(place: Path) -> Published:
    return published.read((place / folder.PUBLISHED).read_bytes())


def test_each_place_is_told_by_what_lies_there_and_how_that_is_known(taken: Path) -> None:
    one = told(taken)
    listed = hashlib.sha256((taken / folder.MANIFEST).read_bytes()).hexdigest()
    assert {(p.kind, p.address, p.sha256, p.found, p.doi) for p in one.places} == {
        ("image", "r.example/lab/tide:1.2.0", "1" * 64, False, ""),
        ("image", "r.example/lab/tide:latest", "1" * 64, True, ""),
        ("github-release", "https://github.com/lab/tide/releases/tag/v1.2.0", listed, False, ""),
        ("deposit", f"https://doi.org/{DOI}", listed, False, DOI),
    }
    assert one.listed == listed
    assert one.record == hashlib.sha256((taken / folder.RECORD).read_bytes()).hexdigest()
    assert all(p.moment.endswith("Z") and p.version for p in one.places)
    assert violations(json.loads((taken / folder.PUBLISHED).read_text())) == ()


def test_what_is_told_is_not_told_anew(taken: Path) -> None:
    before = (taken / folder.PUBLISHED).read_bytes()
    release = folder.read(taken)
    again = record.at_archive(taken, Deposit(DOI, "https://zenodo.org/records/7", True, ()))
    assert not record.add_places(taken, release, again, {})
    assert (taken / folder.PUBLISHED).read_bytes() == before
    # It is no part of the release: neither the list nor the sums know it, and they hold.
    assert folder.PUBLISHED not in {f.name for f in release.files}
    assert main(["release", "verify", str(taken)]) == 3


def test_a_draft_goes_when_the_deposit_is_final(built: Path) -> None:
    release = folder.read(built)
    draft = Deposit("", "https://zenodo.org/deposit/7", False, ("draft v1.2.0",))
    assert record.add_places(built, release, record.at_archive(built, draft), {})
    assert [(p.draft, p.doi) for p in told(built).places] == [(True, "")]
    final = Deposit(DOI, "https://zenodo.org/records/7", True, ("publish",))
    assert record.add_places(built, release, record.at_archive(built, final), {})
    assert [(p.draft, p.doi) for p in told(built).places] == [(False, DOI)]
    assert record.at_archive(built, Deposit("", "", False, ())) == []
    assert record.at_forge(built, Done((), "")) == []


def test_an_image_that_lies_in_two_repositories_is_one(built: Path) -> None:
    release = replace(folder.read(built), images=(IMAGE, IMAGE.replace("r.example", "s.example")))
    (built / folder.MANIFEST).write_text(folder.render(release))
    for image in release.images:
        name = parse(image)
        assert record.add_places(built, release, record.at_tags(name, name.reference, ("1.2.0",), ()), {})
    assert [p.address for p in told(built).places] == ["r.example/lab/tide:1.2.0", "s.example/lab/tide:1.2.0"]


@pytest.mark.parametrize("change", ["edit", "another release", "no json", "truth for a text", "a strange kind"])
def test_a_record_that_was_edited_or_is_of_another_release_is_refused(taken: Path, change: str) -> None:
    path = taken / folder.PUBLISHED
    text = path.read_text()
    if change == "edit":
        path.write_text(text.replace(DOI, "10.5281/zenodo.8", 1))
    elif change == "another release":
        path.write_text(published.render(replace(told(taken), listed="2" * 64)))
    elif change == "truth for a text":
        path.write_text(
            text.replace('"am:draft": true', '"am:draft": 1').replace('"am:tag": "v1.2.0"', '"am:tag": true')
        )
    elif change == "a strange kind":
        path.write_text(text.replace('"am:kind": "deposit"', '"am:kind": "pigeon"'))
    else:
        path.write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"publication-provenance\.json"):
        record.publication(taken, folder.read(taken))
    assert main(["release", "publish", str(taken), "--dry-run"]) == 2


def test_a_record_that_would_tell_a_secret_is_not_written(built: Path) -> None:
    place = Place(kind="deposit", address="https://ada:lovelace@zenodo.org/7", sha256="3" * 64)
    with pytest.raises(InputError, match="address with credentials"):
        record.add_places(built, folder.read(built), [place], {})
    assert not (built / folder.PUBLISHED).exists()


def walked(document: dict[str, Any], start: str) -> set[str]:
    """Everything that can be reached from a record over any relation, as somebody with a PROV browser would."""
    near: dict[str, set[str]] = {}
    for kind, ends in RELATIONS.items():
        for relation in document.get(kind, {}).values():
            one, two = (relation.get(ends[0][0]), relation.get(ends[1][0]))
            near.setdefault(one, set()).add(two)
            near.setdefault(two, set()).add(one)
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += near.get(name, ())
    return seen


def test_from_a_doi_and_from_an_image_back_to_the_commit(
    taken: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from prov.model import ProvDocument

    assert main(["provenance", "import", str(taken)]) == 0
    text = capsysbinary.readouterr().out.decode()
    document = json.loads(text)
    assert violations(document) == ()
    release = folder.read(taken)
    sdist = next(f.sha256 for f in release.files if f.name == SDIST)
    report = next(f.sha256 for f in release.files if f.name == folder.REPORT)
    for start in (f"id:https%3A%2F%2Fdoi.org%2F{DOI.replace('/', '%2F')}", "id:r.example%2Flab%2Ftide%3Alatest"):
        assert start in document["entity"]
        assert {f"commit:{release.commit}", f"sha256:{sdist}", f"sha256:{report}", "assessment:run", "build:run"} <= {
            *walked(document, start)
        }
    # The assessment is told by two of the three records: with the words of both.
    kinds = document["entity"][f"sha256:{report}"]["prov:type"]
    assert {kind["$"] for kind in kinds} == {"am:Assessment", "am:Input"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(ProvDocument.deserialize(content=text).get_records())) > 100
    assert main(["provenance", "import", str(taken / folder.RECORD)]) == 0
    assert capsysbinary.readouterr().out.decode() == text


def test_the_way_is_drawn(taken: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "way.svg"
    assert main(["provenance", "graph", str(taken), "--output", str(drawn)]) == 0
    text = drawn.read_text()
    for word in (
        folder.read(taken).commit[:12],
        "bronze",
        "v1.2.0",
        DOI,
        "r.example/lab/tide:latest",
        "Deposit",
        "there on",
    ):
        assert word in text, word
    (taken / folder.PUBLISHED).unlink()
    assert main(["provenance", "graph", str(taken / folder.RECORD), "--output", str(drawn)]) == 0
    assert "no record of a publication" in drawn.read_text()
    # The report beside it is still drawn as an assessment.
    assert main(["provenance", "graph", str(taken / folder.REPORT), "--output", str(drawn)]) == 0
    assert "Looked at by" in drawn.read_text()


def test_a_release_is_exported_as_what_the_build_wrote(taken: Path, tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    out = tmp_path / "prov"
    assert main(["provenance", "export", str(taken), "--output", str(out)]) == 0
    assert (out / "provenance.json").read_bytes() == (taken / folder.RECORD).read_bytes()
    assert (out / "statements.intoto.jsonl").read_bytes() == (taken / folder.STATEMENT).read_bytes()
    assert [p.name for p in (out / "predicates").iterdir()] == ["slsa-provenance.json"]
    graph = {e["@id"]: e for e in json.loads((out / "ro-crate-metadata.json").read_text())["@graph"]}
    sdist = next(f.sha256 for f in folder.read(taken).files if f.name == SDIST)
    assert graph[f"urn:sha256:{sdist}"]["name"] == SDIST
    assert {"@id": f"urn:sha256:{sdist}"} in graph["./"]["mentions"]
    (out / folder.STATEMENT).write_bytes((taken / folder.STATEMENT).read_bytes())
    assert ROCrate(str(out)).root_dataset["name"] == "release of github.com/lab/tide"


def test_all_records_of_a_folder_are_checked(taken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provenance", "check", str(taken)]) == 0
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == [
        "commit", "assessment", "release", "deposit", "github-release", "image", "image",
    ]  # fmt: skip # the way
    said = told.err
    assert [line.rpartition("/")[2] for line in said.splitlines()[:3]] == [
        "provenance.json: sound", "release-provenance.json: sound", "publication-provenance.json: sound",
    ]  # fmt: skip # what is said
    assert "as a whole: sound" in said
    document = json.loads((taken / "provenance.json").read_text())
    document["activity"]["run:run"]["prov:endTime"] = "2001-01-01T00:00:00Z"
    (taken / "provenance.json").write_text(json.dumps(document))
    assert main(["provenance", "check", str(taken)]) in (1, 2)
    assert main(["provenance", "check", str(taken.parent)]) == 2


def links(place: Path, capsysbinary: pytest.CaptureFixture[bytes], *verb: str) -> dict[str, str]:
    assert main([*verb, str(place), "--format", "json"]) in (0, 1, 3)
    return {link["name"]: link["says"] for link in json.loads(capsysbinary.readouterr().out)["links"]}


def test_verify_goes_on_to_where_it_was_published(taken: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert links(taken, capsysbinary, "release", "verify")["published"] == "yes"
    whole = links(taken, capsysbinary, "verify")
    assert list(whole)[:5] == ["badge", "report", "provenance", "subject", "release"]
    assert whole["release: published"] == "yes"
    assert "no" not in whole.values()
    # Each of these breaks one link, and that link alone.
    place = [Place(kind="image", address="r.example/lab/tide:other", sha256="9" * 64)]
    record.add_places(taken, folder.read(taken), place, {})
    assert [n for n, says in links(taken, capsysbinary, "verify").items() if says == "no"] == ["release: published"]
    (taken / folder.PUBLISHED).unlink()
    assert "release: published" not in links(taken, capsysbinary, "verify")
    (taken / SDIST).write_bytes(b"another")
    assert [n for n, says in links(taken, capsysbinary, "verify").items() if says == "no"] == ["release: checksums"]


def test_a_release_that_claims_another_level_is_found_out(
    built: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    release = replace(folder.read(built), level="gold")
    (built / folder.MANIFEST).write_text(folder.render(release))
    (built / folder.SUMS).write_text(folder.sums(built))
    whole = links(built, capsysbinary, "verify")
    assert [n for n, says in whole.items() if says == "no"] == ["release: assessment"]


def test_documents_of_several_makers_do_not_make_a_chain(taken: Path, built: Path) -> None:
    files = {name: (taken / name).read_bytes() for name in chain.FILES}
    assert [kind for kind, _ in chain.steps(chain.read(files))] == [
        "commit", "assessment", "release", "deposit", "github-release", "image", "image",
    ]  # fmt: skip # the way
    for name in chain.FILES:
        with pytest.raises(InputError, match=name):
            chain.read({**files, name: files[name] + b" "})
    other = published.render(replace(told(taken), commit="d" * 40))
    with pytest.raises(InputError, match="another release"):
        chain.read({**files, chain.PUBLICATION: other.encode()})
    with pytest.raises(InputError, match="not the record of a release"):
        chain.read({chain.BUILD: files[chain.ASSESSMENT]})


@pytest.mark.service("github-openapi")
def test_publishing_leaves_the_record(built: Path, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake_github.environment.items():
        monkeypatch.setenv(name, value)
    release = folder.read(built)
    fake_github.state.git.tag(release.tag, release.commit)
    with FakeZenodo() as zenodo:
        monkeypatch.setenv("ZENODO_SANDBOX_TOKEN", TOKEN)
        words = ["release", "publish", str(built), "--to", "github,zenodo", "--zenodo-address", zenodo.base]
        assert main([*words, "--dry-run"]) == 0
        assert not (built / folder.PUBLISHED).exists()
        assert main(words) == 0
        first = told(built)
        assert [(p.kind, p.draft, p.found) for p in first.places] == [
            ("deposit", True, False), ("github-release", False, False),
        ]  # fmt: skip # two places
        assert main(words) == 0
        assert told(built) == first
    assert main(["provenance", "check", str(built)]) == 0
