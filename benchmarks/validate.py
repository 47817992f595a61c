"""Measure `assaymark validate` beside cwltool, alone on many Ophidia and openEO documents, and what it costs others.

    python benchmarks/validate.py [--cwl FOLDER] [--rounds N] [--sample N] [--json FILE]

Without a folder the CWL documents are those that the installed cwltool brings for its own tests. Times are wall-clock
times of whole processes; exit status 0 whatever they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from lib.measure import Command, Series, environment, in_turns, once
from lib.table import table

JUDGED = frozenset({0, 1, 3})
# What cwltool does in one process: load every document, as its own validation does, and go on when one is wrong.
LOADER = """
import logging, sys
logging.disable(logging.CRITICAL)
from cwltool.context import LoadingContext
from cwltool.load_tool import load_tool
for path in sys.argv[1:]:
    context = LoadingContext({"do_update": False, "strict": True})
    try:
        load_tool(path, context)
    except Exception:
        pass
"""

# Our command as if one plugin were not installed.
WITHOUT = """
import sys
from assaymark import registry
from assaymark.__main__ import main
missing = sys.argv[1]
found = tuple(point for point in registry.points() if point.name != missing)
registry.points = lambda: found
sys.exit(main(sys.argv[2:]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result; ``value`` is compared with ``aim`` in the same unit, ``least`` for "at least"."""

    what: str
    ours: str
    beside: str
    value: float
    aim: float
    unit: str
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.value >= self.aim if self.least else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Bench:
    """Where commands run, and how often."""

    home: Path
    rounds: int

    def validate(self, folder: Path, *words: str) -> Command:
        """Our command on a folder."""
        program = str(Path(sys.executable).with_name("assaymark"))
        arguments = [program, "validate", str(folder), "--format", "json", *words]
        return Command("ours", arguments, environment(self.home), JUDGED)


def cwl(bench: Bench, source: Path, place: Path, sample: int) -> Iterator[Row]:
    """A repository of CWL documents: cold, with a filled cache, and beside cwltool."""
    repository(source, place)
    documents = sorted(str(p) for p in place.rglob("*.cwl"))
    cold = bench.validate(place, "--only", "cwl", "--no-cache")
    loader = Command("loader", [sys.executable, "-c", LOADER, *documents], environment(bench.home))
    ours, theirs = in_turns([cold, loader], bench.rounds)
    count = len(json.loads(ours.samples[-1].output)["files"])
    title = f"{count} CWL documents"
    yield Row(what=f"{title}, cold", ours=times(ours), beside="", value=ours.seconds, aim=1.5, unit="s")
    yield Row(what="memory", ours=f"{ours.peak:.0f} MB", beside="", value=ours.peak, aim=150, unit="MB")
    ratio = theirs.seconds / ours.seconds
    yield Row(
        what="cwltool's loader, one process",
        ours=times(ours),
        beside=times(theirs),
        value=ratio,
        aim=2.5,
        unit="x",
        least=True,
    )
    chosen = documents[:: max(len(documents) // sample, 1)][:sample]
    one_by_one = [once(per_file(path, bench)).seconds for path in chosen]
    whole = sum(one_by_one) / len(one_by_one) * len(documents)
    yield Row(
        what="cwltool --validate per file",
        ours=times(ours),
        beside=f"{whole:.0f} s (mean of {len(one_by_one)}: {whole / len(documents):.2f} s)",
        value=whole / ours.seconds,
        aim=200,
        unit="x",
        least=True,
    )
    yield changed(bench, place, documents)


def per_file(path: str, bench: Bench) -> Command:
    """What a pipeline without us runs for each document."""
    program = str(Path(sys.executable).with_name("cwltool"))
    return Command("cwltool", [program, "--validate", path], environment(bench.home), frozenset({0, 1, 33}))


def changed(bench: Bench, place: Path, documents: Sequence[str]) -> Row:
    """One document changes before each run."""
    numbers = iter(range(10_000))

    def touch() -> None:
        with Path(documents[0]).open("a", encoding="utf-8") as file:
            file.write(f"# {next(numbers)}\n")

    cached = bench.validate(place, "--only", "cwl")
    once(cached)
    [series] = in_turns([Command("again", cached.arguments, cached.environment, JUDGED, touch)], bench.rounds)
    return Row(what="one changed, cached", ours=times(series), beside="", value=series.seconds, aim=0.3, unit="s")


def many(bench: Bench, place: Path, what: str, aim: float) -> Iterator[Row]:
    """A thousand generated documents of one format."""
    place.mkdir()
    for number in range(1_000):
        text = json.dumps(MAKERS[what](number), indent=1)
        (place / f"{number}.json").write_text(text, encoding="utf-8")
    commit(place)
    [series] = in_turns([bench.validate(place, "--only", what, "--no-cache")], bench.rounds)
    files = json.loads(series.samples[-1].output)["files"]
    good = sum(not f["findings"] for f in files)
    if len(files) != 1_000 or good != 1_000:
        told = next((f["findings"][0]["message"] for f in files if f["findings"]), "")
        raise SystemExit(f"{what}: {len(files)} documents recognised, {good} without a finding, of 1000: {told}")
    yield Row(what=f"1000 {what} files", ours=times(series), beside="", value=series.seconds, aim=aim, unit="s")


def untouched(bench: Bench, place: Path) -> Row:
    """A repository without workflows is assessed as fast as if there were no validators."""
    place.mkdir()
    (place / "README.md").write_text("# Tide\n", encoding="utf-8")
    for number in range(200):
        (place / f"part{number}.py").write_text(f"def part() -> int:\n    return {number}\n", encoding="utf-8")
        (place / f"data{number}.json").write_text(json.dumps({"values": [number] * 20}), encoding="utf-8")
    commit(place)
    env = environment(bench.home)
    words = ["assess", str(place), "--no-tools", "--no-cache", "--format", "json"]
    given, none = (
        Command(name or "all", [sys.executable, "-c", WITHOUT, name, *words], env, JUDGED) for name in ("", "workflows")
    )
    ours, bare = in_turns([given, none], bench.rounds)
    more = ours.seconds - bare.seconds
    what = "assess, 400 files and no workflow"
    return Row(what=what, ours=times(ours), beside=f"without the plugin {times(bare)}", value=more, aim=0.05, unit="s")


def ophidia(number: int) -> dict[str, object]:
    """A workflow of ten tasks in a row."""
    first = {
        "name": "import",
        "operator": "oph_importnc",
        "arguments": ["src_path=/data/tas.nc", "measure=tas", "imp_dim=time", "container=work"],
    }
    rest = [
        {
            "name": f"reduce {n}",
            "operator": "oph_reduce2",
            "arguments": ["operation=max", "dim=time"],
            "dependencies": [{"task": "import" if n == 1 else f"reduce {n - 1}", "type": "single"}],
        }
        for n in range(1, 10)
    ]
    return {
        "name": f"workflow {number}",
        "author": "somebody",
        "abstract": "generated",
        "exec_mode": "async",
        "ncores": "1",
        "cwd": "/",
        "tasks": [first, *rest],
    }


def openeo(number: int) -> dict[str, object]:
    """A graph of five nodes with a child graph."""
    extent = {"west": 7.0, "south": 46.0, "east": 8.0 + number / 10_000, "north": 47.0}
    nodes = {
        "load": {
            "process_id": "load_collection",
            "arguments": {"id": "S2", "spatial_extent": extent, "temporal_extent": ["2024-01-01", "2024-02-01"]},
        },
        "reduce": {
            "process_id": "reduce_dimension",
            "arguments": {
                "data": {"from_node": "load"},
                "dimension": "t",
                "reducer": {
                    "process_graph": {
                        "max": {"process_id": "max", "arguments": {"data": {"from_parameter": "data"}}, "result": True}
                    }
                },
            },
        },
        "save": {
            "process_id": "save_result",
            "arguments": {"data": {"from_node": "reduce"}, "format": "GTiff"},
            "result": True,
        },
    }
    return {"process_graph": nodes}


MAKERS = {"ophidia": ophidia, "openeo": openeo}


def repository(source: Path, place: Path) -> None:
    """A Git repository with a copy of the folder."""
    shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    commit(place)


def commit(place: Path) -> None:
    """Everything in a folder as one commit, so that nothing is read twice."""
    who = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "-c", "core.excludesFile="]
    for words in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *who, *words], cwd=place, check=True, stdout=subprocess.DEVNULL)


def times(series: Series) -> str:
    """Median with the shortest and the longest."""
    low, high = series.spread
    return f"{series.seconds:.2f} s ({low:.2f}-{high:.2f})"


def rows(bench: Bench, source: Path, folder: Path, sample: int) -> Iterator[Row]:
    """Everything that is measured."""
    yield from cwl(bench, source, folder / "cwl", sample)
    yield from many(bench, folder / "ophidia", "ophidia", 1.0)
    yield from many(bench, folder / "openeo", "openeo", 2.0)
    yield untouched(bench, folder / "none")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cwl", type=Path, help="folder with CWL documents")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=12, help="documents for which cwltool is started")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    source = given.cwl or _shipped()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(Path(temporary, "home"), given.rounds)
        bench.home.mkdir()
        found = list(rows(bench, source, Path(temporary), given.sample))
    lines = [
        [
            r.what,
            r.ours,
            r.beside,
            f"{r.value:.2f} {r.unit}",
            f"{'>=' if r.least else '<='} {r.aim:g}",
            "yes" if r.met else "NO",
        ]
        for r in found
    ]
    print(table(["what", "ours", "beside it", "value", "aim", "met"], lines))
    print(f"\n{os.cpu_count()} processors, Python {sys.version.split()[0]}, {given.rounds} rounds")
    if given.json:
        given.json.write_text(json.dumps([asdict(r) | {"met": r.met} for r in found], indent=1), encoding="utf-8")
    return 0


def _shipped() -> Path:
    spec = find_spec("cwltool")
    if spec is None or spec.origin is None:
        raise SystemExit("needs cwltool beside it: pip install cwltool")
    return Path(spec.origin).parent / "tests"


if __name__ == "__main__":
    sys.exit(main())
