"""What a job is told that works in a checkout: words, files and the CI run, and what its end means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assaymark.job import Handle, Log, Resources, State, Status
from assaymark.runners.away import UNABLE, Done, assessing, placed, stepping, surroundings
from assaymark.runners.kit import Kit
from assaymark.runners.parcel import Parcel

PARCEL = Parcel(b"data", "tool/sub")
KIT = Kit(Path("/far/assaymark-00.tar.gz"), "3.11", "x86_64")


def test_files_keep_their_names_where_they_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/strict.toml").write_text("strict")
    (tmp_path / "lines").write_text("taken")
    outside = tmp_path / "a b.toml"
    outside.write_text("outside")
    words = ["--config", "ci/strict.toml", "--profile", str(outside), "--executed", "lines", "--select", "QC.Doc"]
    inside, inputs = placed(words)
    told = ["--config", "ci/strict.toml", "--profile", "given/1-a_b.toml", "--executed", "given/2-lines"]
    assert inside == [*told, "--select", "QC.Doc"]
    assert inputs == {"ci/strict.toml": b"strict", "given/1-a_b.toml": b"outside", "given/2-lines": b"taken"}
    assert placed(["--profile", "sqaaas-v3"]) == (["--profile", "sqaaas-v3"], {})


def test_of_a_run_only_what_is_no_secret(tmp_path: Path) -> None:
    event = tmp_path / "e.json"
    event.write_text("{}")
    run = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_TOKEN": "t", "GITHUB_EVENT_PATH": str(event), "HOME": "/"}
    told, files = surroundings(run)
    assert told == {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "event.json"}
    assert files == {"event.json": b"{}"}
    assert surroundings({"GITHUB_EVENT_PATH": "/nonexistent"}) == ({}, {})


def test_the_name_of_a_job_covers_what_it_is_given() -> None:
    usual = assessing(PARCEL, KIT, ["--no-tools"], {}, Resources())
    assert usual == assessing(PARCEL, KIT, ["--no-tools"], {}, Resources())
    others = [
        assessing(Parcel(b"other", "tool/sub"), KIT, ["--no-tools"], {}, Resources()),
        assessing(Parcel(b"data", "tool"), KIT, ["--no-tools"], {}, Resources()),
        assessing(PARCEL, KIT._replace(file=Path("/far/other.tar.gz")), ["--no-tools"], {}, Resources()),
        assessing(PARCEL, KIT, [], {}, Resources()),
        assessing(PARCEL, KIT, ["--no-tools"], {"GITHUB_SHA": "1"}, Resources()),
        assessing(PARCEL, KIT, ["--no-tools"], {}, Resources(time=1)),
        stepping(PARCEL, ["true"], Resources()),
        stepping(PARCEL, ["false"], Resources()),
    ]
    assert len({usual.id, *(other.id for other in others)}) == len(others) + 1
    assert json.loads(json.dumps(usual.command))[-4:] == ["source/tool/sub", "--no-tools", "--output", "out"]


@pytest.mark.parametrize(
    ("status", "stderr", "why"),
    [
        (Status(state=State.EXITED, code=0), b"", None),
        (Status(state=State.EXITED, code=1), b"assaymark: gate\n", None),
        (Status(state=State.EXITED, code=UNABLE), b"x\nassaymark: no Python\n", "no Python"),
        (Status(state=State.EXITED, code=UNABLE), b"", "it could not begin"),
        (Status(state=State.NODE_LOST, reason="Slurm: NODE_FAIL"), b"", "node-lost: Slurm: NODE_FAIL"),
        (Status(state=State.CANCELLED), b"", "cancelled"),
    ],
)
def test_what_an_end_means(status: Status, stderr: bytes, why: str | None) -> None:
    done = Done(status, Log(stderr=stderr), {}, Handle(runner="slurm", id="x", folder="/f"))
    assert done.unable == why


def test_what_it_says_steers_no_terminal() -> None:
    done = Done(Status(state=State.EXITED), Log(stderr=b"a\x1b[2Jb\n"), {}, Handle(runner="s", id="x", folder="/f"))
    assert done.said == "a[2Jb"
