"""Whose word counts: the job's own, unless a signal ended its command and the site says that it was behind that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from assaymark.job import Handle, Job, State
from assaymark.runners import folder as folders
from assaymark.runners.shared import OneFolder, Seen, SharedFolder


class Back(OneFolder):
    """A site that starts nothing, and says what it is told to say."""

    name = "slurm"

    def __init__(self, says: Seen) -> None:
        self.says, self.asked = says, 0

    def problem(self) -> str | None:
        return None

    def launch(self, handle: Handle, job: Job) -> str:
        return "1"

    def find(self, handle: Handle) -> str | None:
        return None

    def seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        self.asked += 1
        return dict.fromkeys(wanted, self.says)

    def stop(self, handle: Handle) -> None:
        pass


def wrote(handle: Handle, state: str, code: int) -> None:
    run = folders.copy(handle.folder, 0)
    run.mkdir(parents=True)
    told = {"schema": 1, "job": handle.id, "index": 0, "state": state, "code": code, "began": 1, "took": 1, "host": {}}
    (run / "result.json").write_text(json.dumps(told))


CANCELLED = Seen(State.CANCELLED, "Slurm: CANCELLED")


@pytest.mark.parametrize(
    ("wrote_state", "code", "says", "state"),
    [
        # Who ends a job asks all its processes at once; the command may hear it before its reporter does.
        ("exited", 143, CANCELLED, State.CANCELLED),
        ("exited", 137, Seen(State.OUT_OF_MEMORY), State.OUT_OF_MEMORY),
        ("exited", 143, Seen(State.PREEMPTED), State.PREEMPTED),
        ("exited", 130, Seen(State.TIMED_OUT), State.TIMED_OUT),
        ("terminated", 143, CANCELLED, State.CANCELLED),
        ("terminated", 143, Seen(State.NODE_LOST), State.NODE_LOST),
        ("terminated", 0, Seen(State.EXITED), State.CANCELLED),
        # It ended by itself: the site only says so, or knows nothing.
        ("exited", 143, Seen(State.EXITED), State.EXITED),
        ("exited", 143, Seen(None), State.EXITED),
        # The site is not done with it: what it says next may be the reason.
        ("exited", 143, Seen(State.RUNNING), State.RUNNING),
        ("terminated", 143, Seen(State.RUNNING), State.RUNNING),
        ("exited", 0, Seen(State.RUNNING), State.EXITED),
        ("exited", 137, Seen(State.NO_VERDICT), State.EXITED),
        ("exited", 3, CANCELLED, State.EXITED),
        ("timed-out", 143, CANCELLED, State.TIMED_OUT),
    ],
)
def test_whose_word_counts(wrote_state: str, code: int, says: Seen, state: State, tmp_path: Path) -> None:
    back = Back(says)
    at = SharedFolder(back, tmp_path, None, 0.0)
    handle = at.submit(Job(id="x", command=("true",)))
    wrote(handle, wrote_state, code)
    [status] = at.status(handle)
    assert status.state is state
    assert status.code == (code if state is State.EXITED else None)


def test_a_site_is_not_asked_about_what_is_plain(tmp_path: Path) -> None:
    back = Back(CANCELLED)
    at = SharedFolder(back, tmp_path, None, 0.0)
    handle = at.submit(Job(id="x", command=("true",)))
    wrote(handle, "exited", 0)
    at.status(handle)
    assert back.asked == 0


def test_what_was_ended_before_it_could_say_so_is_cancelled(tmp_path: Path) -> None:
    back = Back(Seen(State.RUNNING))
    at = SharedFolder(back, tmp_path, None, 0.0)
    handle = at.submit(Job(id="x", command=("true",)))
    at.cancel(handle)
    back.says = Seen(State.NO_VERDICT, "its process ended")
    assert at.status(handle)[0].state is State.CANCELLED


def test_what_was_over_without_a_verdict_is_not_made_a_cancelled_one(tmp_path: Path) -> None:
    back = Back(Seen(State.NO_VERDICT, "its process ended"))
    at = SharedFolder(back, tmp_path, None, 0.0)
    handle = at.submit(Job(id="x", command=("true",)))
    at.cancel(handle)
    assert at.status(handle)[0].state is State.NO_VERDICT
