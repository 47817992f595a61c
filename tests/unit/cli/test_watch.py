"""What is shown of jobs that run elsewhere: bounded, once, and never a command for a terminal or a CI host."""

from __future__ import annotations

import pytest

from assaymark.cli import _watch
from assaymark.cli._watch import MOST, added, described, plain, plain_lines, watching, whole
from assaymark.errors import InputError
from assaymark.job import Handle, Log, State, Status

HANDLE = Handle(runner="slurm", id="smoke-1-start", folder="/f")
RUNNING = (Status(state=State.RUNNING, reason="Slurm: RUNNING"),)
OVER = (Status(state=State.EXITED, code=0, took=1.0),)


class At:
    """A site whose jobs say what they are told to say."""

    def __init__(self) -> None:
        self.log, self.asked = Log(), 0

    def logs(self, handle: Handle, index: int = 0, limit: int = 0) -> Log:
        self.asked += 1
        if self.log.stderr == b"away":
            raise InputError("it cannot be reached")
        return self.log


def test_a_log_gets_each_change_and_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    at = At()
    with watching(at, "smoke-1-") as heard:  # type: ignore[arg-type]  # as little as it takes
        assert heard
        heard(HANDLE, (Status(state=State.QUEUED),))
        at.log = Log(stdout=b"::error::one\npart")
        heard(HANDLE, RUNNING)
        heard(HANDLE, RUNNING)
        at.log = Log(stdout=b"::error::one\npartly\n", stderr=b"\x1b[31mred\x1b[0m\r\n")
        heard(HANDLE, OVER)
        heard(HANDLE, OVER)
    assert capsys.readouterr().err.splitlines() == [
        "start: queued",
        "start: running (Slurm: RUNNING)",
        "start | ::error::one",
        "start: exit 0",
        "start | partly",
        "start | red",
    ]


def test_the_last_lines_are_shown_where_no_time_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    at = At()
    at.log = Log(stdout=b"last words\n")
    with watching(at) as heard:  # type: ignore[arg-type]  # as little as it takes
        assert heard
        heard(HANDLE, (Status(state=State.EXITED, code=0),))
    assert capsys.readouterr().err.splitlines()[-1].endswith("| last words")


def test_a_log_gets_so_many_lines_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    at = At()
    at.log = Log(stdout=b"".join(b"line %d\n" % n for n in range(MOST + 30)))
    with watching(at) as heard:  # type: ignore[arg-type]  # as little as it takes
        assert heard
        heard(HANDLE, OVER)
    lines = capsys.readouterr().err.splitlines()
    assert sum(" | " in line for line in lines) == MOST
    assert lines[-1].endswith("assaymark jobs list")


def test_a_site_that_is_away_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    at = At()
    at.log = Log(stderr=b"away")
    with watching(at) as heard:  # type: ignore[arg-type]  # as little as it takes
        assert heard
        heard(HANDLE, RUNNING)
    assert capsys.readouterr().err == "smoke-1-start: running (Slurm: RUNNING)\n"


def test_a_site_is_not_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at, now = At(), [100.0]
    jobs = _watch._Jobs(at, "", lambda: now[0])  # type: ignore[arg-type]  # as little as it takes
    for moment in (100.0, 100.1, 102.0, 103.5):
        now[0] = moment
        jobs.heard(HANDLE, RUNNING)
    assert at.asked == 2


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        (b"", b"a\nb\n", b"a\nb\n"),
        (b"a\n", b"a\nb\n", b"b\n"),
        (b"a\nb\n", b"b\nc\n", b"b\nc\n"),  # nothing of it can be told apart: rather twice than not at all
        (b"x" * 300 + b"\n", b"x" * 250 + b"\nnew\n", b"new\n"),
        (b"a\n", b"a\n", b""),
    ],
)
def test_what_is_new(old: bytes, new: bytes, more: bytes) -> None:
    assert added(old, new) == more


def test_lines_are_plain_and_short() -> None:
    assert whole(b"a\nb") == b"a\n"
    assert plain_lines(b"a\n\n \xff\x07b\n") == ["a", " \ufffd b"]
    assert len(plain("x" * 1000)) == _watch.LONGEST


def test_many_copies_are_counted() -> None:
    assert described((*RUNNING, *OVER, *RUNNING)) == "1 exited, 2 running"
