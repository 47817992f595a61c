"""Two deadlines, and what is ended by us is named after our reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assaymark.job import Handle, Job, Log, State, Status
from assaymark.runners import wait as waiting
from assaymark.runners.wait import wait


@dataclass
class Fake:
    """Tells the statuses that it was given, one at each question; the last for ever."""

    told: list[Status]
    cancelled: list[str] = field(default_factory=list)
    arrived: Callable[[], bool] = lambda: False
    name: str = "fake"
    root: Path = Path("/nowhere")

    def status(self, handle: Handle) -> tuple[Status, ...]:
        return (self.told.pop(0) if len(self.told) > 1 else self.told[0],)

    def cancel(self, handle: Handle) -> None:
        self.cancelled.append(handle.id)

    def problem(self) -> str | None:
        return None

    def news(self, handle: Handle) -> bool:
        return self.arrived()

    def facts(self) -> Mapping[str, str]:
        return {}

    def submit(self, job: Job) -> Handle:
        raise NotImplementedError

    def logs(self, handle: Handle, index: int = 0, limit: int = 0) -> Log:
        return Log()

    def collect(self, handle: Handle, index: int = 0) -> Mapping[str, bytes]:
        return {}


def handle(**more: float) -> Handle:
    return Handle(runner="fake", id="job", folder="/f", **{"submitted": time.time(), "time": 5, "queue": 5} | more)  # type: ignore[arg-type]


def test_it_ends_with_the_job() -> None:
    fake = Fake([Status(state=State.QUEUED), Status(state=State.RUNNING), Status(state=State.EXITED, code=3)])
    heard: list[str] = []
    found = wait(fake, [handle()], lambda h, s: heard.append(s[0].state.value))
    assert found["job"][0].code == 3
    assert heard == ["queued", "running", "exited"]
    assert fake.cancelled == []


def test_too_long_in_the_queue() -> None:
    fake = Fake([Status(state=State.QUEUED, reason="Priority")])
    [status] = wait(fake, [handle(queue=0.2)])["job"]
    assert status.state is State.WAITED_OUT
    assert "Priority" in status.reason
    assert fake.cancelled == ["job"]


def test_time_in_the_queue_is_no_time_of_the_run() -> None:
    fake = Fake([Status(state=State.QUEUED)] * 3 + [Status(state=State.RUNNING), Status(state=State.EXITED, code=0)])
    [status] = wait(fake, [handle(submitted=time.time() - 1000, queue=2000, time=1)])["job"]
    assert status.code == 0


def test_a_reporter_that_hangs_is_ended_by_the_controller() -> None:
    fake = Fake([Status(state=State.RUNNING)])
    [status] = wait(fake, [handle(time=0.1)], grace=0.1)["job"]
    assert status.state is State.TIMED_OUT
    assert status.code is None
    assert fake.cancelled == ["job"]


def test_a_verdict_of_the_last_moment_stays() -> None:
    fake = Fake([Status(state=State.RUNNING), Status(state=State.EXITED, code=4)])
    [status] = wait(fake, [handle(time=0.5)], grace=-1.0)["job"]
    assert (status.state, status.code) == (State.EXITED, 4)
    assert fake.cancelled == ["job"]


def test_interrupted_it_leaves_the_jobs() -> None:
    def interrupt(handle: Handle, statuses: tuple[Status, ...]) -> None:
        raise KeyboardInterrupt

    fake = Fake([Status(state=State.RUNNING)])
    with pytest.raises(KeyboardInterrupt):
        wait(fake, [handle()], interrupt)
    assert fake.cancelled == []


def test_a_verdict_ends_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST", 30.0)
    began = time.monotonic()
    fake = Fake([Status(state=State.RUNNING), Status(state=State.EXITED, code=0)])
    fake.arrived = lambda: time.monotonic() > began + 0.3
    assert wait(fake, [handle(time=60)])["job"][0].code == 0
    assert 0.3 < time.monotonic() - began < 10
