"""What a person sees of jobs that run elsewhere: how each stands, and the last lines of what it says.

On a terminal a display that is gone at the end; in a log one line for each change of state, and a bounded number of
lines of output, none of which can be taken for a command of a CI host. ``--quiet`` shows nothing.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assaymark.cli._common import talk
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.job import Handle, Runner, Status
    from assaymark.runners.wait import Heard

# Bytes of a stream that are looked at, and seconds between two looks at a job: each is a call to a login node.
LOOK, PACE = 8_192, 3.0
SHOWN, LONGEST, MOST = 6, 160, 40
FIRST, LATER = "| ", "  … it says more: assaymark jobs list"


@contextmanager
def watching(at: Runner, prefix: str = "", *, lines: bool = False) -> Iterator[Heard | None]:
    """What `wait` tells each time that it asked after a job; ``prefix`` is what all their names begin with.

    ``lines``: also on a terminal, where another display stands already.
    """
    if talk().quiet:
        yield None
        return
    display = _Picture(at, prefix) if sys.stderr.isatty() and not lines else _Lines(at, prefix)
    try:
        yield display.heard
    finally:
        display.close()


class _Jobs:
    """How jobs stand, and what they said since the last look."""

    def __init__(self, at: Runner, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.at, self.prefix, self.clock = at, prefix, clock
        self.looked: dict[str, float] = {}
        self.seen: dict[str, tuple[bytes, bytes]] = {}

    def heard(self, handle: Handle, statuses: tuple[Status, ...]) -> None:
        """A job was asked after."""
        name = handle.id.removeprefix(self.prefix)
        self.stands(name, described(statuses), over=all(s.state.over for s in statuses))
        if lines := self._news(handle, statuses):
            self.said(name, lines)

    def stands(self, name: str, state: str, *, over: bool) -> None:
        """It is in this state."""

    def said(self, name: str, lines: list[str]) -> None:
        """It said these lines."""

    def close(self) -> None:
        """No more is to be shown."""

    def _news(self, handle: Handle, statuses: tuple[Status, ...]) -> list[str]:
        """Whole lines that are new, of the first copy that has begun; a job that is over is looked at once more."""
        # Where there is no awk, nobody knows how long it took.
        begun = next(
            (s for s in statuses if s.state.value == "running" or s.took is not None or s.code is not None), None
        )
        now, over = self.clock(), begun is not None and begun.state.over
        if begun is None or (not over and now < self.looked.get(handle.id, 0) + PACE):
            return []
        if self.looked.get(handle.id) == float("inf"):
            return []
        self.looked[handle.id] = float("inf") if over else now
        try:
            log = self.at.logs(handle, begun.index, LOOK)
        except InputError:
            return []
        before = self.seen.get(handle.id, (b"", b""))
        self.seen[handle.id] = whole(log.stdout), whole(log.stderr)
        pairs = zip(before, self.seen[handle.id], strict=True)
        return [line for old, new in pairs for line in plain_lines(added(old, new))]


class _Lines(_Jobs):
    """For a log."""

    def __init__(self, at: Runner, prefix: str) -> None:
        super().__init__(at, prefix)
        self.last: dict[str, str] = {}
        self.left: dict[str, int] = {}

    def stands(self, name: str, state: str, *, over: bool) -> None:
        """Said once."""
        if self.last.get(name) != state:
            self.last[name] = state
            self._say(f"{name}: {state}")

    def said(self, name: str, lines: list[str]) -> None:
        """Said as long as there is room."""
        left = self.left.setdefault(name, MOST)
        for line in lines[: max(0, left)]:
            self._say(f"{name} {FIRST}{line}")
        if 0 <= left < len(lines):
            self._say(f"{name}{LATER}")
        self.left[name] = left - len(lines) if len(lines) <= left else -1

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class _Picture(_Jobs):
    """For a terminal: jobs that are not over, and the last lines of the one that spoke last."""

    def __init__(self, at: Runner, prefix: str) -> None:
        super().__init__(at, prefix)
        from rich.console import Console
        from rich.live import Live

        self.began: dict[str, float] = {}
        self.states: dict[str, str] = {}
        self.over = 0
        self.speaker, self.lines = "", list[str]()
        console = Console(stderr=True)
        self.display = Live(get_renderable=self._picture, console=console, transient=True, refresh_per_second=4)
        self.display.start()

    def stands(self, name: str, state: str, *, over: bool) -> None:
        """Shown until it is over."""
        if over:
            self.over += self.states.pop(name, None) is not None or name not in self.began
            self.began[name] = 0.0
            return
        self.began.setdefault(name, self.clock())
        self.states[name] = state

    def said(self, name: str, lines: list[str]) -> None:
        """The last of them are kept."""
        kept = self.lines if name == self.speaker else []
        self.speaker, self.lines = name, [*kept, *lines][-SHOWN:]

    def close(self) -> None:
        """Take the display away."""
        self.display.stop()

    def _picture(self) -> Any:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        grid, now = Table.grid(padding=(0, 1)), self.clock()
        for name, state in list(self.states.items()):
            grid.add_row(Spinner("dots", style="cyan"), name, state, f"{now - self.began[name]:.0f} s")
        words = Text(f"{self.over} over, {len(self.states)} not yet", style="dim")
        said = [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in list(self.lines)]
        title = [Text(f"── {self.speaker}", style="cyan")] if said else []
        return Group(grid, words, *title, *said)


def described(statuses: tuple[Status, ...]) -> str:
    """How the copies of a job stand, in a few words."""
    if len(statuses) > 1:
        counts: dict[str, int] = {}
        for status in statuses:
            counts[status.state] = counts.get(status.state, 0) + 1
        return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    status = statuses[0]
    if status.code is not None:
        return f"exit {status.code}"
    return str(status.state) + (f" ({plain(status.reason)})" if status.reason else "")


def whole(data: bytes) -> bytes:
    """Up to the last end of a line."""
    return data[: data.rfind(b"\n") + 1]


def added(old: bytes, new: bytes) -> bytes:
    """What the end of a stream has more than it had; both are cut to the same length, and the older may be gone."""
    last = old[-200:]
    at = new.rfind(last) if last else -1
    return new[at + len(last) :] if at >= 0 else new


def plain_lines(data: bytes) -> list[str]:
    """Lines that a terminal can be given."""
    return [plain(line) for line in data.decode("utf-8", "replace").splitlines() if line.strip()]


def plain(text: str) -> str:
    """One line without anything that steers a terminal."""
    shown = "".join(c if c.isprintable() else " " for c in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.rstrip()))
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
