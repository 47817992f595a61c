"""Measure assaymark beside repo-review with sp-repo-review, in turns, on local checkouts.

    python benchmarks/speed.py --install-peer CHECKOUT...
    python benchmarks/speed.py --peer FOLDER CHECKOUT... [--rounds N] [--assaymark PROGRAM] [--no-tools] [--json FILE]

Prints medians with the shortest and longest time, ratios, and whether each aim is met. Exit status 0 whatever they
are: a loaded machine must not turn a build red.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from lib.measure import Command, Series, environment, in_turns, once
from lib.table import table

PEER = ["repo-review[cli]", "sp-repo-review"]
DECIDED = {"passed", "failed", "not-applicable"}
# What asks for one long tool that keeps one processor busy, and for short ones: two processors are enough for all.
FITTING = "QC.Sec02"
# A gate that is not met, a failing check of the peer: both did their work.
JUDGED = frozenset({0, 1, 2, 3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result; ``value`` is compared with ``aim`` in the same unit."""

    subject: str
    what: str
    ours: str
    beside: str
    value: float
    aim: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Bench:
    """What is compared, and how often."""

    ours: Path
    peer: Path
    home: Path
    rounds: int

    def command(self, name: str, *arguments: str | Path, accept: frozenset[int] = frozenset({0})) -> Command:
        """A command in the common environment."""
        return Command(name, [str(a) for a in arguments], environment(self.home), accept)

    def python(self, program: Path) -> Path:
        """The interpreter beside an installed program."""
        return program.with_name("python")


def start_up(bench: Bench) -> Iterator[Row]:
    """Import and ``--version``."""
    python = bench.python(bench.ours)
    bare, imported, version, theirs = in_turns(
        [
            bench.command("bare", python, "-c", "pass"),
            bench.command("import", python, "-c", "import assaymark"),
            bench.command("version", bench.ours, "--version"),
            bench.command("peer version", bench.peer, "--version"),
        ],
        bench.rounds * 3,
    )
    added = imported.seconds - bare.seconds
    yield Row(
        subject="-",
        what="import",
        ours=f"{added * 1000:.0f} ms",
        beside=f"bare python {times(bare)}",
        value=added * 1000,
        aim=60,
        unit="ms",
    )
    yield Row(
        subject="-",
        what="--version",
        ours=times(version),
        beside=f"repo-review {times(theirs)}",
        value=version.seconds * 1000,
        aim=80,
        unit="ms",
    )


def static(bench: Bench, subject: Path) -> Iterator[Row]:
    """Static checks only against the peer: time, memory, and how much each decides.

    What a person types prints text, for which the peer loads a library that lays out tables; as JSON it does not.
    """
    arguments = ("assess", subject, "--no-tools", "--no-cache")
    as_json = ("--format", "json")
    ours, theirs, ours_json, theirs_json = in_turns(
        [
            bench.command("ours", bench.ours, *arguments, accept=JUDGED),
            bench.command("peer", bench.peer, subject, accept=JUDGED),
            bench.command("ours as JSON", bench.ours, *arguments, *as_json, accept=JUDGED),
            bench.command("peer as JSON", bench.peer, *as_json, subject, accept=JUDGED),
        ],
        bench.rounds,
    )
    mine, its = decided_by_us(ours_json.samples[-1].output), decided_by_peer(theirs_json.samples[-1].output)
    yield Row(
        subject=subject.name,
        what="static",
        ours=f"{times(ours)}, {mine} decided",
        beside=f"repo-review {times(theirs)}, {its} decided",
        value=ours.seconds / theirs.seconds,
        aim=1.0,
        unit="x",
    )
    yield Row(
        subject=subject.name,
        what="static, JSON",
        ours=times(ours_json),
        beside=f"repo-review {times(theirs_json)}",
        value=ours_json.seconds / theirs_json.seconds,
        aim=1.0,
        unit="x",
    )
    yield Row(
        subject=subject.name,
        what="memory",
        ours=f"{ours.peak:.0f} MB",
        beside=f"repo-review {theirs.peak:.0f} MB",
        value=ours.peak,
        aim=60,
        unit="MB",
    )


def with_tools(bench: Bench, subject: Path) -> Iterator[Row]:
    """All installed tools: against what the processors allow, and again from the cache.

    No schedule ends before the slowest tool does, nor before every processor has done its part of all the work. The
    slowest tool is timed while no other one runs.
    """
    arguments = ("assess", subject, "--no-cache", "--format", "json")
    together, one_by_one = in_turns(
        [
            bench.command("tools", bench.ours, *arguments, accept=JUDGED),
            bench.command("one by one", bench.ours, *arguments, "--jobs", "1", accept=JUDGED),
        ],
        max(3, bench.rounds // 2),
    )
    name, alone = slowest_tool([s.output for s in one_by_one.samples])
    work = median(s.cpu for s in together.samples) / processors()
    yield Row(
        subject=subject.name,
        what="tools",
        ours=times(together),
        beside=f"{name} alone {seconds(alone)}, all work / {processors()} processors {seconds(work)}",
        value=together.seconds / max(alone, work),
        aim=1.15,
        unit="x",
    )
    yield Row(
        subject=subject.name,
        what="tools, slowest only",
        ours=times(together),
        beside=f"{name} alone {seconds(alone)}",
        value=together.seconds / alone,
        aim=1.15,
        unit="x",
    )
    again = bench.command("again", bench.ours, "assess", subject, "--format", "json", accept=JUDGED)
    shutil.rmtree(bench.home / ".cache", ignore_errors=True)
    first = once(again)
    [repeated] = in_turns([again], bench.rounds)
    if not json.loads(repeated.samples[-1].output)["run"]["cached"]:
        raise SystemExit(f"{subject}: a repeated run did not come from the cache")
    yield Row(
        subject=subject.name,
        what="repeated",
        ours=times(repeated),
        beside=f"first {seconds(first.seconds)}",
        value=repeated.seconds,
        aim=0.2,
        unit="s",
    )


def fitting_tools(bench: Bench, subject: Path) -> Iterator[Row]:
    """Tools for which there are processors enough, against the slowest of them while no other runs."""
    arguments = ("assess", subject, "--no-cache", "--format", "json", "--select", FITTING)
    together, one_by_one = in_turns(
        [
            bench.command("tools", bench.ours, *arguments, accept=JUDGED),
            bench.command("one by one", bench.ours, *arguments, "--jobs", "1", accept=JUDGED),
        ],
        max(3, bench.rounds // 2),
    )
    name, alone = slowest_tool([s.output for s in one_by_one.samples])
    yield Row(
        subject=subject.name,
        what=f"tools that fit ({FITTING})",
        ours=times(together),
        beside=f"{name} alone {seconds(alone)}",
        value=together.seconds / alone,
        aim=1.15,
        unit="x",
    )


def decided_by_us(output: bytes) -> int:
    """Sub-criteria with a known outcome."""
    return sum(s["outcome"] in DECIDED for s in json.loads(output)["subcriteria"])


def decided_by_peer(output: bytes) -> int:
    """Checks that passed or failed; skipped ones have no result."""
    found = json.loads(output)
    checks = found["checks"] if "checks" in found else next(iter(found.values()))["checks"]
    return sum(c["result"] is not None for c in checks.values())


def slowest_tool(outputs: Sequence[bytes]) -> tuple[str, float]:
    """Name and median seconds of the longest piece of work inside runs of ours."""
    runs: list[dict[str, float]] = [json.loads(output)["run"]["durations"] for output in outputs]
    spent = {name: median(run.get(name, 0.0) for run in runs) for name in runs[-1]}
    name = max(spent, key=lambda n: spent[n])
    return name, spent[name]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def times(series: Series) -> str:
    """``210 ms (205-240)``."""
    low, high = series.spread
    return f"{seconds(series.seconds)} ({low * 1000:.0f}-{high * 1000:.0f})"


def seconds(value: float) -> str:
    """Seconds or milliseconds, whichever reads better."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def shown(rows: Sequence[Row]) -> str:
    """The table that a person reads."""
    cells = [
        [r.subject, r.what, r.ours, r.beside, f"{r.value:.2f} {r.unit}", f"<= {r.aim:g}", "yes" if r.met else "NO"]
        for r in rows
    ]
    return table(["subject", "what", "assaymark", "beside it", "value", "aim", "met"], cells)


def size(subject: Path) -> str:
    """How many files a checkout tracks."""
    listed = subprocess.run(["git", "-C", subject, "ls-files", "-z"], capture_output=True, check=False).stdout
    return f"{subject.name}: {listed.count(0):,} tracked files"


def peer_program(folder: Path, install: bool) -> Path:
    """``repo-review`` of an environment; made on request from the package index."""
    program = folder / "bin" / "repo-review"
    if not program.exists() and install:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *PEER], check=True)
    if not program.exists():
        raise SystemExit(f"{program} is not there; add --install-peer to make it from the package index")
    return program


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write the numbers when asked."""
    chosen = options(arguments)
    subjects = [Path(s).resolve() for s in chosen.checkout]
    peer = peer_program(Path(chosen.peer).resolve(), chosen.install_peer)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} processors")
    print(*map(size, subjects), sep="\n")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="assaymark-speed-") as home:
        bench = Bench(Path(chosen.assaymark).absolute(), peer, Path(home), chosen.rounds)
        rows += start_up(bench)
        for subject in subjects:
            rows += static(bench, subject)
            if not chosen.no_tools:
                rows += fitting_tools(bench, subject)
                rows += with_tools(bench, subject)
    print(f"\n{shown(rows)}")
    if chosen.json:
        Path(chosen.json).write_text(json.dumps([asdict(r) for r in rows], indent=2) + "\n", encoding="utf-8")
    return 0


def options(arguments: Sequence[str]) -> Any:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="+", help="a Git checkout to measure on")
    parser.add_argument("--peer", default=Path(tempfile.gettempdir()) / "assaymark-peer", help="its environment")
    parser.add_argument("--install-peer", action="store_true", help="make that environment when it is not there")
    parser.add_argument("--assaymark", default=Path(sys.executable).with_name("assaymark"), help="our program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-tools", action="store_true", help="static checks only")
    parser.add_argument("--json", help="write the numbers into this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
