from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from github_fake.state import State
from releasing import COMMIT, Scissors, listed

from assaymark.errors import GateNotMet, InputError
from assaymark.forge.client import ForgeProblem, connect
from assaymark.release.folder import MANIFEST, NOTES, SUMS, Release
from assaymark.release.forge import Done, publish

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
NAMES = sorted(["tide-1.2.0.tar.gz", NOTES, MANIFEST, SUMS])


def run(fake: FakeGitHub, small: tuple[Path, Release], **more: Any) -> Done:
    client = connect(fake.name, fake.environment, sleep=lambda _: None, timeout=10)
    return publish(client, *small, lambda _: None, **more)


def whole(fake: FakeGitHub, place: Path) -> None:
    """One release, published, each file once and as it lies in the folder."""
    [release] = fake.state.releases
    assert (release["tag_name"], release["draft"], release["prerelease"]) == ("v1.2.0", False, False)
    assert release["body"] == (place / NOTES).read_text()
    assert sorted(a["name"] for a in release["assets"]) == NAMES
    for asset in release["assets"]:
        assert asset["data"] == (place / asset["name"]).read_bytes()
        assert asset.get("state", "uploaded") == "uploaded"


def writes(fake: FakeGitHub) -> list[str]:
    return [c for c in fake.calls if not c.startswith("GET ")]


def afresh(fake: FakeGitHub) -> None:
    fake.state = State()
    fake.state.git.tag("v1.2.0", COMMIT)
    fake.calls.clear()


def test_a_draft_then_every_file_then_the_release(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    done = run(tagged, small)
    whole(tagged, small[0])
    assert done.address == "https://github.com/lab/tide/releases/tag/v1.2.0"
    assert done.steps[0] == "draft v1.2.0"
    assert done.steps[-1] == "publish v1.2.0"
    made = writes(tagged)
    assert made[0] == "POST /releases"
    assert made[-1].startswith("PATCH /releases/")
    assert len(made) == 2 + len(NAMES)


def test_a_second_run_changes_nothing(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    run(tagged, small)
    tagged.state.releases[0]["body"] = "A person wrote something better."
    before = len(writes(tagged))
    assert run(tagged, small).steps == ()
    assert len(writes(tagged)) == before
    assert tagged.state.releases[0]["body"] == "A person wrote something better."


def test_a_dry_run_changes_nothing_and_says_all(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    would = run(tagged, small, dry=True).steps
    assert writes(tagged) == []
    assert run(tagged, small).steps == would


MODES: dict[str, dict[str, Any]] = {
    "the network is gone": {"for_good": True},
    "the network is gone and the last answer with it": {"for_good": True, "after": True},
    "one answer is lost": {"after": True},
    "one connection is cut": {},
    "a 502 instead": {"status": 502},
    "a 502 although it was done": {"status": 502, "after": True},
}


@pytest.mark.parametrize("mode", MODES)
def test_wherever_it_is_cut_the_next_run_goes_on(tagged: FakeGitHub, small: tuple[Path, Release], mode: str) -> None:
    run(tagged, small)
    requests, needed = len(tagged.calls), sorted(c.partition(" ")[0] for c in writes(tagged))
    for at in range(requests):
        afresh(tagged)
        scissors = Scissors(tagged, at, **MODES[mode])
        try:
            run(tagged, small)
        except ForgeProblem as problem:
            certain = not problem.uncertain
        else:
            certain = False
        finally:
            scissors.away()
        assert scissors.cuts, at
        assert not certain, at
        published = [r for r in tagged.state.releases if not r["draft"]]
        if published:
            whole(tagged, small[0])  # nobody ever sees one that lacks a file
        run(tagged, small)
        whole(tagged, small[0])
        before = len(writes(tagged))
        assert run(tagged, small).steps == ()
        assert len(writes(tagged)) == before
    assert needed.count("POST") == 1 + len(NAMES)


def test_killed_between_two_uploads_the_next_run_goes_on(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    run(tagged, small)
    requests = list(tagged.calls)
    places = [n for n, c in enumerate(requests) if not c.startswith("GET ")]
    for at, after in [(places[0], True), (places[2], False), (places[2], True), (places[-1], False)]:
        afresh(tagged)
        killed: list[subprocess.Popen[bytes]] = []
        scissors = Scissors(
            tagged, at, after=after, for_good=True, action=lambda there=killed: there[0].send_signal(signal.SIGKILL)
        )
        words = [sys.executable, "-P", "-m", "assaymark", "release", "publish", str(small[0])]
        environment = os.environ | tagged.environment
        killed.append(subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert killed[0].wait(120) == -signal.SIGKILL
        scissors.away()
        assert all(r["draft"] for r in tagged.state.releases)
        run(tagged, small)
        whole(tagged, small[0])


def test_what_is_left_of_an_upload_is_taken_away_first(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    def half() -> None:
        release = tagged.state.releases[0]
        release["assets"].append({"id": 7, "name": "tide-1.2.0.tar.gz", "data": b"sdi", "state": "open"})

    tagged.before("POST", r"/releases/\d+/assets", half)
    steps = run(tagged, small).steps
    assert "take away what is left of tide-1.2.0.tar.gz" in steps
    whole(tagged, small[0])


def test_files_without_a_digest_are_read(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    tagged.state.digests = False
    run(tagged, small)
    assert run(tagged, small).steps == ()
    tagged.state.releases[0]["assets"][0]["data"] = b"X" * len(tagged.state.releases[0]["assets"][0]["data"])
    with pytest.raises(GateNotMet, match="published already with another content"):
        run(tagged, small)


def test_a_published_file_is_never_replaced(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    run(tagged, small)
    place = small[0]
    (place / "tide-1.2.0.tar.gz").write_bytes(b"another")
    before = len(writes(tagged))
    with pytest.raises(GateNotMet, match="raise the version"):
        run(tagged, (place, listed(place)))
    assert len(writes(tagged)) == before


def test_what_somebody_else_published_for_the_tag_is_gone_on_with(
    tagged: FakeGitHub, small: tuple[Path, Release]
) -> None:
    mine = {"id": 5, "tag_name": "v1.2.0", "name": "By hand", "body": "By hand", "prerelease": False}
    extra = {"id": 9, "name": "poster.pdf", "data": b"%PDF"}
    tagged.state.releases += [
        {**mine, "draft": False, "assets": [extra]},
        {**mine, "id": 6, "draft": True, "assets": []},
    ]
    run(tagged, small)
    published, draft = tagged.state.releases
    assert sorted(a["name"] for a in published["assets"]) == sorted([*NAMES, "poster.pdf"])
    assert published["body"] == "By hand"
    assert draft["assets"] == []


@pytest.mark.parametrize("annotated", [True, False])
def test_the_tag_must_be_at_the_commit_that_was_built(
    fake_github: FakeGitHub, small: tuple[Path, Release], annotated: bool
) -> None:
    with pytest.raises(InputError, match=r"has no tag v1\.2\.0"):
        run(fake_github, small)
    fake_github.state.git.tag("v1.2.0", "d" * 40, annotated=annotated)
    with pytest.raises(InputError, match="is at dddddddddddd there, but cccccccccccc was built"):
        run(fake_github, small)
    assert writes(fake_github) == []
    fake_github.state.git.tag("v1.2.0", COMMIT, annotated=annotated)
    run(fake_github, small)


def test_without_the_right_it_ends_with_a_sentence(tagged: FakeGitHub, small: tuple[Path, Release]) -> None:
    tagged.state.accounts["t0ken"].may = frozenset()
    with pytest.raises(ForgeProblem, match="the token may not do this") as problem:
        run(tagged, small)
    assert not problem.value.uncertain
    assert tagged.state.releases == []
