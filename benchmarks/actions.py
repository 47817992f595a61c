"""Measure how long actions/assess takes to its first result on a small repository, installation included, with act.

    python benchmarks/actions.py [--rounds N] [--no-tools] [--json FILE]

cold: nothing is there, everything comes from the package index (which must be reachable). cached: uv has the files,
the environment is made anew, as on a runner that keeps its cache. again: a second action of the same job. Whole jobs
are timed, from the start of act to its end, less the second action; `step` is what act says of the step alone, and
`act alone` a job that only checks out: what a user waits for in any case. Exit status 0 whatever they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from lib.table import table

ROOT = Path(__file__).resolve().parents[1]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
AIMS = {"cold": 6.0, "cached": 3.0, "again": 3.0}
KEPT = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "SSL_CERT_FILE", "UV_SYSTEM_CERTS", "UV_PYTHON_DOWNLOADS")


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-tools", action="store_true", help="static checks only")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="assaymark-actions-") as place:
        times = measured(Path(place), given.rounds, no_tools=given.no_tools)
    rows = [
        (what, f"{median(found):.2f} s", f"{min(found):.2f} to {max(found):.2f}", aim(what, median(found)))
        for what, found in times.items()
    ]
    print(table(("case", "median", "range", "aim"), rows))
    if given.json:
        given.json.write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")


def aim(what: str, seconds: float) -> str:
    """What is aimed for, and whether it is reached."""
    most = AIMS.get(what)
    return "" if most is None else f"{most:g} s: {'met' if seconds <= most else 'not met'}"


def measured(place: Path, rounds: int, *, no_tools: bool) -> dict[str, list[float]]:
    """Seconds of every case, in turns."""
    sys.path.insert(0, str(ROOT / "tests" / "services"))
    act = import_module("act")
    ours = act.copy_of_ours(place / "ours")
    root = project(place / "project")
    cache = place / "cache"
    cases = ("act alone", "cold", "cold, step", "cached", "cached, step", "again")
    times: dict[str, list[float]] = {case: [] for case in cases}
    for number in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        idle = act.Act(place / f"alone-{number}", ours, None)
        times["act alone"].append(timed(idle, root, cache)[0])
        for case in ("cold", "cached"):
            runner = act.Act(place / f"{case}-{number}", ours, None)
            inputs = f"with: {{ artifact: '', no-tools: '{str(no_tools).lower()}' }}"
            uses = f"uses: {act.OURS.format('assess')}, {inputs}"
            seconds, ran = timed(runner, root, cache, f"id: first, {uses}", f"id: second, {uses}")
            first, second = steps(ran)
            times[case].append(seconds - second)
            times[f"{case}, step"].append(first)
            if case == "cached":
                times["again"].append(second)
    return times


def timed(runner: Any, root: Path, cache: Path, *steps: str) -> tuple[float, Any]:
    """One job that checks out and does these steps."""
    lines = "\n".join(f"      - {{ {step} }}" for step in (f"uses: {CHECKOUT}", *steps))
    text = f"on: push\njobs:\n  judge:\n    runs-on: ubuntu-latest\n    steps:\n{lines}\n"
    env: Mapping[str, str] = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Programs themselves, not what a manager of versions starts them by: runners have none.
    path = os.pathsep.join((str(Path(sys.executable).resolve().parent), os.environ["PATH"]))
    started = time.perf_counter()
    ran = runner.run(root, text, env={**env, "UV_CACHE_DIR": str(cache)}, path=path, network=True)
    seconds = time.perf_counter() - started
    if ran.code:
        sys.exit(ran.told())
    return seconds, ran


def steps(ran: Any) -> tuple[float, float]:
    """Seconds of the two steps."""
    found = {
        e["stepID"][0]: e["executionTime"] / 1e9
        for e in ran.events
        if "executionTime" in e and e.get("stage") == "Main" and len(e.get("stepID", ())) == 1
    }
    return found["first"], found["second"]


def project(root: Path) -> Path:
    """A small Python project with one commit."""
    files = {
        f"src/tide/part_{n}.py": f'"""Part {n}."""\n\n\ndef f(x: int) -> int:\n    """Add."""\n    return x + {n}\n'
        for n in range(20)
    }
    files |= {f"tests/test_{n}.py": f"def test_{n}() -> None:\n    assert {n} == {n}\n" for n in range(5)}
    files |= {"README.md": "# Tide\n\nTells when the water is high.\n", "pyproject.toml": '[project]\nname = "tide"\n'}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "--quiet"), ("add", "--all"), (*identity, "commit", "--quiet", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


if __name__ == "__main__":
    main(sys.argv[1:])
