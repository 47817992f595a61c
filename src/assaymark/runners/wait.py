"""Waiting for jobs: two deadlines for each, one for the queue and one for the run; nothing is left running."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from assaymark.errors import InputError
from assaymark.job import Handle, Runner, State, Status, finished

FIRST, LONGEST = 0.1, 5.0
# How often, in between, we look for a verdict ourselves; the site is not asked for that.
LOOK, LOOKED_AT = 0.05, 50
# The reporter ends the command in time; this much later the controller does it.
GRACE = 30.0
Heard = Callable[[Handle, tuple[Status, ...]], None]


def wait(
    runner: Runner, handles: Sequence[Handle], heard: Heard | None = None, grace: float = GRACE
) -> dict[str, tuple[Status, ...]]:
    """The final status of every job, by id. What waits or runs too long is cancelled and reported as exactly that.

    One that cannot be cancelled then, as its site is away, is said to be so and keeps its handle. ``heard`` is told
    whenever a job was asked after. An exception (also Ctrl-C) leaves the jobs as they are: they can be taken up again.
    """
    found: dict[str, tuple[Status, ...]] = {}
    began: dict[str, float] = {}
    pause = FIRST
    while len(found) < len(handles):
        for handle in handles:
            if handle.id in found:
                continue
            seen = runner.status(handle)
            if heard:
                heard(handle, seen)
            if any(s.state is not State.QUEUED for s in seen):
                began.setdefault(handle.id, time.time() - _age(seen))
            late = None if finished(seen) else _late(handle, began.get(handle.id), grace)
            if late:
                late = _cancelled(runner, handle, late)
                found[handle.id] = tuple(_ended(s, late) for s in runner.status(handle))
            elif finished(seen):
                found[handle.id] = seen
        if len(found) < len(handles):
            _pause(runner, [h for h in handles if h.id not in found], pause)
            pause = min(LONGEST, pause * 1.3)
    return found


def _cancelled(runner: Runner, handle: Handle, late: Status) -> Status:
    try:
        runner.cancel(handle)
    except InputError as problem:
        return replace(late, reason=f"{late.reason}; it could not be cancelled: {problem.message}")
    return late


def _pause(runner: Runner, open_ones: Sequence[Handle], seconds: float) -> None:
    """Sleep, but not beyond the moment at which a verdict arrives."""
    end = time.monotonic() + seconds
    # One that has news now had them when it was asked after: an array that is not yet complete.
    quiet = [h for h in open_ones[:LOOKED_AT] if not runner.news(h)]
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(LOOK, left))
        if any(map(runner.news, quiet)):
            return


def _age(seen: Sequence[Status]) -> float:
    return max((s.took or 0.0 for s in seen), default=0.0)


def _late(handle: Handle, began: float | None, grace: float) -> Status | None:
    now = time.time()
    if began is None:
        if now - handle.submitted > handle.queue:
            return Status(state=State.WAITED_OUT, reason=f"it waited longer than {handle.queue:g} s to begin")
        return None
    if now - began > handle.time * handle.array + grace:
        return Status(state=State.TIMED_OUT, reason=f"its time of {handle.time:g} s was over, and it did not end")
    return None


def _ended(status: Status, late: Status) -> Status:
    """What we ended ourselves is named after our reason; a verdict that came in the last moment stays."""
    if status.state in (State.EXITED, State.TIMED_OUT):
        return status
    why = f"{late.reason}; {status.reason}" if status.reason else late.reason
    return replace(status, state=late.state, reason=why)
