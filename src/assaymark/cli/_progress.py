"""What a person sees while tools run: anything longer than a second shows that it is alive."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_PATIENCE = 1.0


class Live:
    """A line per running tool with a spinner and its time, gone when all is done. Appears after one second."""

    def __init__(self) -> None:
        self._running: dict[str, float] = {}
        self._done = 0
        self._lock = threading.Lock()
        self._display: Any = None
        self._timer = threading.Timer(_PATIENCE, self._show)
        self._timer.daemon = True
        self._timer.start()

    def start(self, name: str) -> None:
        """A unit of work begins."""
        with self._lock:
            self._running[name] = time.monotonic()

    def done(self, name: str, outcome: str) -> None:
        """It ended."""
        with self._lock:
            self._running.pop(name, None)
            self._done += 1

    def close(self) -> None:
        """Take the display away."""
        self._timer.cancel()
        with self._lock:
            display, self._display = self._display, None
        if display is not None:
            display.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.live import Live as Display

        display = Display(
            get_renderable=self._picture, console=Console(stderr=True), transient=True, refresh_per_second=8
        )
        with self._lock:
            self._display = display
        display.start()

    def _picture(self) -> Any:
        from rich.spinner import Spinner
        from rich.table import Table

        grid = Table.grid(padding=(0, 1))
        now = time.monotonic()
        with self._lock:
            running, done = sorted(self._running.items(), key=lambda item: item[1]), self._done
        for name, since in running:
            grid.add_row(Spinner("dots", style="cyan"), name, f"{now - since:.0f} s")
        grid.add_row("", f"{done} done, {len(running)} running", "")
        return grid


class Lines:
    """Plain lines for a log: a tool that takes longer than a second is named then, and when it ends."""

    def __init__(self) -> None:
        self._running: dict[str, float] = {}
        self._named: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def start(self, name: str) -> None:
        """A unit of work begins."""
        with self._lock:
            self._running[name] = time.monotonic()

    def done(self, name: str, outcome: str) -> None:
        """It ended."""
        with self._lock:
            since = self._running.pop(name, None)
            named = name in self._named
        if named and since is not None:
            self._say(f"{name}: {outcome} after {time.monotonic() - since:.1f} s")

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            now = time.monotonic()
            with self._lock:
                slow = [n for n, since in self._running.items() if now - since > _PATIENCE and n not in self._named]
                self._named.update(slow)
            for name in slow:
                self._say(f"{name}: running …")

    def _say(self, text: str) -> None:
        sys.stderr.write(f"assaymark: {text}\n")
        sys.stderr.flush()


def steps(title: str, items: Sequence[T]) -> Iterator[T]:
    """The items one by one, with a bar on a terminal that tells how many are left; quiet elsewhere."""
    from assaymark.cli._common import talk

    if talk().quiet or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, title, console=Console(stderr=True), transient=True)
