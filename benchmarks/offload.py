"""What offloading costs: our time beyond the payload's and the scheduler's, and one controller with many tasks.

Needs Slurm (``slurmctld``, ``slurmd``, ``munged``) and root: a cluster of one node is started for the measurement and
stopped after it. Run it with the machine to itself: python benchmarks/offload.py [--tasks 1000] [--repeat 5]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from assaymark.job import Job, Resources, finished
from assaymark.runners.choose import Places, runner
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

PAYLOAD = 1.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "services"))
    slurm: Any = import_module("slurm")

    with tempfile.TemporaryDirectory(prefix="offload-") as name:
        folder = Path(name)
        at = runner("local", None, Places(jobs=folder / "local", images=folder))
        local = [one(at, f"local-{n}") for n in range(asked.repeat)]
        print(f"local: {statistics.median(local) - PAYLOAD:.2f} s beyond a payload of {PAYLOAD:g} s")
        with slurm.running(folder / "slurm") as cluster:
            os.environ["SLURM_CONF"] = str(cluster.conf)
            found = runner("slurm", None, Places(jobs=folder / "jobs", images=folder))
            at = SharedFolder(found.back, found.root, None, 5.0)
            bare = [alone() for _ in range(asked.repeat)]
            ours = [one(at, f"slurm-{n}") for n in range(asked.repeat)]
            told = f"{statistics.median(ours):.2f} s, {statistics.median(bare):.2f} s by sbatch --wait alone"
            print(f"slurm: {told}: {statistics.median(ours) - statistics.median(bare):+.2f} s a job")
            many(at, asked.tasks)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"controller: {peak:.0f} MB at most")


def one(at: SharedFolder, id: str) -> float:
    """Seconds from submission to a known verdict."""
    started = time.perf_counter()
    asked = Job(id=id, command=("sleep", f"{PAYLOAD:g}"), resources=Resources(time=60))
    [status] = wait(at, [at.submit(asked)])[id]
    assert status.code == 0, status
    return time.perf_counter() - started


def alone() -> float:
    """The same payload by the scheduler's own client."""
    started = time.perf_counter()
    script = f"#!/bin/sh\nsleep {PAYLOAD:g}\n"
    subprocess.run(["sbatch", "--wait", "--output=/dev/null"], input=script, text=True, check=True, capture_output=True)
    return time.perf_counter() - started


def many(at: SharedFolder, tasks: int) -> None:
    """An array, watched by one controller."""
    started = time.perf_counter()
    handle = at.submit(Job(id="many", command=("true",), array=tasks, resources=Resources(time=60)))
    asking = []
    while True:
        before = time.perf_counter()
        found = at.status(handle)
        asking.append(time.perf_counter() - before)
        if finished(found):
            break
        time.sleep(2)
    lost = [s for s in found if s.code != 0]
    print(f"{tasks} tasks: {time.perf_counter() - started:.0f} s, {len(lost)} without their verdict, ", end="")
    print(f"asking takes {statistics.median(asking):.2f} s")


if __name__ == "__main__":
    main()
