"""Wall time and peak memory of whole processes, commands taking turns so that drift hits all alike."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Command:
    """Something to time. ``accept`` are the exit statuses that mean it did its work."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    accept: frozenset[int] = frozenset({0})
    before: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds on the wall, peak resident KiB of the process or its largest child, standard output.

    ``cpu`` are the seconds that all processors spent on it and on its children.
    """

    seconds: float
    peak: int
    output: bytes
    cpu: float


@dataclass(frozen=True, slots=True)
class Series:
    """All runs of one command."""

    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> float:
        """Median wall time."""
        return median(s.seconds for s in self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        """Shortest and longest wall time."""
        times = [s.seconds for s in self.samples]
        return min(times), max(times)

    @property
    def peak(self) -> float:
        """Median peak memory in MB (10^6 bytes)."""
        return median(s.peak for s in self.samples) * 1024 / 1e6


def once(command: Command) -> Sample:
    """Run a command; SystemExit with what it printed when it failed.

    The kernel starts a child's peak at what its parent held before the exec, so a peak below this process's own
    (about 20 MB) reads as that.
    """
    if command.before:
        command.before()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command.arguments), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(command.environment)
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in command.accept:
            said = err.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command.arguments)} ended with {process.returncode}:\n{said}")
        return Sample(seconds, usage.ru_maxrss, out.read(), usage.ru_utime + usage.ru_stime)


def in_turns(commands: Sequence[Command], rounds: int) -> list[Series]:
    """Time commands A B A B …, after one run of each that does not count."""
    for command in commands:
        once(command)
    taken: list[list[Sample]] = [[] for _ in commands]
    for _ in range(rounds):
        for samples, command in zip(taken, commands, strict=True):
            samples.append(once(command))
    return [Series(tuple(samples)) for samples in taken]


def environment(home: Path) -> dict[str, str]:
    """What every command gets: a home and a cache of its own, and nothing that colours or configures."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "TERM": "dumb",
        "COLUMNS": "120",
    }
