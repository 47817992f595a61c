from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from releasing import SAMPLE, Scissors, listed
from werkzeug.wrappers import Response
from zenodo_fake import TOKEN, FakeZenodo

from assaymark.errors import InputError
from assaymark.release.folder import MANIFEST, METADATA, NOTES, SUMS, Release
from assaymark.release.web import Api, WebProblem
from assaymark.release.zenodo import Deposit, connect, deposit
from assaymark.release.zenodo_metadata import metadata_of
from assaymark.subject.parsing import load_yaml

NAMES = sorted(["tide-1.2.0.tar.gz", NOTES, MANIFEST, SUMS])


@pytest.fixture
def zenodo() -> Iterator[FakeZenodo]:
    with FakeZenodo() as fake:
        yield fake


def run(fake: FakeZenodo, small: tuple[Path, Release], **more: Any) -> Deposit:
    pauses = more.pop("pauses", [])
    api = connect("sandbox", {"ZENODO_SANDBOX_TOKEN": TOKEN}, fake.base, sleep=pauses.append)
    metadata = metadata_of({"cff": load_yaml(SAMPLE["CITATION.cff"])}, small[1], "Judged silver.")
    return deposit(api, *small, metadata, lambda _: None, **more)


def whole(fake: FakeZenodo, place: Path, *, done: bool = False) -> None:
    [(id, known)] = fake.deposits.items()
    assert known["done"] is done
    assert sorted(f["filename"] for f in known["files"]) == NAMES
    for name in NAMES:
        assert fake.content[id, name] == (place / name).read_bytes()
    assert known["metadata"]["license"] == "apache-2.0"
    assert known["metadata"]["creators"] == [{"name": "Carberry, Josiah", "orcid": "0000-0002-1825-0097"}]


def writes(fake: FakeZenodo) -> list[str]:
    return [c for c in fake.calls if not c.startswith("GET ")]


def test_a_draft_first_and_final_only_when_asked(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    with pytest.raises(InputError, match="no draft"):
        run(zenodo, small, final=True)
    draft = run(zenodo, small)
    assert (draft.doi, draft.final) == ("", False), "a draft of the sandbox is told a DOI that it will not have"
    assert draft.address == "https://sandbox.zenodo.org/deposit/501"
    whole(zenodo, small[0])
    final = run(zenodo, small, final=True)
    assert (final.doi, final.final) == ("10.5072/zenodo.501", True)
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
    run(zenodo, small)
    known = zenodo.deposits[501]["metadata"]
    known |= {"title": "Tides, as a person calls it", "communities": [{"identifier": "seas"}]}
    paper = {"identifier": "10.5555/tides", "relation": "isSupplementTo", "scheme": "doi"}
    known["related_identifiers"] = [*known["related_identifiers"], paper]
    curated = dict(known)
    assert run(zenodo, small).steps == ()
    assert run(zenodo, small, final=True).final
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


def later(small: tuple[Path, Release]) -> tuple[Path, Release]:
    """The folder of the release after it."""
    place = small[0]
    (place / "tide-1.3.0.tar.gz").write_bytes(b"newer")
    (place / "tide-1.2.0.tar.gz").unlink()
    return place, listed(place, version="1.3.0", tag="v1.3.0")


@pytest.mark.parametrize("documented", [False, True])
def test_the_next_version_of_what_was_deposited_before(
    zenodo: FakeZenodo, small: tuple[Path, Release], documented: bool
) -> None:
    zenodo.documented = documented
    run(zenodo, small)
    run(zenodo, small, final=True)
    next_one = later(small)
    run(zenodo, next_one, earlier=501)
    run(zenodo, next_one, earlier=501)
    assert len(zenodo.deposits) == 2
    new = zenodo.deposits[max(zenodo.deposits)]
    assert new["concept"] == zenodo.deposits[501]["concept"]
    assert "tide-1.2.0.tar.gz" not in {f["filename"] for f in new["files"]}
    assert run(zenodo, next_one, final=True).final
    before = len(writes(zenodo))
    assert run(zenodo, small).steps == (), "an earlier version is found, though it is not the newest"
    assert len(writes(zenodo)) == before


def test_the_next_version_is_made_once_wherever_it_is_cut(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    """Also between the draft and its metadata, where nothing tells yet of which release it is."""
    run(zenodo, small)
    run(zenodo, small, final=True)
    next_one = later(small)
    done = len(zenodo.calls)
    run(zenodo, next_one, earlier=501)
    requests = len(zenodo.calls) - done
    for at in range(requests):
        for id in [id for id in zenodo.deposits if id != 501]:
            del zenodo.deposits[id]
        scissors = Scissors(zenodo, at, for_good=True, after=True)
        with pytest.raises(WebProblem):
            run(zenodo, next_one, earlier=501)
        scissors.away()
        run(zenodo, next_one, earlier=501)
        assert len(zenodo.deposits) == 2, at
        new = zenodo.deposits[max(zenodo.deposits)]
        assert new["metadata"]["version"] == "1.3.0"
        assert "tide-1.3.0.tar.gz" in {f["filename"] for f in new["files"]}


def test_what_arrived_with_another_content_is_sent_again(zenodo: FakeZenodo, small: tuple[Path, Release]) -> None:
    put = zenodo._answer

    def spoilt(request: Any) -> Response:
        if request.method == "PUT" and request.path.endswith("tide-1.2.0.tar.gz"):
            request.environ["wsgi.input"].read(request.content_length)
            zenodo._answer = put  # type: ignore[method-assign]  # the fake as it is
            return Response(b'{"checksum": "md5:0"}', 201, {"Content-Type": "application/json"})
        return put(request)

    zenodo._answer = spoilt  # type: ignore[method-assign]  # once it lies
    with pytest.raises(WebProblem, match=r"tide-1\.2\.0\.tar\.gz arrived with another content") as problem:
        run(zenodo, small)
    assert problem.value.uncertain
    run(zenodo, small)
    whole(zenodo, small[0])


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "40"}, 40, 40),
        ({"X-RateLimit-Reset": str(int(time.time()) + 60)}, 1, 60),
        ({"X-RateLimit-Reset": "999999999999"}, 90, 90),
        ({"Retry-After": "soon"}, 0.5, 0.5),
    ],
)
def test_a_limit_by_the_minute_is_waited_for(
    zenodo: FakeZenodo, small: tuple[Path, Release], headers: dict[str, str], least: float, most: float
) -> None:
    """Also for what is never sent twice: what was refused was not done."""
    answer, left = zenodo._answer, ["POST"]

    def full(request: Any) -> Response:
        if request.method in left:
            left.remove(request.method)
            return Response(b"{}", 429, headers)
        return answer(request)

    zenodo._answer = full  # type: ignore[method-assign]  # one request too many
    pauses: list[float] = []
    run(zenodo, small, pauses=pauses)
    assert not left
    assert least <= pauses[-1] <= most
    whole(zenodo, small[0])


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


@pytest.mark.parametrize(
    ("what", "after"), [("POST", False), ("POST", True), ("PUT", True), ("publish", False), ("publish", True)]
)
def test_killed_at_a_write_the_next_run_goes_on(
    zenodo: FakeZenodo, small: tuple[Path, Release], what: str, after: bool
) -> None:
    (small[0] / METADATA).write_text(json.dumps({"cff": load_yaml(SAMPLE["CITATION.cff"])}))
    words = ["release", "publish", str(small[0]), "--to", "zenodo", "--zenodo-address", zenodo.base]
    # What comes before: the list, once more a moment later; at the end the draft itself.
    at = {"POST": 2, "PUT": 4, "publish": 3}[what]
    if what == "publish":
        run(zenodo, small)
        words.append("--final")
    running: list[subprocess.Popen[bytes]] = []
    scissors = Scissors(zenodo, at, after=after, for_good=True, action=lambda: running[0].send_signal(signal.SIGKILL))
    program = [sys.executable, "-P", "-m", "assaymark", *words]
    environment = os.environ | {"ZENODO_SANDBOX_TOKEN": TOKEN}
    running.append(subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert running[0].wait(120) == -signal.SIGKILL
    scissors.away()
    assert not after or what in writes(zenodo)[-1], "it was cut where it was meant to be"
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


@pytest.mark.parametrize("licence", ["", "Apache-2.0 OR MIT"])
def test_no_licence_is_put_in_that_the_project_does_not_have(small: tuple[Path, Release], licence: str) -> None:
    """Zenodo writes CC-BY-4.0 where it is told none."""
    release, people = replace(small[1], licence=licence), {"creators": [{"name": "Lab"}]}
    with pytest.raises(InputError, match=r"Zenodo (takes one|wants a) licence"):
        metadata_of({"zenodo": people}, release, "")
    assert metadata_of({"zenodo": people | {"license": "mit"}}, release, "")["license"] == "mit"
    assert "license" not in metadata_of({"zenodo": people | {"access_right": "closed"}}, release, "")
