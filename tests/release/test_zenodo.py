from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from releasing import SAMPLE, Scissors, listed
from zenodo_fake import TOKEN, FakeZenodo

from assaymark.errors import InputError
from assaymark.release.folder import MANIFEST, NOTES, SUMS, Release
from assaymark.release.web import Api, WebProblem
from assaymark.release.zenodo import Deposit, connect, deposit, metadata_of
from assaymark.subject.parsing import load_yaml

NAMES = sorted(["tide-1.2.0.tar.gz", NOTES, MANIFEST, SUMS])


@pytest.fixture
def zenodo() -> Iterator[FakeZenodo]:
    with FakeZenodo() as fake:
        yield fake


def run(fake: FakeZenodo, small: tuple[Path, Release], **more: Any) -> Deposit:
    api = connect("sandbox", {"ZENODO_SANDBOX_TOKEN": TOKEN}, fake.base, sleep=lambda _: None)
    metadata = metadata_of({"cff": load_yaml(SAMPLE["CITATION.cff"])}, small[1], "Judged silver.")
    return deposit(api, *small, metadata, lambda _: None, **more)


def whole(fake: FakeZenodo, place: Path, *, done: bool = False) -> None:
    [(id, known)] = fake.deposits.items()
    assert known["done"] is done
    assert sorted(f["filename"] for f in known["files"]) == NAMES
    for name in NAMES:
        assert fake.content[id, name] == (place / name).read_bytes()
    assert known["metadata"]["creators"] == [{"name": "Carberry, Josiah", "orcid": "0000-0002-1825-0097"}]


def writes(fake: FakeZenodo) -> list[str]:
    return [c for c in fake.calls if not c.startswith("GET ")]


def test_a_draft_first_and_final_only_when_asked(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    with pytest.raises(InputError, match="no draft"):
        run(zenodo, small, final=True)
    draft = run(zenodo, small)
    assert (draft.doi, draft.final) == ("10.5072/zenodo.501", False)
    assert draft.address == "https://sandbox.zenodo.org/deposit/501"
    whole(zenodo, small[0])
    final = run(zenodo, small, final=True)
    assert (final.doi, final.final) == (draft.doi, True)
    whole(zenodo, small[0], done=True)
    before = len(writes(zenodo))
    assert run(zenodo, small, final=True).steps == ()
    assert run(zenodo, small).steps == ()
    assert len(writes(zenodo)) == before


def test_a_dry_run_changes_nothing(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    would = run(zenodo, small, dry=True).steps
    assert would == ("draft v1.2.0", *(f"upload {name}" for name in NAMES))
    assert writes(zenodo) == []
    assert run(zenodo, small).steps == would
    before = len(writes(zenodo))
    assert run(zenodo, small, final=True, dry=True).steps == ("publish v1.2.0 for good",)
    assert len(writes(zenodo)) == before


def test_what_a_person_wrote_into_the_draft_stays(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    first = run(zenodo, small)
    known = zenodo.deposits[501]["metadata"]
    known |= {"title": "Tides, as a person calls it", "communities": [{"identifier": "seas"}]}
    paper = {"identifier": "10.5555/tides", "relation": "isSupplementTo", "scheme": "doi"}
    known["related_identifiers"] = [*known["related_identifiers"], paper]
    curated = dict(known)
    assert run(zenodo, small).steps == ()
    assert run(zenodo, small, final=True).doi == first.doi
    assert zenodo.deposits[501]["metadata"] == curated
    place = small[0]
    later = place, listed(place, version="1.3.0", tag="v1.3.0")
    run(zenodo, later, earlier=501)
    new = zenodo.deposits[max(zenodo.deposits)]["metadata"]
    assert new["communities"] == [{"identifier": "seas"}]
    assert new["title"] == "Tide 1.3.0"
    assert [r["identifier"] for r in new["related_identifiers"]] == [
        "10.5555/tides",
        "https://github.com/lab/tide/tree/v1.3.0",
    ]


def test_a_draft_that_was_changed_is_not_made_final_unseen(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    run(zenodo, small)
    place = small[0]
    (place / "tide-1.2.0.tar.gz").write_bytes(b"another")
    with pytest.raises(InputError, match="look at it again"):
        run(zenodo, (place, listed(place)), final=True)
    assert not zenodo.deposits[501]["done"]


def test_the_next_version_of_what_was_deposited_before(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    run(zenodo, small)
    first = run(zenodo, small, final=True)
    place = small[0]
    (place / "tide-1.3.0.tar.gz").write_bytes(b"newer")
    (place / "tide-1.2.0.tar.gz").unlink()
    later = place, listed(place, version="1.3.0", tag="v1.3.0")
    earlier = int(first.doi.rpartition(".")[2])
    run(zenodo, later, earlier=earlier)
    run(zenodo, later, earlier=earlier)
    assert len(zenodo.deposits) == 2
    new = zenodo.deposits[max(zenodo.deposits)]
    assert new["concept"] == zenodo.deposits[earlier]["concept"]
    assert "tide-1.2.0.tar.gz" not in {f["filename"] for f in new["files"]}
    assert run(zenodo, later, final=True).final


MODES: dict[str, dict[str, Any]] = {
    "the network is gone": {"for_good": True},
    "the network is gone and the last answer with it": {"for_good": True, "after": True},
    "one answer is lost": {"after": True},
    "a 503 instead": {"status": 503},
}


@pytest.mark.parametrize("mode", MODES)
def test_wherever_it_is_cut_the_next_run_goes_on(zenodo: FakeZenodo, small: tuple[Path, Release], mode: str) -> None:
    run(zenodo, small)
    run(zenodo, small, final=True)
    requests = len(zenodo.calls)
    for at in range(requests):
        zenodo.deposits.clear()
        zenodo.content.clear()
        scissors = Scissors(zenodo, at, **MODES[mode])
        try:
            run(zenodo, small)
            run(zenodo, small, final=True)
        except WebProblem as problem:
            certain = not problem.uncertain
        else:
            certain = False
        finally:
            scissors.away()
        assert scissors.cuts, at
        assert not certain, at
        run(zenodo, small)
        assert run(zenodo, small, final=True).final
        whole(zenodo, small[0], done=True)


def test_a_token_goes_to_its_own_host_only(zenodo: FakeZenodo) -> None:
    with pytest.raises(InputError, match="there is no token"):
        connect("production", {"ZENODO_SANDBOX_TOKEN": TOKEN})
    with pytest.raises(InputError, match="not an https address"):
        Api("http://zenodo.example", TOKEN)
    with pytest.raises(WebProblem, match="another host"):
        Api(zenodo.base, TOKEN).get("@evil.example/x")
    with pytest.raises(WebProblem, match="HTTP 401"):
        Api(zenodo.base, "wrong").get("/api/deposit/depositions")


def test_the_metadata_of_codemeta_and_what_zenodo_json_says(small: tuple[Path, Release]) -> None:
    person = {"@id": "https://orcid.org/0000-0002-1825-0097", "givenName": "Josiah", "familyName": "Carberry"}
    found = metadata_of({"codemeta": {"name": "Tide", "author": [person], "keywords": ["sea"]}}, small[1], "")
    assert found["creators"] == [{"name": "Carberry, Josiah", "orcid": "0000-0002-1825-0097"}]
    assert (found["title"], found["license"], found["keywords"]) == ("Tide 1.2.0", "apache-2.0", ["sea"])
    own = {"title": "Tides", "creators": [{"name": "Lab"}], "version": "9"}
    found = metadata_of({"zenodo": own}, small[1], "")
    assert (found["title"], found["version"], found["creators"]) == ("Tides", "1.2.0", [{"name": "Lab"}])
    with pytest.raises(InputError, match="nobody is named"):
        metadata_of({}, small[1], "")
